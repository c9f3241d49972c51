"""Reading and writing parts of tensors, searching, sorting; the TensorFlow backend."""

from __future__ import annotations

import builtins as _builtins
from operator import index as _index
from typing import Any

import numpy as _np
import tensorflow as _tf

from keras.backends import arguments as _arguments
from keras.core.typing import ShapeLike, TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: _tf.Tensor, key: Any) -> _tf.Tensor:
    parts = list(key) if isinstance(key, tuple) else [key]
    if not any(_is_index_array(part) for part in parts):
        return x[tuple(parts)]
    return _advanced(x, parts)


def _is_index_array(part: Any) -> bool:
    if isinstance(part, (list, _np.ndarray)):
        return True
    if isinstance(part, (_tf.Tensor, _tf.Variable)):
        return part.shape.rank != 0 or part.dtype == _tf.bool
    return False


def _advanced(x: _tf.Tensor, parts: list[Any]) -> _tf.Tensor:
    """NumPy's advanced indexing: slices first, then all index arrays together."""
    arrays: dict[int, Any] = {}
    basic: list[Any] = []
    taken = _builtins.sum(
        _tf.convert_to_tensor(p).shape.rank
        if _is_index_array(p) and _tf.convert_to_tensor(p).dtype == _tf.bool
        else int(p is not None and p is not ...)
        for p in parts
    )
    axis = 0
    scalars = [
        isinstance(p, (int, _np.integer)) and not isinstance(p, bool) for p in parts
    ]
    for part, scalar in zip(parts, scalars, strict=True):
        if part is ...:
            rest = x.shape.rank - taken
            basic.extend([_builtins.slice(None)] * rest)
            axis += rest
        elif _is_index_array(part) or scalar:
            for places in _places_of(part):
                arrays[axis] = places
                basic.append(_builtins.slice(None))
                axis += 1
        else:
            basic.append(part)
            axis += 1
    return _gather(x[tuple(basic)], arrays)


def _places_of(part: Any) -> list[Any]:
    part = _tf.convert_to_tensor(part)
    if part.dtype == _tf.bool:
        return _tf.unstack(_tf.where(part), axis=-1)
    return [_tf.cast(part, _tf.int64)]


def _gather(x: Any, arrays: dict[int, Any]) -> _tf.Tensor:
    axes = list(arrays)
    places = [
        _inside(index, _tf.shape(x, _tf.int64)[axis]) for axis, index in arrays.items()
    ]
    if len(axes) == 1:
        return _tf.gather(x, places[0], axis=axes[0])
    shape = places[0].shape
    for place in places[1:]:
        shape = _tf.broadcast_static_shape(shape, place.shape)
    together = places[0]
    for place in places[1:]:
        together = together + _tf.zeros_like(place)
    index = _tf.stack([place + _tf.zeros_like(together) for place in places], axis=-1)
    rank = x.shape.rank
    others = [a for a in range(rank) if a not in axes]
    result = _tf.gather_nd(_tf.transpose(x, axes + others), index)
    if axes == list(range(axes[0], axes[0] + len(axes))):
        # Adjacent index arrays: their axes stay where they were.
        count = shape.rank
        order = list(range(count, count + axes[0])) + list(range(count))
        order += list(range(count + axes[0], result.shape.rank))
        result = _tf.transpose(result, order)
    return result


def _inside(indices: _tf.Tensor, size: Any) -> _tf.Tensor:
    """Indices with negative ones counted from the end."""
    if indices.dtype.is_floating or indices.dtype.is_complex:
        raise TypeError("Places are integers.")
    if indices.dtype.is_unsigned or not indices.dtype.is_integer:
        return _tf.cast(indices, _tf.int32)
    return _tf.where(indices < 0, indices + _tf.cast(size, indices.dtype), indices)


def _whole(indices: _tf.Tensor) -> _tf.Tensor:
    """Indices as int32 or int64; only integers and bools are rounded to none."""
    if indices.dtype.is_floating or indices.dtype.is_complex:
        raise TypeError("Places are integers.")
    if indices.dtype in (_tf.int32, _tf.int64):
        return indices
    return _tf.cast(indices, _tf.int32)


def take(x: Any, indices: Any, axis: int | None = None) -> _tf.Tensor:
    if axis is None:
        x, axis = _tf.reshape(x, [-1]), 0
    indices = _whole(indices)
    return _tf.gather(x, _inside(indices, _tf.shape(x)[axis]), axis=axis)


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> _tf.Tensor:
    if axis is None:
        x, indices, axis = _tf.reshape(x, [-1]), _tf.reshape(indices, [-1]), 0
    rank = x.shape.rank
    axis = _arguments.normal_axis(axis, rank)
    indices = _inside(_tf.cast(_whole(indices), _tf.int32), _tf.shape(x)[axis])
    order = [a for a in range(rank) if a != axis] + [axis]
    back = [order.index(a) for a in range(rank)]
    x, indices = _tf.transpose(x, order), _tf.transpose(indices, order)
    lead = _tf.broadcast_dynamic_shape(_tf.shape(x)[:-1], _tf.shape(indices)[:-1])
    if x.shape[:-1] != indices.shape[:-1]:
        x = _tf.broadcast_to(x, _tf.concat([lead, _tf.shape(x)[-1:]], 0))
        indices = _tf.broadcast_to(
            indices, _tf.concat([lead, _tf.shape(indices)[-1:]], 0)
        )
    result = _tf.gather(x, indices, batch_dims=rank - 1, axis=rank - 1)
    return _tf.transpose(result, back)


def slice(
    inputs: _tf.Tensor, start_indices: _tf.Tensor, shape: ShapeLike
) -> _tf.Tensor:
    return _tf.slice(inputs, start_indices, shape)


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: _tf.Tensor, start_indices: _tf.Tensor, updates: _tf.Tensor
) -> _tf.Tensor:
    updates = _tf.cast(updates, inputs.dtype)
    starts = _tf.unstack(_tf.cast(_tf.stack(start_indices), _tf.int32))
    axes = [
        starts[axis] + _tf.range(_tf.shape(updates)[axis])
        for axis in range(updates.shape.rank)
    ]
    if updates.shape.rank != inputs.shape.rank:
        raise ValueError("The ranks differ.")
    if not axes:
        return updates
    places = _tf.stack(_tf.meshgrid(*axes, indexing="ij"), axis=-1)
    return _tf.tensor_scatter_nd_update(inputs, places, updates)


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    if indices.dtype == _tf.bool:
        raise TypeError("Places are integers.")
    indices = _whole(indices)
    shape = _tf.cast(shape, indices.dtype)
    return _tf.scatter_nd(indices, _spread(values, indices, shape), shape)


def _spread(values: Any, indices: Any, shape: Any) -> Any:
    """Values in the shape that the places have; they may have been fewer."""
    depth = indices.shape[-1]
    wanted = _tf.concat([_tf.shape(indices)[:-1], _tf.cast(shape, "int32")[depth:]], 0)
    return _tf.broadcast_to(values, wanted)


_UPDATES = {
    None: _tf.tensor_scatter_nd_update,
    "add": _tf.tensor_scatter_nd_add,
    "sub": _tf.tensor_scatter_nd_sub,
    "max": _tf.tensor_scatter_nd_max,
    "min": _tf.tensor_scatter_nd_min,
}


def scatter_update(
    inputs: Any, indices: Any, updates: Any, reduction: str | None = None
) -> _tf.Tensor:
    if indices.dtype == _tf.bool:
        raise TypeError("Places are integers.")
    updates, indices = _tf.cast(updates, inputs.dtype), _whole(indices)
    if updates.shape.rank != indices.shape.rank - 1 + len(
        inputs.shape[indices.shape[-1] :]
    ) or not updates.shape[: indices.shape.rank - 1].is_compatible_with(
        indices.shape[:-1]
    ):
        updates = _spread(updates, indices, _tf.shape(inputs))
    if reduction in ("mul", "multiply"):
        return _scatter_multiply(inputs, indices, updates)
    return _UPDATES[reduction](inputs, indices, updates)


def _scatter_multiply(
    inputs: _tf.Tensor, indices: _tf.Tensor, updates: _tf.Tensor
) -> _tf.Tensor:
    """TensorFlow has no such kernel: products per place, by segments."""
    depth = indices.shape[-1]
    sizes = _tf.cast(_tf.shape(inputs), indices.dtype)
    steps = _tf.math.cumprod(sizes[:depth], exclusive=True, reverse=True)
    place = _tf.reshape(_tf.reduce_sum(indices * steps, axis=-1), [-1])
    inner = _tf.shape(inputs)[depth:]
    rows = _tf.reshape(inputs, _tf.concat([[-1], inner], 0))
    factors = _tf.math.unsorted_segment_prod(
        _tf.reshape(updates, _tf.concat([[-1], inner], 0)), place, _tf.shape(rows)[0]
    )
    return _tf.reshape(rows * factors, _tf.shape(inputs))


# Sorting and searching ------------------------------------------------------------


def _sortable(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.cast(x, _tf.uint8) if x.dtype == _tf.bool else x


def sort(x: _tf.Tensor, axis: int | None = -1) -> _tf.Tensor:
    if axis is None:
        x, axis = _tf.reshape(x, [-1]), 0
    if not x.dtype.is_floating:
        return _tf.cast(_tf.sort(_sortable(x), axis=_index(axis)), x.dtype)
    # TensorFlow puts NaN anywhere: it goes behind infinity, as in NumPy.
    missing = _tf.math.is_nan(x)
    infinity = _tf.constant(float("inf"), x.dtype)
    ordered = _tf.sort(_tf.where(missing, infinity, x), axis=_index(axis))
    last = _tf.sort(_tf.cast(missing, _tf.int32), axis=axis) > 0
    return _tf.where(last, _tf.constant(float("nan"), x.dtype), ordered)


def argsort(x: _tf.Tensor, axis: int | None = -1) -> _tf.Tensor:
    if axis is None:
        x, axis = _tf.reshape(x, [-1]), 0
    if x.shape.rank == 0:
        return _tf.zeros((), "int32")
    return _tf.argsort(_sortable(x), axis=_index(axis), stable=True)


def argpartition(x: _tf.Tensor, kth: int, axis: int | None = -1) -> _tf.Tensor:
    return argsort(x, axis)


def searchsorted(
    sorted_sequence: _tf.Tensor, values: _tf.Tensor, side: str = "left"
) -> _tf.Tensor:
    if sorted_sequence.dtype not in (_tf.int32, _tf.int64, _tf.float32, _tf.float64):
        wide = _tf.float32 if sorted_sequence.dtype.is_floating else _tf.int64
        sorted_sequence = _tf.cast(sorted_sequence, wide)
        values = _tf.cast(values, wide)
    if sorted_sequence.shape.rank != 1:
        raise ValueError("One dimension is needed.")
    flat = _tf.searchsorted(sorted_sequence, _tf.reshape(values, [-1]), side)
    result = _tf.reshape(flat, _tf.shape(values))
    result.set_shape(values.shape)
    return result


def nonzero(x: _tf.Tensor) -> Any:
    places = _tf.cast(_tf.where(x if x.dtype == _tf.bool else x != 0), _tf.int32)
    return tuple(_tf.unstack(places, num=x.shape.rank, axis=-1))


def counts(x: _tf.Tensor, weights: TensorLike = None, minlength: int = 0) -> _tf.Tensor:
    x = _tf.cast(x, _tf.int32)
    length = _tf.maximum(
        _tf.reduce_max(_tf.concat([_tf.reshape(x, [-1]), [-1]], 0)) + 1, minlength
    )
    columns = _tf.shape(x)[-1]
    rows = _tf.reshape(x, [-1, columns])
    each = (
        _tf.ones_like(rows)
        if weights is None
        else _tf.reshape(weights, _tf.shape(rows))
    )
    count = _tf.shape(rows)[0]
    places = rows + (_tf.range(count) * length)[:, None]
    flat = _tf.math.unsorted_segment_sum(
        _tf.reshape(each, [-1]), _tf.reshape(places, [-1]), count * length
    )
    return _tf.reshape(flat, _tf.concat([_tf.shape(x)[:-1], [length]], 0))


def unique_parts(
    x: _tf.Tensor, axis: int | None = None, size: int | None = None
) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    if size is not None and axis is None:
        return _so_many(x, size)
    shape = _tf.shape(x)
    flat = _tf.reshape(x, [-1]) if axis is None else x
    along = [0 if axis is None else axis]
    values, inverse, amounts = _tf.raw_ops.UniqueWithCountsV2(x=flat, axis=along)
    found = _tf.shape(amounts)[0]
    index = _tf.math.unsorted_segment_min(
        _tf.range(_tf.shape(inverse)[0]), inverse, found
    )
    order = _lexicographic(values, along[0])
    rank_of = _tf.scatter_nd(order[:, None], _tf.range(found), [found])
    values = _tf.gather(values, order, axis=along[0])
    inverse = _tf.gather(rank_of, inverse)
    inverse = _tf.reshape(inverse, shape) if axis is None else inverse
    return values, _tf.gather(index, order), inverse, _tf.gather(amounts, order)


def _so_many(x: _tf.Tensor, size: int) -> Any:
    """The same for the first `size` values, in shapes that are known beforehand."""
    flat = _tf.reshape(x, [-1])
    order = argsort(flat)
    ordered = _tf.gather(flat, order)
    is_new = _tf.cast(_tf.not_equal(ordered[1:], ordered[:-1]), _tf.int32)
    rank = _tf.concat([_tf.zeros_like(order[:1]), _tf.cumsum(is_new)], 0)
    slot = _tf.minimum(rank, size)  # those beyond share one, which is cut off
    firsts = _tf.math.unsorted_segment_min(_tf.range(_tf.size(flat)), slot, size + 1)
    places = _tf.minimum(firsts, _tf.size(flat) - 1)  # no first: of no account
    amounts = _tf.math.unsorted_segment_sum(_tf.ones_like(slot), slot, size + 1)
    inverse = _tf.scatter_nd(order[:, None], rank, _tf.shape(order))
    values, index = _tf.gather(ordered, places), _tf.gather(order, places)
    inverse = _tf.reshape(inverse, _tf.shape(x))
    return values[:size], index[:size], inverse, amounts[:size]


def _lexicographic(values: _tf.Tensor, axis: int) -> _tf.Tensor:
    """The order of the slices along an axis, compared element by element."""
    rows = _tf.experimental.numpy.moveaxis(values, axis, 0)
    rows = _sortable(_tf.reshape(rows, [_tf.shape(rows)[0], -1]))
    order = _tf.range(_tf.shape(rows)[0])
    for column in reversed(range(rows.shape[1] or 1)):
        order = _tf.gather(
            order, _tf.argsort(_tf.gather(rows[:, column], order), stable=True)
        )
    return order
