"""`MaxPooling1D`, `MaxPooling2D`, `MaxPooling3D`: the largest value of each window."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Sizes
from keras.layers.options import UnnamedOptions
from keras.layers.pooling.base import BasePooling


@public_class("keras.layers", pure=True)
class MaxPooling1D(BasePooling):
    """The largest value of each window over 1 spatial axis.

    Args:
        pool_size: size of the window, one integer or one for each axis.
        strides: step of the window; its size by default.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        name: name of the layer.
        **kwargs: `dtype`: see `Layer`.

    Inputs are `(batch, steps, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.MaxPooling1D()
    >>> tuple(layer(keras.ops.ones((1, 8, 3))).shape)
    (1, 4, 3)
    """

    rank = 1
    pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@public_class("keras.layers", pure=True)
class MaxPooling2D(BasePooling):
    """The largest value of each window over 2 spatial axes.

    Args:
        pool_size: size of the window, one integer or one for each axis.
        strides: step of the window; its size by default.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        name: name of the layer.
        **kwargs: `dtype`: see `Layer`.

    Inputs are `(batch, height, width, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.MaxPooling2D()
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 4, 4, 3)
    """

    rank = 2
    pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Sizes = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@public_class("keras.layers", pure=True)
class MaxPooling3D(BasePooling):
    """The largest value of each window over 3 spatial axes.

    Args:
        pool_size: size of the window, one integer or one for each axis.
        strides: step of the window; its size by default.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        name: name of the layer.
        **kwargs: `dtype`: see `Layer`.

    Inputs are `(batch, depth, height, width, channels)`.

    Example:

    >>> import keras
    >>> layer = keras.layers.MaxPooling3D()
    >>> tuple(layer(keras.ops.ones((1, 4, 4, 4, 3))).shape)
    (1, 2, 2, 2, 3)
    """

    rank = 3
    pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Sizes = (2, 2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)
