"""Cross-entropies."""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn.shapes import check_axis, fail, fits


@op(promote="float", real=True)
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """Cross-entropy of yes-or-no targets, element by element.

    Args:
        target: 0, 1 or between; any shape.
        output: predictions of the same shape: probabilities, or logits. They are
            kept `epsilon()` away from 0 and 1.
        from_logits: whether `output` holds logits.

    Returns:
        A tensor of the same shape.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> loss = keras.ops.binary_crossentropy([0.0, 1.0], [0.5, 0.5])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if not fits(target.shape, output.shape):
        raise fail(
            "binary_crossentropy",
            "`target` and `output` of the same shape",
            target=target.shape,
            output=output.shape,
        )
    return KerasTensor(output.shape, output.dtype)


@op(promote="float", real=True)
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of targets that are probabilities of classes.

    Args:
        target: one-hot or other probabilities, `(..., num_classes)`.
        output: predictions of the same shape: probabilities (they are scaled to
            sum to 1 and kept `epsilon()` away from 0 and 1), or logits.
        from_logits: whether `output` holds logits.
        axis: the axis of the classes.

    Returns:
        A tensor without that axis.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> loss = keras.ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if not output.shape or not fits(target.shape, output.shape):
        raise fail(
            "categorical_crossentropy",
            "`target` and `output` of the same shape, of rank 1 or more",
            target=target.shape,
            output=output.shape,
        )
    axis = check_axis("categorical_crossentropy", axis, output.shape)[0]
    return KerasTensor(_without(output.shape, axis), output.dtype)


@op(real=True)
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of targets that are numbers of classes.

    Args:
        target: integers, of the shape of `output` without `axis` (or with size 1
            in the last place). Where one is below 0 the result is 0.
        output: predictions `(..., num_classes)`: probabilities (they are scaled to
            sum to 1 and kept `epsilon()` away from 0 and 1), or logits.
        from_logits: whether `output` holds logits.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without that axis.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> loss = keras.ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    name = "sparse_categorical_crossentropy"
    if not output.shape:
        raise fail(name, "`output` of rank 1 or more", output=output.shape)
    axis = check_axis(name, axis, output.shape)[0]
    shape = _without(output.shape, axis)
    squeezed = target.shape
    if len(squeezed) == len(output.shape) and squeezed[-1] in (1, None):
        squeezed = squeezed[:-1]
    if not fits(squeezed, shape):
        raise fail(
            name,
            f"`target` of the shape of `output` without axis {axis}",
            target=target.shape,
            output=output.shape,
        )
    return KerasTensor(shape, dtypes.float_result(output.dtype))


def _without(shape: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return (*shape[:axis], *shape[axis + 1 :])
