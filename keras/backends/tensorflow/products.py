"""Products of tensors, on the TensorFlow backend."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras.backends.tensorflow.core import shape as sizes_of
from keras.backends.tensorflow.tracing import under_xla

# Integer types that the matmul kernels lack.
_WIDE = dict.fromkeys((tf.int8, tf.int16, tf.uint8, tf.uint16, tf.bool), tf.int32) | {
    tf.uint32: tf.int64,
    tf.uint64: tf.int64,
}


def _through(function: Callable[..., Any], *operands: Any) -> tf.Tensor:
    """The product, by way of a type that the kernels have."""
    dtype = operands[0].dtype
    wide = _WIDE.get(dtype)
    if wide is None:
        return function(*operands)
    return tf.cast(function(*(tf.cast(x, wide) for x in operands)), dtype)


def matmul(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if x1.shape.rank == 1 or x2.shape.rank == 1:
        return _through(_vector_product, x1, x2)
    return _through(tf.matmul, x1, x2)


def _vector_product(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    if x1.shape.rank == 1 and x2.shape.rank == 1:
        return tf.tensordot(x1, x2, 1)
    if x2.shape.rank == 1:
        return tf.linalg.matvec(x1, x2)
    return tf.squeeze(tf.matmul(x1[None, :], x2), axis=-2)


def tensordot(x1: tf.Tensor, x2: tf.Tensor, axes: Any = 2) -> tf.Tensor:
    return _through(lambda a, b: tf.tensordot(a, b, axes), x1, x2)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> tf.Tensor:
    return _through(lambda *xs: tf.einsum(subscripts, *xs), *operands)


def integer_linear(x: tf.Tensor, kernel: tf.Tensor, axes: int = 1) -> tf.Tensor:
    sizes, shape = sizes_of(kernel), sizes_of(x)
    features, units = math.prod(sizes[:axes]), sizes[axes:]
    kernel = tf.reshape(kernel, (features, -1))
    flat = tf.reshape(x, (-1, features))
    if under_xla():
        y = _integer_product(flat, kernel)
    else:  # TensorFlow's own kernel of integers takes several times as long
        y = tf.matmul(tf.cast(flat, tf.float32), tf.cast(kernel, tf.float32))
    return tf.reshape(y, (*shape[: len(shape) - axes], *units))


def _integer_product(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    rows = x.shape[0]
    if rows == 1:  # XLA's fast kernels on CPUs are those of matrices, not of vectors
        x = tf.pad(x, ((0, 3), (0, 0)))
    y = tf.matmul(x, kernel, output_type=tf.int32)
    return y[:1] if rows == 1 else y
