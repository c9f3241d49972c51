"""Making, shaping and joining arrays, on the NumPy backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import numpy as _np

from keras.backends import arguments as _arguments
from keras.backends.numpy.core import native_dtype as _native
from keras.core.typing import Axis, DType, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> Any:
    return _np.zeros(shape, _native(dtype))


def ones(shape: Any, dtype: Any = None) -> Any:
    return _np.ones(shape, _native(dtype))


def empty(shape: Any, dtype: Any = None) -> Any:
    return _np.empty(shape, _native(dtype))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    return _np.full(shape, fill_value, _native(dtype))


def _like(x: _np.ndarray, dtype: DType) -> Any:
    return x.dtype if dtype is None else _native(dtype)


def zeros_like(x: _np.ndarray, dtype: Any = None) -> _np.ndarray:
    return _np.zeros(x.shape, _like(x, dtype))


def ones_like(x: _np.ndarray, dtype: Any = None) -> _np.ndarray:
    return _np.ones(x.shape, _like(x, dtype))


def empty_like(x: _np.ndarray, dtype: Any = None) -> _np.ndarray:
    return _np.empty(x.shape, _like(x, dtype))


def full_like(x: _np.ndarray, fill_value: TensorLike, dtype: Any = None) -> _np.ndarray:
    return _np.full(x.shape, fill_value, _like(x, dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> _np.ndarray:
    return _np.eye(N, M, _index(k), _native(dtype))


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> _np.ndarray:
    dtype = _native(_arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    return _np.arange(start, stop, 1 if step is None else step).astype(dtype)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> _np.ndarray:
    return _np.linspace(start, stop, num, endpoint, axis=axis).astype(
        _like(start, dtype)
    )


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> _np.ndarray:
    if N < 0 or (M is not None and M < 0):
        raise ValueError("Negative sizes.")
    columns = None if M is None else _index(M)
    return _np.tri(_index(N), columns, _index(k), _native(dtype))


def meshgrid(*x: Any, indexing: Any = "xy") -> Any:
    return list(_np.meshgrid(*x, indexing=indexing))


# Shaping --------------------------------------------------------------------------

swapaxes = _np.swapaxes


def reshape(x: Any, newshape: Any) -> Any:
    if hasattr(newshape, "shape"):
        newshape = _np.asarray(newshape).tolist()
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    if any(size < -1 for size in sizes):  # which NumPy takes for -1
        raise ValueError("Negative sizes.")
    return _np.reshape(x, newshape)


def ravel(x: _np.ndarray) -> _np.ndarray:
    return _np.ravel(x)


def transpose(x: _np.ndarray, axes: Any = None) -> _np.ndarray:
    return _np.transpose(x, axes)


def moveaxis(x: _np.ndarray, source: Any, destination: Any) -> _np.ndarray:
    return _np.moveaxis(x, source, destination)


def expand_dims(x: _np.ndarray, axis: Any) -> _np.ndarray:
    return _np.expand_dims(x, _arguments.axis_tuple(axis))


def squeeze(x: _np.ndarray, axis: Axis = None) -> _np.ndarray:
    return _np.squeeze(x, _arguments.axis_tuple(axis))


def broadcast_to(x: Any, shape: Any) -> Any:
    return _np.broadcast_to(x, shape)


def flip(x: _np.ndarray, axis: Axis = None) -> _np.ndarray:
    return _np.flip(x, _arguments.axis_tuple(axis))


def roll(x: _np.ndarray, shift: Sizes, axis: Axis = None) -> _np.ndarray:
    if isinstance(shift, float):
        raise TypeError("Places are integers.")
    return _np.roll(x, shift, axis)


def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    return _np.repeat(x, repeats, axis)


def tile(x: _np.ndarray, repeats: TensorLike) -> _np.ndarray:
    return _np.tile(x, repeats)


def pad(
    x: _np.ndarray,
    pad_width: Sizes,
    mode: Any = "constant",
    constant_values: TensorLike = None,
) -> _np.ndarray:
    widths = _arguments.pad_widths(pad_width, x.ndim)
    if mode != "constant":
        return _np.pad(x, widths, mode=mode)
    value = 0 if constant_values is None else constant_values
    return _np.pad(x, widths, mode=mode, constant_values=value)


def copy(x: _np.ndarray) -> _np.ndarray:
    return _np.array(x)


def view(x: _np.ndarray, dtype: DType = None) -> _np.ndarray:
    return x if dtype is None else _np.ascontiguousarray(x).view(_native(dtype))


# Joining and cutting --------------------------------------------------------------


def concatenate(xs: _np.ndarray, axis: int = 0) -> _np.ndarray:
    return _np.concatenate(xs, _index(axis))


def stack(xs: Any, axis: int = 0) -> Any:
    return _np.stack(xs, axis)


def split(x: _np.ndarray, indices_or_sections: Sizes, axis: int = 0) -> Any:
    points = _arguments.split_points(indices_or_sections, x.shape[axis])
    return _np.split(x, points, axis)


def unstack(x: _np.ndarray, num: int | None = None, axis: int = 0) -> Any:
    if num is not None and num != x.shape[axis]:
        raise ValueError(f"There are {x.shape[axis]} parts.")
    return list(_np.moveaxis(x, axis, 0))


# Diagonals ------------------------------------------------------------------------


def tril(x: _np.ndarray, k: int = 0) -> _np.ndarray:
    return _np.tril(_matrices(x), _index(k))


def triu(x: _np.ndarray, k: int = 0) -> _np.ndarray:
    return _np.triu(_matrices(x), _index(k))


def _matrices(x: _np.ndarray) -> _np.ndarray:
    if x.ndim < 2:  # NumPy would make a matrix of a vector
        raise ValueError("At least two dimensions are needed.")
    return x


diag = _np.diag
diagonal = _np.diagonal
