"""Special functions: the error function and its kin, and log-sum-exp."""

from __future__ import annotations

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops import rules
from keras.ops.declare import op
from keras.ops.files import InFiles


@op(promote="float", real=True, sparse="values", in_files=InFiles("math"))
def erf(x: TensorLike) -> Tensor:
    """The error function, element by element.

    `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, between -1 and 1.

    Example:

    >>> import keras
    >>> round(float(keras.ops.erf(1.0)), 4)
    0.8427
    """
    return KerasTensor(x.shape, x.dtype)


@op(promote="float", real=True, in_files=InFiles("math"))
def erfc(x: TensorLike) -> Tensor:
    """`1 - erf(x)`, exact also where `erf` is close to 1.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, between 0 and 2.

    Example:

    >>> import keras
    >>> round(float(keras.ops.erfc(1.0)), 4)
    0.1573
    """
    return KerasTensor(x.shape, x.dtype)


@op(promote="float", real=True, sparse="values", in_files=InFiles("math"))
def erfinv(x: TensorLike) -> Tensor:
    """The inverse of the error function, element by element.

    Args:
        x: tensor of any shape; values outside -1 ... 1 give nan.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.erfinv(0.5)), 4)
    0.4769
    """
    return KerasTensor(x.shape, x.dtype)


@op(promote="float", in_files=InFiles("math"))
def rsqrt(x: TensorLike) -> Tensor:
    """One over the square root, element by element.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> float(keras.ops.rsqrt(4.0))
    0.5
    """
    return KerasTensor(x.shape, x.dtype)


@op(promote="float", real=True, in_files=InFiles("math"))
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`log(sum(exp(x)))` without overflow.

    Args:
        x: tensor of any shape.
        axis: the axis or axes that go; None for all.
        keepdims: whether they stay, with size 1.

    Returns:
        A tensor without those axes.

    Example:

    >>> import keras
    >>> round(float(keras.ops.logsumexp([0.0, 0.0])), 4)
    0.6931
    """
    return rules.reduction(x, axis, keepdims)
