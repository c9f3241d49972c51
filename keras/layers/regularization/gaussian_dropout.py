"""`GaussianDropout`: the inputs times normal noise."""

from __future__ import annotations

from typing import Unpack

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers import arguments
from keras.layers.options import AllLayerOptions
from keras.layers.regularization.noise import TrainingNoise, strength


@public_class("keras.layers", pure=True)
class GaussianDropout(TrainingNoise):
    """In training, multiplies the inputs by normal noise of mean 1.

    The noise has the variance `rate / (1 - rate)`, that of `Dropout` with this rate.

    Source: Srivastava et al., 2014.

    Args:
        rate: how strong the noise is, from 0 to 1; for training, below 1.
        seed: an integer for repeatable noise.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`; `training`, without which they stay as they are.

    Example:

    >>> import keras
    >>> layer = keras.layers.GaussianDropout(0.5)
    >>> keras.ops.convert_to_numpy(layer([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    rate = strength

    def __init__(
        self, rate: float, seed: int | None = None, **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        super().__init__(("rate", rate), seed, **kwargs)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, times noise in training."""
        if not training or self.rate == 0:
            return inputs
        rate = arguments.rate_below_1(self, "rate", self.rate)
        noise = random.normal(
            ops.shape(inputs),
            mean=1.0,
            stddev=(rate / (1 - rate)) ** 0.5,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )
        return ops.multiply(inputs, noise)
