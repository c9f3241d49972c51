"""Functions of each element, on the NumPy backend.

NumPy warns of a division by zero or an overflow; the other backends return inf or
nan in silence, and so does this one (`_quiet`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from keras.backends.arguments import both_or_neither
from keras.backends.numpy.indexing import nonzero
from keras.core.typing import TensorLike

_quiet = np.errstate(all="ignore")


def _weak(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a Python number brought to a bfloat16 beside it.

    NumPy knows how weak a number is beside its own dtypes, not beside this one.
    """

    @_quiet
    def weakened(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        if isinstance(x2, (int, float)) and x1.dtype.kind == "V":
            x2 = x1.dtype.type(x2)
        return function(x1, x2)

    return weakened


# Arithmetic ---------------------------------------------------------------------

add = _weak(np.add)
subtract = _weak(np.subtract)
multiply = _weak(np.multiply)
divide = _weak(np.divide)
floor_divide = _weak(np.floor_divide)
mod = _weak(np.mod)
fmod = _weak(np.fmod)
absolute = np.absolute
negative = np.negative
sign = np.sign
square = _quiet(np.square)
reciprocal = _quiet(np.reciprocal)
maximum = _weak(np.maximum)
minimum = _weak(np.minimum)
fmax = np.fmax
fmin = np.fmin
gcd = np.gcd


@_weak
def power(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    dtype = x1.dtype
    # NumPy refuses negative integer powers; they truncate like a division.
    if dtype.kind == "i" and np.any(np.less(x2, 0)):
        result = np.power(x1.astype("float64"), x2)
        return np.trunc(np.where(np.isfinite(result), result, 0)).astype(dtype)
    return np.power(x1, x2)


@_quiet
def divide_no_nan(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    zero = x2 == 0
    return np.where(zero, np.zeros((), x1.dtype), x1 / np.where(zero, 1, x2))


def clip(x: np.ndarray, x_min: TensorLike, x_max: TensorLike) -> np.ndarray:
    return minimum(maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = _quiet(np.exp)
exp2 = _quiet(np.exp2)
expm1 = _quiet(np.expm1)
log = _quiet(np.log)
log1p = _quiet(np.log1p)
log2 = _quiet(np.log2)
log10 = _quiet(np.log10)
sqrt = _quiet(np.sqrt)
cbrt = _quiet(np.cbrt)
logaddexp = _quiet(np.logaddexp)
logaddexp2 = _quiet(np.logaddexp2)
hypot = _quiet(np.hypot)


def i0(x: np.ndarray) -> np.ndarray:
    return np.i0(x).astype(x.dtype)


# Trigonometry ---------------------------------------------------------------------

sin = _quiet(np.sin)
cos = _quiet(np.cos)
tan = _quiet(np.tan)
sinh = _quiet(np.sinh)
cosh = _quiet(np.cosh)
tanh = np.tanh
arcsin = _quiet(np.arcsin)
arccos = _quiet(np.arccos)
arctan = np.arctan
arcsinh = np.arcsinh
arccosh = _quiet(np.arccosh)
arctanh = _quiet(np.arctanh)
arctan2 = np.arctan2


def sinc(x: np.ndarray) -> np.ndarray:
    return np.sinc(x).astype(x.dtype)


# Rounding -------------------------------------------------------------------------


def floor(x: np.ndarray) -> np.ndarray:
    return np.floor(x)


ceil = np.ceil
trunc = np.trunc
nextafter = np.nextafter


def round(x: np.ndarray, decimals: int = 0) -> np.ndarray:
    if x.dtype == bool:
        return x
    return np.round(x, decimals)


@_quiet
def heaviside(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    return np.heaviside(x1, x2)


# Complex numbers --------------------------------------------------------------------


def conj(x: np.ndarray) -> np.ndarray:
    return np.conj(x) if x.dtype.kind == "c" else x


def real(x: np.ndarray) -> np.ndarray:
    return np.real(x)


def imag(x: np.ndarray) -> np.ndarray:
    return np.imag(x)


def angle(x: np.ndarray) -> np.ndarray:
    return np.angle(x).astype(np.real(x).dtype)


# Comparisons and logic --------------------------------------------------------------

equal = np.equal
not_equal = np.not_equal
less = np.errstate(invalid="ignore")(np.less)
less_equal = np.errstate(invalid="ignore")(np.less_equal)
greater = np.errstate(invalid="ignore")(np.greater)
greater_equal = np.errstate(invalid="ignore")(np.greater_equal)
logical_and = np.logical_and
logical_or = np.logical_or
logical_xor = np.logical_xor
logical_not = np.logical_not
isnan = np.isnan
isinf = np.isinf
isfinite = np.isfinite
signbit = np.signbit
bitwise_and = np.bitwise_and
bitwise_or = np.bitwise_or
bitwise_xor = np.bitwise_xor
bitwise_not = np.bitwise_not
left_shift = np.left_shift
right_shift = np.right_shift


def where(condition: Any, x1: TensorLike = None, x2: TensorLike = None) -> Any:
    if x1 is None or x2 is None:
        both_or_neither(x1, x2)
        return nonzero(condition)
    if isinstance(x2, float):  # a number behind a tensor takes its dtype
        x2 = x1.dtype.type(x2)
    return np.where(condition, x1, x2)


def nan_to_num(
    x: np.ndarray,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> np.ndarray:
    if x.dtype.kind == "V":  # NumPy does not know the NaN of bfloat16
        limit = float(ml_dtypes.finfo(x.dtype).max)
        posinf = limit if posinf is None else posinf
        neginf = -limit if neginf is None else neginf
        return nan_to_num(x.astype("float32"), nan, posinf, neginf).astype(x.dtype)
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def lcm(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    if x1.dtype == bool:
        return np.logical_and(x1, x2)
    return np.lcm(x1, x2)
