"""Rounding, and the neighbours and signs of floats."""

from __future__ import annotations

from keras.core.dtypes import is_complex, standardize_dtype
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import absolute
from keras.ops.core import as_float
from keras.ops.declare import composite, op


@op(promote="float", real=True, sparse="values")
def floor(x: TensorLike) -> Tensor:
    """Largest integer not above each element, as a float.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.floor([1.7, -1.2])).tolist()
    [1.0, -2.0]
    """
    return rules.elementwise(x)


@op(promote="float", real=True, sparse="values")
def ceil(x: TensorLike) -> Tensor:
    """Smallest integer not below each element, as a float.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.ceil([1.2, -1.7])).tolist()
    [2.0, -1.0]
    """
    return rules.elementwise(x)


@op(real=True, sparse="values")
def trunc(x: TensorLike) -> Tensor:
    """Each element without its fraction.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.trunc([1.7, -1.7])).tolist()
    [1.0, -1.0]
    """
    return rules.elementwise(x)


@op(real=True, sparse="values")
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Nearest value with so many decimals; halves go to the even one.

    Args:
        x: tensor of any shape.
        decimals: digits to keep after the point; negative ones before it.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.round([0.5, 1.5, -1.2])).tolist()
    [0.0, 2.0, -1.0]
    """
    return rules.elementwise(x)


@op(promote="float", real=True)
def nextafter(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Next float after `x1` in the direction of `x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> bool(keras.ops.nextafter(1.0, 2.0) > 1.0)
    True
    """
    return rules.elementwise(x1, x2)


@op(promote="float", real=True)
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Step function: 0 below 0, 1 above 0, and `x2` at 0.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.heaviside([-1.0, 0.0, 2.0], 0.5)).tolist()
    [0.0, 0.5, 1.0]
    """
    return rules.elementwise(x1, x2)


@op(real=True)
def signbit(x: TensorLike) -> Tensor:
    """Whether the sign bit is set: true for negative values and -0.0.

    Args:
        x: tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.signbit([-0.0, 1.0])).tolist()
    [True, False]
    """
    return KerasTensor(x.shape, "bool")


@composite(promote="float")
def fabs(x: TensorLike) -> Tensor:
    """Absolute value of each element, as a float.

    Args:
        x: real tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A float tensor of the shape of `x`.

    Raises:
        TypeError: for a complex tensor; `absolute` takes those.

    Example:

    >>> import keras
    >>> float(keras.ops.fabs(-3))
    3.0
    """
    x = as_float(x)
    if is_complex(standardize_dtype(x.dtype)):
        raise TypeError(
            "keras.ops.fabs is not defined for complex numbers. Received: dtype "
            f"{standardize_dtype(x.dtype)}. Use keras.ops.absolute."
        )
    return absolute(x)
