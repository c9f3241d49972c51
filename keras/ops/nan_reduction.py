"""Reductions that pass over NaN.

They are written in other ops: NaN is replaced by the value that does not change the
result (0, 1, an infinity), and what is left is counted.
"""

from __future__ import annotations

from typing import Any

from keras.core.dtypes import is_float, standardize_dtype
from keras.core.typing import Axis, DType, Tensor, TensorLike
from keras.ops import logic, reduction, rules
from keras.ops.arithmetic import (
    add,
    divide,
    maximum,
    multiply,
    square,
    subtract,
)
from keras.ops.core import as_float, cast, convert_to_tensor, shape
from keras.ops.declare import composite
from keras.ops.exponential import sqrt
from keras.ops.indexing import take_along_axis
from keras.ops.rounding import ceil, floor
from keras.ops.rounding import round as round_
from keras.ops.shaping import (
    moveaxis,
    reshape,
    transpose,
)
from keras.ops.sorting import sort
from keras.ops.statistics import check_method, hundredth


def _without_nan(x: TensorLike, instead: float) -> tuple[Any, Any]:
    """The tensor with another value for NaN, and where NaN is (None: nowhere)."""
    x = convert_to_tensor(x)
    if not is_float(standardize_dtype(x.dtype)):
        return x, None
    is_nan = logic.isnan(x)
    return logic.where(is_nan, instead, x), is_nan


@composite
def nansum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over axes, NaN left out.

    Args:
        x: tensor; bool and small integers are summed as (u)int32.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nansum([1.0, 3.0, float("nan")]))
    4.0
    """
    return reduction.sum(_without_nan(x, 0.0)[0], axis, keepdims)


@composite
def nanprod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Product over axes, NaN left out.

    Args:
        x: tensor; bool and small integers are multiplied as (u)int32.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanprod([1.0, 3.0, float("nan")]))
    3.0
    """
    return reduction.prod(_without_nan(x, 1.0)[0], axis, keepdims)


@composite
def nanmean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanmean([1.0, 3.0, float("nan")]))
    2.0
    """
    filled, is_nan = _without_nan(x, 0.0)
    if is_nan is None:
        return reduction.mean(filled, axis, keepdims)
    total = reduction.sum(filled, axis, keepdims)
    return divide(total, _count(is_nan, total, axis, keepdims))


def _count(is_nan: Any, like: Any, axis: Axis, keepdims: bool) -> Any:
    """How many elements are not NaN, in the dtype of another tensor."""
    there = cast(logic.logical_not(is_nan), "int32")
    return cast(reduction.sum(there, axis, keepdims), standardize_dtype(like.dtype))


@composite
def nanvar(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Variance over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanvar([1.0, 3.0, float("nan")]))
    1.0
    """
    filled, is_nan = _without_nan(x, 0.0)
    if is_nan is None:
        return reduction.var(filled, axis, keepdims)
    gaps = logic.where(is_nan, 0.0, subtract(filled, nanmean(x, axis, True)))
    total = reduction.sum(square(gaps), axis, keepdims)
    return divide(total, _count(is_nan, total, axis, keepdims))


@composite
def nanstd(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Standard deviation over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanstd([1.0, 3.0, float("nan")]))
    1.0
    """
    variance = nanvar(x, axis, keepdims)
    # The derivative at 0 is taken as 0, as that of `std`: infinity times 0 is NaN.
    zero = logic.equal(variance, 0)
    return logic.where(zero, variance, sqrt(logic.where(zero, 1.0, variance)))


@composite
def nanmax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest value over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanmax([1.0, 3.0, float("nan")]))
    3.0
    """
    filled, is_nan = _without_nan(x, -float("inf"))
    return _extreme(reduction.max(filled, axis, keepdims), is_nan, axis, keepdims)


@composite
def nanmin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest value over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanmin([1.0, 3.0, float("nan")]))
    1.0
    """
    filled, is_nan = _without_nan(x, float("inf"))
    return _extreme(reduction.min(filled, axis, keepdims), is_nan, axis, keepdims)


def _extreme(found: Any, is_nan: Any, axis: Axis, keepdims: bool) -> Any:
    if is_nan is None:
        return found
    return logic.where(reduction.all(is_nan, axis, keepdims), float("nan"), found)


@composite
def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the largest value, NaN left out; -1 where nothing else is.

    Args:
        x: tensor.
        axis: axis to search; by default the flattened tensor.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the reduced axis.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> int(keras.ops.nanargmax([1.0, 3.0, float("nan")]))
    1
    """
    filled, is_nan = _without_nan(x, -float("inf"))
    return _place(reduction.argmax(filled, axis, keepdims), is_nan, axis, keepdims)


@composite
def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the smallest value, NaN left out; -1 where nothing else is.

    Args:
        x: tensor.
        axis: axis to search; by default the flattened tensor.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the reduced axis.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> int(keras.ops.nanargmin([1.0, 3.0, float("nan")]))
    0
    """
    filled, is_nan = _without_nan(x, float("inf"))
    return _place(reduction.argmin(filled, axis, keepdims), is_nan, axis, keepdims)


def _place(found: Any, is_nan: Any, axis: int | None, keepdims: bool) -> Any:
    if is_nan is None:
        return found
    return logic.where(reduction.all(is_nan, axis, keepdims), -1, found)


@composite
def nancumsum(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Running sums along an axis, NaN counted as 0.

    Args:
        x: tensor; bool becomes int32.
        axis: axis to run along; by default the flattened tensor.
        dtype: dtype of the result.

    Returns:
        A tensor of the shape of `x`, or of one dimension.

    Example:

    >>> import keras
    >>> y = keras.ops.nancumsum([1.0, float("nan"), 2.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [1.0, 1.0, 3.0]
    """
    return reduction.cumsum(_without_nan(x, 0.0)[0], axis, dtype)


@composite
def nancumprod(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Running products along an axis, NaN counted as 1.

    Args:
        x: tensor; bool becomes int32.
        axis: axis to run along; by default the flattened tensor.
        dtype: dtype of the result.

    Returns:
        A tensor of the shape of `x`, or of one dimension.

    Example:

    >>> import keras
    >>> y = keras.ops.nancumprod([2.0, float("nan"), 3.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [2.0, 2.0, 6.0]
    """
    return reduction.cumprod(_without_nan(x, 1.0)[0], axis, dtype)


@composite(ranges={"q": (0, 1)})
def nanquantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Values below which given fractions of the elements lie, NaN left out.

    Args:
        x: tensor; bool and integers become `floatx()`.
        q: fraction from 0 to 1, or a tensor of them.
        axis: axis or axes to reduce; all of them by default.
        method: between two elements, `"linear"` interpolates; `"lower"`, `"higher"`
            and `"nearest"` take one of them, `"midpoint"` their mean.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A float tensor: the shape of `q`, then that of `x` without the reduced axes;
        NaN where nothing but NaN is.

    Raises:
        ShapeError: if an axis is out of range.
        ValueError: for an unknown method.

    Example:

    >>> import keras
    >>> float(keras.ops.nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0
    """
    check_method("nanquantile", method)
    x, q = as_float(x), as_float(q)
    dtype = standardize_dtype(x.dtype)
    rank = len(x.shape)
    gone = rules.axes(axis, rank)
    kept = [a for a in range(rank) if a not in gone]
    rows = transpose(x, (*kept, *gone)) if rank else x
    rows = reshape(rows, (*(shape(x)[a] for a in kept), -1))
    filled, is_nan = _without_nan(rows, float("inf"))
    filled = sort(filled, -1)
    count = cast(_count(is_nan, x, -1, True), standardize_dtype(q.dtype))
    place = multiply(reshape(q, (-1,)), subtract(count, 1))
    result = _between(filled, maximum(place, 0), method, dtype)
    result = moveaxis(logic.where(logic.equal(count, 0), float("nan"), result), -1, 0)
    rest = [1 if a in gone else shape(x)[a] for a in range(rank)]
    rest = rest if keepdims else [shape(x)[a] for a in kept]
    return reshape(result, (*shape(q), *rest))


def _between(rows: Any, place: Any, method: str, dtype: str) -> Any:
    """The values at fractional places along the last axis of sorted rows."""
    low, high = floor(place), ceil(place)
    if method == "lower":
        place = high = low
    elif method == "higher":
        place = low = high
    elif method == "nearest":
        place = low = high = round_(place)
    elif method == "midpoint":
        place = divide(add(low, high), 2)
    below = take_along_axis(rows, cast(low, "int32"), -1)
    above = take_along_axis(rows, cast(high, "int32"), -1)
    weight = cast(subtract(place, low), dtype)
    # Equal neighbours stay exact: inf - inf would give NaN.
    mixed = add(below, multiply(subtract(above, below), weight))
    return logic.where(logic.equal(below, above), below, mixed)


@composite(ranges={"q": (0, 100)})
def nanpercentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Values below which given percentages of the elements lie, NaN left out.

    Args:
        x: tensor; bool and integers become `floatx()`.
        q: percentage from 0 to 100, or a tensor of them.
        axis: axis or axes to reduce; all of them by default.
        method: between two elements, `"linear"` interpolates; `"lower"`, `"higher"`
            and `"nearest"` take one of them, `"midpoint"` their mean.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A float tensor: the shape of `q`, then that of `x` without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.
        ValueError: for an unknown method.

    Example:

    >>> import keras
    >>> float(keras.ops.nanpercentile([1.0, float("nan"), 3.0], 50))
    2.0
    """
    return nanquantile(x, hundredth(q), axis, method, keepdims)


@composite
def nanmedian(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Middle value over axes, NaN left out; NaN where nothing else is.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.nanmedian([1.0, 3.0, float("nan")]))
    2.0
    """
    return nanquantile(x, 0.5, axis, keepdims=keepdims)
