"""Activations: what they compute beyond the ops, and getting them by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import activations, ops

X = np.array([-3.0, -0.5, 0.0, 0.7, 2.0, 8.0], "float32")


def numpy_of(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(numpy_of(a), b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_value": 6},
        {"max_value": 1.5},
        {"negative_slope": 0.1},
        {"threshold": 0.6},
        {"negative_slope": 0.1, "threshold": 0.6, "max_value": 3.0},
    ],
)
def test_relu(backend: str, options: dict[str, float]) -> None:
    slope = options.get("negative_slope", 0)
    threshold = options.get("threshold", 0)
    want = np.where(threshold < X, X, slope * (X - threshold))
    want = np.minimum(want, options.get("max_value", np.inf))
    close(activations.relu(X, **options), want)
    assert activations.relu(keras.KerasTensor((None, 3)), **options).shape == (None, 3)


def test_the_rest(backend: str) -> None:
    softplus = np.log1p(np.exp(X))
    close(activations.mish(X), X * np.tanh(softplus))
    close(activations.exponential(X), np.exp(X))
    close(activations.linear(X), X)
    close(activations.gelu(X), numpy_of(ops.gelu(X, approximate=False)))
    assert activations.swish is activations.silu


NAMES = sorted(set(activations._BY_NAME))


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    function = activations.get(name)
    assert function is getattr(activations, name)
    assert activations.deserialize(activations.serialize(function)) is function


@pytest.mark.parametrize("name", [n for n in NAMES if n != "threshold"])
def test_all_run_on_a_batch(backend: str, name: str) -> None:
    x = X.reshape(1, 6)
    y = activations.get(name)(x)
    assert np.isfinite(numpy_of(y)).all()
    symbolic = activations.get(name)(keras.KerasTensor((None, 6)))
    assert symbolic.shape[1:] == tuple(y.shape)[1:]


def test_get() -> None:
    def mine(x: Any) -> Any:
        return x

    assert activations.get(None) is activations.linear
    assert activations.get(mine) is mine
    config = {"class_name": "function", "config": "relu", "module": "builtins"}
    assert activations.get(config) is activations.relu


def test_registered_functions() -> None:
    @keras.saving.register_keras_serializable("tests")
    def doubled(x: Any) -> Any:
        return 2 * x

    config = activations.serialize(doubled)
    assert activations.deserialize(config) is doubled
    assert activations.get("tests>doubled") is doubled


def test_an_unknown_name_is_told_what_comes_close() -> None:
    with pytest.raises(ValueError, match="'rellu'.*Did you mean 'relu'") as caught:
        activations.get("rellu")
    assert "Known names: celu, elu" in str(caught.value)


def test_no_identifier_at_all() -> None:
    with pytest.raises(ValueError, match="identifier: 3 of type int.*Expected None"):
        activations.get(3)


def test_a_lambda_has_no_name() -> None:
    with pytest.raises(ValueError, match="lambda cannot be serialized"):
        activations.serialize(lambda x: x)


# Numbers of PyPI's Keras 3.15, at the thresholds and around them.
EDGES = [-2.0, -1.0, -0.5, 0.0, 1.0, 1.5, 2.0, 3.0]
AT_EDGES = [
    ({"threshold": 1.5}, [0, 0, 0, 0, 0, 0, 2, 3]),
    ({"threshold": 1.5, "max_value": 2.0}, [0, 0, 0, 0, 0, 0, 2, 2]),
    ({"threshold": 1.0, "negative_slope": 0.5}, [-1.5, -1, -0.75, -0.5, 0, 1.5, 2, 3]),
    ({"threshold": -1.0}, [0, 0, -0.5, 0, 1, 1.5, 2, 3]),
    ({"threshold": -1.0, "max_value": 1.0}, [0, 0, 0, 0, 1, 1, 1, 1]),
    ({"threshold": 2.0, "max_value": 1.0}, [0, 0, 0, 0, 0, 0, 0, 1]),
]


@pytest.mark.parametrize(("arguments", "expected"), AT_EDGES)
def test_relu_at_its_edges(arguments: Any, expected: Any, backend: str) -> None:
    values = keras.activations.relu(np.array(EDGES, "float32"), **arguments)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(values), expected)
    layer = keras.layers.ReLU(**arguments) if arguments["threshold"] >= 0 else None
    if layer is not None:
        again = keras.ops.convert_to_numpy(layer(np.array(EDGES, "float32")))
        np.testing.assert_allclose(again, expected)
