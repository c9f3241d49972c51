"""Parts of complex numbers."""

from __future__ import annotations

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.declare import composite, op
from keras.ops.logic import equal


@op(sparse="values")
def conj(x: TensorLike) -> Tensor:
    """Complex conjugate of each element; real elements as they are.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> complex(keras.ops.conj(1 + 2j))
    (1-2j)
    """
    return rules.elementwise(x)


conjugate = conj


@op(sparse="values")
def real(x: TensorLike) -> Tensor:
    """Real part of each element.

    Args:
        x: tensor of any shape.

    Returns:
        A real tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> float(keras.ops.real(1 + 2j))
    1.0
    """
    return KerasTensor(x.shape, rules.real_dtype(x.dtype))


@op(sparse="values")
def imag(x: TensorLike) -> Tensor:
    """Imaginary part of each element; 0 for real elements.

    Args:
        x: tensor of any shape.

    Returns:
        A real tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> float(keras.ops.imag(1 + 2j))
    2.0
    """
    return KerasTensor(x.shape, rules.real_dtype(x.dtype))


@op(promote="float")
def angle(x: TensorLike) -> Tensor:
    """Angle of each element in the complex plane, in radians.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A real tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.ops.angle(1j)), 4)
    1.5708
    """
    return KerasTensor(x.shape, rules.real_dtype(x.dtype))


@composite
def isreal(x: TensorLike) -> Tensor:
    """Where the imaginary part is 0; true for all real tensors.

    Args:
        x: tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> bool(keras.ops.isreal(1 + 2j))
    False
    """
    return equal(imag(x), 0)
