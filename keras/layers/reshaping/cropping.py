"""`Cropping1D`, `Cropping2D`, `Cropping3D`: places at the edges are cut off."""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor
from keras.layers.input_spec import describe
from keras.layers.options import AllLayerOptions
from keras.layers.reshaping.edges import EdgeLayer


class BaseCropping(EdgeLayer):
    """What cropping of any number of spatial axes shares."""

    argument = "cropping"
    cropping: Any

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs without their edges."""
        self.compute_output_shape(inputs.shape)  # an error where nothing would be left
        return inputs[
            tuple(
                slice(before, -after if after else None)
                for before, after in self._around()
            )
        ]

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        shape = self._resized(input_shape, -1)
        for size, left in zip(input_shape, shape, strict=True):
            if left is not None and left <= 0 and left != size:
                raise ValueError(
                    f"{describe(self)} would leave nothing of its inputs. Received: "
                    f"cropping={self.cropping}, inputs of shape {tuple(input_shape)}."
                )
        return shape


@public_class("keras.layers", pure=True)
class Cropping1D(BaseCropping):
    """Cuts steps off sequences.

    Args:
        cropping: how many steps at the start and the end, `(before, after)`; one
            integer for both.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, steps, features)` give `(batch, steps - before - after, features)`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Cropping1D((1, 2))(keras.ops.ones((1, 8, 3))).shape)
    (1, 5, 3)
    """

    rank = 1

    def __init__(
        self, cropping: Any = (1, 1), **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(cropping)


@public_class("keras.layers", pure=True)
class Cropping2D(BaseCropping):
    """Cuts rows and columns off images.

    Args:
        cropping: `((top, bottom), (left, right))`; `(vertical, horizontal)` for as much
            on both sides; one integer for all.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.Cropping2D(((1, 2), (0, 4)))
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 5, 4, 3)
    """

    rank = 2

    def __init__(
        self,
        cropping: Any = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(cropping, data_format)


@public_class("keras.layers", pure=True)
class Cropping3D(BaseCropping):
    """Cuts the edges off volumes.

    Args:
        cropping: a pair of numbers, before and after, for each of three axes; three
            integers for as much on both sides; one integer for all.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, depth, height, width, channels)` give outputs of that form; with
    `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Cropping3D(1)(keras.ops.ones((1, 4, 5, 6, 2))).shape)
    (1, 2, 3, 4, 2)
    """

    rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._set_edges(cropping, data_format)
