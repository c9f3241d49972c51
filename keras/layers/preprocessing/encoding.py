"""Integers as vectors: one-hot, multi-hot and counts."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.backends import current
from keras.core import dtypes
from keras.core.config import floatx
from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.layer import Layer


def output_mode(layer: Layer, value: Any, allowed: tuple[str, ...]) -> str:
    """The value, if it is one of the allowed modes.

    Raises:
        ValueError: if it is not.
    """
    if value not in allowed:
        raise ValueError(
            f"{type(layer).__name__} expects `output_mode` to be one of "
            f"{', '.join(map(repr, allowed))}. Received: output_mode={value!r}."
        )
    return value


def check_sparse(layer: Layer, sparse: bool, mode: str) -> bool:
    """`sparse`, which makes no sense for integers as they are.

    Raises:
        ValueError: if it is asked of them.
    """
    if sparse and mode == "int":
        raise ValueError(
            f"{type(layer).__name__} can give sparse tensors with another "
            "`output_mode` than 'int' only. Received: sparse=True and "
            f"output_mode={mode!r}."
        )
    return bool(sparse)


def vector_dtype(layer: Any) -> str:
    """The dtype of a layer's vectors: its own, but weights are no integers."""
    given = layer.compute_dtype
    weighed = layer.output_mode == "tf_idf" and not dtypes.is_float(given)
    return floatx() if weighed else given


def encoded_shape(shape: Shape, depth: int | None, mode: str) -> Shape:
    """The shape of what `encode` makes of integers of a shape."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        if not shape:
            return 1, depth
        squeezed = len(shape) > 1 and shape[-1] == 1
        return (*(shape[:-1] if squeezed else shape), depth)
    return (*shape[:-1], depth)


def encode(
    values: TensorLike,
    depth: int,
    mode: str,
    dtype: str,
    weights: TensorLike = None,
    sparse: bool = False,
) -> Tensor:
    """Integers from 0 to below `depth` as vectors; others count as none.

    Args:
        values: integers, `(...)` or `(..., items)`.
        depth: size of the vectors.
        mode: `"one_hot"`: `(..., depth)`, a last axis of size 1 taken out before;
            `"multi_hot"`: which integers a row has, `(..., depth)` for `(..., items)`;
            `"count"`: how often.
        dtype: of the vectors.
        weights: what each integer counts, in the shape of `values`.
        sparse: whether to give a sparse tensor, where the backend has them.
    """
    shape = tuple(values.shape)
    if mode == "one_hot":
        if not shape:
            values = ops.reshape(values, (1,))
        elif len(shape) > 1 and shape[-1] == 1:
            values = ops.squeeze(values, -1)
        outputs = ops.one_hot(values, depth, dtype=dtype)
    else:
        if not shape:
            values = ops.reshape(values, (1,))
            weights = None if weights is None else ops.reshape(weights, (1,))
        hot = ops.one_hot(values, depth, dtype=dtype)
        if mode == "multi_hot":
            outputs = ops.max(hot, axis=-2, initial=0)
        elif weights is None:
            outputs = ops.sum(hot, axis=-2)
        else:
            outputs = ops.sum(hot * ops.cast(weights, dtype)[..., None], axis=-2)
    outputs = ops.cast(outputs, dtype)
    return as_sparse(outputs, values) if sparse else outputs


def as_sparse(outputs: TensorLike, values: TensorLike) -> Tensor:
    """Vectors as a sparse tensor, on backends that have them.

    Args:
        outputs: the vectors.
        values: what they were made of: each gives one number that is not zero at most.

    Raises:
        ValueError: on backends without sparse tensors.
    """
    outputs = ops.convert_to_tensor(
        outputs, sparse=True
    )  # refused where there are none
    shape = tuple(values.shape)
    most = None if None in shape else math.prod(shape)
    return current().sparse.from_dense(outputs, most)
