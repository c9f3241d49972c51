"""Operations on the bits of integers."""

from __future__ import annotations

from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.declare import op


@op(promote="same")
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits that are set in both.

    Args:
        x: tensor.
        y: tensor whose shape broadcasts with that of `x`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bitwise_and(12, 10)).tolist()
    8
    """
    rules.integers(x, y)
    return rules.elementwise(x, y)


@op(promote="same")
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits that are set in at least one.

    Args:
        x: tensor.
        y: tensor whose shape broadcasts with that of `x`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bitwise_or(12, 10)).tolist()
    14
    """
    rules.integers(x, y)
    return rules.elementwise(x, y)


@op(promote="same")
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits that are set in exactly one.

    Args:
        x: tensor.
        y: tensor whose shape broadcasts with that of `x`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bitwise_xor(12, 10)).tolist()
    6
    """
    rules.integers(x, y)
    return rules.elementwise(x, y)


@op(promote="same")
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits moved to the left, zeros put in: `x << y`.

    Args:
        x: tensor.
        y: tensor whose shape broadcasts with that of `x`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.left_shift(3, 2)).tolist()
    12
    """
    rules.integers(x, y)
    return rules.elementwise(x, y)


@op(promote="same")
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits moved to the right: `x >> y`.

    Args:
        x: tensor.
        y: tensor whose shape broadcasts with that of `x`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.right_shift(12, 2)).tolist()
    3
    """
    rules.integers(x, y)
    return rules.elementwise(x, y)


@op
def bitwise_not(x: TensorLike) -> Tensor:
    """Every bit inverted.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bitwise_not(5)).tolist()
    -6
    """
    rules.integers(x)
    return rules.elementwise(x)


bitwise_invert = bitwise_not
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift
