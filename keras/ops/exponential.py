"""Exponents, logarithms and roots."""

from __future__ import annotations

from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import multiply
from keras.ops.core import common_float
from keras.ops.declare import composite, op


@op(promote="float")
def exp(x: TensorLike) -> Tensor:
    """e to the power of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.exp(1.0)), 4)
    2.7183
    """
    return rules.elementwise(x)


@op(promote="float")
def exp2(x: TensorLike) -> Tensor:
    """2 to the power of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.exp2(3.0)), 4)
    8.0
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def expm1(x: TensorLike) -> Tensor:
    """`exp(x) - 1`, exact also near 0.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.expm1(1.0)), 4)
    1.7183
    """
    return rules.elementwise(x)


@op(promote="float")
def log(x: TensorLike) -> Tensor:
    """Natural logarithm of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log(2.0)), 4)
    0.6931
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def log1p(x: TensorLike) -> Tensor:
    """`log(1 + x)`, exact also near 0.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log1p(1.0)), 4)
    0.6931
    """
    return rules.elementwise(x)


@op(promote="float")
def log2(x: TensorLike) -> Tensor:
    """Logarithm to base 2 of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log2(8.0)), 4)
    3.0
    """
    return rules.elementwise(x)


@op(promote="float")
def log10(x: TensorLike) -> Tensor:
    """Logarithm to base 10 of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log10(100.0)), 4)
    2.0
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def sqrt(x: TensorLike) -> Tensor:
    """Square root of each element; NaN where it is negative.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.sqrt(2.0)), 4)
    1.4142
    """
    return rules.elementwise(x)


@op(promote="float", real=True, sparse="values")
def cbrt(x: TensorLike) -> Tensor:
    """Cube root of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.cbrt(27.0)), 4)
    3.0
    """
    return rules.elementwise(x)


@op(promote="float", real=True)
def i0(x: TensorLike) -> Tensor:
    """Modified Bessel function of the first kind, of order 0.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.i0(1.0)), 4)
    1.2661
    """
    return rules.elementwise(x)


@op(promote="float", real=True)
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log(exp(x1) + exp(x2))`, without overflow.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> round(float(keras.ops.logaddexp(0.0, 0.0)), 4)
    0.6931
    """
    return rules.elementwise(x1, x2)


@op(promote="float", real=True)
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log2(2**x1 + 2**x2)`, without overflow.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> round(float(keras.ops.logaddexp2(0.0, 0.0)), 4)
    1.0
    """
    return rules.elementwise(x1, x2)


@op(promote="float", real=True)
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`sqrt(x1**2 + x2**2)`, without overflow.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> round(float(keras.ops.hypot(3.0, 4.0)), 4)
    5.0
    """
    return rules.elementwise(x1, x2)


@composite
def ldexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 * 2**x2`: a number from its significand and exponent.

    Args:
        x1: tensor; bool and integers become `floatx()`.
        x2: integer tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> float(keras.ops.ldexp(0.75, 4))
    12.0
    """
    x1, x2 = common_float(x1, x2)
    return multiply(x1, exp2(x2))
