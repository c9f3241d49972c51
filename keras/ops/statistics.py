"""Averages, quantiles, correlations, histograms, differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import arguments
from keras.core.dtypes import is_float, standardize_dtype
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops import logic, reduction, rules
from keras.ops.arithmetic import (
    absolute,
    add,
    clip,
    divide,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keras.ops.complex_numbers import conj
from keras.ops.core import (
    as_float,
    cast,
    common_float,
    convert_to_tensor,
    scatter,
    shape,
)
from keras.ops.creation import ones_like, spaced
from keras.ops.declare import composite, op
from keras.ops.exponential import sqrt
from keras.ops.files import InFiles
from keras.ops.indexing import get_item
from keras.ops.products import matmul
from keras.ops.shaping import (
    diagonal,
    expand_dims,
    pad,
    reshape,
    transpose,
)
from keras.ops.sorting import searchsorted

METHODS = arguments.QUANTILE_METHODS


@composite
def average(
    x: TensorLike, axis: Axis = None, weights: TensorLike | None = None
) -> Tensor:
    """Mean over axes, with weights.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        weights: tensor of the shape of `x`, or of its sizes along `axis`; equal
            weights by default.

    Returns:
        A float tensor without the reduced axes.

    Raises:
        ShapeError: if `weights` does not fit.

    Example:

    >>> import keras
    >>> round(float(keras.ops.average([1.0, 2.0], weights=[3, 1])), 4)
    1.25
    """
    if weights is None:
        return reduction.mean(x, axis)
    x, weights = common_float(x, weights)
    sizes, given = tuple(shape(x)), tuple(shape(weights))
    if len(given) != len(sizes) and given:
        along = [] if axis is None else rules.axes(axis, len(sizes))
        if len(along) != len(given):
            raise ShapeError(
                f"`weights` of average has {len(given)} dimensions, so `axis` must "
                f"name the axes that they belong to. Received: axis={axis!r} for shape "
                f"{sizes}."
            )
        weights = transpose(weights, sorted(range(len(along)), key=along.__getitem__))
        weights = expand_dims(weights, [a for a in range(len(sizes)) if a not in along])
    total = reduction.sum(multiply(ones_like(x), weights), axis)
    return divide(reduction.sum(multiply(x, weights), axis), total)


def _is_reducible(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> bool:
    return rules.is_axis(axis, len(x.shape))


@op(promote="float", check=_is_reducible, real=True)
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Middle value over axes; of an even number, the mean of the two in the middle.

    Args:
        x: tensor; bool and integers become `floatx()`.
        axis: axis or axes to reduce; all of them by default.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        A float tensor without the reduced axes; NaN where there is a NaN.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> float(keras.ops.median([1, 2, 9]))
    2.0
    """
    return rules.reduction(x, axis, keepdims)


@op(promote="float", keep=("q",), scalars=True, real=True, ranges={"q": (0, 1)})
def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Values below which given fractions of the elements lie.

    Args:
        x: tensor; bool and integers become `floatx()`.
        q: fraction from 0 to 1, or a tensor of them.
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
    >>> float(keras.ops.quantile([1.0, 2.0, 3.0], 0.5))
    2.0
    """
    check_method("quantile", method)
    if len(q.shape) > 1:
        raise ShapeError(
            "`q` must be a number, or numbers of one dimension. Received: shape "
            f"{tuple(q.shape)}."
        )
    reduced = rules.reduced(x.shape, axis, keepdims)
    return KerasTensor((*q.shape, *reduced), x.dtype)


def check_method(name: str, method: str) -> None:
    """Refuses an unknown way to choose between two elements."""
    if method not in METHODS:
        raise ValueError(
            f"`method` must be one of {', '.join(METHODS)}. Received: "
            f"method={method!r}."
        )


def hundredth(q: TensorLike) -> Any:
    """Percentages as fractions."""
    if isinstance(q, (list, tuple)):
        q = np.asarray(q, "float64")
    return q / 100 if isinstance(q, (int, float, np.ndarray)) else divide(q, 100)


@composite(real=True, ranges={"q": (0, 100)})
def percentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Values below which given percentages of the elements lie.

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
    >>> float(keras.ops.percentile([1.0, 2.0, 3.0], 50))
    2.0
    """
    return quantile(x, hundredth(q), axis, method, keepdims)


# Between elements -----------------------------------------------------------------


@composite
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """Differences of neighbours along an axis.

    Args:
        a: tensor of at least one dimension; of booleans, where neighbours differ.
        n: how many times.
        axis: the axis.

    Returns:
        A tensor that is shorter by `n` along `axis`.

    Raises:
        ValueError: if `n` is negative.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.diff([1, 4, 9])).tolist()
    [3, 5]
    """
    if n < 0:
        raise ValueError(f"`n` of diff must not be negative. Received: n={n}.")
    a = convert_to_tensor(a)
    along = rules.axis(axis, len(a.shape))
    front = (slice(None),) * along
    is_bool = standardize_dtype(a.dtype) == "bool"
    for _ in range(n):
        later = get_item(a, (*front, slice(1, None)))
        earlier = get_item(a, (*front, slice(None, -1)))
        a = logic.not_equal(later, earlier) if is_bool else subtract(later, earlier)
    return a


@composite(in_files=InFiles(of_the_operation=("x",)))
def trapezoid(
    y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1
) -> Tensor:
    """Integral along an axis by the trapezoidal rule.

    Args:
        y: tensor of values; bool and integers become `floatx()`.
        x: where the values lie: a tensor of the shape of `y`, or of one dimension.
        dx: distance between values, where `x` is not given.
        axis: the axis.

    Returns:
        A float tensor without that axis.

    Example:

    >>> import keras
    >>> float(keras.ops.trapezoid([1.0, 2.0, 3.0]))
    4.0
    """
    y = as_float(y)
    rank = len(y.shape)
    front = (slice(None),) * rules.axis(axis, rank)
    means = divide(
        add(
            get_item(y, (*front, slice(1, None))),
            get_item(y, (*front, slice(None, -1))),
        ),
        2,
    )
    if x is None:
        return multiply(reduction.sum(means, axis), dx)
    widths = diff(x, axis=-1 if len(shape(x)) == 1 else axis)
    if len(shape(x)) == 1:
        widths = reshape(widths, [-1] + [1] * (rank - 1 - len(front)))
    return reduction.sum(multiply(means, widths), axis)


@composite
def corrcoef(x: TensorLike) -> Tensor:
    """Correlation coefficients of variables.

    Args:
        x: tensor `(variables, observations)`, or `(observations,)`; bool and integers
            become `floatx()`.

    Returns:
        A tensor `(variables, variables)`; a scalar for one variable.

    Raises:
        ShapeError: if there are more than two dimensions.

    Example:

    >>> import keras
    >>> y = keras.ops.corrcoef([[1.0, 2.0], [2.0, 1.0]])
    >>> keras.ops.convert_to_numpy(y).round(3).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    x = as_float(x)
    rank = len(x.shape)
    if rank > 2:
        raise ShapeError(
            "`x` of corrcoef must have one or two dimensions. Received: shape "
            f"{tuple(x.shape)}."
        )
    rows = x if rank == 2 else reshape(x, (1, -1))
    rows = subtract(rows, reduction.mean(rows, 1, True))
    products = matmul(rows, transpose(conj(rows)))
    scale = sqrt(absolute(diagonal(products)))
    result = divide(divide(products, expand_dims(scale, 1)), expand_dims(scale, 0))
    if is_float(standardize_dtype(result.dtype)):
        result = clip(result, -1.0, 1.0)
    return result if rank == 2 else reshape(result, ())


@composite(promote="float")
def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Tensor:
    """Cross-correlation of two sequences.

    Args:
        x1: tensor `(n,)`; bool and integers become `floatx()`.
        x2: tensor `(m,)`.
        mode: `"valid"`: where they overlap completely; `"same"`: as many values as
            the longer one has; `"full"`: everywhere they overlap.

    Returns:
        A float tensor of one dimension.

    Raises:
        ShapeError: if they are not of one dimension.
        ValueError: for an unknown mode.

    Example:

    >>> import keras
    >>> y = keras.ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [2.0, 3.0]
    """
    x1, x2 = common_float(x1, x2)
    if mode not in ("valid", "same", "full"):
        raise ValueError(
            f"`mode` must be one of 'valid', 'same', 'full'. Received: mode={mode!r}."
        )
    if len(x1.shape) != 1 or len(x2.shape) != 1 or None in (*x1.shape, *x2.shape):
        raise ShapeError(
            "`x1` and `x2` of correlate must have one dimension of known size. "
            f"Received: shapes {tuple(x1.shape)} and {tuple(x2.shape)}."
        )
    return _correlate(x1, conj(x2), mode)


def _correlate(x1: TensorLike, x2: TensorLike, mode: str) -> Any:
    n, m = x1.shape[0], x2.shape[0]
    if m > n:  # the roles exchanged, the result comes out backwards
        return get_item(_correlate(x2, x1, mode), slice(None, None, -1))
    before = {"valid": 0, "same": m // 2, "full": m - 1}[mode]
    after = {"valid": 0, "same": m - 1 - m // 2, "full": m - 1}[mode]
    padded = pad(x1, ((before, after),)) if m > 1 else x1
    count = n + before + after - m + 1
    windows = [get_item(padded, slice(i, i + count)) for i in range(m)]
    result = multiply(windows[0], get_item(x2, 0))
    for i in range(1, m):
        result = add(result, multiply(windows[i], get_item(x2, i)))
    return result


def _extremes(x: TensorLike) -> tuple[Any, Any]:
    return reduction.min(x), reduction.max(x)


@composite(real=True)
def histogram(
    x: TensorLike, bins: int = 10, range: tuple[float, float] | None = None
) -> tuple[Tensor, Tensor]:
    """How many elements fall into each of several equal intervals.

    Args:
        x: tensor; bool and integers become `floatx()`.
        bins: number of intervals.
        range: `(lowest, highest)` edge; elements outside are not counted. By default
            the smallest and the largest element.

    Returns:
        The counts `(bins,)` and the edges `(bins + 1,)`, in the dtype of `x`.

    Raises:
        ValueError: for no bins, or edges in the wrong order.

    Example:

    >>> import keras
    >>> counts, edges = keras.ops.histogram([1.0, 2.0, 2.0, 5.0], 4)
    >>> keras.ops.convert_to_numpy(counts).tolist()
    [1.0, 2.0, 0.0, 1.0]
    """
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(
            f"`bins` of histogram must be a positive integer. Received: bins={bins!r}."
        )
    if range is not None and range[0] > range[1]:
        raise ValueError(
            "`range` of histogram must be (lowest, highest). Received: "
            f"range={range!r}."
        )
    x = reshape(as_float(x), (-1,))
    dtype = standardize_dtype(x.dtype)
    low, high = range or ((0, 1) if 0 in x.shape else _extremes(x))
    low, high = cast(low, dtype), cast(high, dtype)
    half = cast(logic.where(logic.equal(low, high), 0.5, 0.0), dtype)
    edges = spaced(subtract(low, half), add(high, half), bins + 1)
    first, last = get_item(edges, 0), get_item(edges, -1)
    place = subtract(searchsorted(edges, x, "right"), 1)
    place = minimum(maximum(place, 0), bins - 1)  # the last edge belongs to its bin
    inside = logic.logical_and(logic.greater_equal(x, first), logic.less_equal(x, last))
    return scatter(expand_dims(place, -1), cast(inside, dtype), (bins,)), edges
