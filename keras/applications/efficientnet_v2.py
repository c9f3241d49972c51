"""EfficientNet V2: EfficientNet with fused convolutions first, for faster training.

Tan and Le, "EfficientNetV2: Smaller Models and Faster Training", 2021
(https://arxiv.org/abs/2104.00298), table 4.
"""

from __future__ import annotations

import math
import os
from functools import partial
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
)
from keras.applications.efficientnet_blocks import (
    KERNEL,
    activated,
    conv,
    head,
    normalized,
    residual,
    squeeze_excite,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.surface import listing
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.initializers import Constant
from keras.models import Model

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())

MOMENTUM = 0.9
DROP_CONNECT = 0.2
_head = partial(head, dropout=0.2, bias_initializer=Constant(0.0))


class Stage(NamedTuple):
    """One row of the paper's table: `fused` is Fused-MBConv, else MBConv with SE."""

    repeats: int
    filters: int
    expansion: int
    strides: int
    fused: bool


B = (
    Stage(1, 16, 1, 1, True),
    Stage(2, 32, 4, 2, True),
    Stage(2, 48, 4, 2, True),
    Stage(3, 96, 4, 2, False),
    Stage(5, 112, 6, 1, False),
    Stage(8, 192, 6, 2, False),
)
S = (
    Stage(2, 24, 1, 1, True),
    Stage(4, 48, 4, 2, True),
    Stage(4, 64, 4, 2, True),
    Stage(6, 128, 4, 2, False),
    Stage(9, 160, 6, 1, False),
    Stage(15, 256, 6, 2, False),
)
M = (
    Stage(3, 24, 1, 1, True),
    Stage(5, 48, 4, 2, True),
    Stage(5, 80, 4, 2, True),
    Stage(7, 160, 4, 2, False),
    Stage(14, 176, 6, 1, False),
    Stage(18, 304, 6, 2, False),
    Stage(5, 512, 6, 1, False),
)
L = (
    Stage(4, 32, 1, 1, True),
    Stage(7, 64, 4, 2, True),
    Stage(7, 96, 4, 2, True),
    Stage(10, 192, 4, 2, False),
    Stage(19, 224, 6, 1, False),
    Stage(25, 384, 6, 2, False),
    Stage(7, 640, 6, 1, False),
)


class _Application(Protocol):
    def __call__(
        self,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = ...,
    ) -> Model: ...


def _efficientnet_v2(
    variant: str,
    size: int,
    stages: tuple[Stage, ...],
    stem: int,
    *hashes: str,
    width: float = 1.0,
    depth: float = 1.0,
) -> _Application:
    kind = variant.lower()
    file = f"efficientnet_v2/efficientnetv2-{kind}"
    published = Published(f"{file}.h5", f"{file}_notop.h5", *hashes)

    def make(
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = f"efficientnetv2-{kind}",
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

        def body(x: TensorLike) -> Any:
            if include_preprocessing:
                x = _preprocessed(x, centred=variant[0] != "B")
            return _body(x, stages, stem, width, depth)

        net = Net(body, published, size, head=_head)
        return build(net, options)

    return documented(
        make,
        f"EfficientNetV2{variant}",
        f"EfficientNet V2 {variant} (https://arxiv.org/abs/2104.00298).",
        """include_preprocessing: whether the model begins with layers that
        scale pixels.
    """,
    )


def _preprocessed(x: TensorLike, centred: bool) -> Any:
    if centred:
        return layers.Rescaling(1.0 / 128.0, offset=-1.0)(x)
    x = layers.Rescaling(1.0 / 255.0)(x)
    return layers.Normalization(
        channel_axis(3),
        mean=[0.485, 0.456, 0.406],
        variance=[0.229**2, 0.224**2, 0.225**2],
    )(x)


def _body(
    x: TensorLike, stages: tuple[Stage, ...], stem: int, width: float, depth: float
) -> Any:
    x = conv(x, _rounded(stem * width), 3, 2, "stem_conv")
    x = activated(x, "stem_bn", MOMENTUM, "stem_activation")
    # Of the unscaled net: deeper ones drop more than `DROP_CONNECT` at their end.
    total, done = sum(stage.repeats for stage in stages), 0
    for number, stage in enumerate(stages, 1):
        count = math.ceil(stage.repeats * depth)
        stage = stage._replace(filters=_rounded(stage.filters * width))
        for index in range(count):
            dropped = DROP_CONNECT * done / total
            x = _block(x, stage, dropped, f"block{number}{chr(97 + index)}_")
            stage = stage._replace(strides=1)
            done += 1
    x = conv(x, _rounded(1280 * width), 1, 1, "top_conv")
    return activated(x, "top_bn", MOMENTUM, "top_activation")


def _rounded(channels: float) -> int:
    """The nearest multiple of 8, which here may be less than 90 %."""
    return max(8, int(channels + 4) // 8 * 8)


def _block(x: TensorLike, stage: Stage, dropped: float, name: str) -> Any:
    inputs, channels = x, x.shape[channel_axis()]
    wide = channels * stage.expansion
    expanded = partial(
        activated,
        name=f"{name}expand_bn",
        momentum=MOMENTUM,
        activation=f"{name}expand_activation",
    )
    size, strides = 1, 1
    if not stage.fused:
        x = expanded(conv(x, wide, 1, 1, f"{name}expand_conv"))
        x = _depthwise(x, stage.strides, name)
        x = squeeze_excite(x, max(1, channels // 4), name)
    elif stage.expansion > 1:
        x = expanded(conv(x, wide, 3, stage.strides, f"{name}expand_conv"))
    else:
        size, strides = 3, stage.strides
    x = conv(x, stage.filters, size, strides, f"{name}project_conv")
    x = normalized(x, f"{name}project_bn", MOMENTUM)
    if stage.expansion == 1:
        x = layers.Activation("swish", name=f"{name}project_activation")(x)
    if stage.strides == 1 and channels == stage.filters:
        return residual(x, inputs, dropped, name)
    return x


def _depthwise(x: TensorLike, strides: int, name: str) -> Any:
    x = layers.DepthwiseConv2D(
        3,
        strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=KERNEL,
        name=f"{name}dwconv2",
    )(x)
    return activated(x, f"{name}bn", MOMENTUM, f"{name}activation")


EfficientNetV2B0 = _efficientnet_v2(
    "B0",
    224,
    B,
    32,
    "21ecbf6da12460d5c40bb2f29ceb2188",
    "893217f2bb855e2983157299931e43ff",
)
EfficientNetV2B1 = _efficientnet_v2(
    "B1",
    240,
    B,
    32,
    "069f0534ff22adf035c89e2d9547a9dc",
    "0e80663031ca32d657f9caa404b6ec37",
    depth=1.1,
)
EfficientNetV2B2 = _efficientnet_v2(
    "B2",
    260,
    B,
    32,
    "424e49f28180edbde1e94797771950a7",
    "1dfe2e7a5d45b6632553a8961ea609eb",
    width=1.1,
    depth=1.2,
)
EfficientNetV2B3 = _efficientnet_v2(
    "B3",
    300,
    B,
    32,
    "1f1fc43bd98a6e4fd8fdfd551e02c7a0",
    "f6abf7b5849ac99a89b50dd3fd532856",
    width=1.2,
    depth=1.4,
)
EfficientNetV2S = _efficientnet_v2(
    "S",
    384,
    S,
    24,
    "e1d88a8495beba45748fedd0cecbe016",
    "af0682fb74e8c54910f2d4393339c070",
)
EfficientNetV2M = _efficientnet_v2(
    "M",
    480,
    M,
    24,
    "a3bf6aa3276309f4fc6a34aa114c95cd",
    "1b8dc055df72dde80d614482840fe342",
)
EfficientNetV2L = _efficientnet_v2(
    "L",
    480,
    L,
    32,
    "27e6d408b53c7ebc868fefa357689935",
    "b0b66b5c863aef5b46e8608fe1711615",
)
preprocess_input = preprocessing(None)
