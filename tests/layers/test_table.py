"""What holds for every layer of the table, on every backend."""

from __future__ import annotations

import json
from functools import partial
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


def called(layer: Any, inputs: Any, **options: Any) -> list[Any]:
    """The outputs of a call; on JAX their shapes and dtypes, as nothing is compiled.

    There the layer's call is traced as JAX traces any function, from weights and inputs
    to outputs; a hundred rows of it take a second, and running them a minute.
    """
    if keras.config.backend() != "jax":
        return keras.tree.flatten(layer(inputs, **options))
    jax = pytest.importorskip("jax")
    weights = [
        [v.value for v in variables]
        for variables in (layer.trainable_variables, layer.non_trainable_variables)
    ]
    call = partial(layer.stateless_call, **options)
    outputs, kept = jax.eval_shape(call, *weights, inputs)
    assert [x.shape for x in kept] == [x.shape for x in weights[1]]
    return keras.tree.flatten(outputs)


@ROW
def test_symbolic_shape_and_dtype_are_the_real_ones(row: Row, backend: str) -> None:
    layer = row.make()
    inputs = row.inputs()
    symbols = keras.tree.flatten(layer(row.symbols()))
    outputs = called(layer, inputs)
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
    layer(row.symbols())
    outputs = called(layer, row.inputs())
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
    layer(row.symbols())
    inputs = row.inputs()
    shapes = [tuple(x.shape) for x in called(layer, inputs)]
    trained = called(layer, inputs, training=True)
    assert [tuple(x.shape) for x in trained] == shapes
