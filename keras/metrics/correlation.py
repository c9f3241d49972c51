"""How closely predictions follow labels up and down."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, TensorLike
from keras.losses.shapes import pair
from keras.metrics.mean import FunctionMetric


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """Pearson's correlation coefficient along an axis.

    Args:
        y_true: true values.
        y_pred: predictions of the same shape.
        axis: axis along which values are compared.

    Returns:
        Coefficients from -1 to 1, without that axis.

    Example:

    >>> import keras
    >>> value = keras.metrics.pearson_correlation([[0, 1, 0.5]], [[0.1, 0.9, 0.5]])
    >>> round(float(value[0]), 4)
    1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    off_true = _deviations(y_true, axis)
    off_pred = _deviations(y_pred, axis)
    off_true = ops.normalize(off_true, axis=axis)
    off_pred = ops.normalize(off_pred, axis=axis)
    return ops.sum(ops.multiply(off_true, off_pred), axis=axis)


def concordance_correlation(
    y_true: TensorLike, y_pred: TensorLike, axis: int = -1
) -> Any:
    """Lin's concordance correlation coefficient along an axis.

    As Pearson's, but predictions must agree in scale and level too.

    Args:
        y_true: true values.
        y_pred: predictions of the same shape.
        axis: axis along which values are compared.

    Returns:
        Coefficients from -1 to 1, without that axis.

    Reference:
        Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989.

    Example:

    >>> import keras
    >>> value = keras.metrics.concordance_correlation([[0.0, 1.0]], [[0.0, 1.0]])
    >>> round(float(value[0]), 4)
    1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    off_true = _deviations(y_true, axis)
    off_pred = _deviations(y_pred, axis)
    together = ops.mean(ops.multiply(off_true, off_pred), axis=axis)
    spread = ops.add(ops.var(y_true, axis=axis), ops.var(y_pred, axis=axis))
    apart = ops.subtract(ops.mean(y_true, axis=axis), ops.mean(y_pred, axis=axis))
    total = ops.add(ops.add(spread, ops.square(apart)), config.epsilon())
    return ops.divide(ops.multiply(together, 2.0), total)


def _deviations(x: TensorLike, axis: int) -> Any:
    return ops.subtract(x, ops.mean(x, axis=axis, keepdims=True))


@public_class("keras.metrics")
class PearsonCorrelation(FunctionMetric):
    """The mean of Pearson's correlation coefficients of the samples.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        axis: axis along which values are compared.

    Example:

    >>> import keras
    >>> metric = keras.metrics.PearsonCorrelation()
    >>> round(float(metric([[0, 1, 0.5]], [[0.1, 0.9, 0.5]])), 4)
    1.0
    """

    function = staticmethod(pearson_correlation)
    _keras_direction = "up"

    def __init__(
        self, name: str = "pearson_correlation", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype, axis=axis)


@public_class("keras.metrics")
class ConcordanceCorrelation(FunctionMetric):
    """The mean of the concordance correlation coefficients of the samples.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        axis: axis along which values are compared.

    Example:

    >>> import keras
    >>> metric = keras.metrics.ConcordanceCorrelation()
    >>> round(float(metric([[0.0, 1.0]], [[0.0, 1.0]])), 4)
    1.0
    """

    function = staticmethod(concordance_correlation)
    _keras_direction = "up"

    def __init__(
        self, name: str = "concordance_correlation", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype, axis=axis)
