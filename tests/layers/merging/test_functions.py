"""`keras.layers.add` and its kind: each is its layer, made and called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

# Function -> its layer, the layer's arguments, and 2 and 3 joined by it.
CASES: dict[str, tuple[str, dict[str, Any], list[float]]] = {
    "add": ("Add", {}, [5.0, 5.0]),
    "multiply": ("Multiply", {}, [6.0, 6.0]),
    "average": ("Average", {}, [2.5, 2.5]),
    "maximum": ("Maximum", {}, [3.0, 3.0]),
    "minimum": ("Minimum", {}, [2.0, 2.0]),
    "subtract": ("Subtract", {}, [-1.0, -1.0]),
    "concatenate": ("Concatenate", {"axis": 1}, [2.0, 2.0, 3.0, 3.0]),
    "dot": ("Dot", {"axes": 1, "normalize": True}, [1.0]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_function_is_its_layer(name: str, backend: str) -> None:
    cls, arguments, expected = CASES[name]
    function, tensors = getattr(layers, name), [np.full((1, 2), v) for v in (2.0, 3.0)]
    found = keras.ops.convert_to_numpy(function(tensors, **arguments))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    symbols = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(symbols, function(symbols, name="it", **arguments))
    layer = model.get_layer("it")
    assert type(layer) is type(getattr(layers, cls)(**arguments))
    assert {k: layer.get_config()[k] for k in arguments} == arguments
    again = keras.Model.from_config(model.get_config())
    found = keras.ops.convert_to_numpy(again(tensors))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_the_last_axis_is_the_default(backend: str) -> None:
    x = np.ones((2, 3), "float32")
    assert tuple(layers.concatenate([x, x]).shape) == (2, 6)
    assert keras.ops.convert_to_numpy(layers.dot([x, x])).tolist() == [[3.0], [3.0]]


@pytest.mark.parametrize("name", CASES)
def test_a_single_tensor_is_no_list(name: str, backend: str) -> None:
    with pytest.raises(ValueError, match="must be called on a list of tensors"):
        getattr(layers, name)(np.ones((2, 3), "float32"))
