"""Sums and means of values: what most metrics are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keras import ops
from keras.backends import current
from keras.backends.backend import TENSOR
from keras.core.facts import public_class
from keras.core.masking import get_mask
from keras.core.typing import DType, Tensor, TensorLike
from keras.losses.reduction import align
from keras.metrics.metric import Metric


@public_class("keras.metrics")
class Sum(Metric):
    """The weighted sum of all values.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.Sum()
    >>> float(metric([1.0, 3.0, 5.0]))
    9.0
    """

    def __init__(self, name: str | None = "sum", dtype: DType = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")

    def update_state(
        self, values: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Adds values, each times its weight.

        Args:
            values: values of any shape.
            sample_weight: factors that broadcast to the values; all 1 by default.
        """
        values, weights = weigh(values, sample_weight, self._dtype)
        if weights is not None:
            values = ops.multiply(*align(values, weights))
        self.total.assign_add(ops.sum(values))

    def result(self) -> Tensor:
        """The sum so far."""
        return ops.copy(self.total.value)


@public_class("keras.metrics")
class Mean(Metric):
    """The weighted mean of all values.

    Args:
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.Mean()
    >>> float(metric([1.0, 3.0, 5.0]))
    3.0
    """

    def __init__(self, name: str | None = "mean", dtype: DType = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")
        self.count = self.add_weight(name="count")

    def update_state(
        self, values: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Takes values into account; each sample of the batch counts once.

        Args:
            values: values of shape `(batch, ...)`, or a scalar.
            sample_weight: weights of shape `(batch,)`, or that broadcast to the
                values; all 1 by default.
        """
        number = type(sample_weight) in (int, float) and get_mask(values) is None
        given = None if number else sample_weight
        values, weights = weigh(values, given, self._dtype)
        if weights is None:
            total, count = _sum_and_count(values, self._dtype)
            if number:  # one factor for all values needs no tensor of its own
                total, count = total * sample_weight, count * sample_weight
        else:
            total, count = _weighted_sum_and_count(values, weights)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> Tensor:
        """The mean so far; 0 before the first batch."""
        return ops.divide_no_nan(self.total, self.count)


@public_class("keras.metrics")
class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions.

    Args:
        fn: function `(y_true, y_pred, **kwargs) -> values per sample`.
        name: name of the metric; that of the function by default.
        dtype: dtype of the result.
        **kwargs: further arguments of the function.

    Example:

    >>> import keras
    >>> def off_by(y_true, y_pred):
    ...     return keras.ops.abs(y_true - y_pred)
    >>> metric = keras.metrics.MeanMetricWrapper(off_by)
    >>> float(metric(keras.ops.zeros((2,)), keras.ops.ones((2,))))
    1.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        if name is None and type(self) is MeanMetricWrapper:
            name = getattr(fn, "__name__", None)
        super().__init__(name, dtype)
        self.fn = fn
        self._options = kwargs

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Takes a batch into account.

        Args:
            y_true: labels.
            y_pred: predictions. Where a mask is attached to them, masked places do
                not count.
            sample_weight: weights of the samples; all 1 by default.
        """
        mask = get_mask(y_pred)
        values = self.fn(y_true, y_pred, **self._options)
        own_mask = get_mask(values)
        if own_mask is not None:
            mask = own_mask if mask is None else ops.logical_and(mask, own_mask)
        if mask is not None:
            sample_weight = combine(mask, sample_weight, self._dtype)
        super().update_state(values, sample_weight=sample_weight)


class FunctionMetric(MeanMetricWrapper):
    """Base of metrics whose function is fixed by the class."""

    function: Any

    def __init__(self, name: str | None, dtype: DType, **options: Any) -> None:
        super().__init__(type(self).function, name, dtype, **options)
        for option, value in options.items():
            setattr(self, option, value)


def weigh(values: TensorLike, sample_weight: TensorLike, dtype: str) -> tuple[Any, Any]:
    """Values and weights as tensors; a mask attached to the values is a weight."""
    mask = get_mask(values)
    backend = current()
    is_tensor = backend.kinds.get(type(values)) == TENSOR
    if not is_tensor or values.dtype != backend.native_dtype(dtype):
        values = ops.convert_to_tensor(values, dtype=dtype)
    if mask is not None:
        return values, combine(mask, sample_weight, dtype)
    if sample_weight is None:
        return values, None
    return values, ops.convert_to_tensor(sample_weight, dtype=dtype)


def combine(mask: TensorLike, sample_weight: TensorLike, dtype: str) -> Any:
    """The weight that a mask and a weight are together."""
    weights = ops.cast(mask, dtype)
    if sample_weight is None:
        return weights
    given = ops.convert_to_tensor(sample_weight, dtype=dtype)
    return ops.multiply(*align(weights, given))


def _sum_and_count(values: TensorLike, dtype: str) -> tuple[Any, Any]:
    shape = values.shape
    if len(shape) == 0:
        return values, 1.0
    count = shape[0]
    count = ops.cast(ops.shape(values)[0], dtype) if count is None else float(count)
    if len(shape) == 1:
        return ops.sum(values), count
    inner = shape[1:]
    if None in inner:
        return ops.sum(ops.mean(values, axis=tuple(range(1, len(shape))))), count
    return ops.divide(ops.sum(values), float(max(math.prod(inner), 1))), count


def _weighted_sum_and_count(values: TensorLike, weights: TensorLike) -> tuple[Any, Any]:
    """One sum over the batch; dimensions beyond it are averaged first."""
    extra = len(values.shape) - len(weights.shape)
    if extra == 1 and values.shape[-1] == 1:
        values = ops.squeeze(values, -1)
    elif extra > 0:
        axes = tuple(range(len(weights.shape), len(values.shape)))
        values = ops.mean(values, axis=axes)
    elif extra < 0:
        values, weights = align(values, weights)
    weights = (
        ops.broadcast_to(weights, ops.shape(values)) if len(values.shape) else weights
    )
    values = ops.multiply(values, weights)
    if len(values.shape) > 1:
        axes = tuple(range(1, len(values.shape)))
        values, weights = ops.mean(values, axis=axes), ops.mean(weights, axis=axes)
    return ops.sum(values), ops.sum(weights)
