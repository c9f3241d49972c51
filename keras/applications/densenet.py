"""DenseNet: every layer of a block sees the feature maps of all those before it.

Huang et al., "Densely Connected Convolutional Networks", 2016
(https://arxiv.org/abs/1608.06993), table 1.
"""

from __future__ import annotations

from typing import Any

from keras import layers
from keras.applications.application import (
    Application,
    Net,
    Published,
    application,
    channel_axis,
)
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.core.surface import listing
from keras.core.typing import TensorLike

__all__ = [
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())

GROWTH = 32


def _activated(x: TensorLike, normalization: str, relu: str) -> Any:
    x = layers.BatchNormalization(
        axis=channel_axis(3), epsilon=1.001e-5, name=normalization
    )(x)
    return layers.Activation("relu", name=relu)(x)


def _conv(x: TensorLike, filters: int, size: int, strides: int, name: str) -> Any:
    return layers.Conv2D(
        filters,
        size,
        strides,
        padding="same" if size == 3 else "valid",
        use_bias=False,
        name=f"{name}_conv",
    )(x)


def _dense_layer(x: TensorLike, name: str) -> Any:
    new = _activated(x, f"{name}_0_bn", f"{name}_0_relu")
    new = _conv(new, 4 * GROWTH, 1, 1, f"{name}_1")
    new = _activated(new, f"{name}_1_bn", f"{name}_1_relu")
    new = _conv(new, GROWTH, 3, 1, f"{name}_2")
    return layers.Concatenate(axis=channel_axis(3), name=f"{name}_concat")([x, new])


def _transition(x: TensorLike, name: str) -> Any:
    x = _activated(x, f"{name}_bn", f"{name}_relu")
    x = _conv(x, x.shape[channel_axis()] // 2, 1, 1, name)
    return layers.AveragePooling2D(2, 2, name=f"{name}_pool")(x)


def _densenet(depth: int, blocks: tuple[int, ...], *hashes: str) -> Application:
    def body(x: TensorLike) -> Any:
        x = _conv(layers.ZeroPadding2D(3)(x), 64, 7, 2, "conv1")
        x = _activated(x, "conv1_bn", "conv1_relu")
        x = layers.MaxPooling2D(3, 2, name="pool1")(layers.ZeroPadding2D(1)(x))
        for block, count in enumerate(blocks, 2):
            if block > 2:
                x = _transition(x, f"pool{block - 1}")
            for index in range(1, count + 1):
                x = _dense_layer(x, f"conv{block}_block{index}")
        return _activated(x, "bn", "relu")

    file = f"densenet/densenet{depth}_weights_tf_dim_ordering_tf_kernels"
    return application(
        f"DenseNet{depth}",
        f"densenet{depth}",
        Net(body, Published(f"{file}.h5", f"{file}_notop.h5", *hashes)),
        f"DenseNet of {depth} layers (https://arxiv.org/abs/1608.06993).",
    )


DenseNet121 = _densenet(
    121,
    (6, 12, 24, 16),
    "9d60b8095a5708f2dcce2bca79d332c7",
    "30ee3e1110167f948a6b9946edeeb738",
)
DenseNet169 = _densenet(
    169,
    (6, 12, 32, 32),
    "d699b8f76981ab1b30698df4c175e90b",
    "b8c4d4c20dd625c148057b9ff1c1176b",
)
DenseNet201 = _densenet(
    201,
    (6, 12, 48, 32),
    "1ceb130c1ea1b78c3bf6114dbdfd8807",
    "c13680b51ded0fb44dff2d8f86ac8bb1",
)
preprocess_input = preprocessing("torch")
