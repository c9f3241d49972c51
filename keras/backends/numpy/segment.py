"""Segments and ranks of the NumPy backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import numpy as _np

from keras.core.typing import Data, TensorLike


def _segment(
    function: Any, data: Any, ids: Any, num_segments: int | None, start: TensorLike
) -> _np.ndarray:
    if ids.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    if ids.ndim != 1 or ids.shape[0] != data.shape[0]:
        raise ValueError("The segment numbers do not fit the rows.")
    if num_segments is None:
        num_segments = int(ids.max()) + 1 if ids.size else 0
    rows = _np.full((num_segments, *data.shape[1:]), start, data.dtype)
    inside = (ids >= 0) & (ids < num_segments)
    function.at(rows, ids[inside], data[inside])
    return rows


def segment_sum(
    data: Data,
    segment_ids: _np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _np.ndarray:
    return _segment(_np.add, data, segment_ids, num_segments, 0)


def segment_prod(
    data: Data,
    segment_ids: _np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _np.ndarray:
    return _segment(_np.multiply, data, segment_ids, num_segments, 1)


def segment_max(
    data: Data,
    segment_ids: _np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _np.ndarray:
    kind = data.dtype.kind
    least = _np.iinfo(data.dtype).min if kind in "iu" else -_np.inf
    return _segment(_np.maximum, data, segment_ids, num_segments, least)


def segment_min(
    data: Data,
    segment_ids: _np.ndarray,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _np.ndarray:
    kind = data.dtype.kind
    greatest = _np.iinfo(data.dtype).max if kind in "iu" else _np.inf
    return _segment(_np.minimum, data, segment_ids, num_segments, greatest)


def top_k(x: _np.ndarray, k: int, sorted: bool = True) -> tuple[Any, Any]:
    if k > x.shape[-1]:
        raise ValueError("There are fewer than k values.")
    # Of equal values the first comes first, as on the other backends.
    size = x.shape[-1]
    backwards = _np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    indices = size - 1 - backwards[..., :k]
    return _np.take_along_axis(x, indices, -1), indices.astype("int32")


def in_top_k(targets: Any, predictions: _np.ndarray, k: int) -> _np.ndarray:
    if targets.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    k = _index(k)
    valid = (targets >= 0) & (targets < predictions.shape[-1])
    safe = _np.where(valid, targets, 0)[..., None]
    own = _np.take_along_axis(predictions, safe, -1)
    ahead = _np.sum(predictions > own, -1)
    return (ahead < k) & valid & _np.isfinite(own[..., 0])
