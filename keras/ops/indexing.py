"""Reading elements by their places, and choosing among tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import ShapeLike, Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import floor_divide, mod
from keras.ops.core import convert_to_tensor
from keras.ops.declare import composite, op
from keras.ops.files import InFiles
from keras.ops.logic import where


@op(values=("key",), in_files=InFiles(of_the_call=("key",)))
def get_item(x: TensorLike, key: Any) -> Tensor:
    """What `x[key]` reads.

    Args:
        x: tensor.
        key: integers, slices, None, `...` and index tensors, as NumPy takes them.

    Returns:
        A tensor.

    Raises:
        ShapeError: if there are too many indices, or one is out of range.

    Example:

    >>> import keras
    >>> y = keras.ops.get_item([1, 2, 3], slice(1, None))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [2, 3]
    """
    return KerasTensor(rules.get_item(x.shape, key), x.dtype)


@op(integers=("indices",), bools_count=True)
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Elements or slices at given places along an axis.

    Args:
        x: tensor.
        indices: int tensor of any shape; negative ones count from the end.
        axis: the axis; by default the flattened tensor.

    Returns:
        A tensor with the shape of `indices` in place of that axis.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.take([5, 6, 7], [0, 2])).tolist()
    [5, 7]
    """
    if axis is None:
        return KerasTensor(indices.shape, x.dtype)
    along = rules.axis(axis, len(x.shape))
    return KerasTensor(
        (*x.shape[:along], *indices.shape, *x.shape[along + 1 :]), x.dtype
    )


@op(integers=("indices",), bools_count=True)
def take_along_axis(
    x: TensorLike, indices: TensorLike, axis: int | None = None
) -> Tensor:
    """Elements at given places along an axis, for each place in the other axes.

    Args:
        x: tensor.
        indices: int tensor of as many dimensions; it broadcasts with `x` in all axes
            but `axis`. Negative indices count from the end.
        axis: the axis; by default both are flattened.

    Returns:
        A tensor of the broadcast shape, with the size of `indices` along `axis`.

    Raises:
        ShapeError: if the shapes do not fit, or the axis is out of range.

    Example:

    >>> import keras
    >>> y = keras.ops.take_along_axis([[5, 6], [7, 8]], [[1], [0]], 1)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[6], [7]]
    """
    if axis is None:
        return KerasTensor((rules.product(indices.shape),), x.dtype)
    rank = len(x.shape)
    along = rules.axis(axis, rank)
    if len(indices.shape) != rank:
        raise ShapeError(
            f"`indices` of take_along_axis must have {rank} dimensions, as `x` has. "
            f"Received: x of shape {x.shape}, indices of shape {indices.shape}."
        )
    others = [a for a in range(rank) if a != along]
    rest = rules.broadcast(
        tuple(x.shape[a] for a in others), tuple(indices.shape[a] for a in others)
    )
    return KerasTensor((*rest[:along], indices.shape[along], *rest[along:]), x.dtype)


@op
def nonzero(x: TensorLike) -> tuple[Tensor, ...]:
    """The places of the elements that are not zero.

    How many there are depends on the values, so it cannot run inside `jax.jit`.

    Args:
        x: tensor of n dimensions.

    Returns:
        A tuple of n int32 tensors of one dimension: the indices in each axis.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.nonzero([0, 3, 5])[0]).tolist()
    [1, 2]
    """
    if not x.shape:
        raise ShapeError("`x` must have one dimension or more. Received: shape ().")
    return tuple(KerasTensor((None,), "int32") for _ in x.shape)


@composite(in_files=InFiles(of_the_call=("default",)))
def select(
    condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: Any = 0
) -> Tensor:
    """For each element the choice of the first condition that holds.

    Args:
        condlist: bool tensors.
        choicelist: as many tensors.
        default: the value where no condition holds.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ValueError: if the lists are empty, or of different lengths.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([1, 5, 9])
    >>> y = keras.ops.select([x < 3, x < 7], [x, -x], 0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [1, -5, 0]
    """
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            "`condlist` and `choicelist` of select must have the same length, at "
            f"least 1. Received: {len(condlist)} and {len(choicelist)} entries."
        )
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, choice, result)
    return result


@composite(integers=("indices",))
def unravel_index(indices: TensorLike, shape: ShapeLike) -> tuple[Tensor, ...]:
    """Places in a flattened tensor as places in its axes.

    Args:
        indices: int tensor.
        shape: the shape of the tensor.

    Returns:
        A tuple of int tensors: the index in each axis.

    Example:

    >>> import keras
    >>> row, column = keras.ops.unravel_index(5, (2, 3))
    >>> int(row), int(column)
    (1, 2)
    """
    rest = convert_to_tensor(indices)
    result = []
    for size in reversed(rules.as_shape(shape)):
        result.append(mod(rest, size))
        rest = floor_divide(rest, size)
    return tuple(reversed(result))
