"""How segments, counts and quantiles are written to ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras.core.dtypes import is_float
from keras.export.onnx.graph import Value, as_sizes, constant, emit, listed, ops, size


def _segments(name: str, how: str) -> Callable[..., Value]:
    def rule(
        data: Value, segment_ids: Value, num_segments: Any = None, sorted: bool = False
    ) -> Value:
        if num_segments is None:
            raise TypeError(
                f"keras.ops.{name} can be written to ONNX with `num_segments` only. "
                "Received: num_segments=None."
            )
        shape = [num_segments, *ops.shape(data)[1:]]
        start = _start(how, data.dtype)
        first = emit("Expand", start, as_sizes(shape), dtype=data.dtype)
        first.note((num_segments, *data.shape[1:]), data.dtype)
        # Places outside are left out: they go to a row more, which is cut off.
        inside = ops.logical_and(
            ops.greater_equal(segment_ids, 0), ops.less(segment_ids, num_segments)
        )
        places = ops.where(inside, segment_ids, num_segments)
        row = emit("Expand", start, as_sizes([1, *shape[1:]]), dtype=data.dtype)
        row.note((1, *data.shape[1:]), data.dtype)
        longer = ops.concatenate([first, row], 0)
        found = ops.scatter_update(longer, ops.expand_dims(places, -1), data, how)
        return found[:num_segments]

    rule.__name__ = name
    return rule


def _start(how: str, dtype: str) -> Value:
    if how in ("add", "multiply"):
        return constant(np.asarray(how == "multiply"), dtype)
    if is_float(dtype):
        return constant(-np.inf if how == "max" else np.inf, dtype)
    limits = np.iinfo(dtype)
    return constant(limits.min if how == "max" else limits.max, dtype)


segment_sum = _segments("segment_sum", "add")
segment_prod = _segments("segment_prod", "multiply")
segment_max = _segments("segment_max", "max")
segment_min = _segments("segment_min", "min")


def quantile(
    x: Value, q: Value, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Value:
    if method != "linear":
        raise TypeError(
            "keras.ops.quantile can be written to ONNX with method='linear' only. "
            f"Received: method={method!r}."
        )
    rank, q = x.ndim, ops.convert_to_tensor(q, x.dtype)
    axes = [a % rank for a in listed(axis)] if axis is not None else list(range(rank))
    moved = ops.moveaxis(x, axes, list(range(-len(axes), 0)))
    kept = ops.shape(moved)[: rank - len(axes)]
    flat = ops.sort(ops.reshape(moved, [*kept, -1]), -1)
    count = ops.cast(ops.convert_to_tensor(size(flat, flat.ndim - 1)), x.dtype)
    places = ops.multiply(ops.reshape(q, (-1,)), ops.subtract(count, 1.0))
    below = ops.floor(places)
    share = ops.subtract(places, below)
    lower = ops.take(flat, ops.cast(below, "int32"), -1)
    upper = ops.take(flat, ops.cast(ops.ceil(places), "int32"), -1)
    found = ops.add(lower, ops.multiply(ops.subtract(upper, lower), share))
    found = ops.moveaxis(found, -1, 0)
    if keepdims:
        found = ops.expand_dims(found, [a + 1 for a in sorted(axes)])
    return found if q.ndim else ops.squeeze(found, 0)


def _listed(axis: Any) -> list[int]:
    return list(axis) if isinstance(axis, (tuple, list)) else [axis]
