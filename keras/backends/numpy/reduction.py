"""Functions over axes, on the NumPy backend."""

from __future__ import annotations

import math as _math
from typing import Any

import numpy as _np

from keras.backends.numpy.core import native_dtype as _native
from keras.core.typing import Axis, DType


def _axis(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def sum(x: _np.ndarray, axis: Any = None, keepdims: bool = False) -> _np.ndarray:
    return _np.sum(x, axis=_axis(axis), keepdims=keepdims, dtype=x.dtype)


def prod(
    x: _np.ndarray, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> _np.ndarray:
    x = x if dtype is None else x.astype(_native(dtype))
    return _np.prod(x, axis=_axis(axis), keepdims=keepdims, dtype=x.dtype)


@_np.errstate(all="ignore")
def mean(x: _np.ndarray, axis: Any = None, keepdims: bool = False) -> _np.ndarray:
    axes = range(x.ndim) if axis is None else _np.atleast_1d(axis)
    count = _math.prod(x.shape[axis] for axis in axes)
    total = _np.sum(_wide(x), axis=_axis(axis), keepdims=keepdims)
    return (total / count if count else total * _np.nan).astype(x.dtype)


@_np.errstate(all="ignore")
def var(x: _np.ndarray, axis: Any = None, keepdims: bool = False) -> _np.ndarray:
    result = _np.var(_wide(x), axis=_axis(axis), keepdims=keepdims)
    return result.astype(_real(x.dtype))


@_np.errstate(all="ignore")
def std(x: _np.ndarray, axis: Axis = None, keepdims: bool = False) -> _np.ndarray:
    result = _np.std(_wide(x), axis=_axis(axis), keepdims=keepdims)
    return result.astype(_real(x.dtype))


def _wide(x: _np.ndarray) -> _np.ndarray:
    """Half precision types are summed in float32, as the other backends do."""
    return x.astype("float32") if x.dtype.itemsize == 2 else x


def _real(dtype: DType) -> Any:
    return _np.empty((), dtype).real.dtype


def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    start = _np._NoValue if initial is None else initial
    return _np.max(x, axis=_axis(axis), keepdims=keepdims, initial=start)


def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    start = _np._NoValue if initial is None else initial
    return _np.min(x, axis=_axis(axis), keepdims=keepdims, initial=start)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _np.any(x, axis=_axis(axis), keepdims=keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _np.all(x, axis=_axis(axis), keepdims=keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _np.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _np.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


def count_nonzero(x: _np.ndarray, axis: Any = None) -> _np.ndarray:
    return _np.sum(x != 0, axis=_axis(axis), dtype="int32")


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    x = x if dtype is None else x.astype(_native(dtype))
    return _np.cumsum(x, axis=axis, dtype=x.dtype)


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    x = x if dtype is None else x.astype(_native(dtype))
    return _np.cumprod(x, axis=axis, dtype=x.dtype)


def median(x: _np.ndarray, axis: Any = None, keepdims: bool = False) -> _np.ndarray:
    result = _np.median(_wide(x), axis=_axis(axis), keepdims=keepdims)
    return _np.asarray(result).astype(x.dtype)


def quantile(
    x: _np.ndarray,
    q: Any,
    axis: Any = None,
    method: Any = "linear",
    keepdims: bool = False,
) -> _np.ndarray:
    return _np.quantile(
        _wide(x),
        _np.asarray(q, "float64"),
        axis=_axis(axis),
        method=method,
        keepdims=keepdims,
    ).astype(x.dtype)
