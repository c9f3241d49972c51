"""Inception-ResNet V2: Inception modules that add what they learn to their input.

Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections
on Learning", 2016 (https://arxiv.org/abs/1602.07261), figures 15 to 19.
"""

from __future__ import annotations

from typing import Any, Unpack

from keras import layers
from keras.applications.application import Net, Published, application, channel_axis
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.applications.imagenet_utils import preprocessing
from keras.applications.inception import AVERAGE, SHRINK, Conv, conv, module, stem
from keras.core.facts import public_class
from keras.core.surface import listing
from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.options import AllLayerOptions

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]
__dir__ = listing(globals())

BLOCK_35 = (
    (Conv(32, 1),),
    (Conv(32, 1), Conv(32, 3)),
    (Conv(32, 1), Conv(48, 3), Conv(64, 3)),
)
BLOCK_17 = ((Conv(192, 1),), (Conv(128, 1), Conv(160, (1, 7)), Conv(192, (7, 1))))
BLOCK_8 = ((Conv(192, 1),), (Conv(192, 1), Conv(224, (1, 3)), Conv(256, (3, 1))))


@public_class(
    "keras.applications.inception_resnet_v2",
    module="keras.src.applications.inception_resnet_v2",
    pure=True,
)
class CustomScaleLayer(layers.Layer):
    """Adds the second input, made smaller, to the first.

    Args:
        scale: what the second input is multiplied by.
        **kwargs: `name`, `dtype`: see `Layer`.
    """

    _has_nothing_to_build = True

    def __init__(self, scale: float, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: TensorLike) -> Tensor:
        """`inputs[0] + scale * inputs[1]`."""
        return inputs[0] + inputs[1] * self.scale

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape of the first input."""
        return tuple(input_shape[0])


def _residual(
    x: TensorLike, branches: tuple[Any, ...], scale: float, name: str, relu: bool = True
) -> Any:
    new = module(x, *branches, name=f"{name}_mixed")
    channels = x.shape[channel_axis()]
    new = layers.Conv2D(channels, 1, padding="same", name=f"{name}_conv")(new)
    x = CustomScaleLayer(scale)([x, new])
    return layers.Activation("relu", name=f"{name}_ac")(x) if relu else x


def _body(x: TensorLike) -> Any:
    x = module(
        stem(x),
        (Conv(96, 1),),
        (Conv(48, 1), Conv(64, 5)),
        (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
        (AVERAGE, Conv(64, 1)),
        name="mixed_5b",
    )
    for index in range(1, 11):
        x = _residual(x, BLOCK_35, 0.17, f"block35_{index}")
    x = module(
        x,
        (Conv(384, 3, 2, "valid"),),
        (Conv(256, 1), Conv(256, 3), Conv(384, 3, 2, "valid")),
        (SHRINK,),
        name="mixed_6a",
    )
    for index in range(1, 21):
        x = _residual(x, BLOCK_17, 0.1, f"block17_{index}")
    x = module(
        x,
        (Conv(256, 1), Conv(384, 3, 2, "valid")),
        (Conv(256, 1), Conv(288, 3, 2, "valid")),
        (Conv(256, 1), Conv(288, 3), Conv(320, 3, 2, "valid")),
        (SHRINK,),
        name="mixed_7a",
    )
    for index in range(1, 10):
        x = _residual(x, BLOCK_8, 0.2, f"block8_{index}")
    x = _residual(x, BLOCK_8, 1.0, "block8_10", relu=False)
    return conv(x, Conv(1536, 1), "conv_7b")


_FILE = "inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels"
InceptionResNetV2 = application(
    "InceptionResNetV2",
    "inception_resnet_v2",
    Net(
        _body,
        Published(
            f"{_FILE}.h5",
            f"{_FILE}_notop.h5",
            "e693bd0210a403b3192acc6073ad2e96",
            "d19885ff4a710c122648d3b5c3b684e4",
        ),
        size=299,
        smallest=75,
    ),
    "Inception-ResNet V2 (https://arxiv.org/abs/1602.07261).",
)
preprocess_input = preprocessing("tf")
