"""Rules of NumPy's functions of each element.

Each is one line: the gradient `g` of the result times the derivative. Shapes that were
broadcast are summed by the tape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.traced import (
    FLAT,
    RULES,
    Pullbacks,
    composed,
    conjugate,
    differentiable,
    primal,
    rule_of,
)
from keras.core.typing import TensorLike

_quiet = np.errstate(all="ignore")
LN2, LN10 = math.log(2), math.log(10)


def _unary(function: Any, derivative: Callable[[Any, Any], Any]) -> None:
    """`derivative(out, x)`, by whose conjugate a gradient is multiplied."""

    @rule_of(function)
    def _(out: TensorLike, x: TensorLike, *unused: Any, **options: Any) -> Pullbacks:
        return (_quiet(lambda g: g * conjugate(derivative(out, x))),)


for _function, _derivative in {
    np.exp: lambda out, x: out,
    np.exp2: lambda out, x: out * LN2,
    np.expm1: lambda out, x: out + 1,
    np.log: lambda out, x: 1 / x,
    np.log2: lambda out, x: 1 / (x * LN2),
    np.log10: lambda out, x: 1 / (x * LN10),
    np.log1p: lambda out, x: 1 / (1 + x),
    np.sqrt: lambda out, x: 0.5 / out,
    np.cbrt: lambda out, x: 1 / (3 * out * out),
    np.square: lambda out, x: 2 * x,
    np.reciprocal: lambda out, x: -out * out,
    np.sin: lambda out, x: np.cos(x),
    np.cos: lambda out, x: -np.sin(x),
    np.tan: lambda out, x: 1 + out * out,
    np.sinh: lambda out, x: np.cosh(x),
    np.cosh: lambda out, x: np.sinh(x),
    np.tanh: lambda out, x: 1 - out * out,
    np.arcsin: lambda out, x: 1 / np.sqrt(1 - x * x),
    np.arccos: lambda out, x: -1 / np.sqrt(1 - x * x),
    np.arctan: lambda out, x: 1 / (1 + x * x),
    np.arcsinh: lambda out, x: 1 / np.hypot(x, 1) if _is_real(x) else _arcsinh(x),
    np.arccosh: lambda out, x: 1 / np.sqrt(x - 1) / np.sqrt(x + 1),
    np.arctanh: lambda out, x: 1 / (1 - x * x),
    np.nan_to_num: lambda out, x: np.isfinite(x).astype(x.dtype),
}.items():
    _unary(_function, _derivative)


def _is_real(x: TensorLike) -> bool:
    return x.dtype.kind != "c"


def _arcsinh(x: TensorLike) -> TensorLike:
    return 1 / np.sqrt(1 + x * x)


@rule_of(np.negative)
def _negative(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: -g,)


@rule_of(np.conj)
def _conjugate(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (conjugate,)


@rule_of(np.real)
def _real(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: g,)


@rule_of(np.imag)
def _imag(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: g * np.asarray(1j, x.dtype) if x.dtype.kind == "c" else g * 0,)


@rule_of(np.absolute)
def _absolute(out: TensorLike, x: TensorLike) -> Pullbacks:
    if x.dtype.kind != "c":
        return (lambda g: g * np.sign(primal(x)),)
    return (lambda g: g * x / np.where(out == 0, np.ones_like(out), out),)


@rule_of(np.angle)
def _angle(out: TensorLike, x: TensorLike) -> Pullbacks:
    if x.dtype.kind != "c":
        return (lambda g: g * 0,)

    def back(g: TensorLike) -> TensorLike:
        length = np.square(np.real(x)) + np.square(np.imag(x))
        length = np.where(length == 0, np.ones_like(length), length)
        return g / length * np.asarray(1j, x.dtype) * x

    return (back,)


@rule_of(np.sinc)
def _sinc(out: TensorLike, x: TensorLike) -> Pullbacks:
    @_quiet
    def back(g: TensorLike) -> TensorLike:
        near = np.abs(primal(x)) < 1e-3
        z = math.pi * np.where(near, np.ones_like(x), x)
        far = (np.cos(z) - np.sin(z) / z) / np.where(near, np.ones_like(x), x)
        return g * np.where(near, x * (-(math.pi**2) / 3), far)

    return (back,)


@rule_of(np.i0)
def _i0(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: g * _i1(x),)


def _i1_rule(out: TensorLike, x: TensorLike) -> Pullbacks:
    safe = np.where(primal(x) == 0, np.ones_like(x), x)
    return (lambda g: g * (np.i0(x) - out / safe),)


@differentiable(_i1_rule)
def _i1(x: TensorLike) -> TensorLike:
    from scipy.special import i1  # SciPy is loaded where it is needed only

    return i1(x)


FLAT.update(
    (
        *(np.floor, np.ceil, np.trunc, np.rint, np.round, np.sign, np.heaviside),
        *(np.floor_divide, np.signbit, np.zeros_like, np.ones_like),
        *(np.empty_like, np.full_like),
    )
)


# Two arrays -------------------------------------------------------------------------


def _binary(
    function: Any,
    first: Callable[[Any, Any, Any, Any], Any],
    second: Callable[[Any, Any, Any, Any], Any],
) -> None:
    """`first(g, out, a, b)` is the gradient in `a`, `second` that in `b`."""

    @rule_of(function)
    def _(out: TensorLike, a: TensorLike, b: TensorLike, **options: Any) -> Pullbacks:
        return (
            _quiet(lambda g: first(g, out, a, b)),
            _quiet(lambda g: second(g, out, a, b)),
        )


def _own(x: TensorLike) -> TensorLike:
    """A factor of a gradient: the conjugate, if it is complex."""
    if isinstance(x, complex):
        return x.conjugate()
    return conjugate(x) if hasattr(x, "dtype") else x


def _power_base(
    g: TensorLike, out: TensorLike, a: TensorLike, b: TensorLike
) -> TensorLike:
    """`b * a ** (b - 1)`, which is 0 for `b = 0` whatever `a` is."""
    lower = np.where(primal(b) == 0, np.ones_like(b), np.subtract(b, 1))
    return g * _own(b * np.power(a, lower))


def _power_exponent(
    g: TensorLike, out: TensorLike, a: TensorLike, b: TensorLike
) -> TensorLike:
    known = primal(a) != 0 if _kind(a) == "c" else primal(a) > 0
    return g * _own(
        np.where(known, out * np.log(np.where(known, a, np.ones_like(a))), 0)
    )


def _kind(x: TensorLike) -> str:
    return np.result_type(primal(x)).kind


def _chosen(compare: Any) -> tuple[Any, Any]:
    """Gradients of what takes one of two; of equals each has one half."""

    def part(g: TensorLike, own: TensorLike, other: TensorLike) -> TensorLike:
        own, other = primal(own), primal(other)
        half = np.where(own == other, 0.5, compare(own, other) | np.isnan(other))
        return g * half.astype(g.dtype)

    return (
        lambda g, out, a, b: part(g, a, b),
        lambda g, out, a, b: part(g, b, a),
    )


def _share(g: TensorLike, part: TensorLike, out: TensorLike) -> TensorLike:
    """The share of a logarithm in that of a sum."""
    far = np.isinf(primal(out)) & (primal(out) < 0)
    return g * np.exp(np.where(far, -np.inf, part - np.where(far, 0, out)))


_binary(np.add, lambda g, out, a, b: g, lambda g, out, a, b: g)
_binary(np.subtract, lambda g, out, a, b: g, lambda g, out, a, b: -g)
_binary(np.multiply, lambda g, out, a, b: g * _own(b), lambda g, out, a, b: g * _own(a))
_binary(
    np.divide,
    lambda g, out, a, b: g / _own(b),
    lambda g, out, a, b: -g * _own(out) / _own(b),
)
_binary(np.power, _power_base, _power_exponent)
_binary(np.maximum, *_chosen(np.greater))
_binary(np.fmax, *_chosen(np.greater))
_binary(np.minimum, *_chosen(np.less))
_binary(np.fmin, *_chosen(np.less))
_binary(
    np.mod,
    lambda g, out, a, b: g,
    lambda g, out, a, b: -g * np.floor(primal(a) / primal(b)),
)
_binary(
    np.fmod,
    lambda g, out, a, b: g,
    lambda g, out, a, b: -g * np.trunc(primal(a) / primal(b)),
)
_binary(
    np.logaddexp,
    lambda g, out, a, b: _share(g, a, out),
    lambda g, out, a, b: _share(g, b, out),
)
_binary(
    np.logaddexp2,
    lambda g, out, a, b: _share(g, a * LN2, out * LN2),
    lambda g, out, a, b: _share(g, b * LN2, out * LN2),
)
_binary(
    np.hypot,
    lambda g, out, a, b: g * a / np.where(out == 0, np.ones_like(out), out),
    lambda g, out, a, b: g * b / np.where(out == 0, np.ones_like(out), out),
)
_binary(
    np.arctan2,
    lambda g, out, a, b: g * b / (a * a + b * b),
    lambda g, out, a, b: -g * a / (a * a + b * b),
)
RULES[np.true_divide] = RULES[np.divide]


@rule_of(np.nextafter)
def _nextafter(out: TensorLike, a: TensorLike, b: TensorLike) -> Pullbacks:
    return lambda g: g, None


@rule_of(np.where)
def _where(out: TensorLike, condition: Any, a: TensorLike, b: TensorLike) -> Pullbacks:
    return (
        None,
        lambda g: np.where(condition, g, np.zeros_like(g)),
        lambda g: np.where(condition, np.zeros_like(g), g),
    )


@composed(np.clip)
def _clip(a: TensorLike, a_min: Any = None, a_max: Any = None) -> TensorLike:
    """At a bound the slope is that within."""
    if a_min is not None:
        a = np.where(primal(a) < primal(a_min), a_min, a).astype(a.dtype)
    if a_max is not None:
        a = np.where(primal(a) > primal(a_max), a_max, a).astype(a.dtype)
    return a
