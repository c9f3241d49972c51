"""MobileNet: convolutions split into a depthwise and a pointwise one.

Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017 (https://arxiv.org/abs/1704.04861), table 1.
"""

from __future__ import annotations

import os
from typing import Any

from keras import layers
from keras.applications.application import (
    IMAGENET,
    Net,
    Options,
    Published,
    build,
    channel_axis,
    documented,
    published_size,
    require_published,
    sized_name,
    unnamed_pooled,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.surface import listing
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.models import Model

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

# Channels and strides of each separable convolution.
BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
# The width multipliers and image sizes of which weights are published.
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
SIZES = (128, 160, 192, 224)


def MobileNet(
    input_shape: ShapeLike | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 0.001,
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = IMAGENET,
    input_tensor: Tensor | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: Activation = "softmax",
    name: str | None = None,
) -> Model:
    options = Options(
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
    )
    size = published_size(options, SIZES)
    if options.pretrained:
        require_published("alpha", alpha, tuple(ALPHAS))
        require_published("depth_multiplier", depth_multiplier, (1,))
    options = sized_name(f"mobilenet_{alpha:0.2f}", options)

    def body(x: TensorLike) -> Any:
        x = layers.Conv2D(
            int(32 * alpha), 3, 2, padding="same", use_bias=False, name="conv1"
        )(x)
        x = _activated(x, "conv1")
        for index, (filters, strides) in enumerate(BLOCKS, 1):
            x = _block(x, int(filters * alpha), depth_multiplier, strides, index)
        return x

    def head(x: TensorLike, options: Options) -> Any:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(options.classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((options.classes,), name="reshape_2")(x)
        return layers.Activation(options.classifier_activation, name="predictions")(x)

    file = f"mobilenet/mobilenet_{ALPHAS.get(alpha)}_{size}_tf"
    published = Published(f"{file}.h5", f"{file}_no_top.h5")
    return build(Net(body, published, size, head=head, tail=unnamed_pooled), options)


def _activated(x: TensorLike, name: str) -> Any:
    x = layers.BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _block(
    x: TensorLike, filters: int, multiplier: int, strides: int, index: int
) -> Any:
    if strides > 1:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{index}")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides,
        padding="same" if strides == 1 else "valid",
        depth_multiplier=multiplier,
        use_bias=False,
        name=f"conv_dw_{index}",
    )(x)
    x = _activated(x, f"conv_dw_{index}")
    x = layers.Conv2D(
        filters, 1, padding="same", use_bias=False, name=f"conv_pw_{index}"
    )(x)
    return _activated(x, f"conv_pw_{index}")


documented(
    MobileNet,
    "MobileNet",
    "MobileNet (https://arxiv.org/abs/1704.04861).",
    """alpha: how many times as many channels every layer has as in the paper.
    depth_multiplier: how many channels a depthwise convolution makes of each.
    dropout: share of the features that the head drops in training.
    """,
)
preprocess_input = preprocessing("tf")
