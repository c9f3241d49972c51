"""Functions of each element, on the JAX backend."""

from __future__ import annotations

import math as _math
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends.jax.indexing import nonzero as _nonzero
from keras.core.typing import TensorLike

# Arithmetic ---------------------------------------------------------------------

add = _jnp.add
subtract = _jnp.subtract
multiply = _jnp.multiply
divide = _jnp.divide
floor_divide = _jnp.floor_divide
mod = _jnp.mod
fmod = _jnp.fmod
absolute = _jnp.absolute
negative = _jnp.negative
sign = _jnp.sign
square = _jnp.square
reciprocal = _jnp.reciprocal
maximum = _jnp.maximum
minimum = _jnp.minimum
fmax = _jnp.fmax
fmin = _jnp.fmin
gcd = _jnp.gcd


@_jax.jit
def _smooth_power(x1: _jax.Array, x2: _jax.Array) -> _jax.Array:
    # 0**0 is 1, as 1**0 is; its derivative would be 0 times infinity.
    both = (x1 == 0) & (x2 == 0)
    return _jnp.power(_jnp.where(both, _jnp.ones((), x1.dtype), x1), x2)


def power(x1: _jax.Array, x2: _jax.Array) -> _jax.Array:
    if x1.dtype.kind not in "iub":
        smooth = isinstance(x2, (int, float))
        return _jnp.power(x1, x2) if smooth else _smooth_power(x1, x2)
    result = _jnp.power(x1, x2)
    if x1.dtype.kind != "i":
        return result
    # Negative integer powers truncate like a division.
    sign = _jnp.where(x2 % 2 == 0, 1, x1)
    negative_power = _jnp.where(_jnp.abs(x1) == 1, sign, 0)
    return _jnp.where(x2 < 0, negative_power, result).astype(x1.dtype)


def divide_no_nan(x1: _jax.Array, x2: _jax.Array) -> _jax.Array:
    zero = x2 == 0
    safe = _jnp.where(zero, _jnp.ones((), x1.dtype), x2)
    return _jnp.where(zero, _jnp.zeros((), x1.dtype), x1 / safe)


def clip(x: _jax.Array, x_min: TensorLike, x_max: TensorLike) -> _jax.Array:
    return _jnp.minimum(_jnp.maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = _jnp.exp
exp2 = _jnp.exp2
expm1 = _jnp.expm1
log = _jnp.log
log1p = _jnp.log1p
log2 = _jnp.log2
log10 = _jnp.log10
sqrt = _jnp.sqrt
cbrt = _jnp.cbrt
logaddexp = _jnp.logaddexp
logaddexp2 = _jnp.logaddexp2
hypot = _jnp.hypot
i0 = _jnp.i0

# Trigonometry ---------------------------------------------------------------------

sin = _jnp.sin
cos = _jnp.cos
tan = _jnp.tan
sinh = _jnp.sinh
cosh = _jnp.cosh
tanh = _jnp.tanh
arcsin = _jnp.arcsin
arccos = _jnp.arccos
arctan = _jnp.arctan
arcsinh = _jnp.arcsinh
arccosh = _jnp.arccosh
arctanh = _jnp.arctanh
arctan2 = _jnp.arctan2


@_jax.jit
def sinc(x: _jax.Array) -> _jax.Array:
    angle_ = x * _jnp.asarray(_math.pi, x.dtype)
    # Near 0 the quotient's derivative is a difference of large numbers.
    near = _jnp.abs(angle_) < 0.01
    safe = _jnp.where(near, _jnp.ones((), x.dtype), angle_)
    series = 1 - angle_ * angle_ / 6
    return _jnp.where(near, series, _jnp.sin(safe) / safe)


# Rounding -------------------------------------------------------------------------

floor = _jnp.floor
ceil = _jnp.ceil
trunc = _jnp.trunc
nextafter = _jnp.nextafter


def round(x: _jax.Array, decimals: int = 0) -> _jax.Array:
    if x.dtype == bool:
        return x
    if decimals < 0 and _jnp.issubdtype(x.dtype, _jnp.integer):
        factor, half = 10**-decimals, 10**-decimals // 2
        down = x // factor * factor
        rest = x - down
        up = (rest > half) | ((rest == half) & (down // factor % 2 == 1))
        return _jnp.where(up, down + factor, down).astype(x.dtype)
    return _jnp.round(x, decimals)


heaviside = _jnp.heaviside

# Complex numbers --------------------------------------------------------------------

conj = _jnp.conj
real = _jnp.real
imag = _jnp.imag


def angle(x: _jax.Array) -> _jax.Array:
    if _jnp.iscomplexobj(x):
        return _jnp.angle(x)
    # JAX has a derivative of NaN at 0 for real numbers too.
    return _jnp.angle(_jax.lax.stop_gradient(x))


# Comparisons and logic --------------------------------------------------------------

equal = _jnp.equal
not_equal = _jnp.not_equal
less = _jnp.less
less_equal = _jnp.less_equal
greater = _jnp.greater
greater_equal = _jnp.greater_equal
logical_and = _jnp.logical_and
logical_or = _jnp.logical_or
logical_xor = _jnp.logical_xor
logical_not = _jnp.logical_not
isnan = _jnp.isnan
isinf = _jnp.isinf
isfinite = _jnp.isfinite
signbit = _jnp.signbit
bitwise_and = _jnp.bitwise_and
bitwise_or = _jnp.bitwise_or
bitwise_xor = _jnp.bitwise_xor
bitwise_not = _jnp.bitwise_not
left_shift = _jnp.left_shift
right_shift = _jnp.right_shift


def _places(condition: _jax.Array, x1: Any, x2: Any) -> _jax.Array:
    if x1 is not x2:
        raise ValueError("Both or neither of x1 and x2 are needed.")
    return _nonzero(condition)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return _places(condition, x1, x2)
    if condition.dtype != bool:
        condition = condition != 0
    return _jnp.where(condition, x1, x2)


def nan_to_num(
    x: _jax.Array,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> _jax.Array:
    return _jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def lcm(x1: _jax.Array, x2: _jax.Array) -> _jax.Array:
    if x1.dtype == bool:
        return _jnp.logical_and(x1, x2)
    return _jnp.lcm(x1, x2)
