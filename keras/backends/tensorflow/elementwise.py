"""Functions of each element, on the TensorFlow backend.

Several of TensorFlow's kernels lack integer or boolean types that NumPy has. Such
operands are carried through a type that the kernel has, and back (`_through`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any

import tensorflow as tf

from keras.backends.arguments import both_or_neither
from keras.backends.tensorflow.indexing import nonzero
from keras.core.typing import TensorLike

_NARROW = dict.fromkeys((tf.bool, tf.int8, tf.int16, tf.uint8, tf.uint16), tf.int32) | {
    tf.uint32: tf.int64,
    tf.uint64: tf.int64,
}
_BOOL = {tf.bool: tf.int32}
_NO_BOOL = {dtype: wide for dtype, wide in _NARROW.items() if dtype != tf.bool}


def _through(
    wider: dict[Any, Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function, computed in a wider type where `wider` names one."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def widened(x: tf.Tensor, *args: Any, **kwargs: Any) -> Any:
            dtype = x.dtype
            wide = wider.get(dtype)
            if wide is None:
                return function(x, *args, **kwargs)
            others = (
                tf.cast(v, wide) if getattr(v, "dtype", None) == dtype else v
                for v in args
            )
            result = function(tf.cast(x, wide), *others, **kwargs)
            return tf.cast(result, dtype) if result.dtype == wide else result

        return widened

    return decorate


_narrow = _through(_NARROW)

# Arithmetic ---------------------------------------------------------------------

add = _through(_BOOL)(tf.add)
subtract = tf.subtract
multiply = _through(_BOOL)(tf.multiply)
divide = tf.divide
divide_no_nan = tf.math.divide_no_nan
floor_divide = _narrow(tf.math.floordiv)
mod = _narrow(tf.math.floormod)
negative = _through(_NO_BOOL)(tf.negative)
sign = _through(_NO_BOOL)(tf.sign)
reciprocal = tf.math.reciprocal
maximum = _narrow(tf.maximum)
minimum = _narrow(tf.minimum)


def power(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if not x1.dtype.is_integer:
        return _smooth_power(x1, x2)
    if x1.dtype.is_unsigned:
        return _power(x1, x2)
    # Negative integer powers truncate like a division.
    x2 = tf.convert_to_tensor(x2, x1.dtype)
    result = _power(x1, maximum(x2, tf.zeros_like(x2)))
    one = tf.ones((), x1.dtype)
    sign = tf.where(mod(x2, 2 * one) == 0, one, x1)
    negative_power = tf.where(absolute(x1) == 1, sign, tf.zeros((), x1.dtype))
    return tf.where(x2 < 0, negative_power, result)


def _smooth_power(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if isinstance(x2, (int, float)) and x2 != 0:
        return _power(x1, x2)
    # 0**0 is 1, as 1**0 is; its derivative would be 0 times infinity.
    both = tf.logical_and(x1 == 0, x2 == 0)
    return _power(tf.where(both, tf.ones((), x1.dtype), x1), x2)


_power = _narrow(tf.pow)


def absolute(x: tf.Tensor) -> tf.Tensor:
    if x.dtype == tf.bool or x.dtype.is_unsigned:
        return x
    return _narrow(tf.abs)(x)


def square(x: tf.Tensor) -> tf.Tensor:
    return _narrow(tf.square)(x)


def fmod(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if not x1.dtype.is_floating:
        return _truncated_mod(x1, x2)
    # The kernel of it has no gradient; `floormod` has, and is the same above 0.
    x2 = tf.abs(tf.convert_to_tensor(x2, x1.dtype))
    return tf.where(x1 < 0, -mod(-x1, x2), mod(x1, x2))


_HALVES = {tf.bfloat16: tf.float32, tf.float16: tf.float32}
_truncated_mod = _through(_NARROW | _HALVES)(tf.truncatemod)


def fmax(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if not x1.dtype.is_floating:
        return maximum(x1, x2)
    x1, x2 = _nan_aside(x1, x2), _nan_aside(x2, x1)
    return tf.maximum(x1, x2)


def fmin(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if not x1.dtype.is_floating:
        return minimum(x1, x2)
    x1, x2 = _nan_aside(x1, x2), _nan_aside(x2, x1)
    return tf.minimum(x1, x2)


def _nan_aside(x: tf.Tensor, other: TensorLike) -> tf.Tensor:
    return tf.where(tf.math.is_nan(x), other, x)


def clip(x: tf.Tensor, x_min: TensorLike, x_max: TensorLike) -> tf.Tensor:
    return minimum(maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = tf.exp
expm1 = tf.math.expm1
log = tf.math.log
log1p = tf.math.log1p
sqrt = tf.sqrt


def exp2(x: tf.Tensor) -> tf.Tensor:
    return tf.pow(tf.constant(2, x.dtype), x)


def log2(x: tf.Tensor) -> tf.Tensor:
    return tf.math.log(x) / tf.constant(math.log(2.0), x.dtype)


def log10(x: tf.Tensor) -> tf.Tensor:
    return tf.math.log(x) / tf.constant(math.log(10.0), x.dtype)


def cbrt(x: tf.Tensor) -> tf.Tensor:
    third = tf.constant(1 / 3, x.dtype)
    return tf.sign(x) * tf.pow(tf.abs(x), third)


def logaddexp(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    gap = tf.abs(x1 - x2)
    sum_ = tf.maximum(x1, x2) + tf.math.log1p(tf.exp(-gap))
    # Two equal infinities have no gap, and a maximum of two equals has no derivative.
    equal = 0.5 * x1 + 0.5 * x2 + tf.constant(math.log(2.0), x1.dtype)
    return tf.where(gap > 0, sum_, equal)


def logaddexp2(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    log_2 = tf.constant(math.log(2.0), x1.dtype)
    return logaddexp(x1 * log_2, x2 * log_2) / log_2


def hypot(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    x1, x2 = tf.abs(x1), tf.abs(x2)
    large, small = tf.maximum(x1, x2), tf.minimum(x1, x2)
    ratio = tf.math.divide_no_nan(small, large)
    result = large * tf.sqrt(1 + ratio * ratio)
    endless = tf.math.is_inf(x1) | tf.math.is_inf(x2)  # beside NaN, too
    return tf.where(endless, tf.constant(float("inf"), result.dtype), result)


def i0(x: tf.Tensor) -> tf.Tensor:
    return _bessel_i0(x)


@_through({tf.bfloat16: tf.float32, tf.float16: tf.float32})
def _bessel_i0(x: tf.Tensor) -> tf.Tensor:
    # XLA has no kernel but for the scaled function. Half the exponent at a time: the
    # whole overflows before the result does.
    half = tf.exp(tf.abs(x) * 0.5)
    return tf.math.bessel_i0e(x) * half * half


# Trigonometry ---------------------------------------------------------------------

sin = tf.sin
cos = tf.cos
tan = tf.tan
sinh = tf.sinh
cosh = tf.cosh
tanh = tf.tanh
arcsin = tf.asin
arccos = tf.acos
arctan = tf.atan
arcsinh = tf.asinh
arccosh = tf.acosh
arctanh = tf.atanh
arctan2 = tf.atan2


def sinc(x: tf.Tensor) -> tf.Tensor:
    angle_ = x * tf.constant(math.pi, x.dtype)
    # Near 0 the quotient's derivative is a difference of large numbers.
    near = tf.abs(angle_) < 0.01
    safe = tf.where(near, tf.ones_like(x), angle_)
    series = 1 - angle_ * angle_ / 6
    return tf.where(near, series, tf.sin(safe) / safe)


# Rounding -------------------------------------------------------------------------

floor = tf.floor
ceil = tf.math.ceil


def nextafter(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if x1.dtype in (tf.float32, tf.float64):
        return tf.math.nextafter(x1, x2)
    # The kernel knows those two only. Of half floats, the bits of neighbours of one
    # sign are neighbours, too; the smallest number has the bit 1 alone.
    bits = tf.cast(tf.bitcast(x1, tf.uint16), tf.int32)
    outwards = tf.equal(x2 > x1, x1 > 0)
    moved = tf.cast(tf.where(outwards, bits + 1, bits - 1), tf.uint16)
    smallest = tf.where(x2 > 0, tf.constant(1, tf.uint16), 0x8001)
    from_zero = tf.equal(x1, 0) & tf.not_equal(x2, 0)
    result = tf.bitcast(tf.where(from_zero, smallest, moved), x1.dtype)
    result = tf.where(tf.equal(x1, x2), x2, result)
    return tf.where(tf.math.is_nan(x1) | tf.math.is_nan(x2), x1 + x2, result)


def trunc(x: tf.Tensor) -> tf.Tensor:
    if not x.dtype.is_floating:
        return x
    return tf.where(x < 0, tf.math.ceil(x), tf.floor(x))


def round(x: tf.Tensor, decimals: int = 0) -> tf.Tensor:
    decimals = index(decimals)
    if x.dtype.is_integer or x.dtype == tf.bool:
        if decimals >= 0:
            return x
        factor = 10.0**-decimals
        return tf.cast(tf.round(tf.cast(x, tf.float64) / factor) * factor, x.dtype)
    if decimals == 0:
        return tf.round(x)
    factor = tf.constant(10.0**decimals, x.dtype)
    return tf.round(x * factor) / factor


def heaviside(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    zeros, ones = tf.zeros_like(x1 + x2), tf.ones_like(x1 + x2)
    result = tf.where(x1 < 0, zeros, tf.where(x1 > 0, ones, x2))
    return tf.where(tf.math.is_nan(x1), x1, result)


# Complex numbers --------------------------------------------------------------------


def real(x: tf.Tensor) -> tf.Tensor:
    return tf.math.real(x) if x.dtype.is_complex else x


def conj(x: tf.Tensor) -> tf.Tensor:
    return tf.math.conj(x) if x.dtype.is_complex else x


def imag(x: tf.Tensor) -> tf.Tensor:
    return tf.math.imag(x) if x.dtype.is_complex else tf.zeros_like(x)


def angle(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.is_complex:
        return tf.math.angle(x)
    pi = tf.constant(math.pi, x.dtype)
    result = tf.where(x < 0, pi, tf.zeros_like(x))
    return tf.where(tf.math.is_nan(x), x, result)


# Comparisons and logic --------------------------------------------------------------

equal = tf.equal
not_equal = tf.not_equal
less = _through(_BOOL)(tf.less)
less_equal = _through(_BOOL)(tf.less_equal)
greater = _through(_BOOL)(tf.greater)
greater_equal = _through(_BOOL)(tf.greater_equal)
logical_and = tf.logical_and
logical_or = tf.logical_or
logical_xor = tf.math.logical_xor
logical_not = tf.logical_not


def _real_and_imaginary(x: tf.Tensor, test: Callable[[Any], Any]) -> Any:
    return test(tf.math.real(x)), test(tf.math.imag(x))


def isnan(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.is_complex:
        return tf.logical_or(*_real_and_imaginary(x, isnan))
    if not x.dtype.is_floating:
        return tf.zeros_like(x, tf.bool)
    return tf.math.is_nan(x)


def isinf(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.is_complex:
        return tf.logical_or(*_real_and_imaginary(x, isinf))
    if not x.dtype.is_floating:
        return tf.zeros_like(x, tf.bool)
    return tf.math.is_inf(x)


def isfinite(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.is_complex:
        return tf.logical_and(*_real_and_imaginary(x, isfinite))
    if not x.dtype.is_floating:
        return tf.ones_like(x, tf.bool)
    return tf.math.is_finite(x)


def signbit(x: tf.Tensor) -> tf.Tensor:
    if not x.dtype.is_floating:
        return tf.zeros_like(x) if x.dtype == tf.bool else x < 0
    # The bit itself, so that -0.0 counts as negative.
    integer = {2: tf.int16, 4: tf.int32, 8: tf.int64}[x.dtype.size]
    return tf.bitcast(x, integer) < 0


bitwise_and = _through(_BOOL)(tf.bitwise.bitwise_and)
bitwise_or = _through(_BOOL)(tf.bitwise.bitwise_or)
bitwise_xor = _through(_BOOL)(tf.bitwise.bitwise_xor)
left_shift = _through(_BOOL)(tf.bitwise.left_shift)
right_shift = _through(_BOOL)(tf.bitwise.right_shift)


def bitwise_not(x: tf.Tensor) -> tf.Tensor:
    return tf.logical_not(x) if x.dtype == tf.bool else tf.bitwise.invert(x)


def gcd(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    dtype = x1.dtype
    if not (dtype.is_integer or dtype == tf.bool):
        raise TypeError("Integers are needed.")
    a, b = (tf.abs(tf.cast(x, tf.int64)) for x in (x1, x2))
    shape = tf.broadcast_dynamic_shape(tf.shape(a), tf.shape(b))
    static = tf.broadcast_static_shape(a.shape, b.shape)
    a, b = tf.broadcast_to(a, shape), tf.broadcast_to(b, shape)
    a.set_shape(static)
    b.set_shape(static)

    def step(a: tf.Tensor, b: tf.Tensor) -> tuple[Any, Any]:
        # Euclid's algorithm; rows that are done (b = 0) stay as they are.
        done = tf.equal(b, 0)
        rest = tf.math.floormod(a, tf.where(done, tf.ones_like(b), b))
        return tf.where(done, a, b), tf.where(done, b, rest)

    a, _ = tf.while_loop(lambda a, b: tf.reduce_any(b > 0), step, (a, b))
    return tf.cast(a, dtype)


def lcm(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    divisor = gcd(x1, x2)
    safe = maximum(divisor, tf.ones_like(divisor))
    return absolute(multiply(floor_divide(x1, safe), x2))


def where(condition: Any, x1: TensorLike = None, x2: TensorLike = None) -> Any:
    if x1 is None or x2 is None:
        both_or_neither(x1, x2)
        return nonzero(condition)
    if condition.dtype != tf.bool:
        condition = tf.cast(condition, tf.bool)
    if _chooses_rows(condition.shape, x1, x2):
        # The kernel of version 1 copies row by row; the other one broadcasts all.
        rows = tf.reshape(condition, (-1,))
        return tf.raw_ops.Select(condition=rows, x=x1, y=x2)
    return tf.where(condition, x1, x2)


# Elements from which looking for the quicker kernel is repaid.
_MANY = 500_000


def _chooses_rows(shape: Any, x1: TensorLike, x2: TensorLike) -> bool:
    """Whether a condition `(batch, 1, ..., 1)` is for two tensors `(batch, ...)`."""
    if not shape.rank or shape.rank == 1 or shape[-1] != 1:
        return False
    first: Any = getattr(x1, "shape", None)
    if not isinstance(first, tf.TensorShape) or (first.num_elements() or 0) < _MANY:
        return False
    each = [first[0], *[1] * (len(first) - 1)]
    return first == getattr(x2, "shape", None) and [*shape] == each and first[-1] != 1


def nan_to_num(
    x: tf.Tensor,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> tf.Tensor:
    if not x.dtype.is_floating:
        return x
    posinf = x.dtype.max if posinf is None else posinf
    neginf = x.dtype.min if neginf is None else neginf
    x = tf.where(tf.math.is_nan(x), tf.cast(nan, x.dtype), x)
    x = tf.where(x == x.dtype.as_numpy_dtype("inf"), tf.cast(posinf, x.dtype), x)
    return tf.where(x == x.dtype.as_numpy_dtype("-inf"), tf.cast(neginf, x.dtype), x)
