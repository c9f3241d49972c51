"""The examples of the pages on adding a layer and a metric do what ours do."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

DOCS = Path(__file__).parents[2] / "docs"
X = np.random.RandomState(3).standard_normal((4, 5, 3)).astype("float32")


def example(page: str) -> types.ModuleType:
    """The first Python block of a page, run as a module."""
    found = re.search(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found is not None
    module = types.ModuleType(f"keras.example_{page.removesuffix('.md')}")
    sys.modules[module.__name__] = module  # classes of the page can be pickled
    exec(textwrap.dedent(found[1]), module.__dict__)
    return module


@pytest.fixture(scope="module")
def gate() -> Iterator[Any]:
    """The layer that the page on layers declares."""
    module = example("adding_a_layer.md")
    yield module.ChannelGate
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def signed_error() -> Iterator[Any]:
    """The metric that the page on metrics declares."""
    module = example("adding_a_metric.md")
    yield module.MeanSignedError
    del sys.modules[module.__name__]


def gated(x: np.ndarray, squeeze: np.ndarray, excite: np.ndarray) -> np.ndarray:
    """The layer's output, in NumPy."""
    hidden = np.maximum(x.mean(1, keepdims=True) @ squeeze, 0)
    return x / (1 + np.exp(-(hidden @ excite)))


def test_the_layer_computes(backend: str, gate: Any, tmp_path: Path) -> None:
    """Eagerly, in a model, from its config, from a file."""
    layer = gate(ratio=1)
    found = keras.ops.convert_to_numpy(layer(X))
    squeeze, excite = layer.get_weights()
    assert [v.name for v in layer.weights] == ["squeeze", "excite"]
    np.testing.assert_allclose(found, gated(X, squeeze, excite), atol=1e-5)

    config = json.loads(json.dumps(layer.get_config()))
    assert (config["ratio"], config["activation"]) == (1, "relu")
    inputs = keras.Input((5, 3))
    model = keras.Model(inputs, gate.from_config(config)(inputs))
    assert model.output_shape == (None, 5, 3)
    model.set_weights([squeeze, excite])
    np.testing.assert_allclose(model.predict(X, verbose=0), found, atol=1e-5)
    model.save(tmp_path / "gate.keras")
    again = keras.saving.load_model(
        tmp_path / "gate.keras", custom_objects={"ChannelGate": gate}
    )
    np.testing.assert_allclose(again.predict(X, verbose=0), found, atol=1e-5)


def test_the_layer_trains(training_backend: str, gate: Any) -> None:
    """Its weights follow the loss."""
    model = keras.Sequential([gate(ratio=1), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    history = model.fit(X, X.sum(-1, keepdims=True), epochs=20, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_the_layer_refuses(gate: Any) -> None:
    """Bad arguments when made, unknown channels when built."""
    with pytest.raises(ValueError, match="ChannelGate expects `ratio`"):
        gate(ratio=0)
    with pytest.raises(ValueError, match=r"must be known. Received: input_shape="):
        gate().build((None, None))


def test_the_metric_computes(backend: str, signed_error: Any) -> None:
    """Over batches, with weights, stateless, from its config, by a model."""
    metric = signed_error()
    metric.update_state([[1.0, 2.0], [3.0, 4.0]], [[2.0, 2.0], [3.0, 1.0]])
    assert float(metric.result()) == -0.5  # the mean of 0.5 and -1.5
    metric.reset_state()
    metric.update_state([[1.0], [3.0]], [[2.0], [3.0]], sample_weight=[3.0, 1.0])
    assert float(metric.result()) == 0.75
    again = signed_error.from_config(metric.get_config())
    state = again.stateless_update_state(
        again.stateless_reset_state(), np.zeros((2, 1)), np.full((2, 1), 4.0)
    )
    assert float(again.stateless_result(state)) == 4.0
    model = keras.Sequential([keras.layers.Dense(3, kernel_initializer="zeros")])
    model.compile(loss="mse", metrics=[again])
    result = model.evaluate(X, np.ones((4, 5, 3)), verbose=0, return_dict=True)
    assert result["mean_signed_error"] == -1.0
