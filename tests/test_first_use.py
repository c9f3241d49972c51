"""Whatever a process does first with keras works: nothing has to be loaded before it.

Names are loaded when they are first used, so an omission would show only in a process
that does one thing alone. Each program here gets a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import keras

PROGRAMS = {
    "operators of a Variable": """
        v = keras.Variable([1.0, 2.0])
        assert float((2 * v)[1]) == 4.0 and float((v - 1)[0]) == 0.0
    """,
    "operators of a KerasTensor": """
        assert (keras.KerasTensor((None, 2)) + 1).shape == (None, 2)
    """,
    "an array times a Variable": """
        import numpy as np
        assert float((np.ones(2, "float32") * keras.Variable([1.0, 2.0]))[1]) == 2.0
    """,
    "random numbers": "assert keras.random.normal((2, 3), seed=1).shape == (2, 3)",
    "an op": "assert float(keras.ops.sum([1.0, 2.0])) == 3.0",
    "an op from its folder": """
        from keras.ops.numpy import add
        assert int(add(1, 2)) == 3
    """,
    "a loss by its name": "assert float(keras.losses.get('mse')([0.0], [2.0])) == 4.0",
    "a metric": "assert float(keras.metrics.Mean()([1.0, 3.0])) == 2.0",
    "an optimizer": "assert keras.optimizers.get('adam').name == 'adam'",
    "an initializer": "assert keras.initializers.Ones()((2,)).shape == (2,)",
    "an activation": "assert float(keras.activations.get('relu')(-1.0)) == 0.0",
    "a dtype policy": "keras.mixed_precision.set_global_policy('mixed_bfloat16')",
    "seeds": "keras.utils.set_random_seed(1)",
    "a graph": """
        x = keras.Input((3,))
        assert keras.Model(x, keras.layers.Dense(2)(x) * 2).output_shape == (None, 2)
    """,
    "names as in older programs": """
        from keras.models import Sequential
        from keras.layers import Dense, Input
        model = Sequential([Input((3,)), Dense(2, activation="relu")])
        model.compile(optimizer="sgd", loss="mse")
        assert model.predict([[1.0, 2.0, 3.0]], verbose=0).shape == (1, 2)
    """,
    "a config": """
        layer = keras.layers.deserialize(
            {"class_name": "Dense", "config": {"units": 2}, "module": "keras.layers"}
        )
        assert layer.units == 2
    """,
    "a tree": "assert keras.tree.flatten({'a': [1, 2]}) == [1, 2]",
    "another backend": """
        with keras.backend_scope("numpy"):
            assert keras.config.backend() == "numpy"
    """,
}


def run(program: str) -> None:
    lines = [line.removeprefix("        ") for line in program.splitlines()]
    done = subprocess.run(
        [sys.executable, "-c", "import keras\n" + "\n".join(lines)],
        env={**os.environ, "KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_that_begins_with(what: str) -> None:
    run(PROGRAMS[what])


def test_a_program_that_begins_by_loading_a_model(tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        x = keras.Input((3,))
        model = keras.Model(x, keras.layers.Dense(2, activation="gelu")(x) + 1)
        y = model.predict(np.ones((1, 3), "float32"), verbose=0)
        path = tmp_path / "model.keras"
        model.save(path)
    run(
        f"model = keras.saving.load_model({str(path)!r})\n"
        f"y = model.predict([[1.0, 1.0, 1.0]], verbose=0)\n"
        f"assert abs(y - {y.tolist()}).max() < 1e-6"
    )
