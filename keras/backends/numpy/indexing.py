"""Reading and writing parts of arrays, searching and sorting, on the NumPy backend."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from keras.backends import arguments
from keras.backends.numpy.gradients import differentiable, primal
from keras.core.typing import TensorLike

# Reading --------------------------------------------------------------------------


def get_item(x: np.ndarray, key: Any) -> np.ndarray:
    return x[key]


def take(x: np.ndarray, indices: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.take(x, indices, axis)


def take_along_axis(
    x: np.ndarray, indices: np.ndarray, axis: int | None = None
) -> np.ndarray:
    if indices.dtype.kind in "fc":
        raise TypeError("Places are integers.")
    return np.take_along_axis(x, indices.astype("int64"), axis)


def slice(inputs: Any, start_indices: Any, shape: Any) -> np.ndarray:
    return inputs[_window(inputs, start_indices, shape)]


def _window(inputs: Any, start_indices: np.ndarray, sizes: Any) -> tuple[Any, ...]:
    starts = [int(start) for start in start_indices]
    stops = arguments.window_stops(starts, sizes, inputs.shape)
    return tuple(map(builtins.slice, starts, stops))


# Writing --------------------------------------------------------------------------


def _slice_update_rule(
    out: TensorLike, inputs: TensorLike, start_indices: Any, updates: TensorLike
) -> Any:
    window = _window(out, start_indices, updates.shape)
    zeros = np.zeros(updates.shape, updates.dtype)
    return (
        lambda g: slice_update(g, start_indices, zeros),
        None,
        lambda g: g[window],
    )


@differentiable(_slice_update_rule)
def slice_update(
    inputs: np.ndarray, start_indices: np.ndarray, updates: np.ndarray
) -> np.ndarray:
    result = np.array(inputs)
    result[_window(inputs, start_indices, updates.shape)] = updates
    return result


def _scatter_rule(out: TensorLike, indices: Any, values: TensorLike, shape: Any) -> Any:
    places = tuple(np.moveaxis(indices, -1, 0))
    return None, lambda g: g[places]


@differentiable(_scatter_rule)
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    result = np.zeros(tuple(shape), values.dtype)
    places = tuple(np.moveaxis(indices, -1, 0))
    np.add.at(result, places, np.broadcast_to(values, result[places].shape))
    return result


_REDUCTIONS = {
    "add": np.add,
    "multiply": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "sub": np.subtract,
    "mul": np.multiply,
}


def _scatter_update_rule(
    out: TensorLike,
    inputs: TensorLike,
    indices: Any,
    updates: TensorLike,
    reduction: Any = None,
) -> Any:
    places = tuple(np.moveaxis(indices, -1, 0))
    if reduction in ("add", "sub"):
        sign = -1 if reduction == "sub" else 1
        return lambda g: g, None, lambda g: sign * g[places]
    return _RULES_OF_UPDATES[reduction](out, inputs, indices, updates)


def _overwritten(out: Any, inputs: Any, indices: Any, updates: Any) -> Any:
    """Of several updates of one place the last one stays."""
    places = tuple(np.moveaxis(indices, -1, 0))
    shape = np.broadcast_shapes(updates.shape, out[places].shape)
    number = np.arange(1, math.prod(shape) + 1).reshape(shape)
    last = np.zeros(out.shape, "int64")
    last[places] = number
    return (
        lambda g: np.where(last == 0, g, np.zeros_like(g)),
        None,
        lambda g: np.where(last[places] == number, g[places], np.zeros_like(g[places])),
    )


def _extreme(out: Any, inputs: Any, indices: Any, updates: Any) -> Any:
    """Those that are the extremum share the gradient."""
    places = tuple(np.moveaxis(indices, -1, 0))
    result = primal(out)
    mine = primal(inputs) == result
    theirs = np.broadcast_to(primal(updates) == result[places], result[places].shape)
    count = mine.astype("int64")
    np.add.at(count, places, theirs.astype("int64"))
    share = (1 / np.maximum(count, 1)).astype(result.dtype)
    return (
        lambda g: g * np.where(mine, share, 0).astype(g.dtype),
        None,
        lambda g: g[places] * np.where(theirs, share[places], 0).astype(g.dtype),
    )


def _product(out: Any, inputs: Any, indices: Any, updates: Any) -> Any:
    """Each is multiplied by the product of the others, of which some may be 0."""
    places = tuple(np.moveaxis(indices, -1, 0))
    zero, zeros = primal(inputs) == 0, primal(updates) == 0
    zeros = np.broadcast_to(zeros, np.shape(primal(out)[places]))
    count = zero.astype("int64")
    np.add.at(count, places, zeros.astype("int64"))

    def without(x: Any, is_zero: Any, many: Any, product: Any) -> Any:
        one = np.ones((), x.dtype)
        rest = product / np.where(is_zero, one, x)
        return np.where(many - is_zero == 0, rest, np.zeros((), x.dtype))

    def product() -> Any:
        one = np.ones((), inputs.dtype)
        return scatter_update(
            np.where(zero, one, inputs), indices, np.where(zeros, one, updates), "mul"
        )

    return (
        lambda g: g * without(inputs, zero, count, product()),
        None,
        lambda g: g[places] * without(updates, zeros, count[places], product()[places]),
    )


_RULES_OF_UPDATES = {
    None: _overwritten, "max": _extreme, "min": _extreme,
    "mul": _product, "multiply": _product,
}  # fmt: skip


@differentiable(_scatter_update_rule)
def scatter_update(
    inputs: np.ndarray,
    indices: np.ndarray,
    updates: np.ndarray,
    reduction: str | None = None,
) -> np.ndarray:
    result = np.array(inputs)
    places = tuple(np.moveaxis(indices, -1, 0))
    updates = np.broadcast_to(updates, result[places].shape)
    if reduction is None:
        result[places] = updates
    else:
        _REDUCTIONS[reduction].at(result, places, updates.astype(inputs.dtype))
    return result


# Sorting and searching ------------------------------------------------------------


def sort(x: np.ndarray, axis: int | None = -1) -> np.ndarray:
    return np.sort(x, axis)


def argsort(x: np.ndarray, axis: int | None = -1) -> np.ndarray:
    if axis is not None and not x.ndim:
        return np.zeros((), "int32")
    return np.argsort(x, axis, kind="stable").astype("int32")


def argpartition(x: np.ndarray, kth: int, axis: int | None = -1) -> np.ndarray:
    return np.argpartition(x, kth, axis).astype("int32")


def searchsorted(
    sorted_sequence: np.ndarray, values: np.ndarray, side: Any = "left"
) -> np.ndarray:
    return np.searchsorted(sorted_sequence, values, side).astype("int32")


def nonzero(x: np.ndarray) -> Any:
    return tuple(places.astype("int32") for places in np.nonzero(x))


def _counts_rule(
    out: TensorLike, x: TensorLike, weights: Any = None, minlength: int = 0
) -> Any:
    def back(g: TensorLike) -> TensorLike:
        rows = x.astype("int64").reshape(-1, x.shape[-1])
        found = np.reshape(g, (len(rows), -1))[np.arange(len(rows))[:, None], rows]
        return np.reshape(found, weights.shape)

    return None, back


@differentiable(_counts_rule)
def counts(x: np.ndarray, weights: TensorLike = None, minlength: int = 0) -> np.ndarray:
    x = x.astype("int32") if x.dtype.kind == "b" else x
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    length = max(int(x.max()) + 1 if x.size else 0, minlength)
    result = np.zeros(
        (len(rows), length), "int32" if weights is None else weights.dtype
    )
    each = 1 if weights is None else weights.reshape(rows.shape)
    np.add.at(result, (np.arange(len(rows))[:, None], rows), each)
    return result.reshape(*x.shape[:-1], length)


def unique_parts(
    x: np.ndarray, axis: int | None = None, size: int | None = None
) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    if x.dtype.kind in "OUS":
        raise TypeError("Numbers are needed.")
    values, index, inverse, amounts = np.unique(
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=False,
    )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return values, *(v.astype("int32") for v in (index, inverse, amounts))
