"""`ELU`: a rectifier whose negative part bends towards a limit."""

from __future__ import annotations

from typing import Unpack

from keras import activations
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import number
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class ELU(Layer):
    """Exponential linear unit: `x` above 0, `alpha * (exp(x) - 1)` below.

    Source: Clevert et al., 2016 (https://arxiv.org/abs/1511.07289).

    Args:
        alpha: the outputs of very negative inputs come near `-alpha`.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.ELU(alpha=2.0)
    >>> keras.ops.convert_to_numpy(layer([-100.0, 2.0])).tolist()
    [-2.0, 2.0]
    """

    _has_nothing_to_build = True

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.alpha = number(self, "alpha", alpha)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The function of the inputs."""
        return activations.elu(inputs, alpha=self.alpha)
