"""Batches of nothing, sequences without steps, whole masks, large halves.

What needs no JAX is not run there: it compiles for each shape.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from tests.layers.rows import ROWS, Row

ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
WITHOUT = ("MelSpectrogram", "STFTSpectrogram")  # the largest value of none, and FFTs
OF_STEPS = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM", "Bidirectional")


def finite(values: Any) -> bool:
    arrays = [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(values)]
    return all(np.isfinite(x).all() for x in arrays)


@ROW
def test_an_empty_batch_gives_an_empty_batch(row: Row, backend: str) -> None:
    if backend == "jax" or row.layer in WITHOUT:
        pytest.skip("not of this backend or layer")
    layer, inputs = row.make(), row.inputs()
    wanted = [(0, *x.shape[1:]) for x in keras.tree.flatten(layer(inputs))]
    empty = keras.tree.map_structure(lambda x: x[:0], inputs)
    for training in (False, True):
        outputs = keras.tree.flatten(layer(empty, training=training))
        assert [tuple(x.shape) for x in outputs] == wanted
    assert finite(layer.get_weights())


@ROW
@pytest.mark.parametrize("axis", [1, -1])
def test_axes_without_places_give_such_or_are_told(
    row: Row, axis: int, backend: str
) -> None:
    """Frameworks differ in which of their kernels take them."""
    if backend == "jax" or row.layer in WITHOUT:
        pytest.skip("not of this backend or layer")
    layer = row.make()
    inputs = keras.tree.map_structure(
        lambda x: np.take(x, range(0), axis), row.inputs()
    )
    try:
        outputs = keras.tree.flatten(layer(inputs))
    except (ValueError, TypeError) as error:
        assert str(error), error
        return
    specs = keras.tree.flatten(layer.compute_output_spec(_specs(inputs)))
    assert [tuple(x.shape) for x in outputs] == [tuple(x.shape) for x in specs]
    assert finite(outputs)


def _specs(inputs: Any) -> Any:
    return keras.tree.map_structure(
        lambda x: keras.KerasTensor(x.shape, x.dtype.name), inputs
    )


def test_pooling_nothing_is_told(backend: str) -> None:
    images = np.ones((2, 0, 5, 3), "float32")
    for name in ("AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D"):
        layer = getattr(layers, name)(2)
        with pytest.raises(ValueError, match=f"sizes of 1 or more.*{layer.name}"):
            layer(images)
    with pytest.raises(ValueError, match="without pixels.*2, 0, 5, 3"):
        layers.Resizing(3, 4)(images)


def test_slopes_of_nothing_are_nothing(training_backend: str) -> None:
    """A kernel that refuses such tensors is not asked; its result has slopes."""
    layer = layers.MaxPooling2D(2)
    x = keras.Variable(np.ones((2, 4, 4, 0), "float32"))
    loss = keras.value_and_grad(lambda v: keras.ops.sum(layer(v)))
    value, slope = loss(x.value)
    assert float(value) == 0 and tuple(slope.shape) == (2, 4, 4, 0)


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.layer.startswith(OF_STEPS)], ids=lambda row: row.name
)
def test_sequences_without_steps_leave_zeros(row: Row, backend: str) -> None:
    layer, inputs = row.make(), row.inputs()
    shapes = layer.compute_output_shape((*inputs.shape[:1], 0, *inputs.shape[2:]))
    shapes = [shapes] if isinstance(shapes[0], int) else shapes
    layer.build(inputs.shape)
    outputs = keras.tree.flatten(layer(inputs[:, :0]))
    assert [tuple(x.shape) for x in outputs] == [tuple(s) for s in shapes]
    assert not any(np.any(keras.ops.convert_to_numpy(x)) for x in outputs)


MASKED = [
    row
    for row in ROWS
    if "mask" in inspect.signature(getattr(layers, row.layer).call).parameters
]


@pytest.mark.parametrize("row", MASKED, ids=lambda row: row.name)
def test_samples_that_are_masked_whole_are_finite(row: Row, backend: str) -> None:
    if backend == "jax":
        pytest.skip("not of this backend")
    layer, inputs = row.make(), row.inputs()
    rank = 3 if row.layer == "Softmax" else 2
    mask = keras.tree.map_structure(lambda x: np.zeros(x.shape[:rank], bool), inputs)
    for training in (False, True):
        assert finite(layer(inputs, mask=mask, training=training))
    assert finite(layer.get_weights())


HALF = [
    row
    for row in ROWS
    if getattr(layers, row.layer).__module__.split(".")[2]
    in ("normalization", "attention")
    or row.layer == "Softmax"
]


FIRST = list({row.layer: row for row in reversed(HALF)}.values())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("row", HALF, ids=lambda row: row.name)
def test_large_inputs_are_finite_in_half_precision(
    row: Row, dtype: str, backend: str
) -> None:
    others = dtype == "bfloat16" or row not in FIRST
    if backend == "jax" and others:
        pytest.skip("one row of each layer is compiled, for the smaller range")
    # No float16 variable holds a variance of 1e8.
    policy = f"mixed_{dtype}" if row.layer == "BatchNormalization" else dtype
    layer = row.make(dtype=policy)
    inputs = keras.tree.map_structure(
        lambda x: np.clip(1e4 * x, -1e4, 1e4), row.inputs()
    )
    for training in (False, True):
        outputs = layer(inputs, training=training)
        outputs = [keras.ops.cast(x, "float32") for x in keras.tree.flatten(outputs)]
        assert finite(outputs)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"kernel_size": 1, "strides": 2, "output_padding": 0}, 0),
        ({"kernel_size": 3, "strides": 2, "output_padding": 1}, 2),
        ({"kernel_size": 3, "strides": 2}, 1),
        ({"kernel_size": 3, "strides": 2, "padding": "same"}, 0),
    ],
)
def test_a_transposed_convolution_of_no_places(
    options: Any, size: int, backend: str
) -> None:
    """As many places as its formula says, of the bias; TensorFlow ended the process."""
    layer = layers.Conv1DTranspose(2, **options, bias_initializer="ones")
    outputs = keras.ops.convert_to_numpy(layer(np.zeros((2, 0, 3), "float32")))
    np.testing.assert_array_equal(outputs, np.ones((2, size, 2)))
    assert layer.compute_output_shape((2, 0, 3)) == outputs.shape
