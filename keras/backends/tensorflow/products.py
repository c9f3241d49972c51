"""Products of tensors, on the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as _tf

# Integer types that the matmul kernels lack.
_WIDE = dict.fromkeys(
    (_tf.int8, _tf.int16, _tf.uint8, _tf.uint16, _tf.bool), _tf.int32
) | {_tf.uint32: _tf.int64, _tf.uint64: _tf.int64}


def _through(function: Callable[..., Any], *operands: Any) -> _tf.Tensor:
    """The product, by way of a type that the kernels have."""
    dtype = operands[0].dtype
    wide = _WIDE.get(dtype)
    if wide is None:
        return function(*operands)
    return _tf.cast(function(*(_tf.cast(x, wide) for x in operands)), dtype)


def matmul(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if x1.shape.rank == 1 or x2.shape.rank == 1:
        return _through(_vector_product, x1, x2)
    return _through(_tf.matmul, x1, x2)


def _vector_product(x1: _tf.Tensor, x2: _tf.Tensor) -> _tf.Tensor:
    if x1.shape.rank == 1 and x2.shape.rank == 1:
        return _tf.tensordot(x1, x2, 1)
    if x2.shape.rank == 1:
        return _tf.linalg.matvec(x1, x2)
    return _tf.squeeze(_tf.matmul(x1[None, :], x2), axis=-2)


def tensordot(x1: _tf.Tensor, x2: _tf.Tensor, axes: Any = 2) -> _tf.Tensor:
    return _through(lambda a, b: _tf.tensordot(a, b, axes), x1, x2)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> _tf.Tensor:
    return _through(lambda *xs: _tf.einsum(subscripts, *xs), *operands)
