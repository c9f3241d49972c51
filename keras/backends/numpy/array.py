"""Making, shaping and joining arrays, on the NumPy backend."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from keras.backends import arguments
from keras.backends.numpy.core import native_dtype
from keras.core.typing import Axis, DType, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: Any, dtype: DType = None) -> Any:
    return np.zeros(shape, native_dtype(dtype))


def ones(shape: Any, dtype: DType = None) -> Any:
    return np.ones(shape, native_dtype(dtype))


def empty(shape: Any, dtype: DType = None) -> Any:
    return np.empty(shape, native_dtype(dtype))


def full(shape: Any, fill_value: Any, dtype: DType = None) -> Any:
    return np.full(shape, fill_value, native_dtype(dtype))


def _like(x: np.ndarray, dtype: DType) -> Any:
    return x.dtype if dtype is None else native_dtype(dtype)


def zeros_like(x: np.ndarray, dtype: DType = None) -> np.ndarray:
    return np.zeros(x.shape, _like(x, dtype))


def ones_like(x: np.ndarray, dtype: DType = None) -> np.ndarray:
    return np.ones(x.shape, _like(x, dtype))


def empty_like(x: np.ndarray, dtype: DType = None) -> np.ndarray:
    return np.empty(x.shape, _like(x, dtype))


def full_like(x: np.ndarray, fill_value: TensorLike, dtype: DType = None) -> np.ndarray:
    return np.full(x.shape, fill_value, _like(x, dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> np.ndarray:
    return np.eye(N, M, index(k), native_dtype(dtype))


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> np.ndarray:
    dtype = native_dtype(arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    return np.arange(start, stop, 1 if step is None else step).astype(dtype)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> np.ndarray:
    return np.linspace(start, stop, num, endpoint, axis=axis).astype(
        _like(start, dtype)
    )


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> np.ndarray:
    if N < 0 or (M is not None and M < 0):
        raise ValueError("Negative sizes.")
    columns = None if M is None else index(M)
    return np.tri(index(N), columns, index(k), native_dtype(dtype))


def meshgrid(*x: Any, indexing: Any = "xy") -> Any:
    return list(np.meshgrid(*x, indexing=indexing))


# Shaping --------------------------------------------------------------------------

swapaxes = np.swapaxes


def reshape(x: TensorLike, newshape: Any) -> Any:
    if hasattr(newshape, "shape"):
        newshape = np.asarray(newshape).tolist()
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    if any(size < -1 for size in sizes):  # which NumPy takes for -1
        raise ValueError("Negative sizes.")
    return np.reshape(x, newshape)


def ravel(x: np.ndarray) -> np.ndarray:
    return np.ravel(x)


def transpose(x: np.ndarray, axes: Any = None) -> np.ndarray:
    return np.transpose(x, axes)


def moveaxis(x: np.ndarray, source: Any, destination: Any) -> np.ndarray:
    return np.moveaxis(x, source, destination)


def expand_dims(x: np.ndarray, axis: Any) -> np.ndarray:
    return np.expand_dims(x, arguments.axis_tuple(axis))


def squeeze(x: np.ndarray, axis: Axis = None) -> np.ndarray:
    return np.squeeze(x, arguments.axis_tuple(axis))


def broadcast_to(x: TensorLike, shape: Any) -> Any:
    return np.broadcast_to(x, shape)


def flip(x: np.ndarray, axis: Axis = None) -> np.ndarray:
    return np.flip(x, arguments.axis_tuple(axis))


def roll(x: np.ndarray, shift: Sizes, axis: Axis = None) -> np.ndarray:
    if isinstance(shift, float):
        raise TypeError("Places are integers.")
    return np.roll(x, shift, axis)


def repeat(x: TensorLike, repeats: Any, axis: Any = None) -> Any:
    return np.repeat(x, repeats, axis)


def tile(x: np.ndarray, repeats: TensorLike) -> np.ndarray:
    return np.tile(x, repeats)


def pad(
    x: np.ndarray,
    pad_width: Sizes,
    mode: Any = "constant",
    constant_values: TensorLike = None,
) -> np.ndarray:
    widths = arguments.pad_widths(pad_width, x.ndim)
    if mode != "constant":
        return np.pad(x, widths, mode=mode)
    value = 0 if constant_values is None else constant_values
    return np.pad(x, widths, mode=mode, constant_values=value)


def copy(x: np.ndarray) -> np.ndarray:
    return x.copy()


def view(x: np.ndarray, dtype: DType = None) -> np.ndarray:
    return x if dtype is None else np.ascontiguousarray(x).view(native_dtype(dtype))


# Joining and cutting --------------------------------------------------------------


def concatenate(xs: np.ndarray, axis: int = 0) -> np.ndarray:
    return np.concatenate(xs, index(axis))


def stack(xs: Any, axis: int = 0) -> Any:
    return np.stack(xs, axis)


def split(x: np.ndarray, indices_or_sections: Sizes, axis: int = 0) -> Any:
    points = arguments.split_points(indices_or_sections, x.shape[axis])
    return np.split(x, points, axis)


def unstack(x: np.ndarray, num: int | None = None, axis: int = 0) -> Any:
    if num is not None and num != x.shape[axis]:
        raise ValueError(f"There are {x.shape[axis]} parts.")
    return list(np.moveaxis(x, axis, 0))


# Diagonals ------------------------------------------------------------------------


def tril(x: np.ndarray, k: int = 0) -> np.ndarray:
    return np.tril(_matrices(x), index(k))


def triu(x: np.ndarray, k: int = 0) -> np.ndarray:
    return np.triu(_matrices(x), index(k))


def _matrices(x: np.ndarray) -> np.ndarray:
    if x.ndim < 2:  # NumPy would make a matrix of a vector
        raise ValueError("At least two dimensions are needed.")
    return x


diag = np.diag
diagonal = np.diagonal
