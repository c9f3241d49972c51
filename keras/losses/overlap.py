"""Losses of segmentation: how badly two areas overlap."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import as_float, labels_like

Axis = int | tuple[int, ...] | list[int] | None


def dice(y_true: TensorLike, y_pred: TensorLike, axis: Axis = None) -> Any:
    """`1 - 2 * overlap / (area of labels + area of predictions)`.

    Args:
        y_true: labels from 0 to 1.
        y_pred: predictions from 0 to 1, of the same shape.
        axis: axes to sum over; all by default.

    Returns:
        The loss, without those axes.

    Reference:
        https://en.wikipedia.org/wiki/Dice-Sorensen_coefficient

    Example:

    >>> import keras
    >>> float(keras.losses.dice([[1.0, 1.0]], [[1.0, 1.0]]))
    0.0
    """
    y_pred = as_float(y_pred)
    y_true = labels_like(y_true, y_pred)
    axis = tuple(axis) if isinstance(axis, list) else axis
    overlap = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    areas = ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis))
    epsilon = config.epsilon()
    doubled = ops.add(ops.multiply(overlap, 2.0), epsilon)
    return ops.subtract(1.0, ops.divide(doubled, ops.add(areas, epsilon)))


def tversky(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis = None,
) -> Any:
    """`1 - overlap / (overlap + alpha * missed + beta * added)`.

    `missed` is the area of labels that predictions do not cover, `added` that of
    predictions outside of labels. With `alpha = beta = 0.5` this is `dice`.

    Args:
        y_true: labels from 0 to 1.
        y_pred: predictions from 0 to 1, of the same shape.
        alpha: weight of what is missed.
        beta: weight of what is added.
        axis: axes to sum over; all by default.

    Returns:
        The loss, without those axes.

    Reference:
        Salehi et al., "Tversky loss function for image segmentation", 2017.

    Example:

    >>> import keras
    >>> float(keras.losses.tversky([[1.0, 1.0]], [[1.0, 1.0]]))
    0.0
    """
    y_pred = as_float(y_pred)
    y_true = labels_like(y_true, y_pred)
    axis = tuple(axis) if isinstance(axis, list) else axis
    overlap = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    missed = ops.sum(ops.multiply(ops.subtract(1.0, y_pred), y_true), axis=axis)
    added = ops.sum(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=axis)
    wrong = ops.add(ops.multiply(missed, alpha), ops.multiply(added, beta))
    epsilon = config.epsilon()
    right = ops.add(overlap, epsilon)
    return ops.subtract(
        1.0, ops.divide(right, ops.add(ops.add(overlap, wrong), epsilon))
    )


@public_class("keras.losses")
class Dice(FunctionLoss):
    """How badly two areas overlap; see `dice`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        axis: axes to sum over; all by default.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.Dice()([[1.0, 1.0]], [[1.0, 1.0]]))
    0.0
    """

    function = staticmethod(dice)
    options = ("axis",)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "dice",
        axis: Axis = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis


@public_class("keras.losses")
class Tversky(FunctionLoss):
    """Overlap with weights for the two kinds of error; see `tversky`.

    Args:
        alpha: weight of what predictions miss.
        beta: weight of what they add.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        axis: axes to sum over; all by default.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.Tversky()([[1.0, 1.0]], [[1.0, 1.0]]))
    0.0
    """

    function = staticmethod(tversky)
    options = ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        axis: Axis = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis
