"""From values per sample to one number: weights, masks, sums and means."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import config
from keras.core.typing import TensorLike
from keras.losses.shapes import same_rank

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def standardize_reduction(reduction: str | None) -> str:
    """The reduction by its name.

    Raises:
        ValueError: for an unknown one.
    """
    if reduction is None or reduction in REDUCTIONS:
        return reduction or "none"
    raise ValueError(
        f"Unknown reduction of a loss: {reduction!r}. "
        f"Allowed values: {', '.join(map(repr, REDUCTIONS))} or None."
    )


def reduce(values: TensorLike, reduction: str, dtype: str) -> Any:
    """Sums or averages values that all count the same."""
    if reduction == "none" or len(values.shape) == 0:
        return values
    if reduction == "sum":
        return ops.sum(values)
    # The mean of nothing would be NaN.
    return ops.cast(0.0, dtype) if 0 in values.shape else ops.mean(values)


def reduce_weighted(
    values: TensorLike,
    sample_weight: TensorLike,
    mask: TensorLike,
    reduction: str,
    dtype: str,
) -> Any:
    """Sums or averages values of which some count more than others.

    A mean over masked values is one over those that are left.
    """
    values = ops.convert_to_tensor(values, dtype=dtype)
    weights = None
    if sample_weight is not None:
        weights = ops.convert_to_tensor(sample_weight, dtype=dtype)
    if mask is not None:
        weights = _masked(weights, mask, reduction, dtype)
    values, weights = align(values, weights)
    weighted = ops.multiply(values, weights)
    if reduction == "mean_with_sample_weight":
        return ops.divide_no_nan(ops.sum(weighted), ops.sum(weights))
    return reduce(weighted, reduction, dtype)


def _masked(weights: TensorLike, mask: Any, reduction: str, dtype: str) -> Any:
    mask = ops.cast(mask, dtype)
    if reduction in ("sum_over_batch_size", "mean"):
        # The mean will divide by all places; make up for those that are masked.
        places = ops.cast(ops.size(mask), dtype)
        left = ops.add(ops.sum(mask), config.epsilon())
        mask = ops.multiply(mask, ops.divide(places, left))
    if weights is None:
        return mask
    mask, weights = align(mask, weights)
    return ops.multiply(weights, mask)


def align(values: TensorLike, weights: TensorLike) -> tuple[Any, Any]:
    """Brings values and weights to shapes that broadcast, sample by sample.

    Weights of shape `(batch,)` for values `(batch, steps)` become `(batch, 1)`.
    """
    if 0 in (len(values.shape), len(weights.shape)):
        return values, weights
    values, weights = same_rank(values, weights)
    ranks = len(values.shape), len(weights.shape)
    if ranks[0] > ranks[1] and _same(values.shape[0], weights.shape[0]):
        weights = ops.expand_dims(weights, tuple(range(ranks[1], ranks[0])))
    return values, weights


def _same(a: TensorLike, b: TensorLike) -> bool:
    return a is None or b is None or a == b
