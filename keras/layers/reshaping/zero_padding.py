"""`ZeroPadding1D`, `ZeroPadding2D`, `ZeroPadding3D`: zeros are put around."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Padding, Shape, Tensor
from keras.layers.options import AllLayerOptions
from keras.layers.reshaping.edges import EdgeLayer


class BaseZeroPadding(EdgeLayer):
    """What padding of any number of spatial axes shares."""

    argument = "padding"
    padding: Any

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with zeros around."""
        return ops.pad(inputs, self._around())

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        return self._resized(input_shape, 1)


@public_class("keras.layers", pure=True)
class ZeroPadding1D(BaseZeroPadding):
    """Puts zeros before and after sequences.

    Args:
        padding: how many at the start and the end, `(before, after)`; one integer for
            both.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, steps, features)` give `(batch, before + steps + after, features)`;
    with `"channels_first"`, features come second.

    Example:

    >>> import keras
    >>> tuple(keras.layers.ZeroPadding1D((1, 2))(keras.ops.ones((1, 8, 3))).shape)
    (1, 11, 3)
    """

    rank = 1

    def __init__(
        self,
        padding: Padding = 1,
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(padding, data_format)


@public_class("keras.layers", pure=True)
class ZeroPadding2D(BaseZeroPadding):
    """Puts rows and columns of zeros around images.

    Args:
        padding: `((top, bottom), (left, right))`; `(vertical, horizontal)` for as much
            on both sides; one integer for all.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.ZeroPadding2D(((1, 2), (0, 4)))
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 11, 12, 3)
    """

    rank = 2

    def __init__(
        self,
        padding: Padding = (1, 1),
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(padding, data_format)


@public_class("keras.layers", pure=True)
class ZeroPadding3D(BaseZeroPadding):
    """Puts zeros around volumes.

    Args:
        padding: a pair of numbers, before and after, for each of three axes; three
            integers for as much on both sides; one integer for all.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, depth, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> tuple(keras.layers.ZeroPadding3D(1)(keras.ops.ones((1, 4, 5, 6, 2))).shape)
    (1, 6, 7, 8, 2)
    """

    rank = 3

    def __init__(
        self,
        padding: Padding = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(padding, data_format)
