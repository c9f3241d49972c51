"""Functions of each element, on the TensorFlow backend.

Several of TensorFlow's kernels lack integer or boolean types that NumPy has. Such
operands are carried through a type that the kernel has, and back (`_through`).
"""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from functools import wraps as _wraps
from operator import index as _index
from typing import Any

import tensorflow as _tf

from keras.backends.tensorflow.indexing import nonzero as _nonzero
from keras.core.typing import TensorLike

_NARROW = dict.fromkeys(
    (_tf.bool, _tf.int8, _tf.int16, _tf.uint8, _tf.uint16), _tf.int32
) | {_tf.uint32: _tf.int64, _tf.uint64: _tf.int64}
_BOOL = {_tf.bool: _tf.int32}
_NO_BOOL = {dtype: wide for dtype, wide in _NARROW.items() if dtype != _tf.bool}


def _through(
    wider: dict[Any, Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function, computed in a wider type where `wider` names one."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @_wraps(function)
        def widened(x: _tf.Tensor, *args: Any, **kwargs: Any) -> Any:
            dtype = x.dtype
            wide = wider.get(dtype)
            if wide is None:
                return function(x, *args, **kwargs)
            others = (
                _tf.cast(v, wide) if getattr(v, "dtype", None) == dtype else v
                for v in args
            )
            result = function(_tf.cast(x, wide), *others, **kwargs)
            return _tf.cast(result, dtype) if result.dtype == wide else result

        return widened

    return decorate


_narrow = _through(_NARROW)

# Arithmetic ---------------------------------------------------------------------

add = _through(_BOOL)(_tf.add)
subtract = _tf.subtract
multiply = _through(_BOOL)(_tf.multiply)
divide = _tf.divide
divide_no_nan = _tf.math.divide_no_nan
floor_divide = _narrow(_tf.math.floordiv)
mod = _narrow(_tf.math.floormod)
negative = _through(_NO_BOOL)(_tf.negative)
sign = _through(_NO_BOOL)(_tf.sign)
reciprocal = _tf.math.reciprocal
maximum = _narrow(_tf.maximum)
minimum = _narrow(_tf.minimum)


def power(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if not x1.dtype.is_integer:
        return _smooth_power(x1, x2)
    if x1.dtype.is_unsigned:
        return _power(x1, x2)
    # Negative integer powers truncate like a division.
    x2 = _tf.convert_to_tensor(x2, x1.dtype)
    result = _power(x1, maximum(x2, _tf.zeros_like(x2)))
    one = _tf.ones((), x1.dtype)
    sign = _tf.where(mod(x2, 2 * one) == 0, one, x1)
    negative_power = _tf.where(absolute(x1) == 1, sign, _tf.zeros((), x1.dtype))
    return _tf.where(x2 < 0, negative_power, result)


def _smooth_power(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if isinstance(x2, (int, float)) and x2 != 0:
        return _power(x1, x2)
    # 0**0 is 1, as 1**0 is; its derivative would be 0 times infinity.
    both = _tf.logical_and(x1 == 0, x2 == 0)
    return _power(_tf.where(both, _tf.ones((), x1.dtype), x1), x2)


_power = _narrow(_tf.pow)


def absolute(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype == _tf.bool or x.dtype.is_unsigned:
        return x
    return _narrow(_tf.abs)(x)


def square(x: _tf.Tensor) -> _tf.Tensor:
    return _narrow(_tf.square)(x)


def fmod(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if not x1.dtype.is_floating:
        return _truncated_mod(x1, x2)
    # The kernel of it has no gradient; `floormod` has, and is the same above 0.
    x2 = _tf.abs(_tf.convert_to_tensor(x2, x1.dtype))
    return _tf.where(x1 < 0, -mod(-x1, x2), mod(x1, x2))


_HALVES = {_tf.bfloat16: _tf.float32, _tf.float16: _tf.float32}
_truncated_mod = _through(_NARROW | _HALVES)(_tf.truncatemod)


def fmax(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if not x1.dtype.is_floating:
        return maximum(x1, x2)
    x1, x2 = _nan_aside(x1, x2), _nan_aside(x2, x1)
    return _tf.maximum(x1, x2)


def fmin(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if not x1.dtype.is_floating:
        return minimum(x1, x2)
    x1, x2 = _nan_aside(x1, x2), _nan_aside(x2, x1)
    return _tf.minimum(x1, x2)


def _nan_aside(x: _tf.Tensor, other: TensorLike) -> _tf.Tensor:
    return _tf.where(_tf.math.is_nan(x), other, x)


def clip(x: _tf.Tensor, x_min: TensorLike, x_max: TensorLike) -> _tf.Tensor:
    return minimum(maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = _tf.exp
expm1 = _tf.math.expm1
log = _tf.math.log
log1p = _tf.math.log1p
sqrt = _tf.sqrt


def exp2(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.pow(_tf.constant(2, x.dtype), x)


def log2(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.math.log(x) / _tf.constant(_math.log(2.0), x.dtype)


def log10(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.math.log(x) / _tf.constant(_math.log(10.0), x.dtype)


def cbrt(x: _tf.Tensor) -> _tf.Tensor:
    third = _tf.constant(1 / 3, x.dtype)
    return _tf.sign(x) * _tf.pow(_tf.abs(x), third)


def logaddexp(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    gap = _tf.abs(x1 - x2)
    sum_ = _tf.maximum(x1, x2) + _tf.math.log1p(_tf.exp(-gap))
    # Two equal infinities have no gap, and a maximum of two equals has no derivative.
    equal = 0.5 * x1 + 0.5 * x2 + _tf.constant(_math.log(2.0), x1.dtype)
    return _tf.where(gap > 0, sum_, equal)


def logaddexp2(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    log_2 = _tf.constant(_math.log(2.0), x1.dtype)
    return logaddexp(x1 * log_2, x2 * log_2) / log_2


def hypot(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    x1, x2 = _tf.abs(x1), _tf.abs(x2)
    large, small = _tf.maximum(x1, x2), _tf.minimum(x1, x2)
    ratio = _tf.math.divide_no_nan(small, large)
    result = large * _tf.sqrt(1 + ratio * ratio)
    endless = _tf.math.is_inf(x1) | _tf.math.is_inf(x2)  # beside NaN, too
    return _tf.where(endless, _tf.constant(float("inf"), result.dtype), result)


def i0(x: _tf.Tensor) -> _tf.Tensor:
    return _bessel_i0(x)


@_through({_tf.bfloat16: _tf.float32, _tf.float16: _tf.float32})
def _bessel_i0(x: _tf.Tensor) -> _tf.Tensor:
    # XLA has no kernel but for the scaled function. Half the exponent at a time: the
    # whole overflows before the result does.
    half = _tf.exp(_tf.abs(x) * 0.5)
    return _tf.math.bessel_i0e(x) * half * half


# Trigonometry ---------------------------------------------------------------------

sin = _tf.sin
cos = _tf.cos
tan = _tf.tan
sinh = _tf.sinh
cosh = _tf.cosh
tanh = _tf.tanh
arcsin = _tf.asin
arccos = _tf.acos
arctan = _tf.atan
arcsinh = _tf.asinh
arccosh = _tf.acosh
arctanh = _tf.atanh
arctan2 = _tf.atan2


def sinc(x: _tf.Tensor) -> _tf.Tensor:
    angle_ = x * _tf.constant(_math.pi, x.dtype)
    # Near 0 the quotient's derivative is a difference of large numbers.
    near = _tf.abs(angle_) < 0.01
    safe = _tf.where(near, _tf.ones_like(x), angle_)
    series = 1 - angle_ * angle_ / 6
    return _tf.where(near, series, _tf.sin(safe) / safe)


# Rounding -------------------------------------------------------------------------

floor = _tf.floor
ceil = _tf.math.ceil


def nextafter(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if x1.dtype in (_tf.float32, _tf.float64):
        return _tf.math.nextafter(x1, x2)
    # The kernel knows those two only. Of half floats, the bits of neighbours of one
    # sign are neighbours, too; the smallest number has the bit 1 alone.
    bits = _tf.cast(_tf.bitcast(x1, _tf.uint16), _tf.int32)
    outwards = _tf.equal(x2 > x1, x1 > 0)
    moved = _tf.cast(_tf.where(outwards, bits + 1, bits - 1), _tf.uint16)
    smallest = _tf.where(x2 > 0, _tf.constant(1, _tf.uint16), 0x8001)
    from_zero = _tf.equal(x1, 0) & _tf.not_equal(x2, 0)
    result = _tf.bitcast(_tf.where(from_zero, smallest, moved), x1.dtype)
    result = _tf.where(_tf.equal(x1, x2), x2, result)
    return _tf.where(_tf.math.is_nan(x1) | _tf.math.is_nan(x2), x1 + x2, result)


def trunc(x: _tf.Tensor) -> _tf.Tensor:
    if not x.dtype.is_floating:
        return x
    return _tf.where(x < 0, _tf.math.ceil(x), _tf.floor(x))


def round(x: _tf.Tensor, decimals: int = 0) -> _tf.Tensor:
    decimals = _index(decimals)
    if x.dtype.is_integer or x.dtype == _tf.bool:
        if decimals >= 0:
            return x
        factor = 10.0**-decimals
        return _tf.cast(_tf.round(_tf.cast(x, _tf.float64) / factor) * factor, x.dtype)
    if decimals == 0:
        return _tf.round(x)
    factor = _tf.constant(10.0**decimals, x.dtype)
    return _tf.round(x * factor) / factor


def heaviside(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    zeros, ones = _tf.zeros_like(x1 + x2), _tf.ones_like(x1 + x2)
    result = _tf.where(x1 < 0, zeros, _tf.where(x1 > 0, ones, x2))
    return _tf.where(_tf.math.is_nan(x1), x1, result)


# Complex numbers --------------------------------------------------------------------


def real(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.math.real(x) if x.dtype.is_complex else x


def conj(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.math.conj(x) if x.dtype.is_complex else x


def imag(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.math.imag(x) if x.dtype.is_complex else _tf.zeros_like(x)


def angle(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype.is_complex:
        return _tf.math.angle(x)
    pi = _tf.constant(_math.pi, x.dtype)
    result = _tf.where(x < 0, pi, _tf.zeros_like(x))
    return _tf.where(_tf.math.is_nan(x), x, result)


# Comparisons and logic --------------------------------------------------------------

equal = _tf.equal
not_equal = _tf.not_equal
less = _through(_BOOL)(_tf.less)
less_equal = _through(_BOOL)(_tf.less_equal)
greater = _through(_BOOL)(_tf.greater)
greater_equal = _through(_BOOL)(_tf.greater_equal)
logical_and = _tf.logical_and
logical_or = _tf.logical_or
logical_xor = _tf.math.logical_xor
logical_not = _tf.logical_not


def _real_and_imaginary(x: _tf.Tensor, test: Callable[[Any], Any]) -> Any:
    return test(_tf.math.real(x)), test(_tf.math.imag(x))


def isnan(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype.is_complex:
        return _tf.logical_or(*_real_and_imaginary(x, isnan))
    if not x.dtype.is_floating:
        return _tf.zeros_like(x, _tf.bool)
    return _tf.math.is_nan(x)


def isinf(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype.is_complex:
        return _tf.logical_or(*_real_and_imaginary(x, isinf))
    if not x.dtype.is_floating:
        return _tf.zeros_like(x, _tf.bool)
    return _tf.math.is_inf(x)


def isfinite(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype.is_complex:
        return _tf.logical_and(*_real_and_imaginary(x, isfinite))
    if not x.dtype.is_floating:
        return _tf.ones_like(x, _tf.bool)
    return _tf.math.is_finite(x)


def signbit(x: _tf.Tensor) -> _tf.Tensor:
    if not x.dtype.is_floating:
        return _tf.zeros_like(x) if x.dtype == _tf.bool else x < 0
    # The bit itself, so that -0.0 counts as negative.
    integer = {2: _tf.int16, 4: _tf.int32, 8: _tf.int64}[x.dtype.size]
    return _tf.bitcast(x, integer) < 0


bitwise_and = _through(_BOOL)(_tf.bitwise.bitwise_and)
bitwise_or = _through(_BOOL)(_tf.bitwise.bitwise_or)
bitwise_xor = _through(_BOOL)(_tf.bitwise.bitwise_xor)
left_shift = _through(_BOOL)(_tf.bitwise.left_shift)
right_shift = _through(_BOOL)(_tf.bitwise.right_shift)


def bitwise_not(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.logical_not(x) if x.dtype == _tf.bool else _tf.bitwise.invert(x)


def gcd(x1: _tf.Tensor, x2: _tf.Tensor) -> Any:
    dtype = x1.dtype
    if not (dtype.is_integer or dtype == _tf.bool):
        raise TypeError("Integers are needed.")
    a, b = (_tf.abs(_tf.cast(x, _tf.int64)) for x in (x1, x2))
    shape = _tf.broadcast_dynamic_shape(_tf.shape(a), _tf.shape(b))
    static = _tf.broadcast_static_shape(a.shape, b.shape)
    a, b = _tf.broadcast_to(a, shape), _tf.broadcast_to(b, shape)
    a.set_shape(static)
    b.set_shape(static)

    def step(a: _tf.Tensor, b: _tf.Tensor) -> tuple[Any, Any]:
        # Euclid's algorithm; rows that are done (b = 0) stay as they are.
        done = _tf.equal(b, 0)
        rest = _tf.math.floormod(a, _tf.where(done, _tf.ones_like(b), b))
        return _tf.where(done, a, b), _tf.where(done, b, rest)

    a, _ = _tf.while_loop(lambda a, b: _tf.reduce_any(b > 0), step, (a, b))
    return _tf.cast(a, dtype)


def lcm(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    divisor = gcd(x1, x2)
    safe = maximum(divisor, _tf.ones_like(divisor))
    return absolute(multiply(floor_divide(x1, safe), x2))


def _places(condition: _tf.Tensor, x1: Any, x2: Any) -> _tf.Tensor:
    if x1 is not x2:
        raise ValueError("Both or neither of x1 and x2 are needed.")
    return _nonzero(condition)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return _places(condition, x1, x2)
    if condition.dtype != _tf.bool:
        condition = _tf.cast(condition, _tf.bool)
    return _tf.where(condition, x1, x2)


def nan_to_num(
    x: _tf.Tensor,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> _tf.Tensor:
    if not x.dtype.is_floating:
        return x
    posinf = x.dtype.max if posinf is None else posinf
    neginf = x.dtype.min if neginf is None else neginf
    x = _tf.where(_tf.math.is_nan(x), _tf.cast(nan, x.dtype), x)
    x = _tf.where(x == x.dtype.as_numpy_dtype("inf"), _tf.cast(posinf, x.dtype), x)
    return _tf.where(x == x.dtype.as_numpy_dtype("-inf"), _tf.cast(neginf, x.dtype), x)
