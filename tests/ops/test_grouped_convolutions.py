"""Convolutions with a group for each channel: their numbers, and one kernel for all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.conftest import BACKENDS

WINDOWS: dict[str, dict[str, Any]] = {
    "valid": {},
    "strided": {"strides": 2, "padding": "same"},
    "dilated": {"dilation_rate": 2},
    "channels_first": {"data_format": "channels_first", "padding": "same"},
}


@pytest.mark.parametrize("case", WINDOWS)
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_a_group_for_each_channel(
    backend: str, case: str, rank: int, multiplier: int
) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *(7, 8)[:rank], 3)).astype("float32")
    if case == "channels_first":
        x = np.moveaxis(x, -1, 1)
    kernel = rng.standard_normal((*(3, 2)[:rank], 1, 3 * multiplier)).astype("float32")
    result = ops.convert_to_numpy(ops.conv(x, kernel, **WINDOWS[case]))
    # The kernels of the channels, each alone.
    axis = 1 if case == "channels_first" else -1
    alone = [
        np.asarray(ops.convert_to_numpy(ops.conv(channel, own, **WINDOWS[case])))
        for channel, own in zip(
            np.split(x, 3, axis), np.split(kernel, 3, -1), strict=True
        )
    ]
    np.testing.assert_allclose(result, np.concatenate(alone, axis), atol=1e-5)


@pytest.mark.skipif("tensorflow" not in BACKENDS, reason="about TensorFlow's graphs")
def test_tensorflow_takes_one_kernel_for_all_channels() -> None:
    """As many kernels as channels took XLA 150 seconds to compile in ConvNeXt."""
    import tensorflow as tf

    with keras.backend_scope("tensorflow"):
        layer = keras.layers.Conv2D(32, 3, groups=32)
        layer.build((None, 8, 8, 32))
        graph = tf.function(layer).get_concrete_function(tf.zeros((1, 8, 8, 32))).graph
    kinds = [op.type for op in graph.get_operations()]
    assert kinds.count("DepthwiseConv2dNative") == 1
    assert "Conv2D" not in kinds
