"""Sorting, searching and counting."""

from __future__ import annotations

from operator import index
from typing import Any

from keras.backends import current
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import reduction, rules
from keras.ops.core import convert_to_tensor
from keras.ops.declare import composite, op, unsure
from keras.ops.files import InFiles
from keras.ops.logic import equal, logical_not
from keras.ops.shaping import expand_dims, ravel


def _along(x: KerasTensor, axis: int | None, dtype: str) -> Tensor:
    if axis is None:
        return KerasTensor((rules.product(x.shape),), dtype)
    rules.axis(axis, len(x.shape))
    return KerasTensor(x.shape, dtype)


@op(real=True)
def sort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """The elements in rising order along an axis, NaN last.

    Args:
        x: tensor.
        axis: the axis; None for the flattened tensor.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.sort([3, 1, 2])).tolist()
    [1, 2, 3]
    """
    return _along(x, axis, x.dtype)


@op(real=True)
def argsort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """The places of the elements in rising order; equal ones keep their order.

    Args:
        x: tensor.
        axis: the axis; None for the flattened tensor.

    Returns:
        An int32 tensor of the shape of `x`; 0 for a scalar.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.argsort([3, 1, 2])).tolist()
    [1, 2, 0]
    """
    if axis is not None and not x.shape:
        return KerasTensor((), "int32")
    return _along(x, axis, "int32")


def _has_place(x: TensorLike, kth: int, axis: int | None = -1) -> bool:
    if axis is None or not rules.is_axis(axis, len(x.shape)):
        return False
    return -x.shape[axis] <= kth < x.shape[axis]


@op(check=_has_place)
def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> Tensor:
    """Places that put the smaller elements before the `kth`, the larger ones behind.

    The order within the two parts differs between backends.

    Args:
        x: tensor.
        kth: the place that holds the right element.
        axis: the axis; None for the flattened tensor.

    Returns:
        An int32 tensor of the shape of `x`.

    Raises:
        ShapeError: if the axis or `kth` is out of range.

    Example:

    >>> import keras
    >>> places = keras.ops.convert_to_numpy(keras.ops.argpartition([3, 1, 2], 0))
    >>> int(places[0])
    1
    """
    result = _along(x, axis, "int32")
    size = result.shape[0 if axis is None else axis]
    if size is not None and not -size <= kth < size:
        raise ShapeError(
            f"`kth` of argpartition is out of range for axis={axis} of shape "
            f"{x.shape}. Received: kth={kth}."
        )
    return result


@op(promote="same", real=True, in_files=InFiles(class_name="SearchSorted"))
def searchsorted(
    sorted_sequence: TensorLike, values: TensorLike, side: str = "left"
) -> Tensor:
    """Where values would have to be put into a sorted sequence.

    Args:
        sorted_sequence: tensor of one dimension, in rising order.
        values: tensor of any shape.
        side: beside equal elements, `"left"` or `"right"` of them.

    Returns:
        An int32 tensor of the shape of `values`.

    Raises:
        ShapeError: if the sequence has not one dimension.
        ValueError: for another side.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.searchsorted([1, 3, 5], [3, 6])).tolist()
    [1, 3]
    """
    if len(sorted_sequence.shape) != 1:
        raise ShapeError(
            "`sorted_sequence` of searchsorted must have one dimension. Received: "
            f"shape {sorted_sequence.shape}."
        )
    if side not in ("left", "right"):
        raise ValueError(
            f"`side` must be one of 'left', 'right'. Received: side={side!r}."
        )
    return KerasTensor(values.shape, "int32")


@composite(real=True)
def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """In which bin each element lies.

    Args:
        x: tensor.
        bins: tensor of one dimension: the edges, in rising order.

    Returns:
        An int32 tensor of the shape of `x`: how many edges are not above it.

    Raises:
        ShapeError: if `bins` has not one dimension.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.digitize([0.5, 2.0], [0.0, 1.0])).tolist()
    [1, 2]
    """
    return searchsorted(bins, x, side="right")


@composite(in_files=InFiles(class_name="IsIn"))
def isin(
    x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Which elements of one tensor occur in another.

    Args:
        x1: tensor.
        x2: tensor of any shape.
        assume_unique: taken for compatibility; the result does not depend on it.
        invert: gives the elements that do not occur.

    Returns:
        A bool tensor of the shape of `x1`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isin([1, 2, 3], [2, 5])).tolist()
    [False, True, False]
    """
    del assume_unique
    found = reduction.any(equal(expand_dims(x1, -1), ravel(x2)), -1)
    return logical_not(found) if invert else found


@op(check=unsure)
def counts(
    x: TensorLike, weights: TensorLike | None = None, minlength: int = 0
) -> Tensor:
    """How often each integer occurs along the last axis; a dense `bincount`."""
    if not x.shape:
        raise ShapeError("`x` of bincount needs a dimension. Received: a scalar.")
    rules.integers(x)
    if weights is not None and not rules.may_equal(weights.shape, x.shape):
        raise ShapeError(
            "`weights` of bincount must have the shape of `x`. Received: "
            f"{weights.shape} and {x.shape}."
        )
    return KerasTensor(
        (*x.shape[:-1], None), "int32" if weights is None else weights.dtype
    )


@composite(in_files=InFiles(of_the_operation=("weights",)))
def bincount(
    x: TensorLike,
    weights: TensorLike | None = None,
    minlength: int = 0,
    sparse: bool = False,
) -> Any:
    """How often each integer occurs.

    How long the result is depends on the largest value. Inside `jax.jit` that is
    unknown: the length is `minlength` there, and larger values are not counted.

    Args:
        x: int tensor `(n,)` or `(batch, n)` of values of at least 0.
        weights: tensor of the shape of `x`: what each element counts for; 1 by
            default.
        minlength: the least length of the result.
        sparse: gives a sparse tensor, on backends that have them.

    Returns:
        A tensor `(length,)` or `(batch, length)`: int32, or of the dtype of
        `weights`.

    Raises:
        ShapeError: if `weights` does not fit.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.bincount([0, 2, 2])).tolist()
    [1, 0, 2]
    """
    x = convert_to_tensor(x)
    if weights is not None:
        weights = convert_to_tensor(weights)
    if index(minlength) < 0:
        raise ShapeError(
            f"`minlength` must not be negative. Received: minlength={minlength}."
        )
    result = counts(x, weights, minlength)
    if sparse and isinstance(result, KerasTensor):
        return KerasTensor(result.shape, result.dtype, sparse=True)
    if sparse:
        # Refused by the backends that have no sparse tensors.
        result = convert_to_tensor(result, sparse=True)
        return current().sparse.from_dense(result)
    return result
