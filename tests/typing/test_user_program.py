# pyright: reportAttributeAccessIssue=error
"""A user's program, as type checkers see it: `make lint` checks this file strictly.

Mistakes must be found there too: a line marked `type: ignore` fails the check when it
stops being an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pytest

import keras
from keras import layers, ops


class Block(keras.Layer):
    """Dense, scaled."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = layers.Dense(units, activation="relu")
        self.scale = self.add_weight(shape=(units,), initializer="ones", name="scale")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.dense(x) * self.scale + ops.mean(x)


def test_program(tmp_path: Path, training_backend: str) -> None:
    model = keras.Sequential([keras.Input((3,)), Block(4), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(np.zeros((4, 3)), np.zeros((4, 1)), epochs=2, verbose=0)
    assert_type(history, keras.callbacks.History)
    assert len(history.history["loss"]) == 2
    assert model.predict(np.zeros((4, 3)), verbose=0).shape == (4, 1)
    x = keras.Input((3,))
    graph = keras.Model(inputs=x, outputs=layers.Dense(2)(x))
    graph.save(tmp_path / "graph.keras")
    assert keras.saving.load_model(tmp_path / "graph.keras").count_params() == 8


def test_variables(training_backend: str) -> None:
    v = keras.Variable(1.0)
    v.assign_add(2.0)
    w = 1 - v * 2
    assert float(ops.stop_gradient(w)) == -5.0
    loss, grads = keras.value_and_grad(lambda: ops.sum(v * v), [v])()
    assert (float(loss), float(grads[0])) == (9.0, 6.0)
    assert_type(keras.losses.MeanSquaredError().name, str)
    assert keras.optimizers.Adam(learning_rate=1e-3).name.startswith("adam")


def test_mistakes(training_backend: str) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    with pytest.raises(AttributeError):
        model.compyle("adam")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="unit"):
        layers.Dense(1, activation="relu", unit=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        model.fit(np.zeros((4, 3)), epoch=2)  # type: ignore[call-arg]
