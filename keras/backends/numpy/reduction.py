"""Functions over axes, on the NumPy backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.arguments import axis_tuple
from keras.backends.numpy.core import native_dtype
from keras.backends.numpy.gradients import as_array
from keras.backends.numpy.half import widened
from keras.core.typing import Axis, DType, TensorLike


def sum(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    return np.sum(x, axis=axis_tuple(axis), keepdims=keepdims, dtype=x.dtype)


def prod(
    x: np.ndarray, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> np.ndarray:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return np.prod(x, axis=axis_tuple(axis), keepdims=keepdims, dtype=x.dtype)


@np.errstate(all="ignore")
def mean(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    count = math.prod(x.shape[axis] for axis in axes)
    total = np.sum(widened(x), axis=axis_tuple(axis), keepdims=keepdims)
    return (total / count if count else total * np.nan).astype(x.dtype)


@np.errstate(all="ignore")
def var(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    result = np.var(widened(x), axis=axis_tuple(axis), keepdims=keepdims)
    return result.astype(_real(x.dtype))


@np.errstate(all="ignore")
def std(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    result = np.std(widened(x), axis=axis_tuple(axis), keepdims=keepdims)
    return result.astype(_real(x.dtype))


def _real(dtype: DType) -> Any:
    return np.empty((), dtype).real.dtype


def max(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Any:
    start = np._NoValue if initial is None else initial
    return np.max(x, axis=axis_tuple(axis), keepdims=keepdims, initial=start)


def min(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Any:
    start = np._NoValue if initial is None else initial
    return np.min(x, axis=axis_tuple(axis), keepdims=keepdims, initial=start)


def any(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return np.any(x, axis=axis_tuple(axis), keepdims=keepdims)


def all(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return np.all(x, axis=axis_tuple(axis), keepdims=keepdims)


def argmax(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return np.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


def argmin(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return np.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


def count_nonzero(x: np.ndarray, axis: Any = None) -> np.ndarray:
    return np.sum(x != 0, axis=axis_tuple(axis), dtype="int32")


def cumsum(x: TensorLike, axis: Any = None, dtype: DType = None) -> Any:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return np.cumsum(x, axis=axis, dtype=x.dtype)


def cumprod(x: TensorLike, axis: Any = None, dtype: DType = None) -> Any:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return np.cumprod(x, axis=axis, dtype=x.dtype)


def median(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    result = np.median(widened(x), axis=axis_tuple(axis), keepdims=keepdims)
    return as_array(result).astype(x.dtype)


def quantile(
    x: np.ndarray,
    q: Any,
    axis: Any = None,
    method: Any = "linear",
    keepdims: bool = False,
) -> np.ndarray:
    return np.quantile(
        widened(x),
        as_array(q).astype("float64"),
        axis=axis_tuple(axis),
        method=method,
        keepdims=keepdims,
    ).astype(x.dtype)
