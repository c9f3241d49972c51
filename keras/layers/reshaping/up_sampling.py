"""`UpSampling1D`, `UpSampling2D`, `UpSampling3D`: every place becomes several."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Sizes, Tensor
from keras.layers import arguments
from keras.layers.arguments import integers, one_of, positive_integer
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


class BaseUpSampling(Layer):
    """What enlarging of any number of spatial axes shares."""

    rank: int
    data_format = "channels_last"
    size: Any

    @property
    def _factors(self) -> tuple[int, ...]:
        return (self.size,) if self.rank == 1 else tuple(self.size)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with every place repeated."""
        first = 1 if self.data_format == "channels_last" else 2
        for axis, factor in enumerate(self._factors, first):
            if factor > 1:
                inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        last = self.data_format == "channels_last"
        factors = (1, *self._factors, 1) if last else (1, 1, *self._factors)
        return tuple(
            None if size is None else size * factor
            for size, factor in zip(input_shape, factors, strict=True)
        )


@public_class("keras.layers", pure=True)
class UpSampling1D(BaseUpSampling):
    """Repeats every step of sequences.

    Args:
        size: how often.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, steps, features)` give `(batch, steps * size, features)`.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([[[1.0], [2.0]]])
    >>> keras.ops.convert_to_numpy(keras.layers.UpSampling1D(2)(x))[0, :, 0].tolist()
    [1.0, 1.0, 2.0, 2.0]
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size = positive_integer(self, "size", size)
        self.input_spec = InputSpec(ndim=3)


@public_class("keras.layers", pure=True)
class UpSampling2D(BaseUpSampling):
    """Enlarges images by whole factors.

    Args:
        size: the factors of height and width, or one for both.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        interpolation: `"nearest"` (rows and columns are repeated), `"bilinear"`,
            `"bicubic"`, `"lanczos3"` or `"lanczos5"`, as of `keras.ops.image.resize`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.UpSampling2D((2, 3))
    >>> tuple(layer(keras.ops.ones((1, 4, 4, 3))).shape)
    (1, 8, 12, 3)
    """

    rank = 2

    def __init__(
        self,
        size: Sizes = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.size = integers(self, "size", size, 2)
        self.data_format = arguments.data_format(self, data_format)
        interpolation = str(interpolation).lower()
        self.interpolation = one_of(
            self, "interpolation", interpolation, _INTERPOLATIONS
        )
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        """The enlarged images."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        first = 1 if self.data_format == "channels_last" else 2
        sizes: Any = ops.shape(inputs)[first : first + 2]
        return ops.image.resize(
            inputs,
            tuple(n * factor for n, factor in zip(sizes, self._factors, strict=True)),
            interpolation=self.interpolation,
            data_format=self.data_format,
        )


@public_class("keras.layers", pure=True)
class UpSampling3D(BaseUpSampling):
    """Repeats every place of volumes along three axes.

    Args:
        size: the factors of the three axes, or one for all.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, depth, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> tuple(keras.layers.UpSampling3D(2)(keras.ops.ones((1, 2, 3, 4, 1))).shape)
    (1, 4, 6, 8, 1)
    """

    rank = 3

    def __init__(
        self,
        size: Sizes = (2, 2, 2),
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.size = integers(self, "size", size, 3)
        self.data_format = arguments.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=5)
