"""`TrainingNoise`: what layers share that make noise in training."""

from __future__ import annotations

from typing import Any, Unpack

from keras import random
from keras.layers import arguments
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


class TrainingNoise(Layer):
    """Noise of a strength from 0 to 1, where 0 leaves the inputs as they are.

    The random state comes with the first strength above 0, also where a program sets
    that later.

    Args:
        strength: the name of the attribute that says how strong the noise is, and its
            value.
        seed: an integer for repeatable noise.
        **kwargs: `name`, `dtype`: see `Layer`.
    """

    _has_nothing_to_build = True

    def __init__(
        self,
        strength: tuple[str, float],
        seed: int | None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        name, value = strength
        self.seed = arguments.seed(self, seed)
        setattr(self, name, arguments.rate(self, name, value))
        self.supports_masking = True

    def _set_strength(self, value: Any) -> None:
        self._strength = value
        is_none = isinstance(value, (int, float)) and value == 0
        if not is_none and "seed_generator" not in vars(self):
            with self._tracker.unlocked():
                self.seed_generator = random.SeedGenerator(self.seed)


# The attribute that says how strong the noise is; each layer has a name for it.
strength = property(lambda layer: layer._strength, TrainingNoise._set_strength)
