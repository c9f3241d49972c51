"""Inception V3: modules of branches with factorized convolutions.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015
(https://arxiv.org/abs/1512.00567), table 1 and figures 5 to 7.
"""

from __future__ import annotations

from typing import Any

from keras.applications.application import Net, Published, application
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.applications.inception import AVERAGE, SHRINK, Conv, Fork, module, stem
from keras.core.surface import listing
from keras.core.typing import TensorLike

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

WIDE, TALL = (1, 7), (7, 1)


def _figure_5(x: TensorLike, pooled: int, name: str) -> Any:
    return module(
        x,
        (Conv(64, 1),),
        (Conv(48, 1), Conv(64, 5)),
        (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
        (AVERAGE, Conv(pooled, 1)),
        name=name,
    )


def _figure_6(x: TensorLike, n: int, name: str) -> Any:
    """Convolutions of 7 x 7, each factorized into two."""
    thrice = (Conv(n, TALL), Conv(n, WIDE), Conv(n, TALL))
    return module(
        x,
        (Conv(192, 1),),
        (Conv(n, 1), Conv(n, WIDE), Conv(192, TALL)),
        (Conv(n, 1), *thrice, Conv(192, WIDE)),
        (AVERAGE, Conv(192, 1)),
        name=name,
    )


def _figure_7(x: TensorLike, fork: str, name: str) -> Any:
    sides = (Conv(384, (1, 3)), Conv(384, (3, 1)))
    return module(
        x,
        (Conv(320, 1),),
        (Conv(384, 1), Fork(sides, fork)),
        (Conv(448, 1), Conv(384, 3), Fork(sides)),
        (AVERAGE, Conv(192, 1)),
        name=name,
    )


def _body(x: TensorLike) -> Any:
    x = stem(x)
    for index, pooled in enumerate((32, 64, 64)):
        x = _figure_5(x, pooled, f"mixed{index}")
    x = module(
        x,
        (Conv(384, 3, 2, "valid"),),
        (Conv(64, 1), Conv(96, 3), Conv(96, 3, 2, "valid")),
        (SHRINK,),
        name="mixed3",
    )
    for index, channels in enumerate((128, 160, 160, 192), 4):
        x = _figure_6(x, channels, f"mixed{index}")
    x = module(
        x,
        (Conv(192, 1), Conv(320, 3, 2, "valid")),
        (Conv(192, 1), Conv(192, WIDE), Conv(192, TALL), Conv(192, 3, 2, "valid")),
        (SHRINK,),
        name="mixed8",
    )
    x = _figure_7(x, "mixed9_0", "mixed9")
    return _figure_7(x, "mixed9_1", "mixed10")


_FILE = "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels"
InceptionV3 = application(
    "InceptionV3",
    "inception_v3",
    Net(
        _body,
        Published(
            f"{_FILE}.h5",
            f"{_FILE}_notop.h5",
            "9a0d58056eeedaa3f26cb7ebd46da564",
            "bcbd6486424b2319ff4ef7d526e38f63",
        ),
        size=299,
        smallest=75,
    ),
    "Inception V3 (https://arxiv.org/abs/1512.00567).",
)
preprocess_input = preprocessing("tf")
