"""ConvNeXt: a convolutional net with what made vision transformers good.

Liu et al., "A ConvNet for the 2020s", 2022 (https://arxiv.org/abs/2201.03545), table 9.
"""

from __future__ import annotations

import os
from typing import Any, Protocol, Unpack

from keras import initializers, layers
from keras.applications.application import (
    IMAGENET,
    Net,
    Options,
    Published,
    build,
    channel_axis,
    documented,
    pooled,
    scores,
)
from keras.applications.imagenet_utils import CLASSES, preprocessing
from keras.applications.imagenet_utils import decode_predictions as decode_predictions
from keras.core.facts import public_class
from keras.core.surface import listing
from keras.core.typing import Activation, Shape, ShapeLike, Tensor, TensorLike
from keras.layers.options import AllLayerOptions
from keras.models import Model, Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]
__dir__ = listing(globals())

MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
VARIANCE = ((0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2)
EPSILON = 1e-6


@public_class(
    "keras.applications.convnext", module="keras.src.applications.convnext", pure=True
)
class LayerScale(layers.Layer):
    """Multiplies every channel by a factor that is learned.

    Touvron et al., 2021 (https://arxiv.org/abs/2103.17239).

    Args:
        init_values: the factors to begin with.
        projection_dim: number of channels.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.
    """

    def __init__(
        self,
        init_values: float,
        projection_dim: int,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Shape) -> None:
        """Makes the factors."""
        self.gamma = self.add_weight(
            shape=(self.projection_dim,),
            initializer=initializers.Constant(self.init_values),
        )
        self.built = True

    def call(self, inputs: TensorLike) -> Tensor:
        """The inputs times the factors."""
        return inputs * self.gamma

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """That of the inputs."""
        return tuple(input_shape)


class _Application(Protocol):
    def __call__(
        self,
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = ...,
    ) -> Model: ...


def _convnext(
    size: str, depths: tuple[int, ...], filters: tuple[int, ...], *hashes: str
) -> _Application:
    default_name = f"convnext_{size.lower()}"
    file = f"convnext/{default_name}"
    published = Published(f"{file}.h5", f"{file}_notop.h5", *hashes)

    def make(
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = default_name,
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
                x = layers.Normalization(
                    channel_axis(),
                    mean=MEAN,
                    variance=VARIANCE,
                    name=f"{name}_prestem_normalization",
                )(x)
            return _body(x, depths, filters, f"{name}_")

        net = Net(body, published, head=_head, tail=_tail)
        return build(net, options)

    return documented(
        make,
        f"ConvNeXt{size}",
        f"ConvNeXt {size} (https://arxiv.org/abs/2201.03545).",
        """include_preprocessing: whether the model begins with a layer that
        scales pixels.
    """,
    )


def _body(
    x: TensorLike, depths: tuple[int, ...], filters: tuple[int, ...], name: str
) -> Any:
    for stage, (count, channels) in enumerate(zip(depths, filters)):
        if stage == 0:
            steps = [
                layers.Conv2D(channels, 4, 4, name=f"{name}stem_conv"),
                _normalization(f"{name}stem_layernorm"),
            ]
            x = Sequential(steps, name=f"{name}stem")(x)
        else:
            number = stage - 1
            steps = [
                _normalization(f"{name}downsampling_layernorm_{number}"),
                layers.Conv2D(channels, 2, 2, name=f"{name}downsampling_conv_{number}"),
            ]
            x = Sequential(steps, name=f"{name}downsampling_block_{number}")(x)
        for block in range(count):
            x = _block(x, channels, f"{name}stage_{stage}_block_{block}_")
    return x


def _normalization(name: str | None = None) -> layers.Layer:
    return layers.LayerNormalization(epsilon=EPSILON, name=name)


def _block(inputs: TensorLike, channels: int, name: str) -> Any:
    x = layers.Conv2D(
        channels, 7, padding="same", groups=channels, name=f"{name}depthwise_conv"
    )(inputs)
    x = _normalization(f"{name}layernorm")(x)
    x = layers.Dense(4 * channels, name=f"{name}pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}gelu")(x)
    x = layers.Dense(channels, name=f"{name}pointwise_conv_2")(x)
    x = LayerScale(EPSILON, channels, name=f"{name}layer_scale")(x)
    # Where the training of the paper drops whole samples.
    x = layers.Activation("linear", name=f"{name}identity")(x)
    return inputs + x


def _head(x: TensorLike, options: Options) -> Any:
    x = layers.GlobalAveragePooling2D(name=f"{options.name}_head_gap")(x)
    x = _normalization(f"{options.name}_head_layernorm")(x)
    return scores(x, options, f"{options.name}_head_dense")


def _tail(x: TensorLike, options: Options) -> Any:
    return _normalization()(pooled(x, options, named=False))


ConvNeXtTiny = _convnext(
    "Tiny",
    (3, 3, 9, 3),
    (96, 192, 384, 768),
    "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
    "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
)
ConvNeXtSmall = _convnext(
    "Small",
    (3, 3, 27, 3),
    (96, 192, 384, 768),
    "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
    "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
)
ConvNeXtBase = _convnext(
    "Base",
    (3, 3, 27, 3),
    (128, 256, 512, 1024),
    "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
    "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
)
ConvNeXtLarge = _convnext(
    "Large",
    (3, 3, 27, 3),
    (192, 384, 768, 1536),
    "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
    "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
)
ConvNeXtXLarge = _convnext(
    "XLarge",
    (3, 3, 27, 3),
    (256, 512, 1024, 2048),
    "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
    "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
)
preprocess_input = preprocessing(None)
