"""Reading and writing parts of tensors, searching, sorting; the TensorFlow backend."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np
import tensorflow as tf

from keras.backends import arguments
from keras.core.typing import ShapeLike, TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: tf.Tensor, key: Any) -> tf.Tensor:
    parts = list(key) if isinstance(key, tuple) else [key]
    if not any(_is_index_array(part) for part in parts):
        return x[tuple(parts)]
    return _advanced(x, parts)


def _is_index_array(part: Any) -> bool:
    if isinstance(part, (list, np.ndarray)):
        return True
    if isinstance(part, (tf.Tensor, tf.Variable)):
        return part.shape.rank != 0 or part.dtype == tf.bool
    return False


def _advanced(x: tf.Tensor, parts: list[Any]) -> tf.Tensor:
    """NumPy's advanced indexing: slices first, then all index arrays together."""
    arrays: dict[int, Any] = {}
    basic: list[Any] = []
    taken = builtins.sum(
        tf.convert_to_tensor(p).shape.rank
        if _is_index_array(p) and tf.convert_to_tensor(p).dtype == tf.bool
        else int(p is not None and p is not ...)
        for p in parts
    )
    axis = 0
    scalars = [
        isinstance(p, (int, np.integer)) and not isinstance(p, bool) for p in parts
    ]
    for part, scalar in zip(parts, scalars, strict=True):
        if part is ...:
            rest = x.shape.rank - taken
            basic.extend([builtins.slice(None)] * rest)
            axis += rest
        elif _is_index_array(part) or scalar:
            for places in _places_of(part):
                arrays[axis] = places
                basic.append(builtins.slice(None))
                axis += 1
        else:
            basic.append(part)
            axis += 1
    return _gather(x[tuple(basic)], arrays)


def _places_of(part: Any) -> list[Any]:
    part = tf.convert_to_tensor(part)
    if part.dtype == tf.bool:
        return tf.unstack(tf.where(part), axis=-1)
    return [tf.cast(part, tf.int64)]


def _gather(x: TensorLike, arrays: dict[int, Any]) -> tf.Tensor:
    axes = list(arrays)
    places = [
        _inside(index, tf.shape(x, tf.int64)[axis]) for axis, index in arrays.items()
    ]
    if len(axes) == 1:
        return tf.gather(x, places[0], axis=axes[0])
    shape = places[0].shape
    for place in places[1:]:
        shape = tf.broadcast_static_shape(shape, place.shape)
    together = places[0]
    for place in places[1:]:
        together = together + tf.zeros_like(place)
    index = tf.stack([place + tf.zeros_like(together) for place in places], axis=-1)
    rank = x.shape.rank
    others = [a for a in range(rank) if a not in axes]
    result = tf.gather_nd(tf.transpose(x, axes + others), index)
    if axes == list(range(axes[0], axes[0] + len(axes))):
        # Adjacent index arrays: their axes stay where they were.
        count = shape.rank
        order = list(range(count, count + axes[0])) + list(range(count))
        order += list(range(count + axes[0], result.shape.rank))
        result = tf.transpose(result, order)
    return result


def _inside(indices: tf.Tensor, size: Any) -> tf.Tensor:
    """Indices with negative ones counted from the end."""
    if indices.dtype.is_floating or indices.dtype.is_complex:
        raise TypeError("Places are integers.")
    if indices.dtype.is_unsigned or not indices.dtype.is_integer:
        return tf.cast(indices, tf.int32)
    return tf.where(indices < 0, indices + tf.cast(size, indices.dtype), indices)


def _whole(indices: tf.Tensor) -> tf.Tensor:
    """Indices as int32 or int64; only integers and bools are rounded to none."""
    if indices.dtype.is_floating or indices.dtype.is_complex:
        raise TypeError("Places are integers.")
    if indices.dtype in (tf.int32, tf.int64):
        return indices
    return tf.cast(indices, tf.int32)


def take(x: TensorLike, indices: Any, axis: int | None = None) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    indices = _whole(indices)
    return tf.gather(x, _inside(indices, tf.shape(x)[axis]), axis=axis)


def take_along_axis(x: TensorLike, indices: Any, axis: int | None = None) -> tf.Tensor:
    if axis is None:
        x, indices, axis = tf.reshape(x, [-1]), tf.reshape(indices, [-1]), 0
    rank = x.shape.rank
    axis = arguments.normal_axis(axis, rank)
    indices = _inside(tf.cast(_whole(indices), tf.int32), tf.shape(x)[axis])
    order = [a for a in range(rank) if a != axis] + [axis]
    back = [order.index(a) for a in range(rank)]
    x, indices = tf.transpose(x, order), tf.transpose(indices, order)
    lead = tf.broadcast_dynamic_shape(tf.shape(x)[:-1], tf.shape(indices)[:-1])
    if x.shape[:-1] != indices.shape[:-1]:
        x = tf.broadcast_to(x, tf.concat([lead, tf.shape(x)[-1:]], 0))
        indices = tf.broadcast_to(indices, tf.concat([lead, tf.shape(indices)[-1:]], 0))
    result = tf.gather(x, indices, batch_dims=rank - 1, axis=rank - 1)
    return tf.transpose(result, back)


def slice(inputs: tf.Tensor, start_indices: tf.Tensor, shape: ShapeLike) -> tf.Tensor:
    return tf.slice(inputs, start_indices, shape)


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: tf.Tensor, start_indices: tf.Tensor, updates: tf.Tensor
) -> tf.Tensor:
    updates = tf.cast(updates, inputs.dtype)
    starts = tf.unstack(tf.cast(tf.stack(start_indices), tf.int32))
    axes = [
        starts[axis] + tf.range(tf.shape(updates)[axis])
        for axis in range(updates.shape.rank)
    ]
    if updates.shape.rank != inputs.shape.rank:
        raise ValueError("The ranks differ.")
    if not axes:
        return updates
    places = tf.stack(tf.meshgrid(*axes, indexing="ij"), axis=-1)
    return tf.tensor_scatter_nd_update(inputs, places, updates)


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    if indices.dtype == tf.bool:
        raise TypeError("Places are integers.")
    indices = _whole(indices)
    shape = tf.cast(shape, indices.dtype)
    return tf.scatter_nd(indices, _spread(values, indices, shape), shape)


def _spread(values: Any, indices: Any, shape: Any) -> Any:
    """Values in the shape that the places have; they may have been fewer."""
    depth = indices.shape[-1]
    wanted = tf.concat([tf.shape(indices)[:-1], tf.cast(shape, "int32")[depth:]], 0)
    return tf.broadcast_to(values, wanted)


_UPDATES = {
    None: tf.tensor_scatter_nd_update,
    "add": tf.tensor_scatter_nd_add,
    "sub": tf.tensor_scatter_nd_sub,
    "max": tf.tensor_scatter_nd_max,
    "min": tf.tensor_scatter_nd_min,
}


def scatter_update(
    inputs: Any, indices: Any, updates: Any, reduction: str | None = None
) -> tf.Tensor:
    if indices.dtype == tf.bool:
        raise TypeError("Places are integers.")
    updates, indices = tf.cast(updates, inputs.dtype), _whole(indices)
    if updates.shape.rank != indices.shape.rank - 1 + len(
        inputs.shape[indices.shape[-1] :]
    ) or not updates.shape[: indices.shape.rank - 1].is_compatible_with(
        indices.shape[:-1]
    ):
        updates = _spread(updates, indices, tf.shape(inputs))
    if reduction in ("mul", "multiply"):
        return _scatter_multiply(inputs, indices, updates)
    return _UPDATES[reduction](inputs, indices, updates)


def _scatter_multiply(
    inputs: tf.Tensor, indices: tf.Tensor, updates: tf.Tensor
) -> tf.Tensor:
    """TensorFlow has no such kernel: products per place, by segments."""
    depth = indices.shape[-1]
    sizes = tf.cast(tf.shape(inputs), indices.dtype)
    steps = tf.math.cumprod(sizes[:depth], exclusive=True, reverse=True)
    place = tf.reshape(tf.reduce_sum(indices * steps, axis=-1), [-1])
    inner = tf.shape(inputs)[depth:]
    rows = tf.reshape(inputs, tf.concat([[-1], inner], 0))
    factors = tf.math.unsorted_segment_prod(
        tf.reshape(updates, tf.concat([[-1], inner], 0)), place, tf.shape(rows)[0]
    )
    return tf.reshape(rows * factors, tf.shape(inputs))


# Sorting and searching ------------------------------------------------------------


def _sortable(x: tf.Tensor) -> tf.Tensor:
    return tf.cast(x, tf.uint8) if x.dtype == tf.bool else x


def sort(x: tf.Tensor, axis: int | None = -1) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    if not x.dtype.is_floating:
        return tf.cast(tf.sort(_sortable(x), axis=operator.index(axis)), x.dtype)
    # TensorFlow puts NaN anywhere: it goes behind infinity, as in NumPy.
    missing = tf.math.is_nan(x)
    infinity = tf.constant(float("inf"), x.dtype)
    ordered = tf.sort(tf.where(missing, infinity, x), axis=operator.index(axis))
    last = tf.sort(tf.cast(missing, tf.int32), axis=axis) > 0
    return tf.where(last, tf.constant(float("nan"), x.dtype), ordered)


def argsort(x: tf.Tensor, axis: int | None = -1) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    if x.shape.rank == 0:
        return tf.zeros((), "int32")
    return tf.argsort(_sortable(x), axis=operator.index(axis), stable=True)


def searchsorted(
    sorted_sequence: tf.Tensor, values: tf.Tensor, side: str = "left"
) -> tf.Tensor:
    if sorted_sequence.dtype not in (tf.int32, tf.int64, tf.float32, tf.float64):
        wide = tf.float32 if sorted_sequence.dtype.is_floating else tf.int64
        sorted_sequence = tf.cast(sorted_sequence, wide)
        values = tf.cast(values, wide)
    if sorted_sequence.shape.rank != 1:
        raise ValueError("One dimension is needed.")
    flat = tf.searchsorted(sorted_sequence, tf.reshape(values, [-1]), side)
    result = tf.reshape(flat, tf.shape(values))
    result.set_shape(values.shape)
    return result


def nonzero(x: tf.Tensor) -> Any:
    places = tf.cast(tf.where(x if x.dtype == tf.bool else x != 0), tf.int32)
    return tuple(tf.unstack(places, num=x.shape.rank, axis=-1))


def counts(x: tf.Tensor, weights: TensorLike = None, minlength: int = 0) -> tf.Tensor:
    x = tf.cast(x, tf.int32)
    length = tf.maximum(
        tf.reduce_max(tf.concat([tf.reshape(x, [-1]), [-1]], 0)) + 1, minlength
    )
    columns = tf.shape(x)[-1]
    rows = tf.reshape(x, [-1, columns])
    each = (
        tf.ones_like(rows) if weights is None else tf.reshape(weights, tf.shape(rows))
    )
    count = tf.shape(rows)[0]
    places = rows + (tf.range(count) * length)[:, None]
    flat = tf.math.unsorted_segment_sum(
        tf.reshape(each, [-1]), tf.reshape(places, [-1]), count * length
    )
    return tf.reshape(flat, tf.concat([tf.shape(x)[:-1], [length]], 0))


def unique_parts(x: tf.Tensor, axis: int | None = None, size: int | None = None) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    if size is not None and axis is None:
        return _so_many(x, size)
    shape = tf.shape(x)
    flat = tf.reshape(x, [-1]) if axis is None else x
    along = [0 if axis is None else axis]
    values, inverse, amounts = tf.raw_ops.UniqueWithCountsV2(x=flat, axis=along)
    found = tf.shape(amounts)[0]
    index = tf.math.unsorted_segment_min(tf.range(tf.shape(inverse)[0]), inverse, found)
    order = _lexicographic(values, along[0])
    rank_of = tf.scatter_nd(order[:, None], tf.range(found), [found])
    values = tf.gather(values, order, axis=along[0])
    inverse = tf.gather(rank_of, inverse)
    inverse = tf.reshape(inverse, shape) if axis is None else inverse
    return values, tf.gather(index, order), inverse, tf.gather(amounts, order)


def _so_many(x: tf.Tensor, size: int) -> Any:
    """The same for the first `size` values, in shapes that are known beforehand."""
    flat = tf.reshape(x, [-1])
    order = argsort(flat)
    ordered = tf.gather(flat, order)
    is_new = tf.cast(tf.not_equal(ordered[1:], ordered[:-1]), tf.int32)
    rank = tf.concat([tf.zeros_like(order[:1]), tf.cumsum(is_new)], 0)
    slot = tf.minimum(rank, size)  # those beyond share one, which is cut off
    firsts = tf.math.unsorted_segment_min(tf.range(tf.size(flat)), slot, size + 1)
    places = tf.minimum(firsts, tf.size(flat) - 1)  # no first: of no account
    amounts = tf.math.unsorted_segment_sum(tf.ones_like(slot), slot, size + 1)
    inverse = tf.scatter_nd(order[:, None], rank, tf.shape(order))
    values, index = tf.gather(ordered, places), tf.gather(order, places)
    inverse = tf.reshape(inverse, tf.shape(x))
    return values[:size], index[:size], inverse, amounts[:size]


def _lexicographic(values: tf.Tensor, axis: int) -> tf.Tensor:
    """The order of the slices along an axis, compared element by element."""
    rows = tf.experimental.numpy.moveaxis(values, axis, 0)
    rows = _sortable(tf.reshape(rows, [tf.shape(rows)[0], -1]))
    order = tf.range(tf.shape(rows)[0])
    for column in reversed(range(rows.shape[1] or 1)):
        order = tf.gather(
            order, tf.argsort(tf.gather(rows[:, column], order), stable=True)
        )
    return order
