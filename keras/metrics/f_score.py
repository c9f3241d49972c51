"""F scores: precision and recall in one number."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import config
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")


@public_class("keras.metrics")
class FBetaScore(Metric):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)`.

    Args:
        average: how the scores of classes become one: None (one for each class),
            `"micro"` (from the counts of all), `"macro"` (their mean) or `"weighted"`
            (their mean, weighted by how frequent a class is).
        beta: how much more recall counts than precision, above 0.
        threshold: a prediction above it means 1, from 0 (excluded) to 1. None: the
            largest prediction of a sample means 1, all others 0.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: for values outside of these.

    Example:

    >>> import keras
    >>> metric = keras.metrics.FBetaScore(average="micro", threshold=0.5)
    >>> round(float(metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.8]])), 4)
    0.6667
    """

    _keras_direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in AVERAGES:
            raise ValueError(
                f"Unknown `average` of {type(self).__name__}: {average!r}. "
                "Allowed values: None, 'micro', 'macro', 'weighted'."
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(
                f"`beta` of {type(self).__name__} must be a float above 0. "
                f"Received: beta={beta!r}."
            )
        if threshold is not None and not (
            isinstance(threshold, float) and 0 < threshold <= 1
        ):
            raise ValueError(
                f"`threshold` of {type(self).__name__} must be a float above 0 and at "
                f"most 1, or None. Received: threshold={threshold!r}."
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(shape, "zeros", name="false_positives")
        self.false_negatives = self.add_variable(shape, "zeros", name="false_negatives")
        self.intermediate_weights = self.add_variable(
            shape, "zeros", name="intermediate_weights"
        )
        self._built = True

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1, `(batch, classes)`.
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples; all 1 by default.

        Raises:
            ValueError: for other shapes.
        """
        y_true = ops.convert_to_tensor(y_true, dtype=self._dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self._dtype)
        if len(y_true.shape) != 2 or len(y_pred.shape) != 2:
            raise ValueError(
                f"{type(self).__name__} takes labels and predictions of shape (batch, "
                f"classes). Received: {tuple(y_true.shape)} and {tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[-1])
        y_pred = self._decide(y_pred)
        # Micro averages count over everything at once.
        axis = None if self.average == "micro" else 0
        weights = None
        if sample_weight is not None:
            weights = ops.convert_to_tensor(sample_weight, dtype=self._dtype)
            weights = (
                ops.expand_dims(weights, -1) if len(weights.shape) == 1 else weights
            )

        def count(values: TensorLike) -> Any:
            if weights is not None:
                values = ops.multiply(values, weights)
            return ops.sum(values, axis=axis)

        not_true, not_pred = ops.subtract(1.0, y_true), ops.subtract(1.0, y_pred)
        self.true_positives.assign_add(count(ops.multiply(y_pred, y_true)))
        self.false_positives.assign_add(count(ops.multiply(y_pred, not_true)))
        self.false_negatives.assign_add(count(ops.multiply(not_pred, y_true)))
        self.intermediate_weights.assign_add(count(y_true))

    def _decide(self, y_pred: TensorLike) -> Any:
        if self.threshold is not None:
            return ops.cast(ops.greater(y_pred, self.threshold), self._dtype)
        largest = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
        # A sample of zeros decides for nothing.
        decided = ops.logical_and(largest, ops.greater(ops.abs(y_pred), 1e-9))
        return ops.cast(decided, self._dtype)

    def result(self) -> Tensor:
        """The score so far, or one for each class."""
        if not self._built:
            return ops.cast(0.0, self._dtype)
        epsilon = config.epsilon()
        hits = self.true_positives.value
        precision = ops.divide_no_nan(hits, ops.add(hits, self.false_positives))
        recall = ops.divide_no_nan(hits, ops.add(hits, self.false_negatives))
        square = self.beta**2
        both = ops.multiply(ops.multiply(precision, recall), 1 + square)
        scores = ops.divide(
            both, ops.add(ops.add(ops.multiply(precision, square), recall), epsilon)
        )
        if self.average == "weighted":
            seen = self.intermediate_weights.value
            weights = ops.divide(seen, ops.add(ops.sum(seen), epsilon))
            return ops.sum(ops.multiply(scores, weights))
        return scores if self.average is None else ops.mean(scores)


@public_class("keras.metrics")
class F1Score(FBetaScore):
    """`2 * precision * recall / (precision + recall)`.

    Args:
        average: how the scores of classes become one: None (one for each class),
            `"micro"` (from the counts of all), `"macro"` (their mean) or `"weighted"`
            (their mean, weighted by how frequent a class is).
        threshold: a prediction above it means 1, from 0 (excluded) to 1. None: the
            largest prediction of a sample means 1, all others 0.
        name: name of the metric.
        dtype: dtype of the result.

    Example:

    >>> import keras
    >>> metric = keras.metrics.F1Score(average="micro", threshold=0.5)
    >>> round(float(metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.8]])), 4)
    0.6667
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
