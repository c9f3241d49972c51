"""MobileNet V2: thin blocks that widen inside, with residuals between the thin ends.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018
(https://arxiv.org/abs/1801.04381), table 2.
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
    round_channels,
    scores,
    sized_name,
    stride_padding,
    unnamed_pooled,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.surface import listing
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.models import Model

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

# Expansion, channels, number of blocks, strides of the first.
STACKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# The width multipliers and image sizes of which weights are published.
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
SIZES = (96, 128, 160, 192, 224)


def MobileNetV2(
    input_shape: ShapeLike | None = None,
    alpha: float = 1.0,
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
        require_published("alpha", alpha, ALPHAS)
    options = sized_name(f"mobilenetv2_{alpha:0.2f}", options)

    def body(x: TensorLike) -> Any:
        x = _conv(x, round_channels(32 * alpha), 3, 2, "Conv1")
        x = _relu(_normalized(x, "bn_Conv1"), "Conv1")
        index = 0
        for expansion, filters, count, strides in STACKS:
            for first in (True, *(False,) * (count - 1)):
                channels = round_channels(filters * alpha)
                x = _block(x, expansion, channels, strides if first else 1, index)
                index += 1
        x = _conv(x, round_channels(1280 * max(alpha, 1.0)), 1, 1, "Conv_1", "valid")
        return _relu(_normalized(x, "Conv_1_bn"), "out")

    def head(x: TensorLike, options: Options) -> Any:
        return scores(layers.GlobalAveragePooling2D()(x), options)

    file = (
        f"mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}"
    )
    published = Published(f"{file}.h5", f"{file}_no_top.h5")
    return build(Net(body, published, size, head=head, tail=unnamed_pooled), options)


def _conv(
    x: TensorLike,
    filters: int,
    kernel: int,
    strides: int,
    name: str,
    padding: str = "same",
) -> Any:
    return layers.Conv2D(
        filters, kernel, strides, padding=padding, use_bias=False, name=name
    )(x)


def _normalized(x: TensorLike, name: str) -> Any:
    return layers.BatchNormalization(channel_axis(), momentum=0.999, name=name)(x)


def _relu(x: TensorLike, name: str) -> Any:
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _block(
    x: TensorLike, expansion: int, filters: int, strides: int, index: int
) -> Any:
    inputs, channels = x, x.shape[channel_axis()]
    name = f"block_{index}" if index else "expanded_conv"
    if expansion > 1:
        x = _conv(x, expansion * channels, 1, 1, f"{name}_expand")
        x = _relu(_normalized(x, f"{name}_expand_BN"), f"{name}_expand")
    if strides > 1:
        x = layers.ZeroPadding2D(stride_padding(x, 3), name=f"{name}_pad")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        name=f"{name}_depthwise",
    )(x)
    x = _relu(_normalized(x, f"{name}_depthwise_BN"), f"{name}_depthwise")
    x = _normalized(_conv(x, filters, 1, 1, f"{name}_project"), f"{name}_project_BN")
    if strides == 1 and channels == filters:
        return layers.Add(name=f"{name}_add")([inputs, x])
    return x


documented(
    MobileNetV2,
    "MobileNetV2",
    "MobileNet V2 (https://arxiv.org/abs/1801.04381).",
    """alpha: how many times as many channels every layer has as in the paper.
    """,
)
preprocess_input = preprocessing("tf")
