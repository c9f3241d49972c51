"""The layers that make one tensor of several, as functions of the tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core.typing import Tensor
from keras.layers.merging.concatenate import Concatenate
from keras.layers.merging.dot import Dot
from keras.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)


def add(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The sum of tensors: a new `Add` layer, called.

    Args:
        inputs: a list of tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.add([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    4.0
    """
    return Add(**kwargs)(inputs)


def multiply(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The product of tensors: a new `Multiply` layer, called.

    Args:
        inputs: a list of tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.multiply([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    3.0
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The mean of tensors: a new `Average` layer, called.

    Args:
        inputs: a list of tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.average([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    2.0
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The largest of the values at each place: a new `Maximum` layer, called.

    Args:
        inputs: a list of tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.maximum([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    3.0
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The least of the values at each place: a new `Minimum` layer, called.

    Args:
        inputs: a list of tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.minimum([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    1.0
    """
    return Minimum(**kwargs)(inputs)


def subtract(inputs: Sequence[Tensor], **kwargs: Any) -> Tensor:
    """The first tensor minus the second: a new `Subtract` layer, called.

    Args:
        inputs: a list of two tensors whose shapes broadcast to each other.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor of the shape that the inputs broadcast to.

    Example:

    >>> import keras
    >>> float(keras.layers.subtract([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    -2.0
    """
    return Subtract(**kwargs)(inputs)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **kwargs: Any) -> Tensor:
    """Tensors joined along an axis: a new `Concatenate` layer, called.

    Args:
        inputs: a list of tensors, whose sizes but for the axis are equal.
        axis: the axis.
        **kwargs: arguments of the layer: `name`, `dtype`.

    Returns:
        A tensor, whose size along the axis is the sum of the inputs'.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 3))
    >>> tuple(keras.layers.concatenate([x, x]).shape)
    (2, 6)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(
    inputs: Sequence[Tensor],
    axes: int | list[int] | tuple[int, int] = -1,
    **kwargs: Any,
) -> Tensor:
    """Products of samples, summed along an axis: a new `Dot` layer, called.

    Args:
        inputs: a list of two tensors.
        axes: the axis of both tensors, or a tuple with one for each.
        **kwargs: arguments of the layer: `normalize`, `name`, `dtype`.

    Returns:
        A tensor with the batch axis and the other axes of both; see `Dot`.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 3))
    >>> keras.ops.convert_to_numpy(keras.layers.dot([x, x])).tolist()
    [[3.0], [3.0]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
