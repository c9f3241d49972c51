"""`unique`: the values of a tensor, each once."""

from __future__ import annotations

from typing import Any

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.core import convert_to_tensor
from keras.ops.declare import composite, op
from keras.ops.indexing import get_item
from keras.ops.joining import concatenate
from keras.ops.logic import greater, where
from keras.ops.shaping import broadcast_to, moveaxis, reshape


@op(real=True)
def unique_parts(
    x: TensorLike, axis: int | None = None, size: int | None = None
) -> tuple[Tensor, ...]:
    """The values in order, the first place of each, the inverse, and the counts."""
    along = None if axis is None else rules.axis(axis, len(x.shape))
    values: tuple[Any, ...] = (None,)
    inverse: tuple[Any, ...] = x.shape
    if along is not None:
        values = (*x.shape[:along], None, *x.shape[along + 1 :])
        inverse = (x.shape[along],)
    return (
        KerasTensor(values, x.dtype),
        KerasTensor((None,), "int32"),
        KerasTensor(inverse, "int32"),
        KerasTensor((None,), "int32"),
    )


@composite(real=True, strict=True)
def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The values of a tensor, each once.

    How many there are depends on the values; inside `jax.jit` give `size`.

    Args:
        x: tensor.
        sorted: taken for compatibility; the values are always in rising order.
        return_index: whether the place of each value's first element is returned.
        return_inverse: whether the places that rebuild `x` are returned.
        return_counts: whether the number of each value's elements is returned.
        axis: whole slices along this axis are compared; by default elements.
        size: how many values to return: the last ones are left out, or `fill_value`
            is added.
        fill_value: what is added; by default the first value.

    Returns:
        A tensor of values, or a tuple of it and the int32 tensors asked for, in the
        order of the arguments.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.unique([3, 1, 1, 2])).tolist()
    [1, 2, 3]
    """
    del sorted
    x = convert_to_tensor(x)
    values, index, inverse, counts = unique_parts(x, axis, size)
    along = 0 if axis is None else axis
    if size is not None and isinstance(values, KerasTensor):
        shape = list(values.shape)
        shape[along] = size
        values = KerasTensor(tuple(shape), values.dtype)
        index = counts = KerasTensor((size,), "int32")
    elif size is not None:
        front = moveaxis(values, along, 0)
        counts = _of_size(counts, size, get_item(counts, slice(0, 1)) * 0)
        there = greater(counts, 0)
        first = get_item(front, slice(0, 1))
        filling = first if fill_value is None else first * 0 + fill_value
        rows = reshape(there, (size, *[1] * (len(front.shape) - 1)))
        front = where(rows, _of_size(front, size, filling), filling)
        values = moveaxis(front, 0, along)
        first = get_item(index, slice(0, 1))
        index = where(there, _of_size(index, size, first), first)
    wanted = (
        (True, values),
        (return_index, index),
        (return_inverse, inverse),
        (return_counts, counts),
    )
    result = [part for is_wanted, part in wanted if is_wanted]
    return tuple(result) if len(result) > 1 else result[0]


def _of_size(x: TensorLike, size: int, filling: Any) -> Any:
    """The first rows of `x`, up to `size` of them with the filling behind."""
    rest = tuple(x.shape[1:])
    filled = concatenate([x, broadcast_to(filling, (size, *rest))], 0)
    return get_item(filled, slice(0, size))
