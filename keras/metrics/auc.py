"""The area under a curve of two rates, drawn through many thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import ops
from keras.core import limits
from keras.core.facts import public_class
from keras.core.typing import DType, Tensor, TensorLike
from keras.metrics.precision_recall import ConfusionAtThresholds
from keras.metrics.thresholds import confusion, spread_thresholds

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")
_share = ops.divide_no_nan


@public_class("keras.metrics")
class AUC(ConfusionAtThresholds):
    """The area under the ROC or the precision-recall curve, approximately.

    Args:
        num_thresholds: how many thresholds the curve is drawn through, above 1.
        curve: `"ROC"` (recall over false positive rate), `"PR"` (precision over
            recall) or `"PRGAIN"` (the same as gains over always saying 1).
        summation_method: what stands for the curve between two points:
            `"interpolation"`, `"minoring"` (the lower) or `"majoring"` (the higher).
        name: name of the metric.
        dtype: dtype of the result.
        thresholds: the thresholds themselves, from 0 to 1; `num_thresholds` is ignored.
        multi_label: whether each label has a curve of its own, of which the mean is
            taken; predictions then are `(batch, labels)`.
        num_labels: the number of labels, so that variables can be made at once.
        label_weights: weights of the labels.
        from_logits: whether predictions are logits rather than probabilities.

    References:
        Davis and Goadrich, "The relationship between Precision-Recall and ROC curves",
        2006 (interpolation); Flach and Kull, "Precision-Recall-Gain Curves", 2015.

    Example:

    >>> import keras
    >>> metric = keras.metrics.AUC(num_thresholds=3)
    >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    _keras_direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DType = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _choice("curve", curve, CURVES)
        self.summation_method = _choice(
            "summation_method", summation_method, SUMMATIONS
        )
        self._given_thresholds = thresholds
        self._thresholds = _thresholds_of(num_thresholds, thresholds)
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        if num_labels and not multi_label:
            raise ValueError(
                "`num_labels` of AUC is for multi_label=True. "
                f"Received: num_labels={num_labels}, multi_label={multi_label}."
            )
        self._built = False
        if not multi_label:
            self._build(None)
        elif num_labels:
            self._build(num_labels)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds the curve is drawn through."""
        return list(self._thresholds)

    def _build(self, labels: int | None) -> None:
        shape = (self.num_thresholds,)
        self._make_counts(shape if labels is None else (*shape, labels))
        self._built = True

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> None:
        """Counts a batch.

        Args:
            y_true: labels of 0 and 1.
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples; all 1 by default.

        Raises:
            ValueError: with `multi_label`, for predictions that are not
                `(batch, labels)`.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self._dtype)
        if self.multi_label:
            if len(y_pred.shape) != 2:
                raise ValueError(
                    "AUC with multi_label=True takes predictions of shape (batch, "
                    f"labels). Received: y_pred.shape={tuple(y_pred.shape)}."
                )
            if not self._built:
                self._build(y_pred.shape[1])
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        weights = None if self.multi_label else self.label_weights
        self._add_counts(
            confusion(
                y_true,
                y_pred,
                self._thresholds,
                self._dtype,
                sample_weight,
                per_label=self.multi_label,
                label_weights=weights,
            )
        )

    def result(self) -> Tensor:
        """The area so far."""
        if not self._built:
            return ops.cast(0.0, self._dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._mean(self.interpolate_pr_auc())
        x, y = self._points()
        left, right = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            heights = ops.divide(ops.add(left, right), 2.0)
        elif self.summation_method == "minoring":
            heights = ops.minimum(left, right)
        else:
            heights = ops.maximum(left, right)
        widths = ops.subtract(x[:-1], x[1:])
        return self._mean(ops.sum(ops.multiply(widths, heights), axis=0))

    def _points(self) -> tuple[Any, Any]:
        tp, fp, tn, fn = self._values()
        recall = _share(tp, ops.add(tp, fn))
        if self.curve == "ROC":
            return _share(fp, ops.add(fp, tn)), recall
        if self.curve == "PR":
            return recall, _share(tp, ops.add(tp, fp))
        # Gains: 1 minus errors per hit, in units of what always saying 1 would give.
        odds = _share(ops.add(tp, fn), ops.add(fp, tn))
        recall_gain = ops.subtract(1.0, ops.multiply(odds, _share(fn, tp)))
        # The axis of recall begins at 0, where there are no hits at all.
        recall_gain = ops.where(ops.greater(tp, 0), ops.relu(recall_gain), 0.0)
        precision_gain = ops.subtract(1.0, ops.multiply(odds, _share(fp, tp)))
        return recall_gain, precision_gain

    def interpolate_pr_auc(self) -> Any:
        """The area under the precision-recall curve, with hits and errors (rather than
        their ratio) interpolated between two thresholds.

        Returns:
            A scalar, or with `multi_label` one value for each label.
        """
        tp, fp, _, fn = self._values()
        said = ops.add(tp, fp)
        hits = ops.subtract(tp[:-1], tp[1:])
        more_said = ops.relu(ops.subtract(said[:-1], said[1:]))
        slope = _share(hits, more_said)
        intercept = ops.subtract(tp[1:], ops.multiply(slope, said[1:]))
        both = ops.logical_and(ops.greater(said[:-1], 0), ops.greater(said[1:], 0))
        grown = ops.where(both, _share(said[:-1], ops.relu(said[1:])), 1.0)
        inner = ops.add(hits, ops.multiply(intercept, ops.log(grown)))
        labels = ops.relu(ops.add(tp[1:], fn[1:]))
        return ops.sum(_share(ops.multiply(slope, inner), labels), axis=0)

    def _mean(self, areas: Any) -> Any:
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.mean(areas)
        weights = ops.convert_to_tensor(self.label_weights, dtype=self._dtype)
        return _share(ops.sum(ops.multiply(areas, weights)), ops.sum(weights))

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments; thresholds only where they were given."""
        config = super().get_config()
        config.pop("thresholds")
        if self._given_thresholds is not None:
            config["thresholds"] = self._thresholds[1:-1]
        return config


def _thresholds_of(count: int, given: Any) -> list[float]:
    if given is None:
        if count <= 1:
            raise ValueError(
                "`num_thresholds` of AUC must be above 1. "
                f"Received: num_thresholds={count}."
            )
        limits.claim("thresholds", (count,), "float64")
        return spread_thresholds(count)
    values = sorted(float(t) for t in given)
    if any(not 0 <= t <= 1 for t in values):
        raise ValueError(
            f"`thresholds` of AUC must lie between 0 and 1. Received: {given}."
        )
    epsilon = 1e-7
    return [float(t) for t in np.array([0.0 - epsilon, *values, 1.0 + epsilon])]


def _choice(what: str, value: str, allowed: tuple[str, ...]) -> str:
    for choice in allowed:
        if isinstance(value, str) and value.lower() == choice.lower():
            return choice
    raise ValueError(
        f"Unknown `{what}` of AUC: {value!r}. Allowed values: {', '.join(allowed)}."
    )
