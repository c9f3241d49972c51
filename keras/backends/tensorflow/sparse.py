"""Ops on TensorFlow's SparseTensor.

A function here takes what the op takes, dtypes agreed, at least one of the tensors
sparse. None means that there is no sparse way, and the caller makes them dense.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from keras.backends.tensorflow.core import is_sparse
from keras.core.typing import TensorLike


def to_dense(x: tf.Tensor) -> tf.Tensor:
    return tf.sparse.to_dense(x, validate_indices=False)


def from_dense(x: tf.Tensor, most: int | None = None) -> tf.Tensor:
    """The same numbers, kept where they are not zero; how many at most is no matter."""
    return tf.sparse.from_dense(x)


def map_values(
    function: Callable[..., Any], x: tf.Tensor, *args: Any, **kwargs: Any
) -> Any:
    """A function that keeps zeros, on the values that are there."""
    return tf.SparseTensor(
        x.indices, function(x.values, *args, **kwargs), x.dense_shape
    )


def _covers(x: tf.Tensor, dense: Any) -> bool:
    """Whether a number or tensor broadcasts to the shape of the sparse one."""
    shape = tf.TensorShape([]) if isinstance(dense, (int, float)) else dense.shape
    if shape.rank == 0:
        return True
    sizes, own = shape.as_list(), x.shape.as_list()
    if len(sizes) > len(own):
        return False
    return all(
        small in (1, big)
        for small, big in zip(reversed(sizes), reversed(own), strict=False)
    )


def _at(dense: Any, x: tf.Tensor) -> Any:
    """The numbers of a tensor at the places of a sparse one; a number as it is."""
    if isinstance(dense, (int, float)) or dense.shape.rank == 0:
        return dense
    whole = tf.broadcast_to(dense, tf.cast(x.dense_shape, tf.int64))
    return tf.gather_nd(whole, x.indices)


# Arithmetic -------------------------------------------------------------------------


def add(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    if not (is_sparse(x1) and is_sparse(x2)) or x1.shape != x2.shape:
        return None
    return tf.sparse.add(x1, x2)


def subtract(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    return add(x1, map_values(tf.negative, x2)) if is_sparse(x2) else None


def multiply(x1: TensorLike, x2: TensorLike) -> Any:
    if is_sparse(x1) and is_sparse(x2):
        return _matched(x1, x2) if x1.shape == x2.shape else None
    x, dense = (x1, x2) if is_sparse(x1) else (x2, x1)
    return map_values(lambda v: v * _at(dense, x), x) if _covers(x, dense) else None


def _matched(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    """The product at the places of `x1`; those that `x2` lacks are zero."""
    x2 = tf.sparse.reorder(x2)
    strides = tf.math.cumprod(x1.dense_shape, exclusive=True, reverse=True)
    places, others = (tf.reduce_sum(x.indices * strides, axis=1) for x in (x1, x2))
    # One more entry stands for "not found" where `x2` has none.
    others = tf.concat([others, [-1]], 0)
    values = tf.concat([x2.values, tf.zeros((1,), x2.dtype)], 0)
    found = tf.searchsorted(others[:-1], places)
    hit = tf.gather(others, found) == places
    factor = tf.where(hit, tf.gather(values, found), tf.zeros((), x2.dtype))
    return map_values(lambda v: v * factor, x1)


def divide(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    if is_sparse(x2) or not _covers(x1, x2):
        return None
    if not tf.executing_eagerly() or bool(tf.reduce_any(tf.equal(x2, 0))):
        return from_dense(to_dense(x1) / x2)  # 0 / 0 is NaN, not left out
    return map_values(lambda v: v / _at(x2, x1), x1)


true_divide = divide


def maximum(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    if not (is_sparse(x1) and is_sparse(x2)) or x1.shape != x2.shape:
        return None
    return tf.sparse.maximum(tf.sparse.reorder(x1), tf.sparse.reorder(x2))


def minimum(x1: tf.Tensor, x2: tf.Tensor) -> Any:
    if not (is_sparse(x1) and is_sparse(x2)) or x1.shape != x2.shape:
        return None
    return tf.sparse.minimum(tf.sparse.reorder(x1), tf.sparse.reorder(x2))


_MULTIPLIED = (tf.float32, tf.float64, tf.int32, tf.complex64, tf.complex128)


def matmul(x1: TensorLike, x2: TensorLike) -> Any:
    if x1.shape.rank != 2 or x2.shape.rank not in (1, 2):
        return None
    if x1.dtype not in _MULTIPLIED or (is_sparse(x2) and x2.shape.rank == 1):
        return None
    if is_sparse(x1) and is_sparse(x2):
        product = tf.sparse.sparse_dense_matmul(x1, to_dense(x2))
        return tf.sparse.from_dense(product)
    if is_sparse(x1):
        if x2.shape.rank == 1:
            return tf.sparse.sparse_dense_matmul(x1, x2[:, None])[:, 0]
        return tf.sparse.sparse_dense_matmul(x1, x2)
    flipped = tf.sparse.transpose(x2)
    return tf.transpose(tf.sparse.sparse_dense_matmul(flipped, tf.transpose(x1)))


# Shapes and sums --------------------------------------------------------------------


def transpose(x: tf.Tensor, axes: Any = None) -> tf.Tensor:
    return tf.sparse.transpose(x, axes)


def reshape(x: TensorLike, newshape: Any) -> Any:
    sizes = [newshape] if isinstance(newshape, int) else list(newshape)
    result = tf.sparse.reshape(x, sizes)
    if all(isinstance(size, int) and size >= 0 for size in sizes):
        result = _shaped(result, sizes)
    return result


def _shaped(x: tf.Tensor, sizes: Any) -> tf.Tensor:
    """The same, with sizes that TensorFlow lost sight of."""
    if x.shape.is_fully_defined():
        return x
    x.set_shape(sizes)
    return x


def expand_dims(x: tf.Tensor, axis: Any) -> tf.Tensor:
    axes = [axis] if isinstance(axis, int) else list(axis)
    rank = x.shape.rank + len(axes)
    for place in sorted(a % rank for a in axes):
        x = tf.sparse.expand_dims(x, place)
    return x


def squeeze(x: TensorLike, axis: Any = None) -> Any:
    sizes = x.shape.as_list()
    if axis is None:
        axis = [a for a, size in enumerate(sizes) if size == 1]
    gone = {a % len(sizes) for a in ([axis] if isinstance(axis, int) else axis)}
    kept = [a for a in range(len(sizes)) if a not in gone]
    result = tf.sparse.reshape(x, tf.gather(x.dense_shape, kept))
    return _shaped(result, [sizes[a] for a in kept])


def sum(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    total = tf.sparse.reduce_sum(x, axis=axis, keepdims=keepdims, output_is_sparse=True)
    rank = x.shape.rank
    axes = range(rank) if axis is None else [axis] if isinstance(axis, int) else axis
    gone = {a % rank for a in axes}
    sizes = [
        1 if a in gone else size
        for a, size in enumerate(x.shape.as_list())
        if keepdims or a not in gone
    ]
    return _shaped(total, sizes)


def mean(x: tf.Tensor, axis: Any = None, keepdims: bool = False) -> tf.Tensor:
    total = sum(x, axis, keepdims)
    count = tf.reduce_prod(x.dense_shape) // tf.reduce_prod(total.dense_shape)
    return map_values(lambda v: v / tf.cast(count, v.dtype), total)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    if not all(map(is_sparse, xs)):
        return None
    return tf.sparse.concat(axis, list(xs))


def counts(x: tf.Tensor, weights: TensorLike = None, minlength: int = 0) -> tf.Tensor:
    """How often each integer is among the values that are there."""
    values = tf.cast(x.values, "int64")
    each = (
        tf.ones_like(values, "int32") if weights is None else _at(to_dense(weights), x)
    )
    most = tf.reduce_max(tf.concat([values, [-1]], 0)) + 1
    length = tf.maximum(most, tf.cast(minlength, "int64"))
    places = tf.concat([x.indices[:, :-1], values[:, None]], 1)
    shape = tf.concat([x.dense_shape[:-1], [length]], 0)
    return tf.scatter_nd(places, each, shape)
