"""Functions of each element, on the PyTorch backend.

torch has no arithmetic on uint16, uint32 and uint64: such operands are carried
through a wider signed type and back (`_wide`). Where dtypes are known to be others,
`everyday` is the function without that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import torch

from keras.backends.arguments import both_or_neither
from keras.backends.torch.core import held, inexact
from keras.backends.torch.indexing import nonzero
from keras.core.typing import TensorLike

_WIDE = {
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two tensors, that carries those unsigned types wider."""

    @wraps(function)
    def widened(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
        dtype = x1.dtype
        if dtype not in _WIDE:
            return function(x1, x2)
        wide = _WIDE[dtype]
        second = x2.to(dtype=wide) if isinstance(x2, torch.Tensor) else x2
        result = function(x1.to(dtype=wide), second)
        return result.to(dtype=dtype) if result.dtype is wide else result

    widened.everyday = function
    return widened


def _wide_unary(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one tensor, that carries those unsigned types wider."""

    @wraps(function)
    def widened(x: torch.Tensor) -> torch.Tensor:
        dtype = x.dtype
        if dtype not in _WIDE:
            return function(x)
        return function(x.to(dtype=_WIDE[dtype])).to(dtype=dtype)

    return widened


# Arithmetic ---------------------------------------------------------------------

add = _wide(torch.add)
subtract = _wide(torch.sub)
multiply = _wide(torch.mul)
divide = torch.div
# `torch.floor_divide` has no derivative; this one has, of 0.
floor_divide = _wide(partial(torch.div, rounding_mode="floor"))
mod = _wide(torch.remainder)
fmod = _wide(torch.fmod)
power = _wide(torch.pow)
negative = _wide_unary(torch.neg)


@_wide_unary
def sign(x: torch.Tensor) -> torch.Tensor:
    if x.dtype is torch.bool:
        raise TypeError("A truth value has no sign.")
    y = torch.sgn(x)
    # torch's sign of NaN is 0.
    return torch.where(x != x, x, y) if x.is_floating_point() else y


square = _wide_unary(torch.square)
reciprocal = torch.reciprocal
fmax = _wide(torch.fmax)
fmin = _wide(torch.fmin)
gcd = _wide(torch.gcd)


def lcm(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    dtype = x1.dtype
    if dtype in inexact:
        raise TypeError("Integers are needed.")
    x1, x2 = x1.to(dtype=torch.int64), x2.to(dtype=torch.int64)
    return torch.lcm(x1, x2).abs().to(dtype=dtype)


def absolute(x: torch.Tensor) -> torch.Tensor:
    return x if x.dtype in _UNSIGNED else torch.abs(x)


_UNSIGNED = frozenset((torch.bool, *_WIDE))


_wide_maximum, _wide_minimum = _wide(torch.maximum), _wide(torch.minimum)
_wide_clamp_min, _wide_clamp_max = _wide(torch.clamp_min), _wide(torch.clamp_max)


def maximum(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    if isinstance(x2, torch.Tensor):
        return _wide_maximum(x1, x2)
    return _wide_clamp_min(x1, held(x2, x1.dtype))


def minimum(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    if isinstance(x2, torch.Tensor):
        return _wide_minimum(x1, x2)
    return _wide_clamp_max(x1, held(x2, x1.dtype))


def divide_no_nan(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    zero = x2 == 0
    return torch.where(zero, 0.0, x1 / torch.where(zero, 1.0, x2))


def clip(x: torch.Tensor, x_min: TensorLike, x_max: TensorLike) -> torch.Tensor:
    # `clamp` takes two numbers or two tensors.
    if x.dtype in _WIDE or isinstance(x_min, torch.Tensor) is not isinstance(
        x_max, torch.Tensor
    ):
        return minimum(maximum(x, x_min), x_max)
    return torch.clamp(x, held(x_min, x.dtype), held(x_max, x.dtype))


# Exponents and logarithms ---------------------------------------------------------

exp = torch.exp
exp2 = torch.exp2
expm1 = torch.expm1
log = torch.log
log1p = torch.log1p
log2 = torch.log2
log10 = torch.log10
sqrt = torch.sqrt
logaddexp = torch.logaddexp
logaddexp2 = torch.logaddexp2


def hypot(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    y = torch.hypot(x1, x2)
    if not y.requires_grad:
        return y
    # The derivative at (0, 0) is taken as 0; torch divides 0 by 0.
    zero = y == 0
    return torch.where(zero, y.detach(), torch.hypot(torch.where(zero, 1, x1), x2))


def cbrt(x: torch.Tensor) -> torch.Tensor:
    return torch.sign(x) * torch.pow(torch.abs(x), 1 / 3)


def i0(x: torch.Tensor) -> torch.Tensor:
    return torch.special.i0(x)


# Trigonometry ---------------------------------------------------------------------

sin = torch.sin
cos = torch.cos
tan = torch.tan
sinh = torch.sinh
cosh = torch.cosh
tanh = torch.tanh
arcsin = torch.asin
arccos = torch.acos
arctan = torch.atan
arcsinh = torch.asinh
arccosh = torch.acosh
arctanh = torch.atanh
arctan2 = torch.atan2
sinc = torch.sinc

# Rounding -------------------------------------------------------------------------

floor = torch.floor
ceil = torch.ceil


def heaviside(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    # `torch.heaviside` has no derivative.
    steps = torch.where(x1 == 0, x2, (x1 > 0).to(x1.dtype))
    return torch.where(torch.isnan(x1), x1, steps)


def trunc(x: torch.Tensor) -> torch.Tensor:
    return torch.trunc(x) if x.dtype.is_floating_point else x


def nextafter(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    return torch.nextafter(x1, x2)


def round(x: torch.Tensor, decimals: int = 0) -> torch.Tensor:
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        if decimals >= 0 or x.dtype is torch.bool:
            return x
        factor = 10.0**-decimals
        wide = x.to(dtype=torch.float64)
        return (torch.round(wide / factor) * factor).to(dtype=x.dtype)
    return torch.round(x, decimals=decimals)


# Complex numbers --------------------------------------------------------------------


def conj(x: torch.Tensor) -> torch.Tensor:
    return torch.conj(x).resolve_conj() if x.dtype.is_complex else x


def real(x: torch.Tensor) -> torch.Tensor:
    return torch.real(x)


def imag(x: torch.Tensor) -> torch.Tensor:
    return torch.imag(x) if x.dtype.is_complex else torch.zeros_like(x)


def angle(x: torch.Tensor) -> torch.Tensor:
    return torch.angle(x)


# Comparisons and logic --------------------------------------------------------------

equal = _wide(torch.eq)
not_equal = _wide(torch.ne)
less = _wide(torch.lt)
less_equal = _wide(torch.le)
greater = _wide(torch.gt)
greater_equal = _wide(torch.ge)
logical_and = torch.logical_and
logical_or = torch.logical_or
logical_xor = torch.logical_xor
logical_not = torch.logical_not
isnan = torch.isnan
isinf = torch.isinf
isfinite = torch.isfinite
signbit = torch.signbit
bitwise_and = _wide(torch.bitwise_and)
bitwise_or = _wide(torch.bitwise_or)
bitwise_xor = _wide(torch.bitwise_xor)
bitwise_not = _wide_unary(torch.bitwise_not)
left_shift = _wide(torch.bitwise_left_shift)
right_shift = _wide(torch.bitwise_right_shift)


def where(condition: Any, x1: TensorLike = None, x2: TensorLike = None) -> Any:
    if x1 is None or x2 is None:
        both_or_neither(x1, x2)
        return nonzero(condition)
    if condition.dtype is not torch.bool:
        condition = condition != 0
    return torch.where(condition, x1, x2)


def nan_to_num(
    x: torch.Tensor,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> torch.Tensor:
    if nan is None:
        raise TypeError("A number is needed.")
    return torch.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
