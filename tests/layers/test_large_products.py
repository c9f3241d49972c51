"""Products with large quantized weights, of which a piece at a time is in floats."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, quantizers
from keras.ops.nn import packed

CONFIGS: dict[str, Any] = {
    "int8": quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int4": quantizers.Int4QuantizationConfig(block_size=None),
    "int4 in blocks": quantizers.Int4QuantizationConfig(block_size=4),
    "gptq": quantizers.GPTQConfig(None, None, group_size=5),
    "gptq of 8 bits": quantizers.GPTQConfig(None, None, weight_bits=8, group_size=-1),
    "awq": quantizers.AWQConfig(None, None, group_size=4),
}


def _array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


def test_pieces_on_each_backend(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _compare("int4 in blocks", monkeypatch)


@pytest.mark.parametrize("name", CONFIGS)
def test_pieces_come_to_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with keras.backend_scope("numpy"):
        _compare(name, monkeypatch)


def _compare(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that neither pieces nor blocks divide, odd ones too."""
    monkeypatch.setattr(packed, "NUMBERS", 30)
    rng = np.random.default_rng(0)
    for layer, shape, axes in [
        (keras.layers.Dense(9), (3, 11), 1),
        (keras.layers.EinsumDense("abcd,cdef->abef", (2, 3, 3)), (2, 2, 5, 4), 2),
    ]:
        layer.build(shape)
        layer.quantize(config=CONFIGS[name])
        weight = _array(layer._kernel_form.value())
        for batch in (shape[0], 7):  # few rows and many
            x = rng.normal(size=(batch, *shape[1:])).astype("float32")
            expected = np.tensordot(x, weight, axes)
            np.testing.assert_allclose(_array(layer(x)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        quantizers.Int8QuantizationConfig(activation_quantizer=None),
        quantizers.Int4QuantizationConfig(block_size=128),
        quantizers.GPTQConfig(None, None, group_size=128),
    ],
    ids=["int8", "int4", "gptq"],
)
def test_the_whole_is_never_there(config: Any) -> None:
    """Counted by Python's tracer, which sees what NumPy allocates."""
    with keras.backend_scope("numpy"):
        layer = keras.layers.Dense(2048, use_bias=False)
        layer.build((None, 2048))
        layer.quantize(config=config)
        x = np.ones((1, 2048), "float32")
        layer(x)
        tracemalloc.start()
        layer(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * 2048 * 2048 / 2


def test_products_of_integers_are_exact(backend: str) -> None:
    """One row or several, of the largest integers that there are."""
    rng = np.random.default_rng(0)
    weight = rng.choice([-127, 127], size=(1000, 6)).astype("float32")
    layer = keras.layers.Dense(6, use_bias=False)
    layer.build((None, 1000))
    layer.kernel.assign(weight)
    layer.quantize("int8")
    for rows in (1, 2, 5):
        x = rng.choice([-1.0, 1.0], size=(rows, 1000)).astype("float32")
        np.testing.assert_allclose(_array(layer(x)), x @ weight, rtol=1e-5, atol=0.01)
