"""Reading and writing parts of arrays, searching and sorting, on the JAX backend."""

from __future__ import annotations

import math as _math
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends import arguments as _arguments
from keras.backends.jax.derivatives import multiplied as _multiplied
from keras.core.typing import ShapeLike, TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: _jax.Array, key: Any) -> _jax.Array:
    result = x[key]
    # JAX clamps an index that is out of range; NumPy and its likes refuse it.
    parts = key if isinstance(key, tuple) else (key,)
    axis = 0
    for part in parts:
        if part is ...:
            break
        if isinstance(part, int) and not -x.shape[axis] <= part < x.shape[axis]:
            raise IndexError(f"Index {part} is out of range.")
        axis += part is not None
    return result


def take(x: _jax.Array, indices: _jax.Array, axis: int | None = None) -> _jax.Array:
    return _jnp.take(x, indices, axis)


def take_along_axis(
    x: _jax.Array, indices: _jax.Array, axis: int | None = None
) -> _jax.Array:
    return _jnp.take_along_axis(x, indices, axis)


def slice(
    inputs: _jax.Array, start_indices: _jax.Array, shape: ShapeLike
) -> _jax.Array:
    starts = _starts(start_indices)
    stops = _arguments.window_stops(starts, shape, inputs.shape)
    if -1 in shape:
        shape = tuple(b - a for a, b in zip(starts, stops, strict=True))
    return _jax.lax.dynamic_slice(inputs, starts, shape)


def _starts(start_indices: _jax.Array) -> list[Any]:
    return [start_indices[i] for i in range(len(start_indices))]


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: _jax.Array, start_indices: _jax.Array, updates: _jax.Array
) -> _jax.Array:
    updates = updates.astype(inputs.dtype)
    return _jax.lax.dynamic_update_slice(inputs, updates, _starts(start_indices))


def scatter(indices: _jax.Array, values: _jax.Array, shape: ShapeLike) -> _jax.Array:
    result = _jnp.zeros(tuple(shape), values.dtype)
    return result.at[_places(indices)].add(values)


def _places(indices: _jax.Array) -> tuple[Any, ...]:
    return tuple(_jnp.moveaxis(indices, -1, 0))


def scatter_update(
    inputs: _jax.Array,
    indices: _jax.Array,
    updates: _jax.Array,
    reduction: str | None = None,
) -> _jax.Array:
    updates = updates.astype(inputs.dtype)
    if reduction == "mul" and _jnp.issubdtype(inputs.dtype, _jnp.inexact):
        return _multiplied(inputs, _places(indices), updates)
    target = inputs.at[_places(indices)]
    method = {"sub": "subtract", "mul": "multiply"}.get(reduction or "set", reduction)
    return getattr(target, method or "set")(updates)


# Sorting and searching ------------------------------------------------------------


def sort(x: _jax.Array, axis: int | None = -1) -> _jax.Array:
    return _jnp.sort(x, axis)


def argsort(x: _jax.Array, axis: int | None = -1) -> _jax.Array:
    if axis is not None and not x.ndim:
        return _jnp.zeros((), "int32")
    return _jnp.argsort(x, axis).astype("int32")


def argpartition(x: _jax.Array, kth: int, axis: int | None = -1) -> _jax.Array:
    if axis is None:
        x, axis = x.reshape(-1), 0
    return _jnp.argpartition(x, kth, axis).astype("int32")


def searchsorted(
    sorted_sequence: _jax.Array, values: _jax.Array, side: str = "left"
) -> _jax.Array:
    return _jnp.searchsorted(sorted_sequence, values, side).astype("int32")


def nonzero(x: _jax.Array) -> Any:
    return tuple(places.astype("int32") for places in _jnp.nonzero(x))


def counts(x: _jax.Array, weights: TensorLike = None, minlength: int = 0) -> _jax.Array:
    if isinstance(x, _jax.core.Tracer):
        # Inside a trace the largest value is unknown: `minlength` is the length.
        length = minlength
    else:
        length = max(int(x.max()) + 1 if x.size else 0, minlength)
    x = x.astype("int32") if x.dtype == bool else x
    rows = x.reshape(_math.prod(x.shape[:-1]), x.shape[-1])
    each = _jnp.int32(1) if weights is None else weights.reshape(rows.shape)
    result = _jnp.zeros((rows.shape[0], length), each.dtype)
    result = result.at[_jnp.arange(rows.shape[0])[:, None], rows].add(each)
    return result.reshape(*x.shape[:-1], length)


def unique_parts(
    x: _jax.Array, axis: int | None = None, size: int | None = None
) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    values, index, inverse, amounts = _jnp.unique(
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=False,
        size=size if isinstance(x, _jax.core.Tracer) else None,
    )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return values, *(v.astype("int32") for v in (index, inverse, amounts))
