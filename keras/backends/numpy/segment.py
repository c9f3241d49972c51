"""Segments and ranks of the NumPy backend."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from keras.backends.numpy.gradients import differentiable, primal
from keras.core.typing import Data, TensorLike


def _segment_rule(
    out: TensorLike,
    function: Any,
    data: TensorLike,
    ids: Any,
    num_segments: Any,
    start: Any,
) -> Any:
    inside = (ids >= 0) & (ids < len(out))
    rows = np.where(inside, ids, 0)
    inside = inside.reshape(-1, *(1,) * (data.ndim - 1))

    def spread(x: TensorLike) -> TensorLike:
        return np.where(inside, np.take(x, rows, 0), np.zeros((), data.dtype))

    def total(x: TensorLike) -> TensorLike:
        return _segment(np.add, x, ids, len(out), 0)

    if function is np.add:
        return None, spread
    if function is not np.multiply:
        chosen = (primal(data) == spread(primal(out))) & inside
        share = chosen / np.maximum(spread(total(chosen.astype(out.dtype))), 1)
        return None, lambda g: spread(g) * share.astype(g.dtype)
    zero = primal(data) == 0

    def others(g: TensorLike) -> TensorLike:
        """The product of the others, of which some may be 0."""
        safe = np.where(zero, np.ones((), data.dtype), data)
        rest = spread(_segment(np.multiply, safe, ids, len(out), 1)) / safe
        alone = spread(total(zero.astype(out.dtype))) - zero == 0
        return spread(g) * np.where(alone, rest, np.zeros((), data.dtype))

    return None, others


@differentiable(_segment_rule)
def _segment(
    function: Any, data: Any, ids: Any, num_segments: int | None, start: TensorLike
) -> np.ndarray:
    if ids.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    if ids.ndim != 1 or ids.shape[0] != data.shape[0]:
        raise ValueError("The segment numbers do not fit the rows.")
    if num_segments is None:
        num_segments = int(ids.max()) + 1 if ids.size else 0
    rows = np.full((num_segments, *data.shape[1:]), start, data.dtype)
    inside = (ids >= 0) & (ids < num_segments)
    function.at(rows, ids[inside], data[inside])
    return rows


def segment_sum(
    data: Data,
    segment_ids: np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> np.ndarray:
    return _segment(np.add, data, segment_ids, num_segments, 0)


def segment_prod(
    data: Data,
    segment_ids: np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> np.ndarray:
    return _segment(np.multiply, data, segment_ids, num_segments, 1)


def segment_max(
    data: Data,
    segment_ids: np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> np.ndarray:
    kind = data.dtype.kind
    least = np.iinfo(data.dtype).min if kind in "iu" else -np.inf
    return _segment(np.maximum, data, segment_ids, num_segments, least)


def segment_min(
    data: Data,
    segment_ids: np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> np.ndarray:
    kind = data.dtype.kind
    greatest = np.iinfo(data.dtype).max if kind in "iu" else np.inf
    return _segment(np.minimum, data, segment_ids, num_segments, greatest)


def top_k(x: np.ndarray, k: int, sorted: bool = True) -> tuple[Any, Any]:
    if k > x.shape[-1]:
        raise ValueError("There are fewer than k values.")
    # Of equal values the first comes first, as on the other backends.
    size = x.shape[-1]
    backwards = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    indices = size - 1 - backwards[..., :k]
    return np.take_along_axis(x, indices, -1), indices.astype("int32")


def in_top_k(targets: Any, predictions: np.ndarray, k: int) -> np.ndarray:
    if targets.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    k = index(k)
    valid = (targets >= 0) & (targets < predictions.shape[-1])
    safe = np.where(valid, targets, 0)[..., None]
    own = np.take_along_axis(predictions, safe, -1)
    ahead = np.sum(predictions > own, -1)
    return (ahead < k) & valid & np.isfinite(own[..., 0])
