"""`Identity`: a layer that changes nothing."""

from __future__ import annotations

from typing import Unpack

from keras.core.facts import public_class
from keras.core.typing import Structure
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Identity(Layer):
    """Returns its inputs, of any structure, as they are.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Identity()(keras.ops.ones((2, 3))).shape)
    (2, 3)
    """

    _has_nothing_to_build = True

    def __init__(self, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Structure) -> Structure:
        """The inputs."""
        return inputs
