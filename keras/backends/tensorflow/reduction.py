"""Functions over axes, on the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras.backends import arguments
from keras.backends.tensorflow.core import native_dtype
from keras.backends.tensorflow.derivatives import root
from keras.core.typing import Axis, DType, TensorLike

_SMALL = (tf.bool, tf.int8, tf.int16, tf.uint8, tf.uint16)


def sum(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    return tf.reduce_sum(x, axis=axis, keepdims=keepdims)


def prod(
    x: tf.Tensor, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> tf.Tensor:
    x = x if dtype is None else tf.cast(x, native_dtype(dtype))
    return tf.reduce_prod(x, axis=axis, keepdims=keepdims)


def mean(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    if x.dtype.is_floating and x.dtype.size == 2:  # the sum would overflow
        total = tf.reduce_mean(tf.cast(x, tf.float32), axis=axis, keepdims=keepdims)
        return tf.cast(total, x.dtype)
    return tf.reduce_mean(x, axis=axis, keepdims=keepdims)


def var(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    if x.dtype.size == 2:  # half precision: the squares would overflow or vanish
        wide = tf.cast(x, tf.float32)
        return tf.cast(
            tf.math.reduce_variance(wide, axis=axis, keepdims=keepdims), x.dtype
        )
    return tf.math.reduce_variance(x, axis=axis, keepdims=keepdims)


def std(x: tf.Tensor, axis: Axis = None, keepdims: bool = False) -> tf.Tensor:
    return root(var(x, axis, keepdims))


def max(
    x: tf.Tensor,
    axis: Any = None,
    keepdims: bool = False,
    initial: tf.Tensor | None = None,
) -> tf.Tensor:
    result = _extremum(x, axis, keepdims, tf.reduce_max, tf.reduce_any)
    if initial is None:
        _not_empty(x, result)
        return result
    start = tf.cast(initial, x.dtype)
    return (
        tf.logical_or(result, start)
        if x.dtype == tf.bool
        else tf.maximum(result, start)
    )


def min(
    x: tf.Tensor,
    axis: Any = None,
    keepdims: bool = False,
    initial: tf.Tensor | None = None,
) -> tf.Tensor:
    result = _extremum(x, axis, keepdims, tf.reduce_min, tf.reduce_all)
    if initial is None:
        _not_empty(x, result)
        return result
    start = tf.cast(initial, x.dtype)
    return (
        tf.logical_and(result, start)
        if x.dtype == tf.bool
        else tf.minimum(result, start)
    )


def _not_empty(x: tf.Tensor, result: Any) -> None:
    """TensorFlow's extremum of nothing is an infinity; there is none."""
    if x.shape.num_elements() == 0 and result.shape.num_elements() != 0:
        raise ValueError("The extremum of no elements is undefined.")


def _extremum(
    x: tf.Tensor, axis: Axis, keepdims: bool, reduce: Any, logical: Any
) -> tf.Tensor:
    if x.dtype == tf.bool:
        return logical(x, axis=axis, keepdims=keepdims)
    return reduce(x, axis=axis, keepdims=keepdims)


def any(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    return tf.reduce_any(tf.cast(x, tf.bool), axis=axis, keepdims=keepdims)


def all(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    return tf.reduce_all(tf.cast(x, tf.bool), axis=axis, keepdims=keepdims)


def argmax(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    return _arg(x, axis, keepdims, tf.argmax)


def argmin(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    return _arg(x, axis, keepdims, tf.argmin)


def _arg(x: TensorLike, axis: Any, keepdims: bool, search: Any) -> Any:
    if x.dtype == tf.bool:
        x = tf.cast(x, tf.uint8)
    if axis is None:
        found = search(tf.reshape(x, [-1]), axis=0, output_type=tf.int32)
        return tf.reshape(found, [1] * x.shape.rank) if keepdims else found
    found = search(x, axis=axis, output_type=tf.int32)
    return tf.expand_dims(found, axis) if keepdims else found


def count_nonzero(x: tf.Tensor, axis: Any = None) -> tf.Tensor:
    return tf.math.count_nonzero(x, axis=axis, dtype=tf.int32)


def cumsum(x: tf.Tensor, axis: Any = None, dtype: DType = None) -> tf.Tensor:
    return _running(x, axis, dtype, tf.cumsum)


def cumprod(x: tf.Tensor, axis: Any = None, dtype: DType = None) -> tf.Tensor:
    return _running(x, axis, dtype, _products)


def _products(x: tf.Tensor, axis: int) -> Any:
    """Running products. TensorFlow's gradient divides by the numbers, also by 0."""
    size = x.shape[axis]
    if size is None or not (x.dtype.is_floating or x.dtype.is_complex):
        return tf.math.cumprod(x, axis)

    @tf.custom_gradient
    def products(x: tf.Tensor) -> Any:
        def gradient(upstream: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = _doubled(x, axis, size)
            return tape.gradient(y, x, upstream)

        return tf.math.cumprod(x, axis), gradient

    return products(tf.convert_to_tensor(x))


def _doubled(x: tf.Tensor, axis: int, size: int) -> tf.Tensor:
    """Running products of 2, 4, 8 ... numbers, by nothing but multiplication."""
    lead, step = (slice(None),) * (axis % x.shape.rank), 1
    while step < size:
        moved = x[(*lead, slice(step, None))] * x[(*lead, slice(0, size - step))]
        x = tf.concat([x[(*lead, slice(0, step))], moved], axis)
        step *= 2
    return x


def _running(
    x: tf.Tensor, axis: Axis, dtype: DType, function: Callable[..., Any]
) -> tf.Tensor:
    x = x if dtype is None else tf.cast(x, native_dtype(dtype))
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    return function(x, axis=axis)


def _axes(x: tf.Tensor, axis: Axis) -> list[int]:
    rank = x.shape.rank
    if axis is None:
        return list(range(rank))
    return list(arguments.normal_axes(axis, rank))


def quantile(
    x: tf.Tensor,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> tf.Tensor:
    arguments.check_method(method)
    number = type(q) in (float, int)
    if number and not 0 <= q <= 1 or not number and q.shape.rank > 1:
        raise ValueError("Quantiles are fractions, of one dimension at most.")
    axes = _axes(x, axis)
    kept = [a for a in range(x.shape.rank) if a not in axes]
    sizes = tf.shape(x)
    kept_sizes = [sizes[a] for a in kept]
    rows = tf.reshape(tf.transpose(x, kept + axes), [*kept_sizes, -1])
    rows = tf.sort(rows, axis=-1)
    wide = tf.float64 if x.dtype == tf.float64 else tf.float32
    q = tf.convert_to_tensor(q, wide) if number else tf.cast(q, wide)
    position = tf.reshape(q, [-1]) * tf.cast(tf.shape(rows)[-1] - 1, wide)
    low, high = tf.floor(position), tf.math.ceil(position)
    if method == "lower":
        position = high = low
    elif method == "higher":
        position = low = high
    elif method == "nearest":
        position = low = high = tf.round(position)
    elif method == "midpoint":
        position = (low + high) / 2
    below = tf.gather(rows, tf.cast(low, tf.int32), axis=-1)
    above = tf.gather(rows, tf.cast(high, tf.int32), axis=-1)
    weight = tf.cast(position - low, x.dtype)
    result = tf.where(below == above, below, below + (above - below) * weight)
    has_nan = tf.reduce_any(tf.math.is_nan(rows), axis=-1, keepdims=True)
    result = tf.where(has_nan, x.dtype.as_numpy_dtype("nan"), result)
    rank = len(kept)
    result = tf.transpose(result, [rank, *range(rank)])
    if keepdims:
        kept_sizes = [1 if a in axes else sizes[a] for a in range(x.shape.rank)]
    result = tf.reshape(result, [*tf.unstack(tf.shape(q)), *kept_sizes])
    static = [x.shape[a] for a in kept]
    if keepdims:
        static = [1 if a in axes else x.shape[a] for a in range(x.shape.rank)]
    result.set_shape([*q.shape, *static])
    return result
