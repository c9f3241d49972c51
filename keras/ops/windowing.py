"""Window functions for signals, and the Vandermonde matrix.

A window's length is a Python integer: it is a size, and sizes are static.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any

from keras.core import config
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.arithmetic import absolute, add, divide, multiply, power, subtract
from keras.ops.core import cast, convert_to_tensor, dtype
from keras.ops.creation import arange, ones
from keras.ops.declare import composite
from keras.ops.exponential import i0, sqrt
from keras.ops.shaping import expand_dims
from keras.ops.trigonometric import cos


def _length(name: str, x: TensorLike) -> int:
    if isinstance(x, (KerasTensor, float)):
        raise TypeError(
            f"`x` of {name} is the length of a window: an integer. Received: {x!r}."
        )
    return int(x)


def _phase(length: int) -> Any:
    """From 0 to 1 along the window."""
    return divide(arange(length, dtype=config.floatx()), length - 1)


def _cosines(
    name: str, x: TensorLike, constant: float, first: float, second: float
) -> Any:
    length = _length(name, x)
    if length <= 1:
        return ones((max(length, 0),))
    angle = multiply(_phase(length), 2 * math.pi)
    result = subtract(constant, multiply(cos(angle), first))
    if second:
        result = add(result, multiply(cos(multiply(angle, 2)), second))
    return result


@composite
def bartlett(x: TensorLike) -> Tensor:
    """Bartlett window: a triangle that ends at 0.

    Args:
        x: length of the window; an integer.

    Returns:
        A tensor `(x,)` of dtype `floatx()`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bartlett(5)).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    length = _length("bartlett", x)
    if length <= 1:
        return ones((max(length, 0),))
    return subtract(1, absolute(subtract(multiply(_phase(length), 2), 1)))


@composite
def hanning(x: TensorLike) -> Tensor:
    """Hann window: a raised cosine that ends at 0.

    Args:
        x: length of the window; an integer.

    Returns:
        A tensor `(x,)` of dtype `floatx()`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.hanning(3)).round(4).tolist()
    [0.0, 1.0, 0.0]
    """
    return _cosines("hanning", x, 0.5, 0.5, 0.0)


@composite
def hamming(x: TensorLike) -> Tensor:
    """Hamming window: a raised cosine that ends at 0.08.

    Args:
        x: length of the window; an integer.

    Returns:
        A tensor `(x,)` of dtype `floatx()`.

    Example:

    >>> import keras
    >>> float(keras.ops.convert_to_numpy(keras.ops.hamming(3))[1])
    1.0
    """
    return _cosines("hamming", x, 0.54, 0.46, 0.0)


@composite
def blackman(x: TensorLike) -> Tensor:
    """Blackman window: a sum of two cosines that ends at 0.

    Args:
        x: length of the window; an integer.

    Returns:
        A tensor `(x,)` of dtype `floatx()`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.convert_to_numpy(keras.ops.blackman(5))[1]), 4)
    0.34
    """
    return _cosines("blackman", x, 0.42, 0.5, 0.08)


@composite
def kaiser(x: TensorLike, beta: float) -> Tensor:
    """Kaiser window: nearly the most energy in the main lobe.

    Args:
        x: length of the window; an integer.
        beta: shape of the window: the larger, the wider the main lobe.

    Returns:
        A tensor `(x,)` of dtype `floatx()`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.convert_to_numpy(keras.ops.kaiser(5, 14.0))[1]), 4)
    0.1649
    """
    length = _length("kaiser", x)
    if length <= 1:
        return ones((max(length, 0),))
    from_centre = subtract(multiply(_phase(length), 2), 1)
    inside = sqrt(absolute(subtract(1, multiply(from_centre, from_centre))))
    return divide(i0(multiply(inside, beta)), i0(convert_to_tensor(float(beta))))


@composite
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde matrix: the powers of each element in a row.

    Args:
        x: tensor `(n,)`.
        N: number of powers; `n` by default.
        increasing: whether the powers rise from the left to the right.

    Returns:
        A tensor `(n, N)` of the dtype of `x`.

    Raises:
        ShapeError: if `x` has not one dimension.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.vander([2, 3], 3)).tolist()
    [[4, 2, 1], [9, 3, 1]]
    """
    x = convert_to_tensor(x)
    if len(x.shape) != 1:
        raise ShapeError(
            f"`x` of vander must have one dimension. Received: shape {tuple(x.shape)}."
        )
    count: Any = x.shape[0] if N is None else index(N)
    if N is not None and N < 0:
        raise ShapeError(f"`N` must not be negative. Received: N={N}.")
    if count is None:
        return KerasTensor((None, None), "int32" if dtype(x) == "bool" else dtype(x))
    exponents = arange(count, dtype="int32")
    if not increasing:
        exponents = subtract(count - 1, exponents)
    return power(expand_dims(x, -1), cast(exponents, dtype(x)))
