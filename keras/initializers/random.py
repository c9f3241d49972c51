"""Initializers that draw from a distribution whatever the shape means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.typing import DType, Seed, Sizes, Tensor, TensorLike
from keras.initializers.initializer import RandomInitializer


@public_class("keras.initializers")
class RandomNormal(RandomInitializer):
    """Values from a normal distribution.

    Args:
        mean: mean of the distribution.
        stddev: standard deviation.
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.

    Example:

    >>> import keras
    >>> keras.initializers.RandomNormal(stddev=0.1)((2, 3)).shape == (2, 3)
    True
    """

    _makes_new = True

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        return self._normal(shape, self.mean, self.stddev, dtype)


@public_class("keras.initializers")
class TruncatedNormal(RandomInitializer):
    """Values from a normal distribution, drawn anew beyond two deviations.

    Args:
        mean: mean of the distribution.
        stddev: standard deviation before truncation.
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.

    Example:

    >>> import keras
    >>> values = keras.initializers.TruncatedNormal(stddev=1.0)((100,))
    >>> bool(keras.ops.max(keras.ops.abs(values)) <= 2)
    True
    """

    _makes_new = True

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        return self._truncated(shape, self.mean, self.stddev, dtype)


@public_class("keras.initializers")
class RandomUniform(RandomInitializer):
    """Values from a uniform distribution.

    Args:
        minval: lower bound, included.
        maxval: upper bound, excluded.
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.

    Example:

    >>> import keras
    >>> draw = keras.initializers.RandomUniform(0.0, 1.0, seed=7)
    >>> bool(keras.ops.all(draw((3,)) == draw((3,))))
    True
    """

    _makes_new = True

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        return self._uniform(shape, self.minval, self.maxval, dtype)


@public_class("keras.initializers")
class Orthogonal(RandomInitializer):
    """A random matrix with orthogonal rows or columns, whichever are fewer.

    Shapes of more than two dimensions are seen as matrices of
    `(product of all but the last, last)`.

    Args:
        gain: factor on the orthogonal matrix.
        seed: an integer or None, with which every call gives the same values for a
            shape, on every backend; or a `SeedGenerator`, with which calls differ.

    Raises:
        ShapeError: for fewer than two dimensions.

    Reference:
        Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks", 2014.

    Example:

    >>> import keras
    >>> q = keras.initializers.Orthogonal()((4, 4))
    >>> eye = keras.ops.matmul(q, keras.ops.transpose(q))
    >>> bool(keras.ops.max(keras.ops.abs(eye - keras.ops.eye(4))) < 1e-5)
    True
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        shape = tuple(shape)
        if len(shape) < 2:
            raise ShapeError(
                "Orthogonal makes tensors of two or more dimensions. "
                f"Received: shape={shape}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        if hasattr(self._key, "next"):
            return self._on_device(tall, rows < columns, shape, dtype)

        def draw(generator: np.random.Generator, size: Sizes, real: TensorLike) -> Any:
            q, r = np.linalg.qr(generator.standard_normal(tall, dtype=real))
            # With the signs of the diagonal the matrix is uniformly distributed.
            q = q * np.sign(np.diagonal(r))
            return self.gain * (q.T if rows < columns else q).reshape(size)

        return self._on_host(draw, shape, dtype)

    def _on_device(
        self, tall: tuple[int, int], flip: bool, shape: tuple[int, ...], dtype: DType
    ) -> Any:
        q, r = ops.qr(self._normal(tall, 0.0, 1.0, dtype))
        q = ops.multiply(q, ops.sign(ops.diagonal(r)))
        q = ops.transpose(q) if flip else q
        return ops.multiply(ops.reshape(q, shape), self.gain)
