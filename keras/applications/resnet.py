"""ResNet: blocks that add what they learn to their input.

He et al., "Deep Residual Learning for Image Recognition", 2015
(https://arxiv.org/abs/1512.03385), table 1.
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
    "ResNet101",
    "ResNet152",
    "ResNet50",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())

EPSILON = 1.001e-5


def stem(x: TensorLike) -> Any:
    """The 7 x 7 convolution of ResNets, without normalization."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    return layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)


def first_pool(x: TensorLike) -> Any:
    """The max pooling that ends the stem."""
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def normalized(x: TensorLike, name: str) -> Any:
    """Batch normalization as ResNets have it."""
    return layers.BatchNormalization(
        axis=channel_axis(3), epsilon=EPSILON, name=f"{name}_bn"
    )(x)


def activated(x: TensorLike, name: str) -> Any:
    """Batch normalization, then ReLU."""
    return layers.Activation("relu", name=f"{name}_relu")(normalized(x, name))


def _block(x: TensorLike, filters: int, strides: int, first: bool, name: str) -> Any:
    shortcut = x
    if first:
        shortcut = layers.Conv2D(4 * filters, 1, strides, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0")
    x = layers.Conv2D(filters, 1, strides, name=f"{name}_1_conv")(x)
    x = activated(x, f"{name}_1")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = activated(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = normalized(x, f"{name}_3")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _resnet(depth: int, blocks: tuple[int, ...], *hashes: str) -> Application:
    def body(x: TensorLike) -> Any:
        x = first_pool(activated(stem(x), "conv1"))
        for stack, count in enumerate(blocks):
            for index in range(count):
                first = index == 0
                x = _block(
                    x,
                    64 << stack,
                    2 if first and stack > 0 else 1,
                    first,
                    f"conv{stack + 2}_block{index + 1}",
                )
        return x

    file = f"resnet/resnet{depth}_weights_tf_dim_ordering_tf_kernels"
    return application(
        f"ResNet{depth}",
        f"resnet{depth}",
        Net(body, Published(f"{file}.h5", f"{file}_notop.h5", *hashes)),
        f"ResNet of {depth} layers (https://arxiv.org/abs/1512.03385).",
    )


ResNet50 = _resnet(
    50,
    (3, 4, 6, 3),
    "2cb95161c43110f7111970584f804107",
    "4d473c1dd8becc155b73f8504c6f6626",
)
ResNet101 = _resnet(
    101,
    (3, 4, 23, 3),
    "f1aeb4b969a6efcfb50fad2f0c20cfc5",
    "88cf7a10940856eca736dc7b7e228a21",
)
ResNet152 = _resnet(
    152,
    (3, 8, 36, 3),
    "100835be76be38e30d865e96f2aaae62",
    "ee4c566cf9a93f14d82f913c2dc6dd0c",
)
preprocess_input = preprocessing("caffe")
