"""`Initializer`, and where random ones get their numbers.

Random first values are drawn on the host with NumPy's Philox generator, keyed by the
seed. So one seed gives the same weights on every backend, and building a model
compiles nothing on JAX, where each new shape would cost a compilation. A
`SeedGenerator` as seed draws on the device instead, and differently on every call.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from keras.backends import current
from keras.core import config, dtypes, host_memory
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import DType, Seed, Tensor, TensorLike
from keras.random import normal, truncated_normal, uniform

Draw = Callable[[np.random.Generator, tuple[int, ...], Any], Any]


@public_class("keras.initializers", module="keras")
class Initializer(Configurable):
    """Base class: a callable that gives a tensor of a wanted shape.

    Subclasses define `__call__(self, shape, dtype=None)`.

    Example:

    >>> import keras
    >>> class Sevens(keras.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return keras.ops.full(shape, 7, dtype=dtype)
    >>> keras.ops.convert_to_numpy(Sevens()((2,), "int32")).tolist()
    [7, 7]
    """

    # Whether each call makes a whole tensor that nobody else holds: a variable keeps it
    # as it is. Counts for exactly the class that says it.
    _makes_new = False

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """The values.

        Args:
            shape: shape of the tensor.
            dtype: its dtype; `floatx()` by default.

        Returns:
            A tensor of the current backend.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `__call__(self, shape, dtype=None)`."
        )

    def clone(self) -> Self:
        """An initializer with the same arguments; unseeded ones draw a new seed."""
        return type(self).from_config(self.get_config())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} initializer>"


class RandomInitializer(Initializer):
    """Base of initializers that draw numbers.

    Args:
        seed: an integer or None, with which every call gives the same values for the
            same shape (None: a seed drawn once, from Python's `random`); or a
            `SeedGenerator`, with which every call gives others.
    """

    def __init__(self, seed: Seed = None) -> None:
        is_generator = hasattr(seed, "next")
        if (
            seed is not None
            and not is_generator
            and not isinstance(seed, (int, np.integer))
        ):
            raise ValueError(
                f"`seed` of {type(self).__name__} must be an integer, None or a "
                f"keras.random.SeedGenerator. Received: seed={seed!r}."
            )
        self.seed = seed
        self._key = random.randint(1, 10**9) if seed is None else seed

    @property
    def _init_seed(self) -> Seed:
        """Keras's name of the seed as given, for the configurations of packages."""
        return self.seed

    @property
    def draws_on_host(self) -> bool:
        """Whether the numbers come from the host, whatever device asks for them."""
        return not hasattr(self._key, "next")

    def _uniform(
        self, shape: Sequence[int], low: float, high: float, dtype: DType
    ) -> Any:
        if hasattr(self._key, "next"):
            return uniform(shape, low, high, dtype=dtype, seed=self._key)

        def draw(
            generator: np.random.Generator, size: tuple[int, ...], real: TensorLike
        ) -> Any:
            if real is np.float32:
                return _between(low, high, generator, size)
            values = generator.random(dtype=real, out=host_memory.empty(size, real))
            values *= high - low
            values += low
            return values

        return self._on_host(draw, shape, dtype)

    def _normal(
        self, shape: Sequence[int], mean: float, stddev: float, dtype: DType
    ) -> Any:
        if hasattr(self._key, "next"):
            return normal(shape, mean, stddev, dtype=dtype, seed=self._key)

        def draw(
            generator: np.random.Generator, size: tuple[int, ...], real: TensorLike
        ) -> Any:
            out = host_memory.empty(size, real)
            values = generator.standard_normal(dtype=real, out=out)
            values *= stddev
            values += mean
            return values

        return self._on_host(draw, shape, dtype)

    def _truncated(
        self, shape: Sequence[int], mean: float, stddev: float, dtype: DType
    ) -> Any:
        """Normal values of which none lies further than two deviations off."""
        if hasattr(self._key, "next"):
            return truncated_normal(shape, mean, stddev, dtype=dtype, seed=self._key)

        def draw(
            generator: np.random.Generator, size: tuple[int, ...], real: TensorLike
        ) -> Any:
            values = _within_two(generator, size, real)
            values *= stddev
            values += mean
            return values

        return self._on_host(draw, shape, dtype)

    def _on_host(self, draw: Draw, shape: Sequence[int], dtype: DType) -> Any:
        dtype = float_dtype(dtype, type(self).__name__)
        generator = np.random.Generator(np.random.Philox(key=int(self._key) % 2**64))
        real = np.float64 if dtype == "float64" else np.float32
        values = np.asarray(draw(generator, tuple(shape), real), dtype=real)
        return current().borrow(values, dtype)


_PIECE = 2**15  # numbers that are worked on while they are in the cache


def _between(
    low: float, high: float, generator: np.random.Generator, size: tuple[int, ...]
) -> np.ndarray:
    """What `generator.random` gives in float32, scaled, in two thirds of the time.

    That makes a float of the upper 24 of each 32 random bits, the lower half of a word
    of 64 first. So does this, piece by piece.
    """
    values = host_memory.empty((math.prod(size),), np.float32)
    step, least = np.float32(high - low) * np.float32(2.0**-24), np.float32(low)
    for start in range(0, values.size, _PIECE):
        piece = values[start : start + _PIECE]
        words = generator.bit_generator.random_raw(piece.size + 1 >> 1)
        bits = words.astype("<u8", copy=False).view("<u4")[: piece.size]
        bits >>= 8
        # Signed integers, which processors turn into floats at once.
        np.multiply(
            bits.view("<i4"), step, out=piece, dtype=np.float32, casting="unsafe"
        )
        piece += least
    return values.reshape(size)


def _within_two(
    generator: np.random.Generator, size: tuple[int, ...], real: TensorLike
) -> Any:
    values = host_memory.empty((math.prod(size),), real)
    generator.standard_normal(dtype=real, out=values)
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = generator.standard_normal(outside.size, dtype=real)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(size)


def float_dtype(dtype: DType, name: str) -> str:
    """The dtype to make, which must be a float for random values."""
    dtype = config.floatx() if dtype is None else dtypes.standardize_dtype(dtype)
    if not dtypes.is_float(dtype) and not dtype.startswith("float8"):
        raise ValueError(
            f"{name} draws floating point numbers. Received: dtype={dtype!r}. "
            "Choose a float dtype, or the initializer 'zeros', 'ones' or Constant."
        )
    return dtype
