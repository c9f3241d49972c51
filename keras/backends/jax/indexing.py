"""Reading and writing parts of arrays, searching and sorting, on the JAX backend."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding as _NamedSharding
from jax.sharding import PartitionSpec as _PartitionSpec

from keras.backends import arguments
from keras.backends.jax.derivatives import multiplied
from keras.core.typing import ShapeLike, TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: jax.Array, key: Any) -> jax.Array:
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


def take(x: jax.Array, indices: jax.Array, axis: int | None = None) -> jax.Array:
    if axis is not None and (sharding := _explicit(x, indices, axis)) is not None:
        places = (np.s_[:],) * (axis % x.ndim) + (indices,)
        return x.at[places].get(mode="fill", out_sharding=sharding)
    return jnp.take(x, indices, axis)


def _explicit(x: jax.Array, indices: jax.Array, axis: int) -> Any:
    """The sharding of what is taken, where axes of a mesh are explicit; else None.

    There JAX asks for it, even where it follows from the operands.
    """
    sharding = jax.typeof(indices).sharding
    if not sharding.mesh.explicit_axes:
        return None
    axis %= x.ndim
    own = jax.typeof(x).sharding.spec
    return _NamedSharding(
        sharding.mesh, _PartitionSpec(*own[:axis], *sharding.spec, *own[axis + 1 :])
    )


def take_along_axis(
    x: jax.Array, indices: jax.Array, axis: int | None = None
) -> jax.Array:
    return jnp.take_along_axis(x, indices, axis)


def slice(inputs: jax.Array, start_indices: jax.Array, shape: ShapeLike) -> jax.Array:
    starts = _starts(start_indices)
    stops = arguments.window_stops(starts, shape, inputs.shape)
    if -1 in shape:
        shape = tuple(b - a for a, b in zip(starts, stops, strict=True))
    return jax.lax.dynamic_slice(inputs, starts, shape)


def _starts(start_indices: jax.Array) -> list[Any]:
    return [start_indices[i] for i in range(len(start_indices))]


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: jax.Array, start_indices: jax.Array, updates: jax.Array
) -> jax.Array:
    updates = updates.astype(inputs.dtype)
    return jax.lax.dynamic_update_slice(inputs, updates, _starts(start_indices))


def scatter(indices: jax.Array, values: jax.Array, shape: ShapeLike) -> jax.Array:
    result = jnp.zeros(tuple(shape), values.dtype)
    return result.at[_places(indices)].add(values)


def _places(indices: jax.Array) -> tuple[Any, ...]:
    return tuple(jnp.moveaxis(indices, -1, 0))


def scatter_update(
    inputs: jax.Array,
    indices: jax.Array,
    updates: jax.Array,
    reduction: str | None = None,
) -> jax.Array:
    updates = updates.astype(inputs.dtype)
    if reduction == "mul" and jnp.issubdtype(inputs.dtype, jnp.inexact):
        return multiplied(inputs, _places(indices), updates)
    target = inputs.at[_places(indices)]
    method = {"sub": "subtract", "mul": "multiply"}.get(reduction or "set", reduction)
    return getattr(target, method or "set")(updates)


# Sorting and searching ------------------------------------------------------------


def sort(x: jax.Array, axis: int | None = -1) -> jax.Array:
    return jnp.sort(x, axis)


def argsort(x: jax.Array, axis: int | None = -1) -> jax.Array:
    if axis is not None and not x.ndim:
        return jnp.zeros((), "int32")
    return jnp.argsort(x, axis).astype("int32")


def argpartition(x: jax.Array, kth: int, axis: int | None = -1) -> jax.Array:
    if axis is None:
        x, axis = x.reshape(-1), 0
    return jnp.argpartition(x, kth, axis).astype("int32")


def searchsorted(
    sorted_sequence: jax.Array, values: jax.Array, side: str = "left"
) -> jax.Array:
    return jnp.searchsorted(sorted_sequence, values, side).astype("int32")


def nonzero(x: jax.Array) -> Any:
    return tuple(places.astype("int32") for places in jnp.nonzero(x))


def counts(x: jax.Array, weights: TensorLike = None, minlength: int = 0) -> jax.Array:
    if isinstance(x, jax.core.Tracer):
        # Inside a trace the largest value is unknown: `minlength` is the length.
        length = minlength
    else:
        length = max(int(x.max()) + 1 if x.size else 0, minlength)
    x = x.astype("int32") if x.dtype == bool else x
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    each = jnp.int32(1) if weights is None else weights.reshape(rows.shape)
    result = jnp.zeros((rows.shape[0], length), each.dtype)
    result = result.at[jnp.arange(rows.shape[0])[:, None], rows].add(each)
    return result.reshape(*x.shape[:-1], length)


def unique_parts(x: jax.Array, axis: int | None = None, size: int | None = None) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    values, index, inverse, amounts = jnp.unique(
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=False,
        size=size if isinstance(x, jax.core.Tracer) else None,
    )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return values, *(v.astype("int32") for v in (index, inverse, amounts))
