"""Counting right and wrong yes-or-no predictions at many thresholds.

With few thresholds each prediction is compared with each. With many sorted ones each
prediction is put into the bucket between two thresholds, and sums over the buckets give
the counts: work grows with predictions plus thresholds, not with their product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.core.typing import ShapeLike, TensorLike
from keras.losses.shapes import same_rank

# Stands for predictions outside the top k: below every threshold.
LOWEST = -1e10
_FEW = 8


def parse_thresholds(owner: str, thresholds: Any, default: float = 0.5) -> list[float]:
    """Thresholds as a list.

    Raises:
        ValueError: if one lies outside of 0 to 1.
    """
    given = default if thresholds is None else thresholds
    values = list(given) if isinstance(given, (list, tuple)) else [given]
    if thresholds is not None:
        bad = [t for t in values if t is None or not 0 <= t <= 1]
        if bad or not values:
            raise ValueError(
                f"`thresholds` of {owner} must lie between 0 and 1. "
                f"Received: {thresholds}."
            )
    return [float(t) for t in values]


def spread_thresholds(count: int) -> list[float]:
    """So many thresholds from just below 0 to just above 1, evenly spaced."""
    epsilon = 1e-7
    inner = [(i + 1) / (count - 1) for i in range(count - 2)]
    return [0.0 - epsilon, *inner, 1.0 + epsilon]


def confusion(
    y_true: TensorLike,
    y_pred: TensorLike,
    thresholds: Sequence[float],
    dtype: str,
    sample_weight: TensorLike = None,
    top_k: int | None = None,
    class_id: int | None = None,
    per_label: bool = False,
    label_weights: Any = None,
) -> tuple[Any, Any, Any, Any]:
    """Weighted counts of predictions above each threshold, and not above it.

    Args:
        y_true: labels of 0 and 1, `(batch, ..., labels)`.
        y_pred: predictions of the same shape; above a threshold means 1.
        thresholds: rising thresholds.
        dtype: dtype of the counts.
        sample_weight: weights of the samples.
        top_k: how many of the largest predictions of a sample count at all.
        class_id: the one label that counts.
        per_label: whether counts are kept for each label.
        label_weights: weights of the labels.

    Returns:
        True positives, false positives, true negatives, false negatives; each of
        shape `(thresholds,)`, or `(thresholds, labels)` with `per_label`.
    """
    y_true = ops.convert_to_tensor(y_true, dtype=dtype)
    y_pred = ops.convert_to_tensor(y_pred, dtype=dtype)
    y_true, y_pred = same_rank(y_true, y_pred)
    if top_k is not None:
        y_pred = only_top_k(y_pred, top_k)
    if class_id is not None:
        _check_class(y_pred.shape, class_id)
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
    weights = _spread(y_pred, sample_weight, label_weights, dtype)
    labels = ops.cast(ops.greater(y_true, 0), dtype)
    columns: Any = ops.shape(y_pred)[-1] if per_label else 1
    flat = [ops.reshape(x, (-1, columns)) for x in (labels, y_pred, weights)]
    labels, y_pred, weights = flat
    positive = ops.multiply(labels, weights)
    negative = ops.subtract(weights, positive)
    if len(thresholds) <= _FEW:
        tp, fp = _by_comparing(y_pred, positive, negative, thresholds, dtype)
    else:
        tp, fp = _by_buckets(y_pred, positive, negative, thresholds, columns, dtype)
    fn = ops.subtract(ops.sum(positive, axis=0), tp)
    tn = ops.subtract(ops.sum(negative, axis=0), fp)
    counts = (tp, fp, tn, fn)
    return counts if per_label else tuple(x[:, 0] for x in counts)


def _spread(
    y_pred: TensorLike, sample_weight: TensorLike, label_weights: Any, dtype: str
) -> Any:
    """A weight for each prediction."""
    weights = ops.ones_like(y_pred)
    if sample_weight is not None:
        given = ops.convert_to_tensor(sample_weight, dtype=dtype)
        if len(given.shape) == len(y_pred.shape) + 1 and given.shape[-1] == 1:
            given = ops.squeeze(given, -1)
        missing = tuple(range(len(given.shape), len(y_pred.shape)))
        if missing and len(given.shape):
            given = ops.expand_dims(given, missing)
        weights = ops.multiply(weights, given)
    if label_weights is not None:
        weights = ops.multiply(
            weights, ops.convert_to_tensor(label_weights, dtype=dtype)
        )
    return weights


def _check_class(shape: ShapeLike, class_id: int) -> None:
    """Whether predictions of this shape have such a class.

    Raises:
        ValueError: if not.
    """
    classes = shape[-1] if len(shape) else None
    if len(shape) < 2:
        raise ValueError(
            "A metric with `class_id` takes predictions of shape (batch, classes). "
            f"Received: class_id={class_id}, y_pred.shape={tuple(shape)}."
        )
    if classes is not None and not -classes <= class_id < classes:
        raise ValueError(
            f"`class_id` must be one of the {classes} classes of the predictions, from "
            f"0 to {classes - 1}. Received: class_id={class_id}, "
            f"y_pred.shape={tuple(shape)}."
        )


def only_top_k(y_pred: TensorLike, k: int) -> Any:
    """The `k` largest predictions of each sample; all others become the lowest.

    Raises:
        ValueError: if there are fewer of them.
    """
    found = y_pred.shape[-1] if len(y_pred.shape) else 0
    if found is not None and k > found:
        raise ValueError(
            "A metric with `top_k` takes at least so many predictions of each sample. "
            f"Received: top_k={k}, y_pred.shape={tuple(y_pred.shape)}."
        )
    _, best = ops.top_k(y_pred, k, sorted=False)
    classes: Any = ops.shape(y_pred)[-1]
    chosen = ops.sum(ops.one_hot(best, classes, dtype=y_pred.dtype), axis=-2)
    return ops.where(ops.greater(chosen, 0), y_pred, LOWEST)


def _by_comparing(
    y_pred: TensorLike,
    positive: Any,
    negative: Any,
    thresholds: Sequence[float],
    dtype: str,
) -> tuple[Any, Any]:
    limits = ops.convert_to_tensor(np.array(thresholds), dtype=dtype)
    above = ops.greater(ops.expand_dims(y_pred, 0), ops.reshape(limits, (-1, 1, 1)))
    above = ops.cast(above, dtype)
    return (
        ops.sum(ops.multiply(above, positive), axis=1),
        ops.sum(ops.multiply(above, negative), axis=1),
    )


def _by_buckets(
    y_pred: TensorLike,
    positive: Any,
    negative: Any,
    thresholds: Sequence[float],
    columns: int,
    dtype: str,
) -> tuple[Any, Any]:
    limits = ops.convert_to_tensor(np.array(thresholds), dtype=dtype)
    # How many thresholds lie below a prediction: it is above exactly those.
    below = ops.searchsorted(limits, ops.reshape(y_pred, (-1,)), side="left")
    below = ops.cast(below, "int32")
    count = len(thresholds) + 1
    if columns != 1:
        column = ops.mod(ops.arange(ops.size(y_pred), dtype="int32"), columns)
        below = ops.add(ops.multiply(below, columns), column)
    return (
        _above_each(below, positive, count, columns),
        _above_each(below, negative, count, columns),
    )


def _above_each(bucket: Any, weights: TensorLike, count: int, columns: int) -> Any:
    flat = ops.reshape(weights, (-1,))
    sums = ops.segment_sum(flat, bucket, num_segments=count * columns)
    sums = ops.reshape(sums, (count, columns))
    from_top = ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)
    return from_top[1:]
