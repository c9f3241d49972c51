"""`Dropout`: noise that keeps a network from relying on single features."""

from __future__ import annotations

from typing import Any, Unpack

from keras import random
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.options import AllLayerOptions
from keras.layers.regularization import noise_shape as sizes
from keras.layers.regularization.noise import TrainingNoise, strength


@public_class("keras.layers", pure=True)
class Dropout(TrainingNoise):
    """In training, sets a random part of the inputs to 0 and scales up the others.

    Source: Srivastava et al., 2014.

    Args:
        rate: the part to drop, from 0 to 1.
        noise_shape: shape of the random choice, broadcast to the inputs; None in it
            stands for the inputs' size.
        seed: an integer for repeatable noise.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`; `training`, without which nothing is dropped.

    Example:

    >>> import keras
    >>> layer = keras.layers.Dropout(0.5)
    >>> keras.ops.convert_to_numpy(layer([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    rate = strength

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(("rate", rate), seed, **kwargs)
        self.noise_shape = sizes.noise_shape(self, noise_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, with noise in training."""
        if training and self.rate > 0:
            return random.dropout(
                inputs,
                self.rate,
                noise_shape=self.noise_shape,
                seed=self.seed_generator,
            )
        return inputs
