"""Rules of NumPy's functions over axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.shaping import axes_of, kept
from keras.backends.numpy.gradients.traced import (
    FLAT,
    Pullbacks,
    as_array,
    composed,
    primal,
    rule_of,
)
from keras.core.typing import DType, TensorLike

_NONE = np._NoValue  # how NumPy itself says that an argument is not given


def _given(value: TensorLike) -> bool:
    return value is not _NONE and bool(value)


@rule_of(np.sum)
def _sum(
    out: TensorLike, x: TensorLike, axis: Any = None, dtype: DType = None,
    keepdims: Any = False, **options: Any,
) -> Pullbacks:  # fmt: skip
    def back(g: TensorLike) -> TensorLike:
        g = g if _given(keepdims) else kept(g, axis, x.ndim)
        return np.broadcast_to(g, x.shape)

    return (back,)


def _extremum(function: Any) -> None:
    @rule_of(function)
    def _(
        out: TensorLike,
        x: TensorLike,
        axis: Any = None,
        keepdims: Any = False,
        **rest: Any,
    ) -> Pullbacks:
        def back(g: TensorLike) -> TensorLike:
            full = (
                (lambda v: v) if _given(keepdims) else (lambda v: kept(v, axis, x.ndim))
            )
            chosen = primal(x) == full(primal(out))
            count = np.sum(chosen, axis=axis, keepdims=True)
            share = chosen / np.maximum(count, 1)
            return full(g) * share.astype(g.dtype)

        return (back,)


_extremum(np.max)
_extremum(np.min)


@composed(np.mean)
def _mean(
    x: TensorLike, axis: Any = None, dtype: DType = None, keepdims: Any = False
) -> TensorLike:
    count = math.prod(x.shape[a] for a in axes_of(axis, x.ndim))
    return np.sum(x, axis=axis, keepdims=_given(keepdims)) / x.dtype.type(count)


@composed(np.var)
def _var(
    x: TensorLike,
    axis: Any = None,
    dtype: DType = None,
    ddof: int = 0,
    keepdims: Any = False,
) -> TensorLike:
    offset = x - np.mean(x, axis=axis, keepdims=True)
    squares = (
        np.real(offset * np.conj(offset))
        if x.dtype.kind == "c"
        else (np.square(offset))
    )
    count = math.prod(x.shape[a] for a in axes_of(axis, x.ndim)) - ddof
    total = np.sum(squares, axis=axis, keepdims=_given(keepdims))
    return total / total.dtype.type(count)


@composed(np.std)
def _std(
    x: TensorLike, axis: Any = None, keepdims: Any = False, **rest: Any
) -> TensorLike:
    variance = np.var(x, axis=axis, keepdims=keepdims, **rest)
    none = primal(variance) == 0  # a constant: no slope, in either direction
    return np.where(none, 0 * variance, np.sqrt(np.where(none, 1 + variance, variance)))


@composed(np.prod)
def _prod(
    x: TensorLike,
    axis: Any = None,
    dtype: DType = None,
    keepdims: Any = False,
    **rest: Any,
) -> TensorLike:
    """Halves are multiplied: no factor is divided by, which may be 0."""
    axes = axes_of(axis, x.ndim)
    others = [a for a in range(x.ndim) if a not in axes]
    sizes = [x.shape[a] for a in others]
    y = np.reshape(np.transpose(x, (*axes, *others)), (-1, *sizes))
    if not y.shape[0]:
        return np.prod(primal(x), axis=axis, keepdims=keepdims)
    while y.shape[0] > 1:
        half = y.shape[0] // 2
        product = y[:half] * y[half : 2 * half]
        y = np.concatenate([product, y[2 * half :]]) if y.shape[0] % 2 else product
    y = y[0]
    return kept(y, axis, x.ndim) if _given(keepdims) else y


@rule_of(np.cumsum)
def _cumsum(
    out: TensorLike, x: TensorLike, axis: Any = None, dtype: DType = None
) -> Pullbacks:
    def back(g: TensorLike) -> TensorLike:
        along = 0 if axis is None else axis
        found = np.flip(np.cumsum(np.flip(g, along), axis=along), along)
        return np.reshape(found, x.shape)

    return (back,)


@composed(np.cumprod)
def _cumprod(x: TensorLike, axis: Any = None, dtype: DType = None) -> TensorLike:
    x, along = (np.ravel(x), 0) if axis is None else (x, axis)
    rows = np.moveaxis(x, along, 0)
    products = [rows[0]] if len(rows) else []
    for i in range(1, len(rows)):
        products.append(products[-1] * rows[i])
    return np.stack(products, along) if products else x


@composed(np.median)
def _median(x: TensorLike, axis: Any = None, keepdims: Any = False) -> TensorLike:
    return np.quantile(x, 0.5, axis=axis, keepdims=keepdims)


@composed(np.quantile)
def _quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Any = None,
    method: str = "linear",
    keepdims: Any = False,
) -> TensorLike:
    axes = axes_of(axis, x.ndim)
    others = [a for a in range(x.ndim) if a not in axes]
    shape = [x.shape[a] for a in others]
    ordered = np.sort(np.reshape(np.transpose(x, (*others, *axes)), (*shape, -1)), -1)
    place = as_array(q) * (ordered.shape[-1] - 1)
    at = np.asarray(primal(place))
    low, high = np.floor(at), np.ceil(at)
    between = place - low
    if method == "nearest":
        low = high = np.round(at)
    elif method != "linear":
        low = high if method == "higher" else low
        high = low if method == "lower" else high
        between = np.full_like(at, 0.5)
    between = between.astype(x.dtype)
    first = np.take(ordered, low.astype("int64"), -1)
    second = np.take(ordered, high.astype("int64"), -1)
    found = first + (second - first) * between
    unknown = np.isnan(primal(ordered)[..., -1])
    unknown = np.reshape(unknown, (*shape, *(1,) * at.ndim))
    found = np.where(unknown, np.asarray(np.nan, x.dtype), found)
    if at.ndim:
        found = np.moveaxis(found, -1, 0)
    if not _given(keepdims):
        return found
    sizes = [1 if a in axes else x.shape[a] for a in range(x.ndim)]
    return np.reshape(found, (*at.shape, *sizes))


FLAT.update((np.argmax, np.argmin, np.argsort, np.any, np.all, np.count_nonzero))
