"""NASNet: two cells that a search found, repeated.

Zoph et al., "Learning Transferable Architectures for Scalable Image Recognition", 2017
(https://arxiv.org/abs/1707.07012), figure 4.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

from keras import layers
from keras.applications.application import (
    IMAGENET,
    Net,
    Options,
    Published,
    build,
    channel_axis,
    documented,
    scores,
    stride_padding,
    unnamed_pooled,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.naming import name_scope
from keras.core.surface import listing
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.models import Model

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())


class _Application(Protocol):
    def __call__(
        self,
        input_shape: ShapeLike | None = None,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = ...,
    ) -> Model: ...


def _nasnet(
    kind: str,
    size: int,
    stem: int,
    filters: int,
    cells: int,
    skip: bool,
    published: Published,
) -> _Application:
    """A net of the family.

    Args:
        kind: its name after "NASNet".
        size: height and width of the images that the head was trained on.
        stem: channels of the first convolution.
        filters: channels of the first normal cells.
        cells: number of normal cells between reductions.
        skip: whether the cell after a reduction sees the cell before that one's input.
        published: the published files.
    """

    def make(
        input_shape: ShapeLike | None = None,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = f"nasnet_{kind.lower()}",
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
        return build(net, options)

    def body(x: TensorLike) -> Any:
        x = layers.Conv2D(
            stem,
            3,
            2,
            use_bias=False,
            kernel_initializer="he_normal",
            name="stem_conv1",
        )(x)
        x = _normalized(x, "stem_bn1")
        previous, x = x, _reduction_cell(x, x, filters // 4, "stem_1")
        previous, x = x, _reduction_cell(x, previous, filters // 2, "stem_2")
        for stage in range(3):
            channels = filters << stage
            if stage:
                end = x
                x = _reduction_cell(x, previous, channels, f"reduce_{stage * cells}")
                previous = previous if skip else end
            for cell in range(cells):
                number = stage * cells + (stage > 0) + cell
                previous, x = x, _normal_cell(x, previous, channels, str(number))
        return layers.Activation("relu")(x)

    net = Net(body, published, size, 32, _head, unnamed_pooled, fixed=True)
    return documented(
        make,
        f"NASNet{kind}",
        f"NASNet {kind} (https://arxiv.org/abs/1707.07012).",
    )


def _head(x: TensorLike, options: Options) -> Any:
    return scores(layers.GlobalAveragePooling2D()(x), options)


def _normalized(x: TensorLike, name: str) -> Any:
    return layers.BatchNormalization(
        channel_axis(), momentum=0.9997, epsilon=1e-3, name=name
    )(x)


def _pointwise(x: TensorLike, filters: int, name: str) -> Any:
    return layers.Conv2D(
        filters,
        1,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)


def _relu(x: TensorLike, name: str | None = None) -> Any:
    return layers.Activation("relu", name=name)(x)


def _average(x: TensorLike, name: str) -> Any:
    return layers.AveragePooling2D(3, 1, padding="same", name=name)(x)


def _separable(
    x: TensorLike, filters: int, size: int, name: str, strides: int = 1
) -> Any:
    """Twice ReLU, separable convolution and normalization."""
    with name_scope(f"separable_conv_block_{name}"):
        for index in (1, 2):
            x = _relu(x)
            if strides == 2:
                padding = stride_padding(x, size)
                layer = layers.ZeroPadding2D(
                    padding, name=f"separable_conv_1_pad_{name}"
                )
                x = layer(x)
            x = layers.SeparableConv2D(
                filters,
                size,
                strides,
                padding="valid" if strides == 2 else "same",
                use_bias=False,
                name=f"separable_conv_{index}_{name}",
            )(x)
            x = _normalized(x, f"separable_conv_{index}_bn_{name}")
            strides = 1
    return x


def _adjusted(previous: Any, x: TensorLike, filters: int, name: str) -> Any:
    """What the cell before the last gave, in the size and width of this cell."""
    if previous is x:
        return x
    if previous.shape[2] != x.shape[2]:
        with name_scope("adjust_block"), name_scope(f"adjust_reduction_block_{name}"):
            joined = _halved(previous, filters, name)
            return _normalized(joined, f"adjust_bn_{name}")
    if previous.shape[channel_axis()] != filters:
        with name_scope("adjust_block"), name_scope(f"adjust_projection_block_{name}"):
            projection = f"adjust_conv_projection_{name}"
            previous = _pointwise(_relu(previous), filters, projection)
            return _normalized(previous, f"adjust_bn_{name}")
    return previous


def _halved(x: TensorLike, filters: int, name: str) -> Any:
    """Every second pixel, half of the channels from those between."""
    x = _relu(x, f"adjust_relu_1_{name}")
    moved = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    moved = layers.Cropping2D(((1, 0), (1, 0)))(moved)
    halves = []
    for index, half in ((1, x), (2, moved)):
        pool = layers.AveragePooling2D(1, 2, name=f"adjust_avg_pool_{index}_{name}")
        conv = f"adjust_conv_{index}_{name}"
        halves.append(_pointwise(pool(half), filters // 2, conv))
    return layers.Concatenate(channel_axis())(halves)


def _normal_cell(x: TensorLike, previous: Any, filters: int, name: str) -> Any:
    def separable(x: TensorLike, size: int, side: str) -> Any:
        return _separable(x, filters, size, f"normal_{side}_{name}")

    def average(x: TensorLike, side: str) -> Any:
        return _average(x, f"normal_{side}_{name}")

    def add(index: int, left: Any, right: Any) -> Any:
        return layers.Add(name=f"normal_add_{index}_{name}")([left, right])

    with name_scope(f"normal_A_block_{name}"):
        p = _adjusted(previous, x, filters, name)
        h = _pointwise(_relu(x), filters, f"normal_conv_1_{name}")
        h = _normalized(h, f"normal_bn_1_{name}")
        with name_scope("block_1"):
            first = add(1, separable(h, 5, "left1"), separable(p, 3, "right1"))
        with name_scope("block_2"):
            second = add(2, separable(p, 5, "left2"), separable(p, 3, "right2"))
        third = add(3, average(h, "left3"), p)
        fourth = add(4, average(p, "left4"), average(p, "right4"))
        with name_scope("block_5"):
            fifth = add(5, separable(h, 3, "left5"), h)
        join = layers.Concatenate(channel_axis(), name=f"normal_concat_{name}")
        return join([p, first, second, third, fourth, fifth])


def _reduction_cell(x: TensorLike, previous: Any, filters: int, name: str) -> Any:
    def separable(x: TensorLike, size: int, side: str, strides: int = 2) -> Any:
        return _separable(x, filters, size, f"reduction_{side}_{name}", strides)

    def pool(kind: Callable[..., Any], side: str) -> Any:
        return kind(3, 2, name=f"reduction_{side}_{name}")(padded)

    def add(index: str, left: Any, right: Any) -> Any:
        return layers.Add(name=f"reduction_add{index}_{name}")([left, right])

    with name_scope(f"reduction_A_block_{name}"):
        p = _adjusted(previous, x, filters, name)
        h = _pointwise(_relu(x), filters, f"reduction_conv_1_{name}")
        h = _normalized(h, f"reduction_bn_1_{name}")
        padding = stride_padding(h, 3)
        padded = layers.ZeroPadding2D(padding, name=f"reduction_pad_1_{name}")(h)
        with name_scope("block_1"):
            first = add("_1", separable(h, 5, "left1"), separable(p, 7, "right1"))
        with name_scope("block_2"):
            second = pool(layers.MaxPooling2D, "left2")
            second = add("_2", second, separable(p, 7, "right2"))
        with name_scope("block_3"):
            third = pool(layers.AveragePooling2D, "left3")
            third = add("3", third, separable(p, 5, "right3"))
        fourth = _average(first, f"reduction_left4_{name}")
        fourth = layers.Add()([second, fourth])
        with name_scope("block_5"):
            fifth = separable(first, 3, "left4", strides=1)
            fifth = add("4", fifth, pool(layers.MaxPooling2D, "right5"))
        join = layers.Concatenate(channel_axis(), name=f"reduction_concat_{name}")
        return join([second, third, fourth, fifth])


NASNetLarge = _nasnet(
    "Large",
    331,
    96,
    168,
    6,
    True,
    Published(
        "nasnet/NASNet-large.h5",
        "nasnet/NASNet-large-no-top.h5",
        "11577c9a518f0070763c2b964a382f17",
        "d81d89dc07e6e56530c4e77faddd61b5",
    ),
)
NASNetMobile = _nasnet(
    "Mobile",
    224,
    32,
    44,
    4,
    False,
    Published(
        "nasnet/NASNet-mobile.h5",
        "nasnet/NASNet-mobile-no-top.h5",
        "020fb642bf7360b370c678b08e0adf61",
        "1ed92395b5b598bdda52abe5c0dbfd63",
    ),
)
preprocess_input = preprocessing("tf")
