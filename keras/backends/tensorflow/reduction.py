"""Functions over axes, on the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as _tf

from keras.backends import arguments as _arguments
from keras.backends.tensorflow.core import native_dtype as _native
from keras.backends.tensorflow.derivatives import root as _root
from keras.core.typing import Axis, DType

_SMALL = (_tf.bool, _tf.int8, _tf.int16, _tf.uint8, _tf.uint16)


def sum(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return _tf.reduce_sum(x, axis=axis, keepdims=keepdims)


def prod(
    x: _tf.Tensor, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> _tf.Tensor:
    x = x if dtype is None else _tf.cast(x, _native(dtype))
    return _tf.reduce_prod(x, axis=axis, keepdims=keepdims)


def mean(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    if x.dtype.is_floating and x.dtype.size == 2:  # the sum would overflow
        total = _tf.reduce_mean(_tf.cast(x, _tf.float32), axis=axis, keepdims=keepdims)
        return _tf.cast(total, x.dtype)
    return _tf.reduce_mean(x, axis=axis, keepdims=keepdims)


def var(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    if x.dtype.size == 2:  # half precision: the squares would overflow or vanish
        wide = _tf.cast(x, _tf.float32)
        return _tf.cast(
            _tf.math.reduce_variance(wide, axis=axis, keepdims=keepdims), x.dtype
        )
    return _tf.math.reduce_variance(x, axis=axis, keepdims=keepdims)


def std(x: _tf.Tensor, axis: Axis = None, keepdims: bool = False) -> _tf.Tensor:
    return _root(var(x, axis, keepdims))


def max(
    x: _tf.Tensor,
    axis: Any = None,
    keepdims: bool = False,
    initial: _tf.Tensor | None = None,
) -> _tf.Tensor:
    result = _extremum(x, axis, keepdims, _tf.reduce_max, _tf.reduce_any)
    if initial is None:
        _not_empty(x, result)
        return result
    start = _tf.cast(initial, x.dtype)
    return (
        _tf.logical_or(result, start)
        if x.dtype == _tf.bool
        else _tf.maximum(result, start)
    )


def min(
    x: _tf.Tensor,
    axis: Any = None,
    keepdims: bool = False,
    initial: _tf.Tensor | None = None,
) -> _tf.Tensor:
    result = _extremum(x, axis, keepdims, _tf.reduce_min, _tf.reduce_all)
    if initial is None:
        _not_empty(x, result)
        return result
    start = _tf.cast(initial, x.dtype)
    return (
        _tf.logical_and(result, start)
        if x.dtype == _tf.bool
        else _tf.minimum(result, start)
    )


def _not_empty(x: _tf.Tensor, result: Any) -> None:
    """TensorFlow's extremum of nothing is an infinity; there is none."""
    if x.shape.num_elements() == 0 and result.shape.num_elements() != 0:
        raise ValueError("The extremum of no elements is undefined.")


def _extremum(
    x: _tf.Tensor, axis: Axis, keepdims: bool, reduce: Any, logical: Any
) -> _tf.Tensor:
    if x.dtype == _tf.bool:
        return logical(x, axis=axis, keepdims=keepdims)
    return reduce(x, axis=axis, keepdims=keepdims)


def any(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return _tf.reduce_any(_tf.cast(x, _tf.bool), axis=axis, keepdims=keepdims)


def all(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return _tf.reduce_all(_tf.cast(x, _tf.bool), axis=axis, keepdims=keepdims)


def argmax(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return _arg(x, axis, keepdims, _tf.argmax)


def argmin(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return _arg(x, axis, keepdims, _tf.argmin)


def _arg(x: Any, axis: Any, keepdims: bool, search: Any) -> Any:
    if x.dtype == _tf.bool:
        x = _tf.cast(x, _tf.uint8)
    if axis is None:
        found = search(_tf.reshape(x, [-1]), axis=0, output_type=_tf.int32)
        return _tf.reshape(found, [1] * x.shape.rank) if keepdims else found
    found = search(x, axis=axis, output_type=_tf.int32)
    return _tf.expand_dims(found, axis) if keepdims else found


def count_nonzero(x: _tf.Tensor, axis: Any = None) -> _tf.Tensor:
    return _tf.math.count_nonzero(x, axis=axis, dtype=_tf.int32)


def cumsum(x: _tf.Tensor, axis: Any = None, dtype: DType = None) -> _tf.Tensor:
    return _running(x, axis, dtype, _tf.cumsum)


def cumprod(x: _tf.Tensor, axis: Any = None, dtype: DType = None) -> _tf.Tensor:
    return _running(x, axis, dtype, _products)


def _products(x: _tf.Tensor, axis: int) -> Any:
    """Running products. TensorFlow's gradient divides by the numbers, also by 0."""
    size = x.shape[axis]
    if size is None or not (x.dtype.is_floating or x.dtype.is_complex):
        return _tf.math.cumprod(x, axis)

    @_tf.custom_gradient
    def products(x: _tf.Tensor) -> Any:
        def gradient(upstream: Any) -> Any:
            with _tf.GradientTape() as tape:
                tape.watch(x)
                y = _doubled(x, axis, size)
            return tape.gradient(y, x, upstream)

        return _tf.math.cumprod(x, axis), gradient

    return products(x)


def _doubled(x: _tf.Tensor, axis: int, size: int) -> _tf.Tensor:
    """Running products of 2, 4, 8 ... numbers, by nothing but multiplication."""
    lead, step = (slice(None),) * (axis % x.shape.rank), 1
    while step < size:
        moved = x[(*lead, slice(step, None))] * x[(*lead, slice(0, size - step))]
        x = _tf.concat([x[(*lead, slice(0, step))], moved], axis)
        step *= 2
    return x


def _running(
    x: _tf.Tensor, axis: Axis, dtype: DType, function: Callable[..., Any]
) -> _tf.Tensor:
    x = x if dtype is None else _tf.cast(x, _native(dtype))
    if axis is None:
        x, axis = _tf.reshape(x, [-1]), 0
    return function(x, axis=axis)


def _axes(x: _tf.Tensor, axis: Axis) -> list[int]:
    rank = x.shape.rank
    if axis is None:
        return list(range(rank))
    return list(_arguments.normal_axes(axis, rank))


def median(x: _tf.Tensor, axis: Any = None, keepdims: bool = False) -> _tf.Tensor:
    return quantile(x, 0.5, axis, keepdims=keepdims)


def quantile(
    x: _tf.Tensor,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> _tf.Tensor:
    _arguments.check_method(method)
    number = type(q) in (float, int)
    if number and not 0 <= q <= 1 or not number and q.shape.rank > 1:
        raise ValueError("Quantiles are fractions, of one dimension at most.")
    axes = _axes(x, axis)
    kept = [a for a in range(x.shape.rank) if a not in axes]
    sizes = _tf.shape(x)
    kept_sizes = [sizes[a] for a in kept]
    rows = _tf.reshape(_tf.transpose(x, kept + axes), [*kept_sizes, -1])
    rows = _tf.sort(rows, axis=-1)
    wide = _tf.float64 if x.dtype == _tf.float64 else _tf.float32
    q = _tf.convert_to_tensor(q, wide) if number else _tf.cast(q, wide)
    position = _tf.reshape(q, [-1]) * _tf.cast(_tf.shape(rows)[-1] - 1, wide)
    low, high = _tf.floor(position), _tf.math.ceil(position)
    if method == "lower":
        position = high = low
    elif method == "higher":
        position = low = high
    elif method == "nearest":
        position = low = high = _tf.round(position)
    elif method == "midpoint":
        position = (low + high) / 2
    below = _tf.gather(rows, _tf.cast(low, _tf.int32), axis=-1)
    above = _tf.gather(rows, _tf.cast(high, _tf.int32), axis=-1)
    weight = _tf.cast(position - low, x.dtype)
    result = _tf.where(below == above, below, below + (above - below) * weight)
    has_nan = _tf.reduce_any(_tf.math.is_nan(rows), axis=-1, keepdims=True)
    result = _tf.where(has_nan, x.dtype.as_numpy_dtype("nan"), result)
    rank = len(kept)
    result = _tf.transpose(result, [rank, *range(rank)])
    if keepdims:
        kept_sizes = [1 if a in axes else sizes[a] for a in range(x.shape.rank)]
    result = _tf.reshape(result, [*_tf.unstack(_tf.shape(q)), *kept_sizes])
    static = [x.shape[a] for a in kept]
    if keepdims:
        static = [1 if a in axes else x.shape[a] for a in range(x.shape.rank)]
    result.set_shape([*q.shape, *static])
    return result
