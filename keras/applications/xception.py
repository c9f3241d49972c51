"""Xception: an Inception net whose modules are separable convolutions.

Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2016
(https://arxiv.org/abs/1610.02357), figure 5.
"""

from __future__ import annotations

from typing import Any

from keras import layers
from keras.applications.application import Net, Published, application, channel_axis
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.core.surface import listing
from keras.core.typing import TensorLike

__all__ = ["Xception", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())


def _normalized(x: TensorLike, name: str | None = None) -> Any:
    return layers.BatchNormalization(channel_axis(), name=name)(x)


def _relu(x: TensorLike, name: str) -> Any:
    return layers.Activation("relu", name=f"{name}_act")(x)


def _conv(x: TensorLike, filters: int, strides: int, name: str) -> Any:
    x = layers.Conv2D(filters, 3, strides, use_bias=False, name=name)(x)
    return _relu(_normalized(x, f"{name}_bn"), name)


def _separable(x: TensorLike, filters: int, name: str) -> Any:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _shrinking(
    x: TensorLike, block: int, first: int, second: int, relu: bool = True
) -> Any:
    """A block of two separable convolutions that halves the images."""
    shortcut = layers.Conv2D(second, 1, 2, padding="same", use_bias=False)(x)
    shortcut = _normalized(shortcut)
    name = f"block{block}_sepconv"
    if relu:
        x = _relu(x, f"{name}1")
    x = _separable(x, first, f"{name}1")
    x = _separable(_relu(x, f"{name}2"), second, f"{name}2")
    x = layers.MaxPooling2D(3, 2, padding="same", name=f"block{block}_pool")(x)
    return layers.Add()([x, shortcut])


def _body(x: TensorLike) -> Any:
    x = _conv(x, 32, 2, "block1_conv1")
    x = _conv(x, 64, 1, "block1_conv2")
    x = _shrinking(x, 2, 128, 128, relu=False)
    x = _shrinking(x, 3, 256, 256)
    x = _shrinking(x, 4, 728, 728)
    for block in range(5, 13):
        inputs = x
        for index in (1, 2, 3):
            name = f"block{block}_sepconv{index}"
            x = _separable(_relu(x, name), 728, name)
        x = layers.Add()([x, inputs])
    x = _shrinking(x, 13, 728, 1024)
    for index, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{index}"
        x = _relu(_separable(x, filters, name), name)
    return x


Xception = application(
    "Xception",
    "xception",
    Net(
        _body,
        Published(
            "xception/xception_weights_tf_dim_ordering_tf_kernels.h5",
            "xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "0a58e3b7378bc2990ea3b43d5981f1f6",
            "b0042744bf5b25fce3cb969f33bebb97",
        ),
        size=299,
        smallest=71,
    ),
    "Xception (https://arxiv.org/abs/1610.02357).",
)
preprocess_input = preprocessing("tf")
