"""`ActivityRegularization`: a penalty on what passes through."""

from __future__ import annotations

from typing import Unpack

from keras import regularizers
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import number
from keras.layers.layer import Layer
from keras.layers.options import LayerOptions


@public_class("keras.layers", pure=True)
class ActivityRegularization(Layer):
    """Returns its inputs, and adds a penalty on them to the losses.

    Args:
        l1: factor on the sum of absolute values, 0 or more.
        l2: factor on the sum of squares, 0 or more.
        **kwargs: `name`, `dtype`: see `Layer`.

    Raises:
        ValueError: if a factor is negative.

    The penalty is divided by the batch size.

    Example:

    >>> import keras
    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> y = layer(keras.ops.convert_to_tensor([[1.0, -3.0]]))
    >>> float(layer.losses[0])
    2.0
    """

    _has_nothing_to_build = True

    def __init__(
        self, l1: float = 0.0, l2: float = 0.0, **kwargs: Unpack[LayerOptions]
    ) -> None:
        for name, value in (("l1", l1), ("l2", l2)):
            if value is not None:
                number(self, name, value, least=0)
        penalty = regularizers.L1L2(l1=l1, l2=l2)
        super().__init__(activity_regularizer=penalty, **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs."""
        return inputs
