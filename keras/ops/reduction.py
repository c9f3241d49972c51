"""Reductions over axes, and running sums and products."""

from __future__ import annotations

from typing import Any

from keras.core.dtypes import standardize_dtype
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, DType, Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import subtract
from keras.ops.declare import composite, op
from keras.ops.files import InFiles
from keras.ops.logic import isclose


@op(promote="sum", sparse="first")
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over axes.

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
    >>> float(keras.ops.sum([1.0, 2.0]))
    3.0
    """
    return rules.reduction(x, axis, keepdims)


@op(promote="sum")
def prod(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: DType | None = None
) -> Tensor:
    """Product over axes.

    Args:
        x: tensor; bool and small integers are multiplied as (u)int32.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.
        dtype: dtype of the result.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.prod([2.0, 3.0]))
    6.0
    """
    return rules.reduction(x, axis, keepdims, dtype and standardize_dtype(dtype))


@op(promote="float", sparse="first")
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over axes.

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
    >>> float(keras.ops.mean([1.0, 2.0]))
    1.5
    """
    return rules.reduction(x, axis, keepdims)


@op(promote="float")
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Variance over axes: the mean of the squared distances from the mean.

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
    >>> float(keras.ops.var([1.0, 3.0]))
    1.0
    """
    return rules.reduction(x, axis, keepdims, rules.real_dtype(x.dtype))


@op(promote="float")
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Standard deviation over axes: the square root of the variance.

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
    >>> float(keras.ops.std([1.0, 3.0]))
    1.0
    """
    return rules.reduction(x, axis, keepdims, rules.real_dtype(x.dtype))


@op(real=True)
def max(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Largest value over axes.

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.
        initial: a value to start from; it is the result for empty tensors.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.max([1.0, 3.0]))
    3.0
    """
    _not_empty("max", x, axis, initial)
    return rules.reduction(x, axis, keepdims)


@op(real=True)
def min(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Smallest value over axes.

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.
        initial: a value to start from; it is the result for empty tensors.

    Returns:
        A tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.min([1.0, 3.0]))
    1.0
    """
    _not_empty("min", x, axis, initial)
    return rules.reduction(x, axis, keepdims)


def _not_empty(name: str, x: KerasTensor, axis: Axis, initial: TensorLike) -> None:
    gone = rules.axes(axis, len(x.shape))
    if initial is None and 0 in [x.shape[a] for a in gone]:
        raise ValueError(
            f"keras.ops.{name} of no elements is undefined. Received: shape {x.shape}, "
            f"axis={axis!r}. Give `initial` to define it."
        )


@composite
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest value over axes; the same as `max`.

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
    >>> float(keras.ops.amax([1.0, 3.0]))
    3.0
    """
    return max(x, axis, keepdims)


@composite
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest value over axes; the same as `min`.

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
    >>> float(keras.ops.amin([1.0, 3.0]))
    1.0
    """
    return min(x, axis, keepdims)


@composite
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest minus smallest value over axes.

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
    >>> float(keras.ops.ptp([1.0, 3.0]))
    2.0
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@op
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element is true (not zero).

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A bool tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> bool(keras.ops.any([True, False]))
    True
    """
    return rules.reduction(x, axis, keepdims, "bool")


@op
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether all elements are true (not zero).

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A bool tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> bool(keras.ops.all([True, False]))
    False
    """
    return rules.reduction(x, axis, keepdims, "bool")


@op(real=True)
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the largest value, the first one of equals.

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
    >>> int(keras.ops.argmax([1.0, 3.0, 2.0]))
    1
    """
    return _place("argmax", x, axis, keepdims)


@op(real=True)
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the smallest value, the first one of equals.

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
    >>> int(keras.ops.argmin([1.0, 3.0, 2.0]))
    0
    """
    return _place("argmin", x, axis, keepdims)


def _place(name: str, x: KerasTensor, axis: int | None, keepdims: bool) -> Tensor:
    if axis is not None:
        rules.axis(axis, len(x.shape))
    _not_empty(name, x, axis, None)
    return rules.reduction(x, axis, keepdims, "int32")


@op
def count_nonzero(x: TensorLike, axis: Axis = None) -> Tensor:
    """How many elements are not zero.

    Args:
        x: tensor.
        axis: axis or axes to reduce; all of them by default.

    Returns:
        An int32 tensor without the reduced axes.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> int(keras.ops.count_nonzero([0, 3, 0, 5]))
    2
    """
    return rules.reduction(x, axis, False, "int32")


@op(promote="number")
def cumsum(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Running sums along an axis.

    Args:
        x: tensor; bool becomes int32.
        axis: axis to run along; by default the flattened tensor.
        dtype: dtype of the result.

    Returns:
        A tensor of the shape of `x`, or of one dimension.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.cumsum([1, 2, 3])).tolist()
    [1, 3, 6]
    """
    return _running(x, axis, dtype)


@op(promote="number")
def cumprod(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Running products along an axis.

    Args:
        x: tensor; bool becomes int32.
        axis: axis to run along; by default the flattened tensor.
        dtype: dtype of the result.

    Returns:
        A tensor of the shape of `x`, or of one dimension.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.cumprod([1, 2, 3])).tolist()
    [1, 2, 6]
    """
    return _running(x, axis, dtype)


def _running(x: KerasTensor, axis: int | None, dtype: DType | None) -> Tensor:
    kind = x.dtype if dtype is None else standardize_dtype(dtype)
    if axis is None:
        return KerasTensor((rules.product(x.shape),), kind)
    rules.axis(axis, len(x.shape))
    return KerasTensor(x.shape, kind)


@composite(in_files=InFiles(class_name="AllClose"))
def allclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether `|x1 - x2| <= atol + rtol * |x2|` everywhere.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.
        rtol: tolerance in relation to `x2`.
        atol: absolute tolerance.
        equal_nan: whether two NaNs count as close.

    Returns:
        A scalar bool tensor.

    Example:

    >>> import keras
    >>> bool(keras.ops.allclose([1.0, 2.0], [1.0, 2.1]))
    False
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))
