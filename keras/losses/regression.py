"""Losses for numbers: how far predictions are off."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import pair


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `square(y_true - y_pred)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])
    >>> float(loss[0])
    5.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `abs(y_true - y_pred)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.mean_absolute_error([[0.0, 0.0]], [[1.0, 3.0]])
    >>> float(loss[0])
    2.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.abs(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `100 * abs((y_true - y_pred) / y_true)` over the last axis.

    True values closer to 0 than `epsilon()` count as that.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]])
    >>> float(loss[0])
    37.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    size = ops.maximum(ops.abs(y_true), config.epsilon())
    off = ops.abs(ops.divide(ops.subtract(y_true, y_pred), size))
    return ops.multiply(ops.mean(off, axis=-1), 100.0)


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `square(log(1 + y_true) - log(1 + y_pred))` over the last axis.

    Values below `epsilon()` count as that.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> loss = keras.losses.mean_squared_logarithmic_error([[1.0]], [[1.0]])
    >>> float(loss[0])
    0.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    off = ops.subtract(_log_of_one_more(y_true), _log_of_one_more(y_pred))
    return ops.mean(ops.square(off), axis=-1)


def _log_of_one_more(x: TensorLike) -> Any:
    return ops.log(ops.add(ops.maximum(x, config.epsilon()), 1.0))


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> Any:
    """Squared error near zero, absolute error beyond `delta`; mean over the last axis.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.
        delta: where the parabola becomes a line.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> float(keras.losses.huber([[0.0, 0.0]], [[1.0, 3.0]])[0])
    1.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    off = ops.abs(ops.subtract(y_pred, y_true))
    inner = ops.multiply(ops.square(off), 0.5)
    outer = ops.subtract(ops.multiply(off, delta), 0.5 * delta * delta)
    return ops.mean(ops.where(ops.less_equal(off, delta), inner, outer), axis=-1)


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `log(cosh(y_pred - y_true))` over the last axis.

    About half the squared error for small errors, and the absolute error minus
    `log(2)` for large ones.

    Args:
        y_true: true values, `(batch, ..., size)`.
        y_pred: predictions of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> float(keras.losses.log_cosh([[1.0]], [[1.0]])[0])
    0.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    off = ops.subtract(y_pred, y_true)
    # log(cosh(x)) without cosh, which overflows.
    grown = ops.softplus(ops.multiply(off, -2.0))
    return ops.mean(ops.subtract(ops.add(off, grown), math.log(2.0)), axis=-1)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """The negative cosine of the angle between labels and predictions.

    -1 means the same direction, 0 a right angle, 1 opposite directions.

    Args:
        y_true: true vectors.
        y_pred: predicted vectors, of the same shape.
        axis: axis along which the vectors lie.

    Returns:
        The negative cosines, without that axis.

    Example:

    >>> import keras
    >>> float(keras.losses.cosine_similarity([[1.0, 0.0]], [[2.0, 0.0]])[0])
    -1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = ops.normalize(y_true, axis=axis)
    y_pred = ops.normalize(y_pred, axis=axis)
    return ops.negative(ops.sum(ops.multiply(y_true, y_pred), axis=axis))


@public_class("keras.losses")
class MeanSquaredError(FunctionLoss):
    """The mean of squared errors; see `mean_squared_error`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.MeanSquaredError()([[0.0, 0.0]], [[1.0, 3.0]]))
    5.0
    """

    function = staticmethod(mean_squared_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class MeanAbsoluteError(FunctionLoss):
    """The mean of absolute errors; see `mean_absolute_error`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.MeanAbsoluteError()([[0.0, 0.0]], [[1.0, 3.0]]))
    2.0
    """

    function = staticmethod(mean_absolute_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class MeanAbsolutePercentageError(FunctionLoss):
    """The mean of errors in percent; see `mean_absolute_percentage_error`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.MeanAbsolutePercentageError()([[2.0]], [[1.0]]))
    50.0
    """

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_percentage_error",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class MeanSquaredLogarithmicError(FunctionLoss):
    """Squared errors of logarithms; see `mean_squared_logarithmic_error`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.MeanSquaredLogarithmicError()([[1.0]], [[1.0]]))
    0.0
    """

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_logarithmic_error",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class Huber(FunctionLoss):
    """Squared error near zero, absolute error beyond `delta`; see `huber`.

    Args:
        delta: where the parabola becomes a line.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Reference:
        https://en.wikipedia.org/wiki/Huber_loss

    Example:

    >>> import keras
    >>> float(keras.losses.Huber()([[0.0, 0.0]], [[1.0, 3.0]]))
    1.5
    """

    function = staticmethod(huber)
    options = ("delta",)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = delta


@public_class("keras.losses")
class LogCosh(FunctionLoss):
    """The logarithm of the hyperbolic cosine of errors; see `log_cosh`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.LogCosh()([[1.0]], [[1.0]]))
    0.0
    """

    function = staticmethod(log_cosh)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "log_cosh",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class CosineSimilarity(FunctionLoss):
    """The negative cosine between vectors; see `cosine_similarity`.

    Args:
        axis: axis along which the vectors lie.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
    -1.0
    """

    function = staticmethod(cosine_similarity)
    options = ("axis",)

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis
