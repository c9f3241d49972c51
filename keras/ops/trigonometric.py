"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

import math

from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import multiply
from keras.ops.core import as_float
from keras.ops.declare import composite, op


@op(promote="float", sparse="values")
def sin(x: TensorLike) -> Tensor:
    """Sine of each element, an angle in radians.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.sin(1.0)), 4)
    0.8415
    """
    return rules.elementwise(x)


@op(promote="float")
def cos(x: TensorLike) -> Tensor:
    """Cosine of each element, an angle in radians.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.cos(1.0)), 4)
    0.5403
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def tan(x: TensorLike) -> Tensor:
    """Tangent of each element, an angle in radians.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.tan(1.0)), 4)
    1.5574
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def sinh(x: TensorLike) -> Tensor:
    """Hyperbolic sine of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.sinh(1.0)), 4)
    1.1752
    """
    return rules.elementwise(x)


@op(promote="float")
def cosh(x: TensorLike) -> Tensor:
    """Hyperbolic cosine of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.cosh(1.0)), 4)
    1.5431
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def tanh(x: TensorLike) -> Tensor:
    """Hyperbolic tangent of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.tanh(1.0)), 4)
    0.7616
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def arcsin(x: TensorLike) -> Tensor:
    """Angle in radians, from -pi/2 to pi/2, whose sine is each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arcsin(1.0)), 4)
    1.5708
    """
    return rules.elementwise(x)


@op(promote="float")
def arccos(x: TensorLike) -> Tensor:
    """Angle in radians, from 0 to pi, whose cosine is each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arccos(0.0)), 4)
    1.5708
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def arctan(x: TensorLike) -> Tensor:
    """Angle in radians, from -pi/2 to pi/2, whose tangent is each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arctan(1.0)), 4)
    0.7854
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def arcsinh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic sine of each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arcsinh(1.0)), 4)
    0.8814
    """
    return rules.elementwise(x)


@op(promote="float")
def arccosh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic cosine of each element; NaN below 1.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arccosh(2.0)), 4)
    1.317
    """
    return rules.elementwise(x)


@op(promote="float", sparse="values")
def arctanh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic tangent of each element; NaN outside -1 to 1.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arctanh(0.5)), 4)
    0.5493
    """
    return rules.elementwise(x)


@op(promote="float")
def sinc(x: TensorLike) -> Tensor:
    """`sin(pi x) / (pi x)`, and 1 at 0.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.sinc(0.5)), 4)
    0.6366
    """
    return rules.elementwise(x)


@op(promote="float", real=True)
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Angle in radians, from -pi to pi, of the point (x2, x1).

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> round(float(keras.ops.arctan2(1.0, -1.0)), 4)
    2.3562
    """
    return rules.elementwise(x1, x2)


@composite(promote="float", sparse="values")
def deg2rad(x: TensorLike) -> Tensor:
    """Degrees to radians.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.deg2rad(180.0)), 4)
    3.1416
    """
    return multiply(as_float(x), math.pi / 180)


@composite(promote="float", sparse="values")
def rad2deg(x: TensorLike) -> Tensor:
    """Radians to degrees.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.rad2deg(3.14159265)), 2)
    180.0
    """
    return multiply(as_float(x), 180 / math.pi)
