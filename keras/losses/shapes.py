"""What the loss functions have in common: equal ranks, dtypes, binary labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keras import ops
from keras.backends import current
from keras.backends.backend import TENSOR
from keras.core import config, dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import TensorLike

F = TypeVar("F", bound=Callable[..., Any])


def of_distributions(function: F) -> F:
    """Marks a loss function whose `y_true` and `y_pred` are probabilities of classes,
    which who has logits makes of them first."""
    function._of_distributions = True  # type: ignore[attr-defined]
    return function


def pair(y_true: TensorLike, y_pred: TensorLike) -> tuple[Any, Any]:
    """Both as tensors of the predictions' dtype and of equal rank.

    Where one has a last dimension of 1 that the other lacks, it is dropped or added,
    so that `(batch,)` beside `(batch, 1)` does not broadcast to a square.
    """
    y_pred = as_float(y_pred)
    return same_rank(labels_like(y_true, y_pred), y_pred)


def as_float(x: TensorLike) -> Any:
    """A tensor; whole numbers and booleans become `floatx()`."""
    backend = current()
    if backend.kinds.get(type(x)) == TENSOR and x.dtype in backend.inexact:
        return x
    if not isinstance(x, KerasTensor):
        x = ops.convert_to_tensor(x)
    is_float = dtypes.is_float(dtypes.standardize_dtype(x.dtype))
    return x if is_float else ops.cast(x, config.floatx())


def labels_like(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """Labels as a tensor of the predictions' dtype."""
    if getattr(y_true, "dtype", None) == y_pred.dtype and type(y_true) is type(y_pred):
        return y_true
    dtype = dtypes.standardize_dtype(y_pred.dtype)
    if isinstance(y_true, KerasTensor):
        return ops.cast(y_true, dtype)
    if current().kinds.get(type(y_true)) == TENSOR and y_true.dtype == "string":
        raise TypeError("A loss compares numbers, but `y_true` holds strings.")
    return ops.convert_to_tensor(y_true, dtype=dtype)


def same_rank(x: TensorLike, y: TensorLike, keep_y: bool = False) -> tuple[Any, Any]:
    """Drops or adds a last dimension of 1 where only that keeps ranks from matching.

    So `(batch,)` beside `(batch, 1)` does not broadcast to a square.

    Args:
        x: A tensor.
        y: A tensor.
        keep_y: Whether `y` stays as it is. By default the dimension is dropped, but
            a vector gets it.
    """
    rank_x, rank_y = len(x.shape), len(y.shape)
    if rank_x == rank_y + 1 and x.shape[-1] == 1:
        if rank_y == 1 and not keep_y:
            return x, ops.expand_dims(y, -1)
        return ops.squeeze(x, -1), y
    if rank_y == rank_x + 1 and y.shape[-1] == 1:
        if rank_x == 1 or keep_y:
            return ops.expand_dims(x, -1), y
        return x, ops.squeeze(y, -1)
    return x, y


def to_sign(y_true: TensorLike) -> Any:
    """Labels of -1 and 1; where all labels are 0 or 1, 0 becomes -1."""
    is_zero = ops.equal(y_true, 0)
    is_binary = ops.all(ops.logical_or(is_zero, ops.equal(y_true, 1)))
    return ops.where(is_binary, ops.subtract(ops.multiply(y_true, 2.0), 1.0), y_true)
