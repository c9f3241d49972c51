"""Losses that compare distributions: Kullback-Leibler divergence and Poisson."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.loss import FunctionLoss
from keras.losses.shapes import of_distributions, pair


@of_distributions
def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The sum of `y_true * log(y_true / y_pred)` over the last axis.

    Probabilities are kept between `epsilon()` and 1.

    Args:
        y_true: true probabilities, `(batch, ..., classes)`.
        y_pred: predicted ones of the same shape.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> float(keras.losses.kl_divergence([[0.5, 0.5]], [[0.5, 0.5]])[0])
    0.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """The mean of `y_pred - y_true * log(y_pred)` over the last axis.

    Args:
        y_true: true counts, `(batch, ..., size)`.
        y_pred: predicted rates of the same shape, not negative.

    Returns:
        One value per sample, `(batch, ...)`.

    Example:

    >>> import keras
    >>> round(float(keras.losses.poisson([[2.0]], [[1.0]])[0]), 4)
    1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    logarithm = ops.log(ops.add(y_pred, config.epsilon()))
    return ops.mean(ops.subtract(y_pred, ops.multiply(y_true, logarithm)), axis=-1)


@public_class("keras.losses")
class KLDivergence(FunctionLoss):
    """The divergence of predicted probabilities from true ones; see `kl_divergence`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    function = staticmethod(kl_divergence)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "kl_divergence",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


@public_class("keras.losses")
class Poisson(FunctionLoss):
    """The likelihood of counts under predicted rates; see `poisson`.

    Args:
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        name: name of the loss.
        dtype: dtype of the computations.

    Example:

    >>> import keras
    >>> round(float(keras.losses.Poisson()([[2.0]], [[1.0]])), 4)
    1.0
    """

    function = staticmethod(poisson)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "poisson",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
