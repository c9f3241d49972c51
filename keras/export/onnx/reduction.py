"""How reductions along axes are written to ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core.typing import Axis
from keras.export.onnx.graph import (
    Value,
    constant,
    emit,
    in_order,
    integers,
    listed,
    ops,
)

_WIDER = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "int32",
          "uint16": "int32", "uint32": "int64"}  # fmt: skip


def axes_of(x: Value, axis: Axis) -> list[int]:
    """The axes, counted from the front."""
    if axis is None:
        return list(range(x.ndim))
    return sorted(a % x.ndim for a in listed(axis))


def reduced(op: str, x: Value, axis: Axis, keepdims: bool) -> Value:
    """A reduction, in whichever order the axes are."""
    axes = axes_of(x, axis)
    if not axes:
        return x
    dtype = x.dtype
    if dtype in _WIDER:
        return ops.cast(reduced(op, ops.cast(x, _WIDER[dtype]), axis, keepdims), dtype)
    base, order = (x, list(range(x.ndim))) if x.base is None else (x.base, x.order)
    gone = sorted(order[a] for a in axes)
    shape = [
        1 if a in gone else n
        for a, n in enumerate(base.shape)
        if keepdims or a not in gone
    ]
    result = emit(
        op, base, integers(gone), keepdims=int(keepdims), shape=shape, dtype=dtype
    )
    if keepdims:
        return in_order(result, order)
    left = [a for a in range(x.ndim) if a not in gone]
    return in_order(result, [left.index(a) for a in order if a not in gone])


def _rule(op: str, name: str) -> Callable[..., Value]:
    def rule(x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
        return reduced(op, x, axis, keepdims)

    rule.__name__ = name
    return rule


sum = _rule("ReduceSum", "sum")
mean = _rule("ReduceMean", "mean")
logsumexp = _rule("ReduceLogSumExp", "logsumexp")


def prod(
    x: Value, axis: Axis = None, keepdims: bool = False, dtype: str | None = None
) -> Value:
    x = x if dtype is None else ops.cast(x, dtype)
    return reduced("ReduceProd", x, axis, keepdims)


def max(
    x: Value, axis: Axis = None, keepdims: bool = False, initial: Any = None
) -> Value:
    found = reduced("ReduceMax", x, axis, keepdims)
    return found if initial is None else ops.maximum(found, initial)


def min(
    x: Value, axis: Axis = None, keepdims: bool = False, initial: Any = None
) -> Value:
    found = reduced("ReduceMin", x, axis, keepdims)
    return found if initial is None else ops.minimum(found, initial)


def any(x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
    return ops.cast(reduced("ReduceMax", _flags(x), axis, keepdims), "bool")


def all(x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
    return ops.cast(reduced("ReduceMin", _flags(x), axis, keepdims), "bool")


def _flags(x: Value) -> Value:
    return ops.cast(ops.cast(x, "bool"), "int32")


def _place(op: str, name: str) -> Callable[..., Value]:
    def rule(x: Value, axis: int | None = None, keepdims: bool = False) -> Value:
        rank = x.ndim
        x = ops.cast(x, _WIDER.get(x.dtype, x.dtype))
        flat = axis is None
        if flat:
            x = ops.reshape(x, (-1,))
        place = 0 if flat else int(axis) % rank
        kept = keepdims and not flat
        shape = [
            1 if a == place else n for a, n in enumerate(x.shape) if kept or a != place
        ]
        found = emit(op, x, axis=place, keepdims=int(kept), shape=shape, dtype="int64")
        found = ops.cast(found, "int32")
        return ops.reshape(found, (1,) * rank) if flat and keepdims else found

    rule.__name__ = name
    return rule


argmax = _place("ArgMax", "argmax")
argmin = _place("ArgMin", "argmin")


def cumsum(x: Value, axis: int | None = None, dtype: str | None = None) -> Value:
    x = x if dtype is None else ops.cast(x, dtype)
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    kind = x.dtype
    x = ops.cast(x, _WIDER.get(kind, kind))
    place = constant(int(axis) % x.ndim, "int64")
    return ops.cast(emit("CumSum", x, place, shape=x.shape, dtype=x.dtype), kind)


def cumprod(x: Value, axis: int | None = None, dtype: str | None = None) -> Value:
    x = x if dtype is None else ops.cast(x, dtype)
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    rows = ops.moveaxis(x, axis, 0)
    first = ops.ones_like(rows[0])

    def step(carry: Value, row: Value) -> tuple[Value, Value]:
        product = ops.multiply(carry, row)
        return product, product

    return ops.moveaxis(ops.scan(step, first, rows)[1], 0, axis)
