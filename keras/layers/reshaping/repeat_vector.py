"""`RepeatVector`: one vector at every time step."""

from __future__ import annotations

from typing import Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import positive_integer
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class RepeatVector(Layer):
    """Repeats vectors along a new time axis.

    Args:
        n: how often.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, features)` give outputs `(batch, n, features)`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.RepeatVector(5)(keras.ops.ones((2, 3))).shape)
    (2, 5, 3)
    """

    def __init__(self, n: int, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.n = positive_integer(self, "n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        """The repeated inputs."""
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
