"""Functions of each element, on the NumPy backend.

NumPy warns of a division by zero or an overflow; the other backends return inf or
nan in silence, and so does this one (`_quiet`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np
from ml_dtypes import finfo as _finfo

from keras.backends.numpy.indexing import nonzero as _nonzero
from keras.core.typing import TensorLike

_quiet = _np.errstate(all="ignore")


def _weak(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a Python number brought to a bfloat16 beside it.

    NumPy knows how weak a number is beside its own dtypes, not beside this one.
    """

    @_quiet
    def weakened(x1: _np.ndarray, x2: _np.ndarray) -> _np.ndarray:
        if isinstance(x2, (int, float)) and x1.dtype.kind == "V":
            x2 = x1.dtype.type(x2)
        return function(x1, x2)

    return weakened


# Arithmetic ---------------------------------------------------------------------

add = _weak(_np.add)
subtract = _weak(_np.subtract)
multiply = _weak(_np.multiply)
divide = _weak(_np.divide)
floor_divide = _weak(_np.floor_divide)
mod = _weak(_np.mod)
fmod = _weak(_np.fmod)
absolute = _np.absolute
negative = _np.negative
sign = _np.sign
square = _quiet(_np.square)
reciprocal = _quiet(_np.reciprocal)
maximum = _weak(_np.maximum)
minimum = _weak(_np.minimum)
fmax = _np.fmax
fmin = _np.fmin
gcd = _np.gcd


@_weak
def power(x1: _np.ndarray, x2: _np.ndarray) -> _np.ndarray:
    dtype = x1.dtype
    # NumPy refuses negative integer powers; they truncate like a division.
    if dtype.kind == "i" and _np.any(_np.less(x2, 0)):
        result = _np.power(x1.astype("float64"), x2)
        return _np.trunc(_np.where(_np.isfinite(result), result, 0)).astype(dtype)
    return _np.power(x1, x2)


@_quiet
def divide_no_nan(x1: _np.ndarray, x2: _np.ndarray) -> _np.ndarray:
    zero = x2 == 0
    return _np.where(zero, _np.zeros((), x1.dtype), x1 / _np.where(zero, 1, x2))


def clip(x: _np.ndarray, x_min: TensorLike, x_max: TensorLike) -> _np.ndarray:
    return minimum(maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = _quiet(_np.exp)
exp2 = _quiet(_np.exp2)
expm1 = _quiet(_np.expm1)
log = _quiet(_np.log)
log1p = _quiet(_np.log1p)
log2 = _quiet(_np.log2)
log10 = _quiet(_np.log10)
sqrt = _quiet(_np.sqrt)
cbrt = _quiet(_np.cbrt)
logaddexp = _quiet(_np.logaddexp)
logaddexp2 = _quiet(_np.logaddexp2)
hypot = _quiet(_np.hypot)


def i0(x: _np.ndarray) -> _np.ndarray:
    return _np.i0(x).astype(x.dtype)


# Trigonometry ---------------------------------------------------------------------

sin = _quiet(_np.sin)
cos = _quiet(_np.cos)
tan = _quiet(_np.tan)
sinh = _quiet(_np.sinh)
cosh = _quiet(_np.cosh)
tanh = _np.tanh
arcsin = _quiet(_np.arcsin)
arccos = _quiet(_np.arccos)
arctan = _np.arctan
arcsinh = _np.arcsinh
arccosh = _quiet(_np.arccosh)
arctanh = _quiet(_np.arctanh)
arctan2 = _np.arctan2


def sinc(x: _np.ndarray) -> _np.ndarray:
    return _np.sinc(x).astype(x.dtype)


# Rounding -------------------------------------------------------------------------


def floor(x: _np.ndarray) -> _np.ndarray:
    return _np.floor(x)


ceil = _np.ceil
trunc = _np.trunc
nextafter = _np.nextafter


def round(x: _np.ndarray, decimals: int = 0) -> _np.ndarray:
    if x.dtype == bool:
        return x
    return _np.round(x, decimals)


@_quiet
def heaviside(x1: _np.ndarray, x2: _np.ndarray) -> _np.ndarray:
    return _np.heaviside(x1, x2)


# Complex numbers --------------------------------------------------------------------


def conj(x: _np.ndarray) -> _np.ndarray:
    return _np.conj(x) if x.dtype.kind == "c" else x


def real(x: _np.ndarray) -> _np.ndarray:
    return _np.real(x)


def imag(x: _np.ndarray) -> _np.ndarray:
    return _np.imag(x)


def angle(x: _np.ndarray) -> _np.ndarray:
    return _np.angle(x).astype(_np.real(x).dtype)


# Comparisons and logic --------------------------------------------------------------

equal = _np.equal
not_equal = _np.not_equal
less = _np.errstate(invalid="ignore")(_np.less)
less_equal = _np.errstate(invalid="ignore")(_np.less_equal)
greater = _np.errstate(invalid="ignore")(_np.greater)
greater_equal = _np.errstate(invalid="ignore")(_np.greater_equal)
logical_and = _np.logical_and
logical_or = _np.logical_or
logical_xor = _np.logical_xor
logical_not = _np.logical_not
isnan = _np.isnan
isinf = _np.isinf
isfinite = _np.isfinite
signbit = _np.signbit
bitwise_and = _np.bitwise_and
bitwise_or = _np.bitwise_or
bitwise_xor = _np.bitwise_xor
bitwise_not = _np.bitwise_not
left_shift = _np.left_shift
right_shift = _np.right_shift


def _places(condition: _np.ndarray, x1: Any, x2: Any) -> _np.ndarray:
    if x1 is not x2:
        raise ValueError("Both or neither of x1 and x2 are needed.")
    return _nonzero(condition)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return _places(condition, x1, x2)
    if isinstance(x2, float):  # a number behind a tensor takes its dtype
        x2 = x1.dtype.type(x2)
    return _np.where(condition, x1, x2)


def nan_to_num(
    x: _np.ndarray,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> _np.ndarray:
    if x.dtype.kind == "V":  # NumPy does not know the NaN of bfloat16
        limit = float(_finfo(x.dtype).max)
        posinf = limit if posinf is None else posinf
        neginf = -limit if neginf is None else neginf
        return nan_to_num(x.astype("float32"), nan, posinf, neginf).astype(x.dtype)
    return _np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def lcm(x1: _np.ndarray, x2: _np.ndarray) -> _np.ndarray:
    if x1.dtype == bool:
        return _np.logical_and(x1, x2)
    return _np.lcm(x1, x2)
