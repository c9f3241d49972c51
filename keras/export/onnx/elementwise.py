"""How ops that work element by element are written to ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.core.dtypes import is_float
from keras.export.onnx.graph import Value, constant, emit, in_order, ops

# What onnxruntime has kernels of arithmetic for; others take the way by int64 or int32.
_NARROW = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "int32",
    "uint16": "int32",
    "uint32": "int64",
}


def values_of(xs: tuple[Any, ...]) -> list[Value]:
    """Values, and for Python's numbers constants of the dtype of a value."""
    dtype = next(x.dtype for x in xs if isinstance(x, Value))
    return [x if isinstance(x, Value) else constant(x, _holder(x, dtype)) for x in xs]


def _holder(number: Any, dtype: str) -> Any:
    from keras.backends import load  # for numbers without a tensor only

    return load("numpy").native_dtype(dtype)


def pointwise(op: str, *xs: Any, dtype: str | None = None, **attributes: Any) -> Value:
    """A node that works element by element, in whichever order the axes are."""
    values = values_of(xs)
    dtype = dtype or values[0].dtype
    base, order = _common(values)
    if base is None:
        return emit(op, *values, dtype=dtype, **attributes)
    back = np.argsort(order).tolist()
    inner = [_reordered(x, back) for x in values]
    return in_order(emit(op, *inner, dtype=dtype, **attributes), order)


def _common(values: list[Value]) -> tuple[Value | None, tuple[int, ...]]:
    """A reordered value among these whose order all can be computed in."""
    found = next((x for x in values if x.base is not None), None)
    if found is None:
        return None, ()
    for x in values:
        if x.is_constant and x.ndim <= found.ndim:
            continue
        if x.base is None or x.order != found.order:
            return None, ()
    return found, found.order


def _reordered(x: Value, back: list[int]) -> Value:
    if x.base is not None:
        return x.base
    if not x.ndim or x.array.size == 1:
        return x
    array = x.array.reshape((1,) * (len(back) - x.ndim) + x.array.shape)
    return constant(np.ascontiguousarray(array.transpose(back)))


def arithmetic(op: str, *xs: Any, **attributes: Any) -> Value:
    """The same, for ops that onnxruntime has for int32, int64 and floats only."""
    values = values_of(xs)
    dtype = values[0].dtype
    other = _NARROW.get(dtype)
    if other is None:
        return pointwise(op, *values, **attributes)
    result = pointwise(op, *(ops.cast(x, other) for x in values), **attributes)
    result.note([None] * max(x.ndim for x in values), other)
    return ops.cast(result, dtype)


def _rule(op: str, name: str, **attributes: Any) -> Callable[..., Value]:
    def rule(*xs: Any) -> Value:
        return arithmetic(op, *xs, **attributes)

    rule.__name__ = name
    return rule


add = _rule("Add", "add")
subtract = _rule("Sub", "subtract")
multiply = _rule("Mul", "multiply")
divide = _rule("Div", "divide")
power = _rule("Pow", "power")
maximum = _rule("Max", "maximum")
minimum = _rule("Min", "minimum")
absolute = _rule("Abs", "absolute")
negative = _rule("Neg", "negative")
sign = _rule("Sign", "sign")
exp = _rule("Exp", "exp")
log = _rule("Log", "log")
sqrt = _rule("Sqrt", "sqrt")
reciprocal = _rule("Reciprocal", "reciprocal")
sin = _rule("Sin", "sin")
cos = _rule("Cos", "cos")
tan = _rule("Tan", "tan")
sinh = _rule("Sinh", "sinh")
cosh = _rule("Cosh", "cosh")
tanh = _rule("Tanh", "tanh")
arcsin = _rule("Asin", "arcsin")
arccos = _rule("Acos", "arccos")
arctan = _rule("Atan", "arctan")
arcsinh = _rule("Asinh", "arcsinh")
arccosh = _rule("Acosh", "arccosh")
arctanh = _rule("Atanh", "arctanh")
erf = _rule("Erf", "erf")
relu = _rule("Relu", "relu")
sigmoid = _rule("Sigmoid", "sigmoid")
softplus = _rule("Softplus", "softplus")
softsign = _rule("Softsign", "softsign")
selu = _rule("Selu", "selu")
hard_silu = _rule("HardSwish", "hard_silu")


def _of_floats(op: str, name: str) -> Callable[..., Value]:
    """Integers come out as they are."""

    def rule(x: Value) -> Value:
        return pointwise(op, x) if is_float(x.dtype) else x

    rule.__name__ = name
    return rule


floor = _of_floats("Floor", "floor")
ceil = _of_floats("Ceil", "ceil")


def trunc(x: Value) -> Value:
    if not is_float(x.dtype):
        return x
    return ops.where(ops.less(x, 0), ops.ceil(x), ops.floor(x))


def round(x: Value, decimals: int = 0) -> Value:
    if not is_float(x.dtype):
        return x
    if not decimals:
        return pointwise("Round", x)
    scale = 10.0**decimals
    return ops.divide(ops.round(ops.multiply(x, scale)), scale)


def square(x: Value) -> Value:
    return arithmetic("Mul", x, x)


def rsqrt(x: Value) -> Value:
    return ops.reciprocal(ops.sqrt(x))


def expm1(x: Value) -> Value:
    return ops.subtract(ops.exp(x), 1.0)


def log1p(x: Value) -> Value:
    return ops.log(ops.add(x, 1.0))


def cbrt(x: Value) -> Value:
    return ops.multiply(ops.sign(x), ops.power(ops.absolute(x), 1 / 3))


def hypot(x1: Value, x2: Value) -> Value:
    return ops.sqrt(ops.add(ops.square(x1), ops.square(x2)))


def logaddexp2(x1: Value, x2: Value) -> Value:
    scale = math.log(2)
    return ops.divide(
        ops.logaddexp(ops.multiply(x1, scale), ops.multiply(x2, scale)), scale
    )


def erfc(x: Value) -> Value:
    return ops.subtract(1.0, ops.erf(x))


def sinc(x: Value) -> Value:
    turned = ops.multiply(x, math.pi)
    zero = ops.equal(turned, 0)
    safe = ops.where(zero, 1.0, turned)
    return ops.where(zero, 1.0, ops.divide(ops.sin(safe), safe))


def arctan2(x1: Value, x2: Value) -> Value:
    zero = ops.equal(x2, 0)
    slope = ops.arctan(ops.divide(x1, ops.where(zero, 1.0, x2)))
    half = ops.where(ops.less(x1, 0), -math.pi, math.pi)
    left = ops.where(ops.less(x2, 0), ops.add(slope, half), slope)
    upright = ops.multiply(ops.sign(x1), math.pi / 2)
    return ops.where(zero, upright, left)


def signbit(x: Value) -> Value:
    if is_float(x.dtype):  # a zero has a sign, too
        x = ops.where(ops.equal(x, 0), ops.reciprocal(x), x)
    return ops.less(x, 0)


def heaviside(x1: Value, x2: Value) -> Value:
    one = ops.where(ops.isnan(x1), x1, ops.cast(ops.greater(x1, 0), x1.dtype))
    return ops.where(ops.equal(x1, 0), x2, one)


# Of real numbers only: ONNX has no others -------------------------------------------


def conj(x: Value) -> Value:
    return x


def real(x: Value) -> Value:
    return x


def imag(x: Value) -> Value:
    return ops.zeros_like(x)


def angle(x: Value) -> Value:
    turned = ops.where(ops.less(x, 0), math.pi, ops.zeros_like(x))
    return ops.where(ops.isnan(x), x, turned)


# Division -------------------------------------------------------------------------


def mod(x1: Value, x2: Any) -> Value:
    x1, x2 = values_of((x1, x2))
    if not is_float(x1.dtype):
        return arithmetic("Mod", x1, x2)
    return ops.subtract(x1, ops.multiply(ops.floor(ops.divide(x1, x2)), x2))


def fmod(x1: Value, x2: Any) -> Value:
    return arithmetic("Mod", x1, x2, fmod=1)


def floor_divide(x1: Value, x2: Any) -> Value:
    x1, x2 = values_of((x1, x2))
    if is_float(x1.dtype):
        return ops.floor(ops.divide(x1, x2))
    return arithmetic("Div", ops.subtract(x1, ops.mod(x1, x2)), x2)


def fmax(x1: Value, x2: Any) -> Value:
    return _without_nan(ops.maximum, x1, x2)


def fmin(x1: Value, x2: Any) -> Value:
    return _without_nan(ops.minimum, x1, x2)


def _without_nan(choose: Callable[..., Any], x1: Any, x2: Any) -> Value:
    x1, x2 = values_of((x1, x2))
    chosen = choose(x1, x2)
    if not is_float(x1.dtype):
        return chosen
    return ops.where(ops.isnan(x1), x2, ops.where(ops.isnan(x2), x1, chosen))


# Comparison and logic -------------------------------------------------------------


def _comparison(op: str, name: str) -> Callable[..., Value]:
    def rule(x1: Value, x2: Any) -> Value:
        values = values_of((x1, x2))
        other = _NARROW.get(values[0].dtype)
        if other is not None and not (op == "Equal" and values[0].dtype == "bool"):
            values = [ops.cast(x, other) for x in values]
        return pointwise(op, *values, dtype="bool")

    rule.__name__ = name
    return rule


equal = _comparison("Equal", "equal")
less = _comparison("Less", "less")
less_equal = _comparison("LessOrEqual", "less_equal")
greater = _comparison("Greater", "greater")
greater_equal = _comparison("GreaterOrEqual", "greater_equal")


def not_equal(x1: Value, x2: Any) -> Value:
    return ops.logical_not(ops.equal(x1, x2))


def _logic(op: str, name: str) -> Callable[..., Value]:
    def rule(*xs: Any) -> Value:
        return pointwise(op, *(ops.cast(x, "bool") for x in xs), dtype="bool")

    rule.__name__ = name
    return rule


logical_and = _logic("And", "logical_and")
logical_or = _logic("Or", "logical_or")
logical_xor = _logic("Xor", "logical_xor")
logical_not = _logic("Not", "logical_not")


def isnan(x: Value) -> Value:
    if not is_float(x.dtype):
        return ops.cast(ops.zeros_like(x), "bool")
    return pointwise("IsNaN", x, dtype="bool")


def where(condition: Value, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None:
        return ops.nonzero(condition)
    condition = ops.cast(condition, "bool")
    x1, x2 = values_of((x1, x2))
    dtype = x1.dtype
    other = _NARROW.get(dtype)
    if other is None:
        return pointwise("Where", condition, x1, x2, dtype=dtype)
    x1, x2 = ops.cast(x1, other), ops.cast(x2, other)
    chosen = pointwise("Where", condition, x1, x2, dtype=other)
    chosen.note([None] * max(condition.ndim, x1.ndim, x2.ndim), other)
    return ops.cast(chosen, dtype)


def nan_to_num(
    x: Value, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Value:
    if not is_float(x.dtype):
        return x
    # Of half floats the ends are those of NumPy's own type.
    limits = np.finfo("float32" if x.dtype == "bfloat16" else x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    x = ops.where(ops.isnan(x), nan, x)
    x = ops.where(ops.equal(x, math.inf), high, x)
    return ops.where(ops.equal(x, -math.inf), low, x)


def clip(x: Value, x_min: Any, x_max: Any) -> Value:
    return ops.minimum(ops.maximum(x, x_min), x_max)


# Bits -----------------------------------------------------------------------------


def _bits(op: str, logic: str, name: str) -> Callable[..., Value]:
    def rule(*xs: Any) -> Value:
        values = values_of(xs)
        return pointwise(logic if values[0].dtype == "bool" else op, *values)

    rule.__name__ = name
    return rule


bitwise_and = _bits("BitwiseAnd", "And", "bitwise_and")
bitwise_or = _bits("BitwiseOr", "Or", "bitwise_or")
bitwise_xor = _bits("BitwiseXor", "Xor", "bitwise_xor")
bitwise_not = _bits("BitwiseNot", "Not", "bitwise_not")


def left_shift(x: Value, y: Any) -> Value:
    return ops.multiply(x, ops.power(constant(2, x.dtype), y))


def right_shift(x: Value, y: Any) -> Value:
    return ops.floor_divide(x, ops.power(constant(2, x.dtype), y))


# Activations ----------------------------------------------------------------------


def elu(x: Value, alpha: float = 1.0) -> Value:
    return pointwise("Elu", x, alpha=float(alpha))


def celu(x: Value, alpha: float = 1.0) -> Value:
    return pointwise("Celu", x, alpha=float(alpha))


def leaky_relu(x: Value, negative_slope: float = 0.2) -> Value:
    return pointwise("LeakyRelu", x, alpha=float(negative_slope))


def hard_sigmoid(x: Value) -> Value:
    return pointwise("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def gelu(x: Value, approximate: bool = True) -> Value:
    return pointwise("Gelu", x, approximate="tanh" if approximate else "none")
