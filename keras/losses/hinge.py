"""Losses that ask for a margin between right and wrong."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import pair, to_sign


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `maximum(1 - y_true * y_pred, 0)` over the last axis.

    Args:
        y_true: labels of -1 and 1, `(batch, ..., size)`. If all are 0 or 1, 0 stands
            for -1.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> float(keras.losses.hinge([[0.0, 1.0]], [[-1.0, 0.5]])[0])
    0.25
    """
    return ops.mean(_shortfall(y_true, y_pred), axis=-1)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `square(maximum(1 - y_true * y_pred, 0))` over the last axis.

    Args:
        y_true: labels of -1 and 1, `(batch, ..., size)`. If all are 0 or 1, 0 stands
            for -1.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> float(keras.losses.squared_hinge([[0.0, 1.0]], [[-1.0, 0.0]])[0])
    0.5
    """
    return ops.mean(ops.square(_shortfall(y_true, y_pred)), axis=-1)


def _shortfall(y_true: TensorLike, y_pred: TensorLike) -> Any:
    y_true, y_pred = pair(y_true, y_pred)
    return ops.relu(ops.subtract(1.0, ops.multiply(to_sign(y_true), y_pred)))


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """How little the right class stands out: `maximum(neg - pos + 1, 0)`.

    `pos` is the prediction for the right class, `neg` the largest of the others.

    Args:
        y_true: labels of 0 and 1, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.categorical_hinge([[0.0, 1.0]], [[0.5, 0.25]])
    >>> float(loss[0])
    1.25
    """
    y_true, y_pred = pair(y_true, y_pred)
    positive = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    others = ops.multiply(ops.subtract(1.0, y_true), y_pred)
    return ops.relu(ops.add(ops.subtract(ops.max(others, axis=-1), positive), 1.0))


@public_class("keras.losses")
class Hinge(FunctionLoss):
    """Margin between labels of -1 and 1; see `hinge`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.Hinge()([[0.0, 1.0]], [[-1.0, 0.5]]))
    0.25
    """

    function = staticmethod(hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "hinge",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class SquaredHinge(FunctionLoss):
    """Squared margin between labels of -1 and 1; see `squared_hinge`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.SquaredHinge()([[0.0, 1.0]], [[-1.0, 0.0]]))
    0.5
    """

    function = staticmethod(squared_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "squared_hinge",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class CategoricalHinge(FunctionLoss):
    """Margin between classes; see `categorical_hinge`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.25]]))
    1.25
    """

    function = staticmethod(categorical_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_hinge",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
