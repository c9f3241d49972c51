"""The best value of one rate while another stays above a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops
from keras.core import limits
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.precision_recall import ConfusionAtThresholds
from keras.metrics.thresholds import confusion

_share = ops.divide_no_nan


def _sensitivity(tp: Any, fp: Any, tn: Any, fn: Callable[..., Any]) -> Any:
    return _share(tp, ops.add(tp, fn))


def _specificity(tp: Any, fp: Any, tn: Any, fn: Callable[..., Any]) -> Any:
    return _share(tn, ops.add(tn, fp))


def _precision(tp: Any, fp: Any, tn: Any, fn: Callable[..., Any]) -> Any:
    return _share(tp, ops.add(tp, fp))


class _OperatingPoint(ConfusionAtThresholds):
    """The largest `wanted` among thresholds at which `held` reaches a value."""

    held: Any
    wanted: Any
    _keras_direction = "up"

    def __init__(
        self,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: DType,
    ) -> None:
        super().__init__(dtype, name)
        if not 0 <= value <= 1:
            raise ValueError(
                f"The limit of {type(self).__name__} must lie between 0 and 1. "
                f"Received: {value}."
            )
        if num_thresholds <= 0:
            raise ValueError(
                f"`num_thresholds` of {type(self).__name__} must be above 0. "
                f"Received: num_thresholds={num_thresholds}."
            )
        self.value = value
        limits.claim("thresholds", (num_thresholds,), "float64")
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        last = num_thresholds - 1
        self.thresholds = [i / last for i in range(num_thresholds)] if last else [0.5]
        self._make_counts((len(self.thresholds),))

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1.
            y_pred: predictions from 0 to 1, of the same shape.
            sample_weight: weights of the samples; all 1 by default.
        """
        self._add_counts(
            confusion(
                y_true,
                y_pred,
                self.thresholds,
                self._dtype,
                sample_weight,
                class_id=self.class_id,
            )
        )

    def result(self) -> Tensor:
        """The best value so far; 0 where no threshold reaches the limit."""
        counts = self._values()
        held = type(self).held(*counts)
        wanted = type(self).wanted(*counts)
        reached = ops.greater_equal(held, self.value)
        # All candidates are rates, so 0 stands for "none".
        return ops.max(ops.where(reached, wanted, ops.zeros_like(wanted)))


@public_class("keras.metrics")
class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity at which specificity reaches a value.

    Sensitivity is the share of labels of 1 that are found, specificity the share of
    labels of 0 that are.

    Args:
        specificity: what is to be reached, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.SensitivityAtSpecificity(0.5)
    >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    held = staticmethod(_specificity)
    wanted = staticmethod(_sensitivity)

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


@public_class("keras.metrics")
class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity at which sensitivity reaches a value.

    Args:
        sensitivity: what is to be reached, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.SpecificityAtSensitivity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    held = staticmethod(_sensitivity)
    wanted = staticmethod(_specificity)

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


@public_class("keras.metrics")
class PrecisionAtRecall(_OperatingPoint):
    """The best precision at which recall reaches a value.

    Args:
        recall: what is to be reached, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.PrecisionAtRecall(0.5)
    >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    held = staticmethod(_sensitivity)
    wanted = staticmethod(_precision)

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


@public_class("keras.metrics")
class RecallAtPrecision(_OperatingPoint):
    """The best recall at which precision reaches a value.

    Args:
        precision: what is to be reached, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.RecallAtPrecision(0.8)
    >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.5
    """

    held = staticmethod(_precision)
    wanted = staticmethod(_sensitivity)

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
