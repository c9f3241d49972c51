"""Functions over axes, on the PyTorch backend."""

from __future__ import annotations

import math as _math
from typing import Any

import torch as _torch

from keras.backends import arguments as _arguments
from keras.backends.torch.core import native_dtype as _native

_UNSIGNED = (_torch.uint16, _torch.uint32, _torch.uint64)


def _signed(x: Any) -> Any:
    """torch has no reductions of the wide unsigned types."""
    return x.to(_torch.int64) if x.dtype in _UNSIGNED else x


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes, from the last one on, so that reducing one keeps the others' places."""
    if axis is None:
        return tuple(range(x.ndim - 1, -1, -1))
    return _arguments.normal_axes(axis, x.ndim)[::-1]


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    dtype = x.dtype
    if dtype.is_floating_point:
        return _torch.sum(x, dim=axis, keepdim=keepdims)
    return _torch.sum(_signed(x), dim=axis, keepdim=keepdims).to(dtype)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    x = x if dtype is None else x.to(_native(dtype))
    if isinstance(axis, int) and x.dtype.is_floating_point:
        return _torch.prod(x, dim=axis, keepdim=keepdims)
    result = _signed(x)
    for a in _axes(x, axis):
        result = _torch.prod(result, dim=a, keepdim=keepdims)
    return result.to(x.dtype)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if axis == ():
        return x
    return _torch.mean(x, dim=axis, keepdim=keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _torch.var(x, dim=axis, correction=0, keepdim=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _torch.std(x, dim=axis, correction=0, keepdim=keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    if initial is None and x.dtype.is_floating_point:
        return _torch.amax(x, dim=() if axis is None else axis, keepdim=keepdims)
    return _extremum(x, axis, keepdims, initial, _torch.amax, _torch.maximum)


def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    if initial is None and x.dtype.is_floating_point:
        return _torch.amin(x, dim=() if axis is None else axis, keepdim=keepdims)
    return _extremum(x, axis, keepdims, initial, _torch.amin, _torch.minimum)


def _extremum(
    x: Any, axis: Any, keepdims: bool, initial: Any, reduce: Any, combine: Any
) -> Any:
    dtype = x.dtype
    x = _signed(x)
    axes = () if axis is None else axis
    if initial is None:
        return reduce(x, dim=axes, keepdim=keepdims).to(dtype)
    start = _torch.as_tensor(initial, dtype=x.dtype, device=x.device)
    if x.numel() == 0:
        shape = _torch.sum(x, dim=axis, keepdim=keepdims).shape
        return start.expand(shape).to(dtype)
    return combine(reduce(x, dim=axes, keepdim=keepdims), start).to(dtype)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _torch.any(x.to(_torch.bool), dim=axis, keepdim=keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _torch.all(x.to(_torch.bool), dim=axis, keepdim=keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _arg(x, axis, keepdims, _torch.argmax)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _arg(x, axis, keepdims, _torch.argmin)


def _arg(x: Any, axis: Any, keepdims: bool, search: Any) -> Any:
    x = x.to(_torch.uint8) if x.dtype is _torch.bool else _signed(x)
    return search(x, dim=axis, keepdim=keepdims).to(_torch.int32)


def count_nonzero(x: Any, axis: Any = None) -> Any:
    return _torch.sum(x != 0, dim=axis, dtype=_torch.int32)


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    x = x if dtype is None else x.to(_native(dtype))
    if axis is None:
        x, axis = x.reshape(-1), 0
    if x.dtype.is_floating_point:
        return _torch.cumsum(x, dim=axis)
    return _torch.cumsum(_signed(x), dim=axis).to(x.dtype)


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    x = x if dtype is None else x.to(_native(dtype))
    if axis is None:
        x, axis = x.reshape(-1), 0
    if x.dtype.is_floating_point:
        return _torch.cumprod(x, dim=axis)
    return _torch.cumprod(_signed(x), dim=axis).to(x.dtype)


def _as_rows(x: Any, axis: Any) -> tuple[Any, list[int]]:
    """The reduced axes flattened into the last one, and the shape with ones."""
    axes = _axes(x, axis)
    kept = [a for a in range(x.ndim) if a not in axes]
    sizes = [x.shape[a] for a in kept]
    sizes.append(_math.prod([x.shape[a] for a in axes]))
    rows = x.permute(*kept, *reversed(axes)).reshape(sizes)
    return rows, [1 if a in axes else x.shape[a] for a in range(x.ndim)]


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    half = _torch.tensor(0.5, dtype=x.dtype, device=x.device)
    return quantile(x, half, axis, keepdims=keepdims)


def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    _arguments.check_method(method)
    if q.ndim > 1:
        raise ValueError("Quantiles have one dimension.")
    dtype = x.dtype
    rows, with_ones = _as_rows(x, axis)
    rows, _ = _torch.sort(rows, dim=-1)
    q = q.to(_torch.float64 if dtype is _torch.float64 else _torch.float32)
    position = q * (rows.shape[-1] - 1)
    low, high = position.floor(), position.ceil()
    if method == "lower":
        position = high = low
    elif method == "higher":
        position = low = high
    elif method == "nearest":
        position = low = high = position.round()
    elif method == "midpoint":
        position = (low + high) / 2
    below = rows.index_select(-1, low.long().reshape(-1))
    above = rows.index_select(-1, high.long().reshape(-1))
    weight = (position - low).reshape(-1).to(dtype)
    # Equal neighbours stay exact: inf - inf would give nan.
    result = _torch.where(below == above, below, below + (above - below) * weight)
    has_nan = _torch.isnan(rows[..., -1:])
    result = _torch.where(has_nan, rows[..., -1:], result)
    result = result.movedim(-1, 0)
    if keepdims:
        return result.reshape(list(q.shape) + with_ones)
    return result.reshape(list(q.shape) + list(rows.shape[:-1]))
