"""ResNet V2: normalization and ReLU stand before the convolutions.

He et al., "Identity Mappings in Deep Residual Networks", 2016
(https://arxiv.org/abs/1603.05027), figure 1b.
"""

from __future__ import annotations

from typing import Any

from keras import layers
from keras.applications.application import Application, Net, Published, application
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.applications.resnet import activated, first_pool, stem
from keras.core.surface import listing
from keras.core.typing import TensorLike

__all__ = [
    "ResNet101V2",
    "ResNet152V2",
    "ResNet50V2",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())


def _block(x: TensorLike, filters: int, strides: int, first: bool, name: str) -> Any:
    before = activated(x, f"{name}_preact")
    if first:
        shortcut = layers.Conv2D(4 * filters, 1, strides, name=f"{name}_0_conv")(before)
    else:
        shortcut = layers.MaxPooling2D(1, strides)(x) if strides > 1 else x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(before)
    x = activated(x, f"{name}_1")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides, use_bias=False, name=f"{name}_2_conv")(x)
    x = activated(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _resnet_v2(depth: int, blocks: tuple[int, ...], *hashes: str) -> Application:
    def body(x: TensorLike) -> Any:
        x = first_pool(stem(x))
        for stack, count in enumerate(blocks):
            for index in range(count):
                # The last block of a stack makes the images smaller, but for the last.
                smaller = index == count - 1 and stack < len(blocks) - 1
                x = _block(
                    x,
                    64 << stack,
                    2 if smaller else 1,
                    index == 0,
                    f"conv{stack + 2}_block{index + 1}",
                )
        return activated(x, "post")

    file = f"resnet/resnet{depth}v2_weights_tf_dim_ordering_tf_kernels"
    return application(
        f"ResNet{depth}V2",
        f"resnet{depth}v2",
        Net(body, Published(f"{file}.h5", f"{file}_notop.h5", *hashes)),
        f"ResNet V2 of {depth} layers (https://arxiv.org/abs/1603.05027).",
    )


ResNet50V2 = _resnet_v2(
    50,
    (3, 4, 6, 3),
    "3ef43a0b657b3be2300d5770ece849e0",
    "fac2f116257151a9d068a22e544a4917",
)
ResNet101V2 = _resnet_v2(
    101,
    (3, 4, 23, 3),
    "6343647c601c52e1368623803854d971",
    "c0ed64b8031c3730f411d2eb4eea35b5",
)
ResNet152V2 = _resnet_v2(
    152,
    (3, 8, 36, 3),
    "a49b44d1979771252814e80f8ec446f9",
    "ed17cf2e0169df9d443503ef94b23b33",
)
preprocess_input = preprocessing("tf")
