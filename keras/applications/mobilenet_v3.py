"""MobileNet V3: the blocks of V2 with squeeze and excitation, found by search.

Howard et al., "Searching for MobileNetV3", 2019 (https://arxiv.org/abs/1905.02244),
tables 1 and 2.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Protocol

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
    stride_padding,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.surface import listing
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.models import Model

__all__ = ["decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

RELU, SWISH = "relu", "hard_swish"


class Block(NamedTuple):
    """One row of the paper's tables; the width inside is a multiple of the inputs'."""

    expansion: float
    filters: int
    kernel: int
    strides: int
    squeeze: bool
    activation: str


LARGE = (
    Block(1, 16, 3, 1, False, RELU),
    Block(4, 24, 3, 2, False, RELU),
    Block(3, 24, 3, 1, False, RELU),
    Block(3, 40, 5, 2, True, RELU),
    Block(3, 40, 5, 1, True, RELU),
    Block(3, 40, 5, 1, True, RELU),
    Block(6, 80, 3, 2, False, SWISH),
    Block(2.5, 80, 3, 1, False, SWISH),
    Block(2.3, 80, 3, 1, False, SWISH),
    Block(2.3, 80, 3, 1, False, SWISH),
    Block(6, 112, 3, 1, True, SWISH),
    Block(6, 112, 3, 1, True, SWISH),
    Block(6, 160, 5, 2, True, SWISH),
    Block(6, 160, 5, 1, True, SWISH),
    Block(6, 160, 5, 1, True, SWISH),
)
SMALL = (
    Block(1, 16, 3, 2, True, RELU),
    Block(72 / 16, 24, 3, 2, False, RELU),
    Block(88 / 24, 24, 3, 1, False, RELU),
    Block(4, 40, 5, 2, True, SWISH),
    Block(6, 40, 5, 1, True, SWISH),
    Block(6, 40, 5, 1, True, SWISH),
    Block(3, 48, 5, 1, True, SWISH),
    Block(3, 48, 5, 1, True, SWISH),
    Block(6, 96, 5, 2, True, SWISH),
    Block(6, 96, 5, 1, True, SWISH),
    Block(6, 96, 5, 1, True, SWISH),
)


class _Application(Protocol):
    def __call__(
        self,
        input_shape: ShapeLike | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        classes: int = CLASSES,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = ...,
    ) -> Model: ...


def _mobilenet_v3(
    size: str, blocks: tuple[Block, ...], last: int, hashes: dict[str, tuple[str, str]]
) -> _Application:
    def make(
        input_shape: ShapeLike | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        classes: int = CLASSES,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = f"MobileNetV3{size}",
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
        published_size(options, (224,))
        if options.pretrained:
            require_published("alpha", alpha, (1.0,) if minimalistic else (0.75, 1.0))
        rows = tuple(map(_minimalistic, blocks)) if minimalistic else blocks
        swish = rows[-1].activation

        def body(x: TensorLike) -> Any:
            if include_preprocessing:
                x = layers.Rescaling(1 / 127.5, offset=-1.0)(x)
            return _body(x, rows, alpha)

        def head(x: TensorLike, options: Options) -> Any:
            return _head(x, options, last * max(alpha, 1.0), swish, dropout_rate)

        kind = f"{size.lower()}{'_minimalistic' * minimalistic}_224_{alpha}_float"
        file = f"mobilenet_v3/weights_mobilenet_v3_{kind}"
        published = Published(
            f"{file}.h5", f"{file}_no_top_v2.h5", *hashes.get(kind, ())
        )
        return build(Net(body, published, None, head=head), options)

    return documented(
        make,
        f"MobileNetV3{size}",
        f"MobileNet V3 {size} (https://arxiv.org/abs/1905.02244).",
        """alpha: how many times as many channels every layer has as in the paper.
    minimalistic: whether kernels are 3 x 3 and activations ReLU throughout, without
        squeeze and excitation: slower on paper, faster on some chips.
    dropout_rate: share of the features that the head drops in training.
    include_preprocessing: whether the model begins with a layer that
        scales pixels.
    """,
    )


def _minimalistic(block: Block) -> Block:
    return block._replace(kernel=3, squeeze=False, activation=RELU)


def _body(x: TensorLike, blocks: tuple[Block, ...], alpha: float) -> Any:
    swish = blocks[-1].activation
    x = _activated(_normalized(_conv(x, 16, 3, 2, "conv"), "conv"), swish)
    for index, block in enumerate(blocks):
        x = _block(x, block, alpha, index)
    x = _conv(x, round_channels(6 * x.shape[channel_axis()]), 1, 1, "conv_1")
    return _activated(_normalized(x, "conv_1"), swish)


def _head(
    x: TensorLike, options: Options, width: float, swish: str, dropout: float
) -> Any:
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    filters = round_channels(width)
    x = layers.Conv2D(filters, 1, padding="same", name="conv_2")(x)
    x = _activated(x, swish)
    if dropout > 0:
        x = layers.Dropout(dropout)(x)
    x = layers.Conv2D(options.classes, 1, padding="same", name="logits")(x)
    x = layers.Flatten()(x)
    return layers.Activation(options.classifier_activation, name="predictions")(x)


def _conv(x: TensorLike, filters: int, kernel: int, strides: int, name: str) -> Any:
    return layers.Conv2D(
        filters, kernel, strides, padding="same", use_bias=False, name=name
    )(x)


def _normalized(x: TensorLike, name: str) -> Any:
    return layers.BatchNormalization(channel_axis(), momentum=0.999, name=f"{name}_bn")(
        x
    )


def _activated(x: TensorLike, activation: str) -> Any:
    layer = layers.ReLU() if activation == RELU else layers.Activation(activation)
    return layer(x)


def _block(x: TensorLike, block: Block, alpha: float, index: int) -> Any:
    inputs, channels = x, x.shape[channel_axis()]
    filters = round_channels(block.filters * alpha)
    name = f"expanded_conv_{index}" if index else "expanded_conv"
    if index:
        x = _conv(x, round_channels(channels * block.expansion), 1, 1, f"{name}_expand")
        x = _activated(_normalized(x, f"{name}_expand"), block.activation)
    if block.strides == 2:
        x = layers.ZeroPadding2D(
            stride_padding(x, block.kernel), name=f"{name}_depthwise_pad"
        )(x)
    x = layers.DepthwiseConv2D(
        block.kernel,
        block.strides,
        padding="same" if block.strides == 1 else "valid",
        use_bias=False,
        name=f"{name}_depthwise",
    )(x)
    x = _activated(_normalized(x, f"{name}_depthwise"), block.activation)
    if block.squeeze:
        x = _squeeze_excite(x, f"{name}_squeeze_excite")
    x = _normalized(_conv(x, filters, 1, 1, f"{name}_project"), f"{name}_project")
    if block.strides == 1 and channels == filters:
        return layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _squeeze_excite(x: TensorLike, name: str) -> Any:
    channels = x.shape[channel_axis()]
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    gate = layers.Conv2D(
        round_channels(channels / 4), 1, padding="same", name=f"{name}_conv"
    )(gate)
    gate = layers.ReLU(name=f"{name}_relu")(gate)
    gate = layers.Conv2D(channels, 1, padding="same", name=f"{name}_conv_1")(gate)
    gate = layers.ReLU(6.0)(gate + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}_mul")([x, gate])


MobileNetV3Large = _mobilenet_v3(
    "Large",
    LARGE,
    1280,
    {
        "large_224_0.75_float": (
            "765b44a33ad4005b3ac83185abf1d0eb",
            "40af19a13ebea4e2ee0c676887f69a2e",
        ),
        "large_minimalistic_224_1.0_float": (
            "675e7b876c45c57e9e63e6d90a36599c",
            "ec5221f64a2f6d1ef965a614bdae7973",
        ),
        "large_224_1.0_float": (
            "59e551e166be033d707958cf9e29a6a7",
            "07fb09a5933dd0c8eaafa16978110389",
        ),
    },
)
MobileNetV3Small = _mobilenet_v3(
    "Small",
    SMALL,
    1024,
    {
        "small_224_0.75_float": (
            "cb65d4e5be93758266aa0a7f2c6708b7",
            "ebdb5cc8e0b497cd13a7c275d475c819",
        ),
        "small_224_1.0_float": (
            "8768d4c2e7dee89b9d02b2d03d65d862",
            "d3e8ec802a04aa4fc771ee12a9a9b836",
        ),
        "small_minimalistic_224_1.0_float": (
            "99cd97fb2fcdad2bf028eb838de69e37",
            "cde8136e733e811080d9fcd8a252f7e4",
        ),
    },
)
preprocess_input = preprocessing(None)
