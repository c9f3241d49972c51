"""How reading, writing, searching and sorting are written to ONNX."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from keras.core.dtypes import standardize_dtype
from keras.core.typing import DType
from keras.export.onnx.graph import (
    Value,
    as_sizes,
    as_wide,
    constant,
    emit,
    integers,
    node,
    ops,
    size,
)

_FIRST, _LAST = np.iinfo("int64").min, np.iinfo("int64").max

# Reading --------------------------------------------------------------------------


def get_item(x: Value, key: Any) -> Value:
    keys = list(key) if isinstance(key, tuple) else [key]
    taken = builtins.sum(k is not None and k is not Ellipsis for k in keys)
    if builtins.any(k is Ellipsis for k in keys):
        place = next(i for i, k in enumerate(keys) if k is Ellipsis)
        keys[place : place + 1] = [slice_of(None)] * (x.ndim - taken)
    arrays = [k for k in keys if _is_array(k)]
    if arrays and builtins.any(_kind(k) == "bool" for k in arrays):
        raise TypeError(
            "keras.ops.get_item with a mask of booleans cannot be written to ONNX: its "
            "result has a size that only values tell. Use keras.ops.where."
        )
    x, axis, arrays_at = _sliced(x, keys), 0, []
    gone, new, places = [], [], []
    for k in keys:
        if k is None:
            new.append(axis)
            continue
        if isinstance(k, (int, np.integer)):
            gone.append(axis)
        elif _is_array(k):
            arrays_at.append(axis)
            places.append(k)
        axis += 1
    if not places:
        x = _squeezed(x, gone)
        if new:
            gone_before = [builtins.sum(g < n for g in gone) for n in new]
            at = [
                n - g + i for i, (n, g) in enumerate(zip(new, gone_before, strict=True))
            ]
            x = ops.expand_dims(x, at)
        return x
    return _gathered(x, places, arrays_at, gone, new)


def slice_of(*args: Any) -> Any:
    """Python's own slice, whose name an op has here."""
    return builtins.slice(*args)


def _is_array(k: Any) -> bool:
    scalar = isinstance(k, (int, np.integer)) and not isinstance(k, bool)
    return not scalar and not isinstance(k, (builtins.slice, type(None)))


def _kind(k: Any) -> str:
    return k.dtype if isinstance(k, Value) else np.asarray(k).dtype.name


def _sliced(x: Value, keys: list[Any]) -> Value:
    """Slices and integers of a key; the axes of integers stay, one long."""
    axes: list[int] = []
    starts: list[Any] = []
    stops: list[Any] = []
    steps: list[int] = []
    axis = 0
    for k in keys:
        if k is None:
            continue
        if isinstance(k, builtins.slice):
            step = 1 if k.step is None else int(k.step)
            if (k.start, k.stop, step) != (None, None, 1):
                axes.append(axis)
                steps.append(step)
                first, last = (0, _LAST) if step > 0 else (_LAST, _FIRST)
                starts.append(first if k.start is None else _number(k.start))
                stops.append(last if k.stop is None else _number(k.stop))
        elif isinstance(k, (int, np.integer)):
            axes.append(axis)
            steps.append(1)
            starts.append(int(k))
            stops.append(int(k) + 1 if k != -1 else _LAST)
        axis += 1
    if not axes:
        return x
    shape: list[int | None] = list(x.shape)
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        n = shape[axis]
        if builtins.any(isinstance(v, Value) for v in (start, stop)) or n is None:
            shape[axis] = 1 if (start, stop) == (-1, _LAST) else None
        else:
            ends = [None if v in (_FIRST, _LAST) else v for v in (start, stop)]
            shape[axis] = len(range(*slice_of(*ends, step).indices(n)))
    return emit(
        "Slice", x, as_sizes(starts), as_sizes(stops), integers(axes), integers(steps),
        shape=shape, dtype=x.dtype,
    )  # fmt: skip


def _number(k: Any) -> Any:
    return k if isinstance(k, Value) and not k.is_constant else int(k)


def _squeezed(x: Value, gone: list[int]) -> Value:
    if not gone:
        return x
    shape = [n for a, n in enumerate(x.shape) if a not in gone]
    return emit("Squeeze", x, integers(gone), shape=shape, dtype=x.dtype)


def _gathered(
    x: Value, places: list[Any], at: list[int], gone: list[int], new: list[int]
) -> Value:
    """With arrays of places, one or several beside each other."""
    values = [ops.convert_to_tensor(p, None) for p in places]
    if new:
        raise TypeError(
            "keras.ops.get_item with new axes beside arrays of places cannot be "
            "written to ONNX. Use keras.ops.expand_dims and keras.ops.take."
        )
    if len(values) == 1:
        found = ops.take(x, values[0], at[0])
        wider = values[0].ndim - 1
        return _squeezed(found, [g if g < at[0] else g + wider for g in gone])
    if at != list(range(at[0], at[0] + len(at))) or gone:
        raise TypeError(
            "keras.ops.get_item with arrays of places that are not beside each other "
            "cannot be written to ONNX. Use keras.ops.take one by one."
        )
    limits = ops.shape(x)[at[0] : at[0] + len(at)]
    flat = _wrapped(values[0], limits[0])
    for value, limit in zip(values[1:], limits[1:], strict=True):
        flat = ops.add(ops.multiply(flat, limit), _wrapped(value, limit))
    shape = ops.shape(x)
    merged = ops.reshape(x, [*shape[: at[0]], -1, *shape[at[-1] + 1 :]])
    return ops.take(merged, flat, at[0])


def _wrapped(places: Value, limit: Any) -> Value:
    return ops.where(ops.less(places, 0), ops.add(places, limit), places)


def take(x: Value, indices: Value, axis: int | None = None) -> Value:
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    if indices.dtype not in ("int32", "int64"):
        indices = ops.cast(indices, "int32")
    return emit("Gather", x, indices, axis=axis % x.ndim)


def take_along_axis(x: Value, indices: Value, axis: int | None = None) -> Value:
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
        indices = ops.reshape(indices, (-1,))
    axis %= x.ndim
    if indices.dtype not in ("int32", "int64"):
        indices = ops.cast(indices, "int32")
    for a in range(x.ndim):
        if a == axis or x.shape[a] == indices.shape[a]:
            continue
        if indices.shape[a] == 1:
            shape = [1] * x.ndim
            shape[a] = size(x, a)
            indices = ops.broadcast_to(indices, _joint(indices, a, shape[a]))
        elif x.shape[a] == 1:
            x = ops.broadcast_to(x, _joint(x, a, size(indices, a)))
    return emit("GatherElements", x, indices, axis=axis)


def _joint(x: Value, axis: int, n: Any) -> list[Any]:
    return [n if a == axis else m for a, m in enumerate(ops.shape(x))]


def slice(inputs: Value, start_indices: Any, shape: Any) -> Value:
    starts = _each(start_indices, inputs.ndim)
    sizes = list(shape)
    ends = [
        _LAST if n == -1 else ops.add(s, n) if isinstance(s, Value) else s + n
        for s, n in zip(starts, sizes, strict=True)
    ]
    axes = integers(list(range(inputs.ndim)))
    return emit("Slice", inputs, as_sizes(starts), as_sizes(ends), axes)


def _each(start_indices: Any, rank: int) -> list[Any]:
    """The numbers one by one: Python's, or scalars."""
    if isinstance(start_indices, Value):
        if start_indices.is_constant:
            return [int(n) for n in start_indices.array]
        return [start_indices[i] for i in range(rank)]
    return [
        n if isinstance(n, Value) and not n.is_constant else int(n)
        for n in start_indices
    ]


def unstack(x: Value, num: int | None = None, axis: int = 0) -> list[Value]:
    count = num or x.shape[axis]
    return [ops.squeeze(part, axis) for part in ops.split(x, count, axis)]


# Writing --------------------------------------------------------------------------


def slice_update(inputs: Value, start_indices: Any, updates: Value) -> Value:
    starts = _each(start_indices, inputs.ndim)
    if None in updates.shape:
        raise TypeError(
            "keras.ops.slice_update with `updates` of unknown size cannot be written "
            f"to ONNX. Received: updates of shape {updates.shape}."
        )
    grid = np.moveaxis(np.indices(updates.shape), 0, -1).astype("int64")
    places = ops.add(constant(grid), ops.cast(_vector(starts), "int64"))
    return emit("ScatterND", inputs, places, updates)


def _vector(starts: list[Any]) -> Value:
    return as_sizes(starts)


_REDUCTIONS = {
    "add": "add",
    "multiply": "mul",
    "mul": "mul",
    "max": "max",
    "min": "min",
}


def scatter(indices: Value, values: Value, shape: Any) -> Value:
    return ops.scatter_update(ops.zeros(shape, values.dtype), indices, values, "add")


def scatter_update(
    inputs: Value, indices: Value, updates: Value, reduction: str | None = None
) -> Value:
    if reduction in ("sub", "subtract"):
        updates, reduction = ops.negative(updates), "add"
    how = None if reduction is None else _REDUCTIONS[reduction]
    if indices.shape[-1] is None:
        raise TypeError(
            "keras.ops.scatter_update can be written to ONNX only if the last size of "
            f"`indices` is known. Received: indices of shape {indices.shape}."
        )
    places = ops.cast(indices, "int64")
    updates = ops.cast(updates, inputs.dtype)
    shape = [
        *ops.shape(indices)[:-1],
        *ops.shape(inputs)[int(indices.shape[-1] or 0) :],
    ]
    updates = ops.broadcast_to(updates, shape)
    return emit(
        "ScatterND", inputs, places, updates, reduction=how,
        shape=inputs.shape, dtype=inputs.dtype,
    )  # fmt: skip


# Places by values -----------------------------------------------------------------


def one_hot(
    x: Value,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> Value:
    # ONNX's OneHot counts negative numbers from the end, where Keras has only zeros.
    axis = axis % (x.ndim + 1)
    shape = [1] * (x.ndim + 1)
    shape[axis] = num_classes
    classes = constant(np.arange(num_classes).reshape(shape), x.dtype)
    hot = ops.equal(ops.expand_dims(x, axis), classes)
    return ops.cast(hot, standardize_dtype(dtype or "float32"))


def multi_hot(
    inputs: Value, num_classes: int | None = None, axis: int = -1, dtype: DType = None,
    sparse: bool = False, **kwargs: Any,
) -> Value:  # fmt: skip
    count = kwargs.get("num_tokens", num_classes)
    hot = ops.one_hot(inputs, count, axis, dtype)
    return ops.max(hot, 1 if inputs.ndim > 1 else 0)


def nonzero(x: Value) -> tuple[Value, ...]:
    flags = ops.cast(x, "bool")
    places = emit("NonZero", flags, shape=(x.ndim, None), dtype="int64")
    return tuple(ops.cast(places[axis], "int32") for axis in range(x.ndim))


# Order ----------------------------------------------------------------------------


def top_k(x: Value, k: Any, sorted: bool = True) -> tuple[Value, Value]:
    values, places = _ordered(x, k, -1, largest=True)
    return values, ops.cast(places, "int32")


def _ordered(x: Value, k: Any, axis: int, largest: bool) -> tuple[Value, Value]:
    wide = {"int8": "int32", "int16": "int32", "uint8": "int32", "uint16": "int32",
            "bool": "int32", "uint32": "int64"}  # fmt: skip
    source = ops.cast(x, wide.get(x.dtype, x.dtype))
    count = emit("Unsqueeze", as_wide(k), integers([0]), shape=(1,), dtype="int64")
    shape = list(x.shape)
    shape[axis] = k if isinstance(k, int) else None
    values, places = node(
        "TopK", [source, count], 2, axis=axis, largest=int(largest), sorted=1
    )
    values.note(shape, source.dtype)
    places.note(shape, "int64")
    return ops.cast(values, x.dtype), places


def sort(x: Value, axis: int | None = -1) -> Value:
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    axis %= x.ndim
    return _ordered(x, size(x, axis), axis, largest=False)[0]


def argsort(x: Value, axis: int | None = -1) -> Value:
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    axis %= x.ndim
    return ops.cast(_ordered(x, size(x, axis), axis, largest=False)[1], "int32")


def searchsorted(sorted_sequence: Value, values: Value, side: str = "left") -> Value:
    compare = ops.less if side == "left" else ops.less_equal
    before = compare(sorted_sequence, ops.expand_dims(values, -1))
    return ops.sum(ops.cast(before, "int32"), -1)


def in_top_k(targets: Value, predictions: Value, k: int) -> Value:
    count = size(predictions, 1)
    places = ops.cast(targets, "int32")
    inside = ops.logical_and(ops.greater_equal(places, 0), ops.less(places, count))
    places = ops.where(inside, places, 0)
    own = ops.take_along_axis(predictions, ops.expand_dims(places, -1), -1)
    better = ops.sum(ops.cast(ops.greater(predictions, own), "int32"), -1)
    inside = ops.logical_and(inside, ops.squeeze(ops.isfinite(own), -1))
    return ops.logical_and(ops.less(better, k), inside)
