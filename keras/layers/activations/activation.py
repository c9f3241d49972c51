"""`Activation`: an activation function as a layer."""

from __future__ import annotations

from typing import Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import Activation as ActivationLike
from keras.core.typing import Tensor
from keras.layers.arguments import interpreted
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Activation(Layer):
    """Applies an activation function to each value.

    Args:
        activation: its name, as `"relu"`, or a callable.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Activation("relu")
    >>> keras.ops.convert_to_numpy(layer([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    _has_nothing_to_build = True

    def __init__(
        self, activation: ActivationLike, **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.activation = interpreted(self, "activation", activations.get, activation)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The function of the inputs."""
        return inputs if self.activation is None else self.activation(inputs)
