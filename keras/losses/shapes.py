"""What the loss functions have in common: equal ranks, dtypes, binary labels."""

from __future__ import annotations

from typing import Any

from keras import ops


def pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of the predictions' dtype and of equal rank.

    Where one has a last dimension of 1 that the other lacks, it is dropped or added,
    so that `(batch,)` beside `(batch, 1)` does not broadcast to a square.
    """
    y_pred = as_float(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=ops.dtype(y_pred))
    return same_rank(y_true, y_pred)


def as_float(x: Any) -> Any:
    """A tensor; whole numbers and booleans become `floatx()`."""
    x = ops.convert_to_tensor(x)
    if not ops.is_float(x):
        x = ops.cast(x, None)
    return x


def same_rank(x: Any, y: Any) -> tuple[Any, Any]:
    """Drops or adds a last dimension of 1 where ranks differ by one."""
    rank_x, rank_y = len(x.shape), len(y.shape)
    if rank_x == rank_y:
        return x, y
    if rank_x == rank_y + 1 and x.shape[-1] == 1:
        return (x, ops.expand_dims(y, -1)) if rank_y == 1 else (ops.squeeze(x, -1), y)
    if rank_y == rank_x + 1 and y.shape[-1] == 1:
        return (ops.expand_dims(x, -1), y) if rank_x == 1 else (x, ops.squeeze(y, -1))
    return x, y


def to_sign(y_true: Any) -> Any:
    """Labels of -1 and 1; where all labels are 0 or 1, 0 becomes -1."""
    is_zero = ops.equal(y_true, 0)
    is_binary = ops.all(ops.logical_or(is_zero, ops.equal(y_true, 1)))
    return ops.where(is_binary, ops.subtract(ops.multiply(y_true, 2.0), 1.0), y_true)
