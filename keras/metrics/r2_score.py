"""The coefficient of determination."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.metric import Metric

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@public_class("keras.metrics")
class R2Score(Metric):
    """The share of the variance of labels that predictions explain.

    1 is perfect, 0 no better than always predicting the mean, below 0 worse.

    Args:
        class_aggregation: how the scores of outputs become one: None (one for each),
            `"uniform_average"` or `"variance_weighted_average"`.
        num_regressors: how many independent regressors the model has, for the
            adjusted score, in which, as in Keras 3, each value of a sample counts
            as one; 0 gives the usual score.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: for values outside of these.

    Reference:
        https://en.wikipedia.org/wiki/Coefficient_of_determination

    Example:

    >>> import keras
    >>> metric = keras.metrics.R2Score()
    >>> round(float(metric([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _keras_direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                f"Unknown `class_aggregation` of R2Score: {class_aggregation!r}. "
                "Allowed values: None, 'uniform_average', 'variance_weighted_average'."
            )
        if num_regressors < 0:
            raise ValueError(
                "`num_regressors` of R2Score must not be negative. "
                f"Received: num_regressors={num_regressors}."
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, outputs: int) -> None:
        shape = (outputs,)
        self.squared_sum = self.add_variable(shape, "zeros", name="squared_sum")
        self.sum = self.add_variable(shape, "zeros", name="sum")
        self.total_mse = self.add_variable(shape, "zeros", name="residual")
        self.count = self.add_variable(shape, "zeros", name="count")
        self._built = True

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Takes a batch into account.

        Args:
            y_true: true values, `(batch, outputs)`.
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples; all 1 by default.
        """
        y_true = ops.convert_to_tensor(y_true, dtype=self._dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self._dtype)
        if len(y_true.shape) == 1:
            y_true = ops.expand_dims(y_true, -1)
        if len(y_pred.shape) == 1:
            y_pred = ops.expand_dims(y_pred, -1)
        if not self._built:
            self._build(y_pred.shape[-1])
        weights = ops.convert_to_tensor(
            1.0 if sample_weight is None else sample_weight, dtype=self._dtype
        )
        if len(weights.shape) == 1:
            weights = ops.expand_dims(weights, -1)
        weights = ops.multiply(ops.ones_like(y_true), weights)
        weighted = ops.multiply(y_true, weights)
        residual = ops.square(ops.subtract(y_true, y_pred))
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(ops.multiply(y_true, weighted), axis=0))
        self.total_mse.assign_add(ops.sum(ops.multiply(residual, weights), axis=0))
        self.count.assign_add(ops.sum(weights, axis=0))
        self.num_samples.assign_add(ops.cast(ops.size(y_true), self._dtype))

    def result(self) -> Tensor:
        """The score so far, or one for each output."""
        if not self._built:
            return ops.cast(0.0, self._dtype)
        mean = ops.divide(self.sum, self.count)
        total = ops.subtract(self.squared_sum, ops.multiply(self.sum, mean))
        scores = ops.subtract(1.0, ops.divide(self.total_mse, total))
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            share = ops.divide(total, ops.sum(total))
            scores = ops.sum(ops.multiply(scores, share))
        return scores if not self.num_regressors else self._adjusted(scores)

    def _adjusted(self, scores: Any) -> Any:
        """The score less what so many regressors explain by chance.

        Too few samples to tell leave the score as it is.
        """
        more = ops.subtract(self.num_samples, 1.0)
        left = ops.subtract(more, float(self.num_regressors))
        lost = ops.divide_no_nan(ops.multiply(ops.subtract(1.0, scores), more), left)
        return ops.where(ops.greater(left, 0), ops.subtract(1.0, lost), scores)
