"""Segments and ranks of the JAX backend."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends.jax.derivatives import multiplied
from keras.core.errors import BackendError
from keras.core.typing import Data


def _count(segment_ids: jax.Array, num_segments: int | None) -> int:
    if num_segments is not None:
        return num_segments
    if isinstance(segment_ids, jax.core.Tracer):
        raise BackendError(
            "A segment op inside a compiled JAX function needs `num_segments`: the "
            "shape of its result cannot depend on values."
        )
    return int(segment_ids.max()) + 1 if segment_ids.size else 0


def _segment(
    function: Callable[..., Any], data: Data, ids: jax.Array, *rest: Any
) -> jax.Array:
    num_segments, in_order = rest
    if ids.ndim != 1 or not data.ndim or data.shape[0] != ids.shape[0]:
        raise ValueError("The segment numbers do not fit the rows.")
    if ids.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    count = _count(ids, num_segments)
    ids = ids.astype("int32")
    if not in_order:
        # JAX wraps negative numbers around; here they are left out.
        ids = jnp.where(ids < 0, count, ids)
    return function(data, ids, count, indices_are_sorted=in_order)


def segment_sum(
    data: Data,
    segment_ids: jax.Array,
    num_segments: int | None = None,
    sorted: bool = False,
) -> jax.Array:
    return _segment(jax.ops.segment_sum, data, segment_ids, num_segments, sorted)


def segment_prod(
    data: Data,
    segment_ids: jax.Array,
    num_segments: int | None = None,
    sorted: bool = False,
) -> jax.Array:
    return _segment(_products, data, segment_ids, num_segments, sorted)


def _products(
    data: Data, ids: jax.Array, count: int, indices_are_sorted: bool
) -> jax.Array:
    if not jnp.issubdtype(data.dtype, jnp.inexact):
        return jax.ops.segment_prod(
            data, ids, count, indices_are_sorted=indices_are_sorted
        )
    ones = jnp.ones((count, *data.shape[1:]), data.dtype)
    return multiplied(ones, ids, data)


def segment_max(
    data: Data,
    segment_ids: jax.Array,
    num_segments: int | None = None,
    sorted: bool = False,
) -> jax.Array:
    return _segment(jax.ops.segment_max, data, segment_ids, num_segments, sorted)


def segment_min(
    data: Data,
    segment_ids: jax.Array,
    num_segments: int | None = None,
    sorted: bool = False,
) -> jax.Array:
    return _segment(jax.ops.segment_min, data, segment_ids, num_segments, sorted)


def top_k(x: jax.Array, k: int, sorted: bool = True) -> tuple[Any, Any]:
    values, indices = jax.lax.top_k(x, k)
    return values, indices


def in_top_k(targets: Any, predictions: jax.Array, k: int) -> jax.Array:
    if targets.dtype.kind not in "iu":
        raise TypeError("Places are integers.")
    targets, k = targets.astype("int32"), index(k)
    valid = (targets >= 0) & (targets < predictions.shape[-1])
    safe = jnp.where(valid, targets, 0)[..., None]
    own = jnp.take_along_axis(predictions, safe, -1)
    ahead = jnp.sum(predictions > own, -1)
    return (ahead < k) & valid & jnp.isfinite(own[..., 0])
