"""Reading and writing parts of arrays, searching and sorting, on the NumPy backend."""

from __future__ import annotations

import builtins as _builtins
import math as _math
from typing import Any

import numpy as _np

from keras.backends import arguments as _arguments
from keras.core.typing import TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: _np.ndarray, key: Any) -> _np.ndarray:
    return x[key]


def take(x: _np.ndarray, indices: _np.ndarray, axis: int | None = None) -> _np.ndarray:
    return _np.take(x, indices, axis)


def take_along_axis(
    x: _np.ndarray, indices: _np.ndarray, axis: int | None = None
) -> _np.ndarray:
    if indices.dtype.kind in "fc":
        raise TypeError("Places are integers.")
    return _np.take_along_axis(x, indices.astype("int64"), axis)


def slice(inputs: Any, start_indices: Any, shape: Any) -> _np.ndarray:
    return inputs[_window(inputs, start_indices, shape)]


def _window(inputs: Any, start_indices: _np.ndarray, sizes: Any) -> tuple[Any, ...]:
    starts = [int(start) for start in start_indices]
    stops = _arguments.window_stops(starts, sizes, inputs.shape)
    return tuple(map(_builtins.slice, starts, stops))


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: _np.ndarray, start_indices: _np.ndarray, updates: _np.ndarray
) -> _np.ndarray:
    result = _np.array(inputs)
    result[_window(inputs, start_indices, updates.shape)] = updates
    return result


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    result = _np.zeros(tuple(shape), values.dtype)
    places = tuple(_np.moveaxis(indices, -1, 0))
    _np.add.at(result, places, _np.broadcast_to(values, result[places].shape))
    return result


_REDUCTIONS = {
    "add": _np.add,
    "multiply": _np.multiply,
    "max": _np.maximum,
    "min": _np.minimum,
    "sub": _np.subtract,
    "mul": _np.multiply,
}


def scatter_update(
    inputs: _np.ndarray,
    indices: _np.ndarray,
    updates: _np.ndarray,
    reduction: str | None = None,
) -> _np.ndarray:
    result = _np.array(inputs)
    places = tuple(_np.moveaxis(indices, -1, 0))
    updates = _np.broadcast_to(updates, result[places].shape)
    if reduction is None:
        result[places] = updates
    else:
        _REDUCTIONS[reduction].at(result, places, updates.astype(inputs.dtype))
    return result


# Sorting and searching ------------------------------------------------------------


def sort(x: _np.ndarray, axis: int | None = -1) -> _np.ndarray:
    return _np.sort(x, axis)


def argsort(x: _np.ndarray, axis: int | None = -1) -> _np.ndarray:
    if axis is not None and not x.ndim:
        return _np.zeros((), "int32")
    return _np.argsort(x, axis, kind="stable").astype("int32")


def argpartition(x: _np.ndarray, kth: int, axis: int | None = -1) -> _np.ndarray:
    return _np.argpartition(x, kth, axis).astype("int32")


def searchsorted(
    sorted_sequence: _np.ndarray, values: _np.ndarray, side: Any = "left"
) -> _np.ndarray:
    return _np.searchsorted(sorted_sequence, values, side).astype("int32")


def nonzero(x: _np.ndarray) -> Any:
    return tuple(places.astype("int32") for places in _np.nonzero(x))


def counts(
    x: _np.ndarray, weights: TensorLike = None, minlength: int = 0
) -> _np.ndarray:
    x = x.astype("int32") if x.dtype.kind == "b" else x
    rows = x.reshape(_math.prod(x.shape[:-1]), x.shape[-1])
    length = max(int(x.max()) + 1 if x.size else 0, minlength)
    result = _np.zeros(
        (len(rows), length), "int32" if weights is None else weights.dtype
    )
    each = 1 if weights is None else weights.reshape(rows.shape)
    _np.add.at(result, (_np.arange(len(rows))[:, None], rows), each)
    return result.reshape(*x.shape[:-1], length)


def unique_parts(
    x: _np.ndarray, axis: int | None = None, size: int | None = None
) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    if x.dtype.kind in "OUS":
        raise TypeError("Numbers are needed.")
    values, index, inverse, amounts = _np.unique(
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=False,
    )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return values, *(v.astype("int32") for v in (index, inverse, amounts))
