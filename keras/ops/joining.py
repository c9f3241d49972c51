"""Joining tensors into one, and cutting one into several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from keras.core import limits
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Sizes, Structure, Tensor, TensorLike
from keras.ops import rules
from keras.ops.core import convert_to_tensor, shape, unstack
from keras.ops.declare import composite, op
from keras.ops.shaping import ravel, reshape


@op(promote="same", sparse="all")
def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Tensors joined along an axis that they have.

    Args:
        xs: tensors that agree in all other axes.
        axis: the axis.

    Returns:
        A tensor of the common dtype.

    Raises:
        ShapeError: if there are none, or they do not fit.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.concatenate([[1, 2], [3]])).tolist()
    [1, 2, 3]
    """
    tensors = _several(xs, "xs")
    sizes = rules.concatenate([x.shape for x in tensors], axis)
    return KerasTensor(sizes, tensors[0].dtype, sparse=all(x.sparse for x in tensors))


@op(promote="same")
def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis.

    Args:
        x: the tensors.
        axis: where the new axis is in the result.

    Returns:
        A tensor of the common dtype.

    Raises:
        ShapeError: if there are none, or the shapes differ.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.stack([[1, 2], [3, 4]], 1)).tolist()
    [[1, 3], [2, 4]]
    """
    tensors = _several(x, "x")
    return KerasTensor(rules.stack([v.shape for v in tensors], axis), tensors[0].dtype)


def _several(xs: Structure, name: str) -> list[Any]:
    if isinstance(xs, KerasTensor):
        if not xs.shape or xs.shape[0] is None:
            raise ShapeError(
                f"`{name}` must be a list of tensors, or a tensor whose first size is "
                f"known. Received: {xs!r}."
            )
        return [KerasTensor(xs.shape[1:], xs.dtype)] * xs.shape[0]
    return list(xs)


@op
def split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Tensor]:
    """A tensor cut along an axis.

    Args:
        x: tensor.
        indices_or_sections: into how many equal parts, or the places to cut at.
        axis: the axis.

    Returns:
        A list of tensors.

    Raises:
        ShapeError: if equal parts are not possible.

    Example:

    >>> import keras
    >>> first, second = keras.ops.split(keras.ops.arange(4), 2)
    >>> keras.ops.convert_to_numpy(second).tolist()
    [2, 3]
    """
    parts = rules.split(x.shape, indices_or_sections, axis)
    return [KerasTensor(part, x.dtype) for part in parts]


@composite
def array_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Tensor]:
    """A tensor cut along an axis into parts that need not be equal.

    Args:
        x: tensor.
        indices_or_sections: into how many parts, the first ones longer by one where
            they cannot be equal; or the places to cut at.
        axis: the axis.

    Returns:
        A list of tensors.

    Raises:
        ValueError: for fewer than one part.

    Example:

    >>> import keras
    >>> [part.shape[0] for part in keras.ops.array_split(keras.ops.arange(5), 2)]
    [3, 2]
    """
    x = convert_to_tensor(x)
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    size = x.shape[rules.axis(axis, len(x.shape))]
    parts = indices_or_sections
    limits.claim_outputs("array_split", parts)
    if parts < 1:
        raise ValueError(
            "array_split needs at least one part. Received: "
            f"indices_or_sections={parts}, shape {tuple(x.shape)}, axis={axis}."
        )
    if size is None:
        along = rules.axis(axis, len(x.shape))
        rest = (*x.shape[:along], None, *x.shape[along + 1 :])
        return [KerasTensor(rest, x.dtype) for _ in range(parts)]
    short, longer = divmod(size, parts)
    lengths = [short + 1] * longer + [short] * (parts - longer)
    points = list(accumulate(lengths))[:-1]
    return split(x, points, axis)


def _split_along(
    name: str, x: TensorLike, indices_or_sections: Sizes, axis: int, rank: int
) -> list[Tensor]:
    x = convert_to_tensor(x)
    if len(x.shape) < rank:
        raise ShapeError(
            f"`x` of {name} needs at least {rank} dimensions. Received: shape "
            f"{tuple(x.shape)}."
        )
    return split(x, indices_or_sections, axis)


@composite
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """A tensor cut along its second axis; a vector along its only one.

    Args:
        x: tensor of at least one dimension.
        indices_or_sections: into how many equal parts, or the places to cut at.

    Returns:
        A list of tensors.

    Example:

    >>> import keras
    >>> left, right = keras.ops.hsplit(keras.ops.ones((2, 4)), 2)
    >>> tuple(left.shape)
    (2, 2)
    """
    axis = 0 if len(shape(x)) == 1 else 1
    return _split_along("hsplit", x, indices_or_sections, axis, 1)


@composite
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """A tensor cut along its first axis.

    Args:
        x: tensor of at least two dimensions.
        indices_or_sections: into how many equal parts, or the places to cut at.

    Returns:
        A list of tensors.

    Example:

    >>> import keras
    >>> upper, lower = keras.ops.vsplit(keras.ops.ones((4, 2)), 2)
    >>> tuple(upper.shape)
    (2, 2)
    """
    return _split_along("vsplit", x, indices_or_sections, 0, 2)


@composite
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """A tensor cut along its third axis.

    Args:
        x: tensor of at least three dimensions.
        indices_or_sections: into how many equal parts, or the places to cut at.

    Returns:
        A list of tensors.

    Example:

    >>> import keras
    >>> front, back = keras.ops.dsplit(keras.ops.ones((2, 2, 4)), 2)
    >>> tuple(front.shape)
    (2, 2, 2)
    """
    return _split_along("dsplit", x, indices_or_sections, 2, 3)


def _listed(xs: Structure) -> list[Any]:
    if hasattr(xs, "shape"):
        return unstack(xs)
    if isinstance(xs, str):
        raise TypeError("A text is no list of tensors.")
    return [convert_to_tensor(x) for x in xs]


def _at_least(x: TensorLike, rank: int) -> Any:
    """A tensor with axes of size 1 put in front, and for three also behind."""
    sizes = tuple(shape(x))
    if len(sizes) >= rank:
        return x
    behind = (1,) if rank == 3 else ()
    front = (1,) * (rank - len(behind) - len(sizes))
    return reshape(x, (*front, *sizes, *behind))


@composite
def hstack(xs: Sequence[TensorLike]) -> Tensor:
    """Tensors joined along their second axis; vectors along their only one.

    Args:
        xs: the tensors.

    Returns:
        A tensor of the common dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.hstack([[1, 2], [3]])).tolist()
    [1, 2, 3]
    """
    tensors = [_at_least(x, 1) for x in _listed(xs)]
    along = 0 if tensors and len(shape(tensors[0])) == 1 else 1
    return concatenate(tensors, along)


@composite
def vstack(xs: Sequence[TensorLike]) -> Tensor:
    """Tensors joined along their first axis, vectors as rows.

    Args:
        xs: the tensors.

    Returns:
        A tensor of at least two dimensions and the common dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.vstack([[1, 2], [3, 4]])).tolist()
    [[1, 2], [3, 4]]
    """
    return concatenate([_at_least(x, 2) for x in _listed(xs)], 0)


@composite
def dstack(xs: Sequence[TensorLike]) -> Tensor:
    """Tensors joined along their third axis, vectors as `(1, n, 1)`.

    Args:
        xs: the tensors.

    Returns:
        A tensor of at least three dimensions and the common dtype.

    Example:

    >>> import keras
    >>> tuple(keras.ops.dstack([[1, 2], [3, 4]]).shape)
    (1, 2, 2)
    """
    return concatenate([_at_least(x, 3) for x in _listed(xs)], 2)


@composite
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Tensor:
    """A tensor with another one behind it.

    Args:
        x1: tensor.
        x2: tensor that agrees with `x1` in all other axes.
        axis: the axis; by default both are flattened.

    Returns:
        A tensor of the common dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.append([1, 2], [3])).tolist()
    [1, 2, 3]
    """
    if axis is None:
        return concatenate([ravel(x1), ravel(x2)], 0)
    return concatenate([x1, x2], axis)
