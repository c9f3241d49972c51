"""Pooling to an output of a given size, whatever the size of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Sizes, Tensor
from keras.layers import arguments
from keras.layers.arguments import integers
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


class BaseAdaptivePooling(Layer):
    """Base of layers that cut each axis into a given number of windows.

    Window `i` of `n` covers places `floor(i * size / n)` up to
    `ceil((i + 1) * size / n)`. Subclasses say over how many axes, `rank`, and with
    which op, `pool`.
    """

    rank: int
    pool: Callable[..., Tensor]

    def __init__(
        self,
        output_size: Sizes,
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.output_size = integers(self, "output_size", output_size, self.rank)
        self.data_format = arguments.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        """The pooled inputs."""
        return type(self).pool(inputs, self.output_size, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, *output_size, channels)`, in the layout of the inputs."""
        if self.data_format == "channels_last":
            return (input_shape[0], *self.output_size, input_shape[-1])
        return (*input_shape[:2], *self.output_size)


class BaseAdaptiveAverage(BaseAdaptivePooling):
    """The mean of each window."""

    pool = staticmethod(ops.adaptive_average_pool)


class BaseAdaptiveMax(BaseAdaptivePooling):
    """The largest value of each window."""

    pool = staticmethod(ops.adaptive_max_pool)


@public_class("keras.layers", pure=True)
class AdaptiveAveragePooling1D(BaseAdaptiveAverage):
    """The mean of each of as many windows along 1 axis as wanted.

    Args:
        output_size: size of the output, an integer.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, steps, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveAveragePooling1D(2)
    >>> tuple(layer(keras.ops.ones((1, 7, 3))).shape)
    (1, 2, 3)
    """

    rank = 1


@public_class("keras.layers", pure=True)
class AdaptiveAveragePooling2D(BaseAdaptiveAverage):
    """The mean of each of as many windows along 2 axes as wanted.

    Args:
        output_size: size of the output, one integer or 2 of them.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, height, width, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveAveragePooling2D((2, 3))
    >>> tuple(layer(keras.ops.ones((1, 7, 8, 3))).shape)
    (1, 2, 3, 3)
    """

    rank = 2


@public_class("keras.layers", pure=True)
class AdaptiveAveragePooling3D(BaseAdaptiveAverage):
    """The mean of each of as many windows along 3 axes as wanted.

    Args:
        output_size: size of the output, one integer or 3 of them.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, depth, height, width, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveAveragePooling3D(2)
    >>> tuple(layer(keras.ops.ones((1, 4, 5, 6, 3))).shape)
    (1, 2, 2, 2, 3)
    """

    rank = 3


@public_class("keras.layers", pure=True)
class AdaptiveMaxPooling1D(BaseAdaptiveMax):
    """The largest value of each of as many windows along 1 axis as wanted.

    Args:
        output_size: size of the output, an integer.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, steps, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveMaxPooling1D(2)
    >>> tuple(layer(keras.ops.ones((1, 7, 3))).shape)
    (1, 2, 3)
    """

    rank = 1


@public_class("keras.layers", pure=True)
class AdaptiveMaxPooling2D(BaseAdaptiveMax):
    """The largest value of each of as many windows along 2 axes as wanted.

    Args:
        output_size: size of the output, one integer or 2 of them.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, height, width, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveMaxPooling2D((2, 3))
    >>> tuple(layer(keras.ops.ones((1, 7, 8, 3))).shape)
    (1, 2, 3, 3)
    """

    rank = 2


@public_class("keras.layers", pure=True)
class AdaptiveMaxPooling3D(BaseAdaptiveMax):
    """The largest value of each of as many windows along 3 axes as wanted.

    Args:
        output_size: size of the output, one integer or 3 of them.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, depth, height, width, channels)`, outputs
    `(batch, *output_size, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.AdaptiveMaxPooling3D(2)
    >>> tuple(layer(keras.ops.ones((1, 4, 5, 6, 3))).shape)
    (1, 2, 2, 2, 3)
    """

    rank = 3
