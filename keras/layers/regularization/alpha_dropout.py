"""`AlphaDropout`: dropout for networks of `selu`, which keeps mean and variance."""

from __future__ import annotations

from typing import Unpack

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import ShapeLike, Tensor
from keras.layers import arguments
from keras.layers.options import AllLayerOptions
from keras.layers.regularization import noise_shape as sizes
from keras.layers.regularization.noise import TrainingNoise, strength

# What `selu` gives for very negative inputs: -scale * alpha of its paper.
_DROPPED = -1.0507009873554805 * 1.6732632423543772


@public_class("keras.layers", pure=True)
class AlphaDropout(TrainingNoise):
    """In training, sets a random part of the inputs to the negative limit of `selu`.

    All values are then scaled and shifted so that inputs of mean 0 and variance 1
    keep both.

    Source: Klambauer et al., 2017 (https://arxiv.org/abs/1706.02515).

    Args:
        rate: the part to drop, from 0 to 1; for training, below 1.
        noise_shape: shape of the random choice, broadcast to the inputs; None in it
            stands for the inputs' size.
        seed: an integer for repeatable noise.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`; `training`, without which nothing is dropped.

    Example:

    >>> import keras
    >>> layer = keras.layers.AlphaDropout(0.5)
    >>> keras.ops.convert_to_numpy(layer([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    rate = strength

    def __init__(
        self,
        rate: float,
        noise_shape: ShapeLike | None = None,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(("rate", rate), seed, **kwargs)
        self.noise_shape = sizes.noise_shape(self, noise_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, with noise in training."""
        if not training or self.rate == 0:
            return inputs
        rate = arguments.rate_below_1(self, "rate", self.rate)
        kept = random.dropout(
            ops.ones_like(inputs, dtype="float32"),
            rate,
            noise_shape=self.noise_shape,
            seed=self.seed_generator,
        )
        dropped = ops.where(ops.greater(kept, 0), inputs, _DROPPED)
        scale = ((1 - rate) * (1 + rate * _DROPPED**2)) ** -0.5
        return ops.add(ops.multiply(dropped, scale), -scale * rate * _DROPPED)
