"""`GaussianNoise`: normal noise added to the inputs."""

from __future__ import annotations

from typing import Unpack

from keras import ops, random
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.options import AllLayerOptions
from keras.layers.regularization.noise import TrainingNoise, strength


@public_class("keras.layers", pure=True)
class GaussianNoise(TrainingNoise):
    """In training, adds normal noise of mean 0 to the inputs.

    Args:
        stddev: the standard deviation of the noise, from 0 to 1.
        seed: an integer for repeatable noise.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`; `training`, without which nothing is added.

    Example:

    >>> import keras
    >>> layer = keras.layers.GaussianNoise(0.1)
    >>> keras.ops.convert_to_numpy(layer([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    stddev = strength

    def __init__(
        self,
        stddev: float,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(("stddev", stddev), seed, **kwargs)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, with noise in training."""
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(
            ops.shape(inputs),
            stddev=self.stddev,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )
        return ops.add(inputs, noise)
