"""Sizes of layers as NumPy integers, arrays and other iterables; scales of kernels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
PAIRS: dict[str, Callable[[Any], Any]] = {
    "kernel_size": lambda v: layers.Conv2D(2, v),
    "strides": lambda v: layers.Conv2D(2, 2, strides=v),
    "dilation_rate": lambda v: layers.DepthwiseConv2D(2, dilation_rate=v),
    "pool_size": lambda v: layers.MaxPooling2D(v),
    "output_padding": lambda v: layers.Conv2DTranspose(2, 4, 4, output_padding=v),
    "size": lambda v: layers.UpSampling2D(v),
    "output_shape": lambda v: layers.EinsumDense("ab,bcd->acd", v),
    "attention_axes": lambda v: layers.MultiHeadAttention(2, 2, attention_axes=v),
}
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "units": lambda v: layers.Dense(v),
    "filters": lambda v: layers.Conv1D(v, 2),
    "groups": lambda v: layers.Conv2D(6, 2, groups=v),
    "depth_multiplier": lambda v: layers.SeparableConv1D(2, 2, depth_multiplier=v),
    "input_dim": lambda v: layers.Embedding(v, 2),
    "num_heads": lambda v: layers.MultiHeadAttention(v, 2),
    "lora_rank": lambda v: layers.Dense(4, lora_rank=v),
    "size": lambda v: layers.UpSampling1D(v),
}


@pytest.mark.parametrize("argument", PAIRS)
@pytest.mark.parametrize(
    "value",
    [np.array([3, 2]), [np.int64(3), np.int32(2)], range(3, 1, -1), iter((3, 2))],
    ids=["array", "integers", "range", "iterator"],
)
def test_pairs_are_plain_in_the_config(argument: str, value: Any) -> None:
    value = iter((3, 2)) if hasattr(value, "__next__") else value
    config = PAIRS[argument](value).get_config()
    assert json.loads(json.dumps(config[argument])) == [3, 2]


@pytest.mark.parametrize("argument", NUMBERS)
@pytest.mark.parametrize("value", [np.int64(3), np.array(3)], ids=["integer", "array"])
def test_numbers_are_plain_in_the_config(argument: str, value: Any) -> None:
    assert json.dumps(NUMBERS[argument](value).get_config()[argument]) == "3"


@pytest.mark.parametrize("argument", PAIRS)
@pytest.mark.parametrize("value", [{3, 2}, "32", (3.0, 2.0), (True, 2), (3, -2)])
def test_what_is_no_pair(argument: str, value: Any) -> None:
    if argument == "attention_axes" and value == (3, -2):
        value = (3, None)  # an axis may be counted from the end
    with pytest.raises(ValueError, match=rf"`{argument}` to be an integer.*Received"):
        PAIRS[argument](value)


# Equation, output shape, shape of the inputs -> how many inputs and outputs count.
SCALES = [
    ("abc,cde->abde", (None, 8, 16), (None, 10, 64), 64, 128),
    ("abcd,cde->abe", (None, 32), (None, 10, 8, 16), 128, 32),
    ("abc,bd->adc", (24, 64), (None, 40, 64), 40, 24),
    ("abc,bcd->abd", (10, 32), (None, 10, 64), 64, 320),
    ("...x,yx->...y", 32, (None, 64), 64, 32),
    ("abc,cb->abc", (10, 64), (None, 10, 64), 1, 640),
]


@pytest.mark.parametrize("case", SCALES, ids=lambda case: case[0])
def test_kernels_are_scaled_by_what_the_equation_sums_over(case: Any) -> None:
    equation, output_shape, shape, inputs, outputs = case
    for mode, size in (("fan_in", inputs), ("fan_out", outputs)):
        initializer = keras.initializers.VarianceScaling(1.0, mode, seed=1)
        layer = layers.EinsumDense(
            equation, output_shape, kernel_initializer=initializer
        )
        layer.build(shape)
        deviation = float(np.std(layer.get_weights()[0]))
        assert deviation == pytest.approx(size**-0.5, rel=0.1)
        assert layer.kernel_initializer.input_axes is None


def test_axes_that_were_given_count() -> None:
    initializer = keras.initializers.VarianceScaling(
        1.0, "fan_in", seed=1, input_axes=[2], output_axes=[0, 1]
    )
    layer = layers.EinsumDense(
        "abc,cde->abde", (None, 8, 16), kernel_initializer=initializer
    )
    layer.build((None, 10, 64))
    deviation = float(np.std(layer.get_weights()[0]))
    assert deviation == pytest.approx(16**-0.5, rel=0.1)


def test_attention_kernels_are_scaled_by_the_size_of_the_model() -> None:
    layer = layers.MultiHeadAttention(8, 16, kernel_initializer="lecun_normal")
    layer.build((None, 10, 32), (None, 10, 48))
    for dense, size in (
        (layer.query_dense, 32),
        (layer.key_dense, 48),
        (layer.value_dense, 48),
        (layer.output_dense, 128),
    ):
        deviation = float(np.std(dense.get_weights()[0]))
        assert deviation == pytest.approx(size**-0.5, rel=0.1)
