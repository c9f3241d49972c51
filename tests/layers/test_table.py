"""What holds for every layer of the table, on every backend."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import keras
from tests.layers.rows import ROWS, Row

# What they give has the dtype of the layer inside.
WRAPPERS = ("TimeDistributed", "Bidirectional", "RNN", "SpectralNormalization")
ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def arrays(outputs: Any) -> list[np.ndarray]:
    """The outputs as NumPy arrays."""
    return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(outputs)]


@ROW
def test_symbolic_shape_and_dtype_are_the_real_ones(row: Row, backend: str) -> None:
    layer = row.make()
    inputs = row.inputs()
    symbols = keras.tree.flatten(layer(row.symbols()))
    outputs = keras.tree.flatten(layer(inputs))
    assert [(None, *x.shape[1:]) for x in outputs] == [s.shape for s in symbols]
    assert [keras.ops.dtype(x) for x in outputs] == [s.dtype for s in symbols]
    shapes = [x.shape for x in inputs] if isinstance(inputs, list) else inputs.shape
    found = layer.compute_output_shape(shapes)
    found = [found] if isinstance(found[0], int) else list(found)
    assert found == [tuple(x.shape) for x in outputs]


@ROW
def test_config_makes_an_equal_layer(row: Row, backend: str) -> None:
    layer = row.make(name="one")
    inputs = row.inputs()
    expected = arrays(layer(inputs))
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    again = keras.layers.deserialize(written)
    assert again.name == "one"
    again(inputs)
    again.set_weights(layer.get_weights())
    for found, wanted in zip(arrays(again(inputs)), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@ROW
def test_values_are_those_of_numpy(row: Row, backend: str) -> None:
    inputs = row.inputs()
    layer = row.make()
    outputs = arrays(layer(inputs))
    with keras.backend_scope("numpy"):
        reference = row.make()
        reference(inputs)
        reference.set_weights(layer.get_weights())
        expected = arrays(reference(inputs))
    for found, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=2e-5, rtol=2e-5)


@ROW
def test_mixed_precision(row: Row, backend: str) -> None:
    layer = row.make(dtype="mixed_bfloat16")
    outputs = keras.tree.flatten(layer(row.inputs()))
    keeps = row.shape == "int" and row.layer == "Flatten"
    wanted = "int32" if keeps else "bfloat16"
    if not row.layer.startswith(WRAPPERS):
        assert {keras.ops.dtype(x) for x in outputs} == {wanted}
    assert {keras.backend.standardize_dtype(w.dtype) for w in layer.weights} <= {
        "float32"
    }


@ROW
def test_training_call_keeps_the_shape(row: Row, backend: str) -> None:
    layer = row.make()
    inputs = row.inputs()
    shapes = [tuple(x.shape) for x in keras.tree.flatten(layer(inputs))]
    trained = keras.tree.flatten(layer(inputs, training=True))
    assert [tuple(x.shape) for x in trained] == shapes
