"""Functions of each element, on the JAX backend."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends.arguments import both_or_neither
from keras.backends.jax.indexing import nonzero
from keras.core.typing import TensorLike

# Arithmetic ---------------------------------------------------------------------

add = jnp.add
subtract = jnp.subtract
multiply = jnp.multiply
divide = jnp.divide
floor_divide = jnp.floor_divide
mod = jnp.mod
fmod = jnp.fmod
absolute = jnp.absolute
negative = jnp.negative
sign = jnp.sign
square = jnp.square
reciprocal = jnp.reciprocal
maximum = jnp.maximum
minimum = jnp.minimum
fmax = jnp.fmax
fmin = jnp.fmin
gcd = jnp.gcd


@jax.jit
def _smooth_power(x1: jax.Array, x2: jax.Array) -> jax.Array:
    # 0**0 is 1, as 1**0 is; its derivative would be 0 times infinity.
    both = (x1 == 0) & (x2 == 0)
    return jnp.power(jnp.where(both, jnp.ones((), x1.dtype), x1), x2)


def power(x1: jax.Array, x2: jax.Array) -> jax.Array:
    if x1.dtype.kind not in "iub":
        smooth = isinstance(x2, (int, float))
        return jnp.power(x1, x2) if smooth else _smooth_power(x1, x2)
    result = jnp.power(x1, x2)
    if x1.dtype.kind != "i":
        return result
    # Negative integer powers truncate like a division.
    sign = jnp.where(x2 % 2 == 0, 1, x1)
    negative_power = jnp.where(jnp.abs(x1) == 1, sign, 0)
    return jnp.where(x2 < 0, negative_power, result).astype(x1.dtype)


def divide_no_nan(x1: jax.Array, x2: jax.Array) -> jax.Array:
    zero = x2 == 0
    safe = jnp.where(zero, jnp.ones((), x1.dtype), x2)
    return jnp.where(zero, jnp.zeros((), x1.dtype), x1 / safe)


def clip(x: jax.Array, x_min: TensorLike, x_max: TensorLike) -> jax.Array:
    return jnp.minimum(jnp.maximum(x, x_min), x_max)


# Exponents and logarithms ---------------------------------------------------------

exp = jnp.exp
exp2 = jnp.exp2
expm1 = jnp.expm1
log = jnp.log
log1p = jnp.log1p
log2 = jnp.log2
log10 = jnp.log10
sqrt = jnp.sqrt
cbrt = jnp.cbrt
logaddexp = jnp.logaddexp
logaddexp2 = jnp.logaddexp2
hypot = jnp.hypot
i0 = jnp.i0

# Trigonometry ---------------------------------------------------------------------

sin = jnp.sin
cos = jnp.cos
tan = jnp.tan
sinh = jnp.sinh
cosh = jnp.cosh
tanh = jnp.tanh
arcsin = jnp.arcsin
arccos = jnp.arccos
arctan = jnp.arctan
arcsinh = jnp.arcsinh
arccosh = jnp.arccosh
arctanh = jnp.arctanh
arctan2 = jnp.arctan2


@jax.jit
def sinc(x: jax.Array) -> jax.Array:
    angle_ = x * jnp.asarray(math.pi, x.dtype)
    # Near 0 the quotient's derivative is a difference of large numbers.
    near = jnp.abs(angle_) < 0.01
    safe = jnp.where(near, jnp.ones((), x.dtype), angle_)
    series = 1 - angle_ * angle_ / 6
    return jnp.where(near, series, jnp.sin(safe) / safe)


# Rounding -------------------------------------------------------------------------

floor = jnp.floor
ceil = jnp.ceil
trunc = jnp.trunc
nextafter = jnp.nextafter


def round(x: jax.Array, decimals: int = 0) -> jax.Array:
    if x.dtype == bool:
        return x
    if decimals < 0 and jnp.issubdtype(x.dtype, jnp.integer):
        factor, half = 10**-decimals, 10**-decimals // 2
        down = x // factor * factor
        rest = x - down
        up = (rest > half) | ((rest == half) & (down // factor % 2 == 1))
        return jnp.where(up, down + factor, down).astype(x.dtype)
    return jnp.round(x, decimals)


heaviside = jnp.heaviside

# Complex numbers --------------------------------------------------------------------

conj = jnp.conj
real = jnp.real
imag = jnp.imag


def angle(x: jax.Array) -> jax.Array:
    if jnp.iscomplexobj(x):
        return jnp.angle(x)
    # JAX has a derivative of NaN at 0 for real numbers too.
    return jnp.angle(jax.lax.stop_gradient(x))


# Comparisons and logic --------------------------------------------------------------

equal = jnp.equal
not_equal = jnp.not_equal
less = jnp.less
less_equal = jnp.less_equal
greater = jnp.greater
greater_equal = jnp.greater_equal
logical_and = jnp.logical_and
logical_or = jnp.logical_or
logical_xor = jnp.logical_xor
logical_not = jnp.logical_not
isnan = jnp.isnan
isinf = jnp.isinf
isfinite = jnp.isfinite
signbit = jnp.signbit
bitwise_and = jnp.bitwise_and
bitwise_or = jnp.bitwise_or
bitwise_xor = jnp.bitwise_xor
bitwise_not = jnp.bitwise_not
left_shift = jnp.left_shift
right_shift = jnp.right_shift


def where(condition: Any, x1: TensorLike = None, x2: TensorLike = None) -> Any:
    if x1 is None or x2 is None:
        both_or_neither(x1, x2)
        return nonzero(condition)
    if condition.dtype != bool:
        condition = condition != 0
    return jnp.where(condition, x1, x2)


def nan_to_num(
    x: jax.Array,
    nan: TensorLike = 0.0,
    posinf: TensorLike = None,
    neginf: TensorLike = None,
) -> jax.Array:
    return jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def lcm(x1: jax.Array, x2: jax.Array) -> jax.Array:
    if x1.dtype == bool:
        return jnp.logical_and(x1, x2)
    return jnp.lcm(x1, x2)
