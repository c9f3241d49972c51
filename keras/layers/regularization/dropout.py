"""`Dropout`: noise that keeps a network from relying on single features."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from keras import random
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers import arguments
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Dropout(Layer):
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

    _has_nothing_to_build = True

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.rate = arguments.rate(self, "rate", rate)
        self.seed = seed
        self.noise_shape = _noise_shape(self, noise_shape)
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

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


def _noise_shape(layer: Layer, shape: Any) -> tuple[int | None, ...] | None:
    """`shape` as a tuple of positive integers and None."""
    if shape is None:
        return None
    sizes: tuple[Any, ...] = (False,)  # stands for what is no sequence
    if isinstance(shape, (tuple, list)):
        sizes = tuple(shape)
    for size in sizes:
        if size is None:
            continue
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not whole or size <= 0:
            raise ValueError(
                f"{arguments.class_name(layer)} expects `noise_shape` to be a tuple or "
                "list of positive integers and None, which stands for the inputs' "
                f"size. Received: noise_shape={shape!r}."
            )
    return tuple(None if size is None else int(size) for size in sizes)
