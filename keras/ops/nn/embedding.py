"""Integers as vectors."""

from __future__ import annotations

from typing import Any

from keras.core import config
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import DType, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn.shapes import fail


@op
def one_hot(
    x: TensorLike,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> Tensor:
    """Integers as vectors that are 1 at that place and 0 elsewhere.

    Integers outside `0 ... num_classes - 1` give vectors of zeros.

    Args:
        x: integer tensor of any shape.
        num_classes: the length of the vectors.
        axis: where the new axis goes in the output.
        dtype: dtype of the output, `floatx()` by default.
        sparse: whether to return a sparse tensor, on backends that have them.

    Returns:
        A tensor of rank one higher.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.one_hot([1, 0], 3)).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    _check_classes("one_hot", num_classes)
    rank = len(x.shape) + 1
    if not -rank <= axis < rank:
        raise fail("one_hot", f"`axis` from {-rank} to {rank - 1}", axis=axis)
    axis %= rank
    shape = (*x.shape[:axis], num_classes, *x.shape[axis:])
    return KerasTensor(shape, dtype or config.floatx(), sparse=sparse)


@op
def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Sets of integers as vectors that are 1 at those places and 0 elsewhere.

    Args:
        inputs: integer tensor of shape `(set_size,)` or `(batch, set_size, ...)`.
        num_classes: the length of the vectors.
        axis: where the new axis goes, before the axis of the set is dropped.
        dtype: dtype of the output, `floatx()` by default.
        sparse: whether to return a sparse tensor, on backends that have them.

    Returns:
        `(num_classes,)` or `(batch, ..., num_classes)`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.multi_hot([0, 2], 4)).tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    num_classes = kwargs.get("num_tokens", num_classes)
    _check_classes("multi_hot", num_classes)
    if not inputs.shape:
        raise fail("multi_hot", "`inputs` of rank 1 or more", inputs=inputs.shape)
    rank = len(inputs.shape) + 1
    if not -rank <= axis < rank:
        raise fail("multi_hot", f"`axis` from {-rank} to {rank - 1}", axis=axis)
    axis %= rank
    shape = [*inputs.shape[:axis], num_classes, *inputs.shape[axis:]]
    del shape[1 if len(inputs.shape) > 1 else 0]
    return KerasTensor(tuple(shape), dtype or config.floatx(), sparse=sparse)


def _check_classes(op_name: str, num_classes: Any) -> None:
    if isinstance(num_classes, bool) or not hasattr(num_classes, "__index__"):
        raise ValueError(
            f"keras.ops.{op_name} expects `num_classes` to be an integer. "
            f"Received: num_classes={num_classes!r}."
        )
    if num_classes < 0:
        raise fail(op_name, "`num_classes` of at least 0", num_classes=num_classes)
