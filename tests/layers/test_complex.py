"""Complex inputs have complex results or are refused: no imaginary part gets lost."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from tests.layers.rows import ROWS, Row

LOST = "Complex numbers would lose their imaginary part here. Received: a tensor of "


def parts(inputs: Any, imaginary: float) -> Any:
    """The inputs, with imaginary parts of that size."""
    return keras.tree.map_structure(
        lambda x: (x + imaginary * 1j * (x + 1)).astype("complex64"), inputs
    )


def arrays(outputs: Any) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(outputs)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_both_parts_count_or_neither_is_taken(row: Row, backend: str) -> None:
    if backend == "jax":
        pytest.skip("it compiles for each shape; what refuses them is written once")
    layer, inputs = row.make(), row.inputs()
    try:
        outputs = arrays(layer(parts(inputs, 1.0)))
    except (TypeError, ValueError) as error:
        assert re.search("must be real|Complex numbers|complex", str(error)), error
        return
    if not any(np.iscomplexobj(x) for x in outputs):
        others = arrays(layer(parts(inputs, 0.0)))
        pairs = zip(outputs, others, strict=True)
        assert any(not np.allclose(x, y) for x, y in pairs), outputs


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.LSTM(2), (2, 3, 4)),
        (lambda: layers.Bidirectional(layers.GRU(2)), (2, 3, 4)),
        (lambda: layers.Embedding(3, 2), (2, 3)),
        (lambda: layers.Rescaling(0.5), (2, 3)),
        (lambda: layers.Discretization([0.0]), (2, 3)),
        (lambda: layers.CategoryEncoding(3), (2, 3)),
        (lambda: layers.IntegerLookup(vocabulary=[1, 2]), (2, 3)),
        (lambda: layers.RandomFlip(seed=1), (2, 3, 3, 3)),
        (lambda: layers.Dense(2, dtype="int8_from_float32"), (2, 3)),
        (lambda: layers.Dense(2, dtype="float8_from_float32"), (2, 3)),
    ],
)
def test_layers_of_reals_say_so(make: Any, shape: Any, backend: str) -> None:
    """On data and in graphs, with the layer's name and both ways out."""
    layer, numbers = make(), np.full(shape, 1 + 1j, "complex64")
    said = f"{LOST}shape {re.escape(str(shape))} and dtype complex64. Pass "
    with pytest.raises(TypeError, match=f"{said}.*ops.real.*ops.imag.* layer '"):
        layer(numbers)
    with pytest.raises(TypeError, match=LOST):
        make()(keras.Input(shape[1:], dtype="complex64"))


def test_attention_is_of_reals(backend: str) -> None:
    """As its softmax is; as keyword too."""
    x, z = np.ones((1, 2, 3), "float32"), np.ones((1, 2, 3), "complex64")
    for layer in (
        layers.MultiHeadAttention(1, 2),
        layers.GroupQueryAttention(2, 2, 1),
    ):
        with pytest.raises(TypeError, match=LOST):
            layer(z, z)
        with pytest.raises(TypeError, match=LOST):
            layer(x, value=z)
    heads = z[:, :, None]
    with pytest.raises(TypeError, match="`query` must be real"):
        keras.ops.dot_product_attention(heads, heads, heads)


def test_a_real_input_of_a_graph_takes_no_complex_numbers(backend: str) -> None:
    """Nor does `predict`; an input that says complex does."""
    z = np.full((2, 3), 1 + 2j, "complex64")
    model = keras.Sequential([keras.Input((3,)), layers.Activation("linear")])
    for run in (model, lambda x: model.predict(x, verbose=0)):
        with pytest.raises(TypeError, match=LOST):
            run(z)
    start = keras.Input((3,), dtype="complex64")
    model = keras.Model(start, layers.Activation("linear")(start))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(z)), z)


def test_recurrences_of_other_gates_compute_with_both_parts(backend: str) -> None:
    """`SimpleRNN` has no gates; its `tanh` is that of complex numbers."""
    layer = layers.SimpleRNN(1, use_bias=False)
    z = np.full((1, 1, 1), 0.5 + 0.25j, "complex64")
    got = keras.ops.convert_to_numpy(layer(z))
    kernel = layer.get_weights()[0]
    np.testing.assert_allclose(got, np.tanh(z[:, 0] @ kernel), rtol=1e-5)


def test_the_sigmoid_of_complex_numbers(backend: str) -> None:
    """Its definition."""
    z = np.array([1 + 1j, -0.5 + 2j], "complex64")
    got = keras.ops.convert_to_numpy(keras.ops.sigmoid(z))
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-z)), rtol=1e-5)
