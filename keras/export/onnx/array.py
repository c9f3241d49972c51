"""How ops that make, shape and join tensors are written to ONNX."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from keras.core.config import floatx
from keras.core.dtypes import is_float, standardize_dtype
from keras.core.typing import Axis
from keras.export.onnx.graph import (
    Value,
    as_sizes,
    as_wide,
    constant,
    emit,
    in_order,
    integers,
    listed,
    node,
    ops,
    size,
)

# Making ---------------------------------------------------------------------------


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Value:
    shape = shape if isinstance(shape, (tuple, list, Value)) else (shape,)
    value = fill_value if isinstance(fill_value, Value) else constant(fill_value)
    kind = standardize_dtype(dtype) if dtype is not None else floatx()
    return emit("Expand", ops.cast(value, kind), as_sizes(shape), dtype=kind)


def full_like(x: Value, fill_value: Any, dtype: Any = None) -> Value:
    kind = standardize_dtype(dtype) if dtype is not None else x.dtype
    value = ops.cast(ops.convert_to_tensor(fill_value), kind)
    if None not in x.shape:
        return ops.broadcast_to(value, x.shape)
    base, order = (x, None) if x.base is None else (x.base, x.order)
    sizes = base.remembered(
        "shape", lambda: emit("Shape", base, shape=(x.ndim,), dtype="int64")
    )
    if value.ndim:
        sizes = emit("Shape", x, shape=(x.ndim,), dtype="int64")
        order = None
    filled = emit("Expand", value, sizes, dtype=kind)
    return filled if order is None else in_order(filled, order)


def zeros(shape: Any, dtype: Any = None) -> Value:
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Value:
    return full(shape, 1, dtype)


def empty(shape: Any, dtype: Any = None) -> Value:
    return full(shape, 0, dtype)


def zeros_like(x: Value, dtype: Any = None) -> Value:
    return full_like(x, 0, dtype)


def ones_like(x: Value, dtype: Any = None) -> Value:
    return full_like(x, 1, dtype)


def empty_like(x: Value, dtype: Any = None) -> Value:
    return full_like(x, 0, dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Value:
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    kind = standardize_dtype(dtype) if dtype is not None else "int32"
    if dtype is None and builtins.any(
        is_float(v.dtype) if isinstance(v, Value) else isinstance(v, float)
        for v in (start, stop, step)
    ):
        kind = floatx()
    if is_float(kind):
        ends = [ops.cast(ops.convert_to_tensor(v), kind) for v in (start, stop, step)]
        return emit("Range", *ends, dtype=kind)
    ends = [as_wide(v) for v in (start, stop, step)]
    count = emit("Range", *ends, shape=(None,), dtype="int64")
    return ops.cast(count, kind)


def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Value:
    M = N if M is None else M
    rows = ops.expand_dims(ops.arange(N, dtype="int32"), 1)
    places = ops.subtract(ops.arange(M, dtype="int32"), rows)
    return ops.cast(ops.equal(places, k), dtype or floatx())


def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Value:
    return ops.cast(_below(N, N if M is None else M, k), dtype or floatx())


def _below(rows: Any, columns: Any, k: int) -> Value:
    row = ops.expand_dims(ops.arange(rows, dtype="int32"), 1)
    return ops.less_equal(ops.arange(columns, dtype="int32"), ops.add(row, k))


def _triangle(x: Value, k: int) -> Value:
    rows, columns = size(x, x.ndim - 2), size(x, x.ndim - 1)
    return _below(rows, columns, k)


def tril(x: Value, k: int = 0) -> Value:
    return ops.where(_triangle(x, k), x, ops.zeros_like(x))


def triu(x: Value, k: int = 0) -> Value:
    return ops.where(_triangle(x, k - 1), ops.zeros_like(x), x)


# Shaping --------------------------------------------------------------------------


def reshape(x: Value, newshape: Any) -> Value:
    if isinstance(newshape, Value) and not newshape.is_constant:
        return emit("Reshape", x, as_sizes(newshape))
    given = newshape.array.tolist() if isinstance(newshape, Value) else newshape
    target = [given] if isinstance(given, (int, Value)) else list(given)
    target = [_plain_size(n) for n in target]
    if tuple(target) == x.shape:
        return x
    source = x.plain
    unknown = [a for a, n in enumerate(target) if isinstance(n, Value)]
    if -1 not in target and len(unknown) == 1:
        target[unknown[0]] = -1  # what is left is this one's
    elif unknown and 0 not in target:
        # ONNX's 0 keeps a size where it is.
        same = [a for a in unknown if _is_same_size(target[a], x, a)]
        rest = [a for a in unknown if a not in same]
        if len(rest) + (-1 in target) <= 1:
            for a in same:
                target[a] = 0
            for a in rest:
                target[a] = -1
            return emit("Reshape", source, integers(target))
    zero = not any(isinstance(n, Value) for n in target) and 0 in target
    return emit("Reshape", source, as_sizes(target), allowzero=1 if zero else None)


def _plain_size(n: Any) -> Any:
    if n is None:
        return -1
    if isinstance(n, Value):
        return int(n.array) if n.is_constant else n
    return int(n)


def _is_same_size(n: Any, x: Value, axis: int) -> bool:
    if axis >= x.ndim or not isinstance(n, Value) or n.size_of is None:
        return False
    source, place = (x, axis) if x.base is None else (x.base, x.order[axis])
    return n.size_of == (source, place)


def ravel(x: Value) -> Value:
    return ops.reshape(x, (-1,))


def expand_dims(x: Value, axis: Any) -> Value:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = x.ndim + len(axes)
    return emit("Unsqueeze", x, integers(sorted(a % rank for a in axes)))


def squeeze(x: Value, axis: Axis = None) -> Value:
    if axis is None:
        axis = [a for a in range(x.ndim) if x.shape[a] == 1]
    return emit("Squeeze", x, integers(sorted(a % x.ndim for a in listed(axis))))


def broadcast_to(x: Value, shape: Any) -> Value:
    if not isinstance(shape, Value):
        # ONNX's 1 keeps a size, which is what an unknown one that is the same wants.
        lead = len(shape) - x.ndim
        shape = [
            1 if a >= lead and (n is None or _is_same_size(n, x, a - lead)) else n
            for a, n in enumerate(shape)
        ]
    return emit("Expand", x, as_sizes(shape), dtype=x.dtype)


def transpose(x: Value, axes: Any = None) -> Value:
    order = list(reversed(range(x.ndim))) if axes is None else list(axes)
    return in_order(x, [a % x.ndim for a in order])


def swapaxes(x: Value, axis1: int, axis2: int) -> Value:
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return in_order(x, order)


def moveaxis(x: Value, source: Any, destination: Any) -> Value:
    sources = source if isinstance(source, (tuple, list)) else (source,)
    targets = destination if isinstance(destination, (tuple, list)) else (destination,)
    sources, targets = [a % x.ndim for a in sources], [a % x.ndim for a in targets]
    order = [a for a in range(x.ndim) if a not in sources]
    for target, a in sorted(zip(targets, sources, strict=True)):
        order.insert(target, a)
    return in_order(x, order)


def flip(x: Value, axis: Axis = None) -> Value:
    axes = list(range(x.ndim)) if axis is None else listed(axis)
    count = len(axes)
    return emit(
        "Slice", x, integers([-1] * count), integers([np.iinfo("int64").min] * count),
        integers([a % x.ndim for a in axes]), integers([-1] * count),
    )  # fmt: skip


def roll(x: Value, shift: Any, axis: Axis = None) -> Value:
    if axis is None:
        rolled = ops.roll(ops.reshape(x, (-1,)), shift, 0)
        return ops.reshape(rolled, ops.shape(x))
    axes = listed(axis)
    shifts = shift if isinstance(shift, (tuple, list)) else [shift] * len(axes)
    for a, by in zip(axes, shifts, strict=True):
        count = size(x, a % x.ndim)
        places = ops.subtract(ops.arange(count, dtype="int32"), by)
        x = ops.take(x, ops.mod(places, count), a)
    return x


def repeat(x: Value, repeats: Any, axis: int | None = None) -> Value:
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    axis %= x.ndim
    if isinstance(repeats, Value):
        repeats = np.asarray(repeats).tolist()
    if isinstance(repeats, (tuple, list)) and len(repeats) == 1:
        repeats = repeats[0]
    if not isinstance(repeats, int):
        places = np.repeat(np.arange(len(repeats)), repeats)
        return ops.take(x, constant(places, "int32"), axis)
    sizes = list(ops.shape(x))
    wide = ops.expand_dims(x, axis + 1)
    times = [1] * wide.ndim
    times[axis + 1] = repeats
    total = sizes[axis] * repeats
    return ops.reshape(
        ops.tile(wide, times), [*sizes[:axis], total, *sizes[axis + 1 :]]
    )


def tile(x: Value, repeats: Any) -> Value:
    times = [repeats] if isinstance(repeats, (int, Value)) else list(repeats)
    if len(times) < x.ndim:
        times = [1] * (x.ndim - len(times)) + times
    elif len(times) > x.ndim:
        x = ops.expand_dims(x, list(range(len(times) - x.ndim)))
    return emit("Tile", x, as_sizes(times))


_MODES = {"constant": "constant", "reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def pad(
    x: Value, pad_width: Any, mode: str = "constant", constant_values: Any = None
) -> Value:
    widths = np.broadcast_to(np.asarray(pad_width, "int64"), (x.ndim, 2))
    base, order = (x, list(range(x.ndim))) if x.base is None else (x.base, x.order)
    physical = np.empty_like(widths)
    for axis, place in enumerate(order):
        physical[place] = widths[axis]
    if mode == "symmetric":
        return _padded_symmetrically(x, widths)
    value = constant_values if constant_values is not None else 0
    filling = ops.cast(ops.convert_to_tensor(value), x.dtype)
    kind = x.dtype
    if kind == "bool":
        base, filling = ops.cast(base, "uint8"), ops.cast(filling, "uint8")
    result = emit(
        "Pad", base, integers(physical.T.reshape(-1).tolist()),
        filling if mode == "constant" else None, mode=_MODES[mode],
        shape=[
            None if n is None else n + int(w.sum())
            for n, w in zip(base.shape, physical, strict=True)
        ],
        dtype=base.dtype,
    )  # fmt: skip
    return in_order(ops.cast(result, kind), order)


def _padded_symmetrically(x: Value, widths: np.ndarray) -> Value:
    for axis, (before, after) in enumerate(widths.tolist()):
        if not before and not after:
            continue
        turned = ops.flip(x, axis)
        count = size(x, axis)
        front = _part(turned, axis, count - before, count)
        back = _part(turned, axis, 0, after)
        x = ops.concatenate([front, x, back], axis)
    return x


def _part(x: Value, axis: int, start: Any, stop: Any) -> Value:
    """The places from `start` to `stop` along one axis."""
    cut = emit(
        "Slice", x, as_sizes([start]), as_sizes([stop]), integers([axis]), dtype=x.dtype
    )
    shape: list[int | None] = list(x.shape)
    both = isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop
    shape[axis] = stop - start if both else None
    cut.note(shape, x.dtype)
    return cut


def diag(x: Value, k: int = 0) -> Value:
    if x.ndim == 2:
        return ops.diagonal(x, k)
    count = size(x, 0) + abs(k)
    rows = ops.expand_dims(ops.arange(count, dtype="int32"), 1)
    on = ops.equal(ops.subtract(ops.arange(count, dtype="int32"), rows), k)
    padded = ops.pad(x, ((k, 0),) if k > 0 else ((0, -k),))
    column = padded if k >= 0 else ops.pad(x, ((0, -k),))
    return ops.where(on, column, ops.zeros_like(column))


def diagonal(x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    x = ops.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = size(x, x.ndim - 2), size(x, x.ndim - 1)
    if not (isinstance(rows, int) and isinstance(columns, int)):
        count = ops.minimum(
            rows + min(offset, 0), ops.subtract(columns, max(offset, 0))
        )
    else:
        count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    place = ops.arange(count, dtype="int32")
    row, column = ops.add(place, max(-offset, 0)), ops.add(place, max(offset, 0))
    flat = ops.reshape(x, [*ops.shape(x)[:-2], -1])
    return ops.take(flat, ops.add(ops.multiply(row, columns), column), -1)


def meshgrid(*x: Value, indexing: str = "xy") -> list[Value]:
    count = len(x)
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[:2] = [1, 0]
    sizes: list[Any] = [None] * count
    for i, v in zip(order, x, strict=True):
        sizes[i] = size(v, 0)
    grids = []
    for i, v in zip(order, x, strict=True):
        shape = [1] * count
        shape[i] = -1
        grids.append(ops.broadcast_to(ops.reshape(v, shape), sizes))
    return grids


# Joining --------------------------------------------------------------------------


def concatenate(xs: Any, axis: int = 0) -> Value:
    values = list(xs)
    first = next((x for x in values if x.base is not None), values[0])
    axis %= first.ndim
    order = first.order
    if order and all(x.order == order or x.is_constant for x in values):
        back = np.argsort(order).tolist()
        inner = [x.base if x.base is not None else in_order(x, back) for x in values]
        return in_order(
            emit("Concat", *inner, axis=order[axis], dtype=first.dtype), order
        )
    return emit("Concat", *values, axis=axis)


def split(x: Value, indices_or_sections: Any, axis: int = 0) -> list[Value]:
    axis %= x.ndim
    given = indices_or_sections
    if isinstance(given, int):
        if x.shape[axis] is None:
            return node("Split", [x], given, axis=axis, num_outputs=given)
        sizes = [x.shape[axis] // given] * given
    else:
        ends = [0, *(int(n) for n in given)]
        if x.shape[axis] is None:
            parts = [_part(x, axis, a, b) for a, b in zip(ends, ends[1:], strict=False)]
            return [*parts, _part(x, axis, ends[-1], np.iinfo("int64").max)]
        total = x.shape[axis]
        ends = [min(n if n >= 0 else n + total, total) for n in (*ends, total)]
        sizes = [max(b - a, 0) for a, b in zip(ends, ends[1:], strict=False)]
    outputs = node("Split", [x, integers(sizes)], len(sizes), axis=axis)
    return outputs


def stack(x: Any, axis: int = 0) -> Value:
    return ops.concatenate([ops.expand_dims(part, axis) for part in x], axis)


def spaced(
    start: Value, stop: Value, num: int = 50, endpoint: bool = True,
    dtype: Any = None, axis: int = 0,
) -> Value:  # fmt: skip
    between = max(num - 1 if endpoint else num, 1)
    shares = constant(np.arange(num) / between, "float32")
    shares = ops.reshape(shares, (-1,) + (1,) * max(start.ndim, stop.ndim))
    width = ops.subtract(stop, start)
    result = ops.add(start, ops.multiply(shares, width))
    return ops.moveaxis(ops.cast(result, dtype or start.dtype), 0, axis)
