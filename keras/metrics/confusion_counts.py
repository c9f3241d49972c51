"""Numbers of true and false, positives and negatives."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.metric import Metric
from keras.metrics.thresholds import confusion, parse_thresholds


class _Count(Metric):
    """The number of predictions of one of the four kinds."""

    kind: int  # which of the four that `confusion` returns

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: DType = None
    ) -> None:
        super().__init__(dtype, name)
        self._limits = parse_thresholds(type(self).__name__, thresholds)
        self._init_thresholds = thresholds
        self.thresholds = self._limits
        self.accumulator = self.add_variable(
            (len(self._limits),), "zeros", name="accumulator"
        )

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1.
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples; all 1 by default.
        """
        counts = confusion(y_true, y_pred, self._limits, self._dtype, sample_weight)
        self.accumulator.assign_add(counts[self.kind])

    def result(self) -> Tensor:
        """The count; one for each threshold if there are several."""
        # A copy: where variables change in place, a result is to stay what it was.
        value = ops.copy(self.accumulator.value)
        return value[0] if len(self._limits) == 1 else value

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return {**super().get_config(), "thresholds": self._init_thresholds}


@public_class("keras.metrics")
class TruePositives(_Count):
    """How many labels of 1 were predicted as 1.

    Args:
        thresholds: a prediction above it means 1; a list gives a count for each.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
    2.0
    """

    kind = 0


@public_class("keras.metrics")
class FalsePositives(_Count):
    """How many labels of 0 were predicted as 1.

    Args:
        thresholds: a prediction above it means 1; a list gives a count for each.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]))
    2.0
    """

    kind = 1


@public_class("keras.metrics")
class TrueNegatives(_Count):
    """How many labels of 0 were predicted as 0.

    Args:
        thresholds: a prediction above it means 1; a list gives a count for each.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]))
    2.0
    """

    kind = 2


@public_class("keras.metrics")
class FalseNegatives(_Count):
    """How many labels of 1 were predicted as 0.

    Args:
        thresholds: a prediction above it means 1; a list gives a count for each.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]))
    2.0
    """

    kind = 3


def ratio(part: Any, rest: Any) -> Any:
    """`part / (part + rest)`, 0 where both are 0; a scalar if there is one only."""
    value = ops.divide_no_nan(part, ops.add(part, rest))
    return value[0] if value.shape[0] == 1 else value
