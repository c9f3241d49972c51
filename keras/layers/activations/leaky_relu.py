"""`LeakyReLU`: a rectifier that lets a part of the negative values through."""

from __future__ import annotations

import warnings
from typing import Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import Config, Tensor
from keras.layers.arguments import number
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class LeakyReLU(Layer):
    """Leaky rectifier: `x` above 0, `negative_slope * x` below.

    Source: Maas et al., 2013.

    Args:
        negative_slope: slope below 0, itself 0 or more.
        **kwargs: `name`, `dtype`: see `Layer`. And `alpha`, the name that older Keras
            has for `negative_slope`.

    Raises:
        ValueError: if the slope is negative or None.

    Example:

    >>> import keras
    >>> layer = keras.layers.LeakyReLU(negative_slope=0.5)
    >>> keras.ops.convert_to_numpy(layer([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    _has_nothing_to_build = True

    def __init__(
        self, negative_slope: float = 0.3, **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "LeakyReLU calls its slope `negative_slope`; `alpha` is the name that "
                "older Keras had for it.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        self.negative_slope = number(self, "negative_slope", negative_slope, least=0)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The rectified inputs."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self) -> Config:
        """The arguments, `alpha` under its name of today."""
        config = super().get_config()
        config.pop("alpha", None)
        return config
