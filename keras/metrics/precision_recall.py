"""Precision and recall."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.confusion_counts import ratio
from keras.metrics.metric import Metric
from keras.metrics.thresholds import LOWEST, confusion, parse_thresholds


class _Share(Metric):
    """True positives beside one kind of error."""

    error: str  # name of the variable of errors
    kind: int  # which of the four that `confusion` returns

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(dtype, name)
        default = 0.5 if top_k is None else LOWEST
        self._init_thresholds = thresholds
        self.thresholds = parse_thresholds(type(self).__name__, thresholds, default)
        self.top_k = top_k
        self.class_id = class_id
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self._errors = self.add_variable(shape, "zeros", name=self.error)
        object.__setattr__(self, self.error, self._errors)

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1.
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples; all 1 by default.
        """
        counts = confusion(
            y_true,
            y_pred,
            self.thresholds,
            self._dtype,
            sample_weight,
            top_k=self.top_k,
            class_id=self.class_id,
        )
        self.true_positives.assign_add(counts[0])
        self._errors.assign_add(counts[self.kind])

    def result(self) -> Tensor:
        """The share; one for each threshold if there are several."""
        return ratio(self.true_positives.value, self._errors.value)

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return {**super().get_config(), "thresholds": self._init_thresholds}


@public_class("keras.metrics")
class Precision(_Share):
    """The share of predictions of 1 that are right.

    Args:
        thresholds: a prediction above it means 1; a list gives a value for each. 0.5
            by default, or with `top_k` none.
        top_k: how many of the largest predictions of a sample can mean 1.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> round(float(keras.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    error = "false_positives"
    kind = 1
    _keras_direction = "up"


@public_class("keras.metrics")
class Recall(_Share):
    """The share of labels of 1 that are found.

    Args:
        thresholds: a prediction above it means 1; a list gives a value for each. 0.5
            by default, or with `top_k` none.
        top_k: how many of the largest predictions of a sample can mean 1.
        class_id: the one class that counts.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> round(float(keras.metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    error = "false_negatives"
    kind = 3
    _keras_direction = "up"


class ConfusionAtThresholds(Metric):
    """Base of metrics made of all four counts at many thresholds."""

    def _make_counts(self, shape: tuple[int, ...]) -> None:
        names = (
            "true_positives",
            "false_positives",
            "true_negatives",
            "false_negatives",
        )
        self._counts = [self.add_variable(shape, "zeros", name=name) for name in names]
        for name, variable in zip(names, self._counts, strict=True):
            object.__setattr__(self, name, variable)

    def _add_counts(self, counts: TensorLike) -> None:
        for variable, count in zip(self._counts, counts, strict=True):
            variable.assign_add(count)

    def _values(self) -> list[Any]:
        """True positives, false positives, true negatives, false negatives."""
        return [ops.convert_to_tensor(variable) for variable in self._counts]
