"""Functions of each element, on the PyTorch backend.

torch has no arithmetic on uint16, uint32 and uint64: such operands are carried
through a wider signed type and back (`_wide`). Where dtypes are known to be others,
`everyday` is the function without that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as _partial
from functools import wraps as _wraps
from typing import Any

import torch as _torch

from keras.backends.torch.core import inexact as _inexact
from keras.backends.torch.indexing import nonzero as _nonzero
from keras.core.typing import TensorLike

_WIDE = {
    _torch.uint16: _torch.int32,
    _torch.uint32: _torch.int64,
    _torch.uint64: _torch.int64,
}


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two tensors, that carries those unsigned types wider."""

    @_wraps(function)
    def widened(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
        dtype = x1.dtype
        if dtype not in _WIDE:
            return function(x1, x2)
        wide = _WIDE[dtype]
        second = x2.to(dtype=wide) if isinstance(x2, _torch.Tensor) else x2
        result = function(x1.to(dtype=wide), second)
        return result.to(dtype=dtype) if result.dtype is wide else result

    widened.everyday = function
    return widened


def _wide_unary(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one tensor, that carries those unsigned types wider."""

    @_wraps(function)
    def widened(x: _torch.Tensor) -> _torch.Tensor:
        dtype = x.dtype
        if dtype not in _WIDE:
            return function(x)
        return function(x.to(dtype=_WIDE[dtype])).to(dtype=dtype)

    return widened


# Arithmetic ---------------------------------------------------------------------

add = _wide(_torch.add)
subtract = _wide(_torch.sub)
multiply = _wide(_torch.mul)
divide = _torch.div
# `torch.floor_divide` has no derivative; this one has, of 0.
floor_divide = _wide(_partial(_torch.div, rounding_mode="floor"))
mod = _wide(_torch.remainder)
fmod = _wide(_torch.fmod)
power = _wide(_torch.pow)
negative = _wide_unary(_torch.neg)


@_wide_unary
def sign(x: _torch.Tensor) -> _torch.Tensor:
    if x.dtype is _torch.bool:
        raise TypeError("A truth value has no sign.")
    y = _torch.sgn(x)
    # torch's sign of NaN is 0.
    return _torch.where(x != x, x, y) if x.is_floating_point() else y


square = _wide_unary(_torch.square)
reciprocal = _torch.reciprocal
fmax = _wide(_torch.fmax)
fmin = _wide(_torch.fmin)
gcd = _wide(_torch.gcd)


def lcm(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    dtype = x1.dtype
    if dtype in _inexact:
        raise TypeError("Integers are needed.")
    x1, x2 = x1.to(dtype=_torch.int64), x2.to(dtype=_torch.int64)
    return _torch.lcm(x1, x2).abs().to(dtype=dtype)


def absolute(x: _torch.Tensor) -> _torch.Tensor:
    return x if x.dtype in _UNSIGNED else _torch.abs(x)


_UNSIGNED = frozenset((_torch.bool, *_WIDE))


_wide_maximum, _wide_minimum = _wide(_torch.maximum), _wide(_torch.minimum)
_wide_clamp_min, _wide_clamp_max = _wide(_torch.clamp_min), _wide(_torch.clamp_max)


def maximum(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    if isinstance(x2, _torch.Tensor):
        return _wide_maximum(x1, x2)
    return _wide_clamp_min(x1, x2)


def minimum(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    if isinstance(x2, _torch.Tensor):
        return _wide_minimum(x1, x2)
    return _wide_clamp_max(x1, x2)


def divide_no_nan(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    zero = x2 == 0
    return _torch.where(zero, 0.0, x1 / _torch.where(zero, 1.0, x2))


def clip(x: _torch.Tensor, x_min: TensorLike, x_max: TensorLike) -> _torch.Tensor:
    # `clamp` takes two numbers or two tensors.
    if x.dtype in _WIDE or isinstance(x_min, _torch.Tensor) is not isinstance(
        x_max, _torch.Tensor
    ):
        return minimum(maximum(x, x_min), x_max)
    return _torch.clamp(x, x_min, x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = _torch.exp
exp2 = _torch.exp2
expm1 = _torch.expm1
log = _torch.log
log1p = _torch.log1p
log2 = _torch.log2
log10 = _torch.log10
sqrt = _torch.sqrt
logaddexp = _torch.logaddexp
logaddexp2 = _torch.logaddexp2


def hypot(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    y = _torch.hypot(x1, x2)
    if not y.requires_grad:
        return y
    # The derivative at (0, 0) is taken as 0; torch divides 0 by 0.
    zero = y == 0
    return _torch.where(zero, y.detach(), _torch.hypot(_torch.where(zero, 1, x1), x2))


def cbrt(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.sign(x) * _torch.pow(_torch.abs(x), 1 / 3)


def i0(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.special.i0(x)


# Trigonometry ---------------------------------------------------------------------

sin = _torch.sin
cos = _torch.cos
tan = _torch.tan
sinh = _torch.sinh
cosh = _torch.cosh
tanh = _torch.tanh
arcsin = _torch.asin
arccos = _torch.acos
arctan = _torch.atan
arcsinh = _torch.asinh
arccosh = _torch.acosh
arctanh = _torch.atanh
arctan2 = _torch.atan2
sinc = _torch.sinc

# Rounding -------------------------------------------------------------------------

floor = _torch.floor
ceil = _torch.ceil


def heaviside(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    # `torch.heaviside` has no derivative.
    steps = _torch.where(x1 == 0, x2, (x1 > 0).to(x1.dtype))
    return _torch.where(_torch.isnan(x1), x1, steps)


def trunc(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.trunc(x) if x.dtype.is_floating_point else x


def nextafter(x1: _torch.Tensor, x2: _torch.Tensor) -> _torch.Tensor:
    return _torch.nextafter(x1, x2)


def round(x: _torch.Tensor, decimals: int = 0) -> _torch.Tensor:
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        if decimals >= 0 or x.dtype is _torch.bool:
            return x
        factor = 10.0**-decimals
        wide = x.to(dtype=_torch.float64)
        return (_torch.round(wide / factor) * factor).to(dtype=x.dtype)
    return _torch.round(x, decimals=decimals)


# Complex numbers --------------------------------------------------------------------


def conj(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.conj(x).resolve_conj() if x.dtype.is_complex else x


def real(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.real(x)


def imag(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.imag(x) if x.dtype.is_complex else _torch.zeros_like(x)


def angle(x: _torch.Tensor) -> _torch.Tensor:
    return _torch.angle(x)


# Comparisons and logic --------------------------------------------------------------

equal = _wide(_torch.eq)
not_equal = _wide(_torch.ne)
less = _wide(_torch.lt)
less_equal = _wide(_torch.le)
greater = _wide(_torch.gt)
greater_equal = _wide(_torch.ge)
logical_and = _torch.logical_and
logical_or = _torch.logical_or
logical_xor = _torch.logical_xor
logical_not = _torch.logical_not
isnan = _torch.isnan
isinf = _torch.isinf
isfinite = _torch.isfinite
signbit = _torch.signbit
bitwise_and = _wide(_torch.bitwise_and)
bitwise_or = _wide(_torch.bitwise_or)
bitwise_xor = _wide(_torch.bitwise_xor)
bitwise_not = _wide_unary(_torch.bitwise_not)
left_shift = _wide(_torch.bitwise_left_shift)
right_shift = _wide(_torch.bitwise_right_shift)


def _places(condition: _torch.Tensor, x1: Any, x2: Any) -> _torch.Tensor:
    if x1 is not x2:
        raise ValueError("Both or neither of x1 and x2 are needed.")
    return _nonzero(condition)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return _places(condition, x1, x2)
    if condition.dtype is not _torch.bool:
        condition = condition != 0
    return _torch.where(condition, x1, x2)


def nan_to_num(
    x: _torch.Tensor,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> _torch.Tensor:
    if nan is None:
        raise TypeError("A number is needed.")
    return _torch.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
