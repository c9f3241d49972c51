"""EfficientNet: one net, made wider, deeper and finer by one rule.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", 2019 (https://arxiv.org/abs/1905.11946), table 1.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

from keras import layers
from keras.applications.application import (
    Application,
    Net,
    Published,
    application,
    channel_axis,
    round_channels,
    stride_padding,
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
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.core.surface import listing
from keras.core.typing import TensorLike

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())

MOMENTUM = 0.99
DROP_CONNECT = 0.2
FOLDER = "keras-applications/"
DEVIATIONS = (0.229, 0.224, 0.225)


class Stage(NamedTuple):
    """One row of the paper's table."""

    kernel: int
    repeats: int
    filters: int
    expansion: int
    strides: int


STAGES = (
    Stage(3, 1, 16, 1, 1),
    Stage(3, 2, 24, 6, 2),
    Stage(5, 2, 40, 6, 2),
    Stage(3, 3, 80, 6, 2),
    Stage(5, 3, 112, 6, 1),
    Stage(5, 4, 192, 6, 2),
    Stage(3, 1, 320, 6, 1),
)


def _body(x: TensorLike, width: float, depth: float, pretrained: bool = False) -> Any:
    x = layers.Rescaling(1.0 / 255.0)(x)
    x = layers.Normalization(axis=channel_axis(3))(x)
    if pretrained:
        # The published variances are standard deviations: the root is taken twice.
        x = layers.Rescaling([d**-0.5 for d in DEVIATIONS])(x)
    x = layers.ZeroPadding2D(stride_padding(x, 3), name="stem_conv_pad")(x)
    x = conv(x, round_channels(32 * width), 3, 2, "stem_conv", "valid")
    x = activated(x, "stem_bn", MOMENTUM, "stem_activation")
    repeats = [math.ceil(stage.repeats * depth) for stage in STAGES]
    done = 0
    for number, (stage, count) in enumerate(zip(STAGES, repeats), 1):
        stage = stage._replace(filters=round_channels(stage.filters * width))
        for index in range(count):
            dropped = DROP_CONNECT * done / sum(repeats)
            x = _block(x, stage, dropped, f"block{number}{chr(97 + index)}_")
            stage = stage._replace(strides=1)
            done += 1
    x = conv(x, round_channels(1280 * width), 1, 1, "top_conv")
    return activated(x, "top_bn", MOMENTUM, "top_activation")


def _block(x: TensorLike, stage: Stage, dropped: float, name: str) -> Any:
    inputs, channels = x, x.shape[channel_axis()]
    if stage.expansion > 1:
        x = conv(x, channels * stage.expansion, 1, 1, f"{name}expand_conv")
        x = activated(x, f"{name}expand_bn", MOMENTUM, f"{name}expand_activation")
    if stage.strides == 2:
        padding = stride_padding(x, stage.kernel)
        x = layers.ZeroPadding2D(padding, name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        stage.kernel,
        stage.strides,
        padding="same" if stage.strides == 1 else "valid",
        use_bias=False,
        depthwise_initializer=KERNEL,
        name=f"{name}dwconv",
    )(x)
    x = activated(x, f"{name}bn", MOMENTUM, f"{name}activation")
    x = squeeze_excite(x, max(1, channels // 4), name)
    x = conv(x, stage.filters, 1, 1, f"{name}project_conv")
    x = normalized(x, f"{name}project_bn", MOMENTUM)
    if stage.strides == 1 and channels == stage.filters:
        return residual(x, inputs, dropped, name)
    return x


def _efficientnet(
    variant: str, width: float, depth: float, size: int, dropout: float, *hashes: str
) -> Application:
    file = f"efficientnet{variant.lower()}"
    body = partial(_body, width=width, depth=depth)
    return application(
        f"EfficientNet{variant}",
        f"efficientnet{variant.lower()}",
        Net(
            body,
            Published(f"{file}.h5", f"{file}_notop.h5", *hashes, folder=FOLDER),
            size,
            head=partial(head, dropout=dropout),
            pretrained_body=partial(body, pretrained=True),
        ),
        f"EfficientNet {variant} (https://arxiv.org/abs/1905.11946).",
    )


EfficientNetB0 = _efficientnet(
    "B0",
    1.0,
    1.0,
    224,
    0.2,
    "902e53a9f72be733fc0bcb005b3ebbac",
    "50bc09e76180e00e4465e1a485ddc09d",
)
EfficientNetB1 = _efficientnet(
    "B1",
    1.0,
    1.1,
    240,
    0.2,
    "1d254153d4ab51201f1646940f018540",
    "74c4e6b3e1f6a1eea24c589628592432",
)
EfficientNetB2 = _efficientnet(
    "B2",
    1.1,
    1.2,
    260,
    0.3,
    "b15cce36ff4dcbd00b6dd88e7857a6ad",
    "111f8e2ac8aa800a7a99e3239f7bfb39",
)
EfficientNetB3 = _efficientnet(
    "B3",
    1.2,
    1.4,
    300,
    0.3,
    "ffd1fdc53d0ce67064dc6a9c7960ede0",
    "af6d107764bb5b1abb91932881670226",
)
EfficientNetB4 = _efficientnet(
    "B4",
    1.4,
    1.8,
    380,
    0.4,
    "18c95ad55216b8f92d7e70b3a046e2fc",
    "ebc24e6d6c33eaebbd558eafbeedf1ba",
)
EfficientNetB5 = _efficientnet(
    "B5",
    1.6,
    2.2,
    456,
    0.4,
    "ace28f2a6363774853a83a0b21b9421a",
    "38879255a25d3c92d5e44e04ae6cec6f",
)
EfficientNetB6 = _efficientnet(
    "B6",
    1.8,
    2.6,
    528,
    0.5,
    "165f6e37dce68623721b423839de8be5",
    "9ecce42647a20130c1f39a5d4cb75743",
)
EfficientNetB7 = _efficientnet("B7", 2.0, 3.1, 600, 0.5)
preprocess_input = preprocessing(None)
