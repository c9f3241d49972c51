"""Segments and ranks of the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable as _Callable
from typing import Any

import tensorflow as _tf

from keras.core.typing import Data


def _whole(places: Any) -> _tf.Tensor:
    if places.dtype in (_tf.int32, _tf.int64):
        return places
    if not places.dtype.is_integer:
        raise TypeError("Places are integers.")
    return _tf.cast(places, "int32")


def _segment(
    function: _Callable[..., Any], data: Data, ids: _tf.Tensor, num_segments: Any
) -> _tf.Tensor:
    ids = _whole(ids)
    if ids.shape.rank != 1 or not data.shape[:1].is_compatible_with(ids.shape):
        raise ValueError("The segment numbers do not fit the rows.")
    if num_segments is None:
        # Of no rows the greatest number would be the least integer.
        num_segments = _tf.maximum(_tf.reduce_max(ids), -1) + 1
    # A kernel for the CPU refuses numbers that are too great; negative ones are left
    # out.
    ids = _tf.where(ids < _tf.cast(num_segments, ids.dtype), ids, -1)
    return function(data, ids, num_segments)


def segment_sum(
    data: Data,
    segment_ids: _tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _tf.Tensor:
    return _segment(_tf.math.unsorted_segment_sum, data, segment_ids, num_segments)


def segment_prod(
    data: Data,
    segment_ids: _tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _tf.Tensor:
    return _segment(_tf.math.unsorted_segment_prod, data, segment_ids, num_segments)


def segment_max(
    data: Data,
    segment_ids: _tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _tf.Tensor:
    y = _segment(_tf.math.unsorted_segment_max, data, segment_ids, num_segments)
    # TensorFlow fills empty segments with the least finite number.
    return _filled(y, y.dtype.min, float("-inf"))


def segment_min(
    data: Data,
    segment_ids: _tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> _tf.Tensor:
    y = _segment(_tf.math.unsorted_segment_min, data, segment_ids, num_segments)
    return _filled(y, y.dtype.max, float("inf"))


def _filled(y: _tf.Tensor, found: Any, value: float) -> _tf.Tensor:
    if not y.dtype.is_floating:
        return y
    return _tf.where(y == found, _tf.constant(value, y.dtype), y)


def top_k(x: _tf.Tensor, k: int, sorted: bool = True) -> tuple[Any, Any]:
    if x.dtype == _tf.bool:
        values, indices = _tf.math.top_k(_tf.cast(x, "uint8"), k, sorted=sorted)
        return _tf.cast(values, "bool"), indices
    values, indices = _tf.math.top_k(x, k, sorted=sorted)
    return values, indices


def in_top_k(targets: Any, predictions: _tf.Tensor, k: int) -> _tf.Tensor:
    classes = _tf.shape(predictions)[-1]
    targets = _tf.cast(_whole(targets), "int32")
    if not predictions.dtype.is_floating:
        predictions = _tf.cast(predictions, "float64")
    valid = (targets >= 0) & (targets < classes)
    safe = _tf.where(valid, targets, 0)
    own = _tf.gather(predictions, safe, batch_dims=targets.shape.rank)
    ahead = _tf.reduce_sum(_tf.cast(predictions > own[..., None], "int32"), -1)
    return (ahead < k) & valid & _tf.math.is_finite(own)
