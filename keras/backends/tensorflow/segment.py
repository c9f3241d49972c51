"""Segments and ranks of the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras.core.typing import Data


def _whole(places: Any) -> tf.Tensor:
    if places.dtype in (tf.int32, tf.int64):
        return places
    if not places.dtype.is_integer:
        raise TypeError("Places are integers.")
    return tf.cast(places, "int32")


def _segment(
    function: Callable[..., Any], data: Data, ids: tf.Tensor, num_segments: Any
) -> tf.Tensor:
    ids = _whole(ids)
    if ids.shape.rank != 1 or not data.shape[:1].is_compatible_with(ids.shape):
        raise ValueError("The segment numbers do not fit the rows.")
    if num_segments is None:
        # Of no rows the greatest number would be the least integer.
        num_segments = tf.maximum(tf.reduce_max(ids), -1) + 1
    # A kernel for the CPU refuses numbers that are too great; negative ones are left
    # out.
    ids = tf.where(ids < tf.cast(num_segments, ids.dtype), ids, -1)
    return function(data, ids, num_segments)


def segment_sum(
    data: Data,
    segment_ids: tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> tf.Tensor:
    return _segment(tf.math.unsorted_segment_sum, data, segment_ids, num_segments)


def segment_prod(
    data: Data,
    segment_ids: tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> tf.Tensor:
    return _segment(tf.math.unsorted_segment_prod, data, segment_ids, num_segments)


def segment_max(
    data: Data,
    segment_ids: tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> tf.Tensor:
    y = _segment(tf.math.unsorted_segment_max, data, segment_ids, num_segments)
    # TensorFlow fills empty segments with the least finite number.
    return _filled(y, y.dtype.min, float("-inf"))


def segment_min(
    data: Data,
    segment_ids: tf.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> tf.Tensor:
    y = _segment(tf.math.unsorted_segment_min, data, segment_ids, num_segments)
    return _filled(y, y.dtype.max, float("inf"))


def _filled(y: tf.Tensor, found: Any, value: float) -> tf.Tensor:
    if not y.dtype.is_floating:
        return y
    return tf.where(y == found, tf.constant(value, y.dtype), y)


def top_k(x: tf.Tensor, k: int, sorted: bool = True) -> tuple[Any, Any]:
    if x.dtype == tf.bool:
        values, indices = tf.math.top_k(tf.cast(x, "uint8"), k, sorted=sorted)
        return tf.cast(values, "bool"), indices
    values, indices = tf.math.top_k(x, k, sorted=sorted)
    return values, indices


def in_top_k(targets: Any, predictions: tf.Tensor, k: int) -> tf.Tensor:
    classes = tf.shape(predictions)[-1]
    targets = tf.cast(_whole(targets), "int32")
    if not predictions.dtype.is_floating:
        predictions = tf.cast(predictions, "float64")
    valid = (targets >= 0) & (targets < classes)
    safe = tf.where(valid, targets, 0)
    own = tf.gather(predictions, safe, batch_dims=targets.shape.rank)
    ahead = tf.reduce_sum(tf.cast(predictions > own[..., None], "int32"), -1)
    return (ahead < k) & valid & tf.math.is_finite(own)
