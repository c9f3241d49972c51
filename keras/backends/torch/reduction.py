"""Functions over axes, on the PyTorch backend."""

from __future__ import annotations

import builtins
import math
from typing import Any

import torch

from keras.backends import arguments
from keras.backends.torch.core import native_dtype
from keras.core.typing import Axis, DType, TensorLike

_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)


def _signed(x: torch.Tensor) -> torch.Tensor:
    """torch has no reductions of the wide unsigned types."""
    return x.to(dtype=torch.int64) if x.dtype in _UNSIGNED else x


def _axes(x: torch.Tensor, axis: Axis) -> tuple[int, ...]:
    """The axes, from the last one on, so that reducing one keeps the others' places."""
    if axis is None:
        return tuple(range(x.ndim - 1, -1, -1))
    return arguments.normal_axes(axis, x.ndim)[::-1]


def sum(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    dtype = x.dtype
    if type(axis) is tuple and not axis:  # which means all of them to torch
        return x
    if dtype.is_floating_point:
        return torch.sum(x, axis, keepdims)
    if dtype in _UNSIGNED:
        return torch.sum(_signed(x), axis, keepdims).to(dtype=dtype)
    return torch.sum(x, axis, keepdims, dtype=dtype)


def prod(
    x: torch.Tensor, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> torch.Tensor:
    x = x if dtype is None else x.to(dtype=native_dtype(dtype))
    if isinstance(axis, int) and x.dtype.is_floating_point:
        return torch.prod(x, axis, keepdims)
    result = _signed(x)
    for a in _axes(x, axis):
        result = torch.prod(result, a, keepdims)
    return result.to(dtype=x.dtype)


def mean(x: TensorLike, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    if type(axis) is tuple and not axis:
        return x
    return torch.mean(x, axis, keepdims)


def var(x: TensorLike, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    if type(axis) is tuple and not axis:
        return x - x
    return torch.var(x, axis, correction=0, keepdim=keepdims)


def std(x: TensorLike, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    if type(axis) is tuple and not axis:
        return x - x
    return torch.std(x, axis, correction=0, keepdim=keepdims)


def max(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> torch.Tensor:
    if initial is None and x.dtype.is_floating_point:
        if axis is None:
            return torch.amax(x, (), keepdims)
        if axis or type(axis) is not tuple:
            return torch.amax(x, axis, keepdims)
    return _extremum(x, axis, keepdims, initial, torch.amax, torch.maximum)


def min(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> torch.Tensor:
    if initial is None and x.dtype.is_floating_point:
        if axis is None:
            return torch.amin(x, (), keepdims)
        if axis or type(axis) is not tuple:
            return torch.amin(x, axis, keepdims)
    return _extremum(x, axis, keepdims, initial, torch.amin, torch.minimum)


def _extremum(
    x: TensorLike, axis: Any, keepdims: bool, initial: Any, reduce: Any, combine: Any
) -> torch.Tensor:
    dtype = x.dtype
    x = _signed(x)
    axes = () if axis is None else axis
    if type(axis) is tuple and not axis:
        start = x if initial is None else torch.as_tensor(initial, dtype=x.dtype)
        return combine(x, start).to(dtype=dtype)
    if initial is None:
        return reduce(x, axes, keepdims).to(dtype=dtype)
    start = torch.as_tensor(initial, dtype=x.dtype, device=x.device)
    if x.numel() == 0:
        shape = torch.sum(x, axis, keepdims).shape
        return start.expand(shape).to(dtype=dtype)
    return combine(reduce(x, axes, keepdims), start).to(dtype=dtype)


def any(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.any(_truth(x), axis, keepdims)


def all(x: TensorLike, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.all(_truth(x), axis, keepdims)


def _truth(x: torch.Tensor) -> torch.Tensor:
    return x if x.dtype is torch.bool else x.to(dtype=torch.bool)


def argmax(x: torch.Tensor, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    return _arg(x, axis, keepdims, torch.argmax)


def argmin(x: torch.Tensor, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    return _arg(x, axis, keepdims, torch.argmin)


def _arg(x: torch.Tensor, axis: Axis, keepdims: bool, search: Any) -> torch.Tensor:
    x = x.to(dtype=torch.uint8) if x.dtype is torch.bool else _signed(x)
    return search(x, axis, keepdims).int()


def count_nonzero(x: TensorLike, axis: Any = None) -> torch.Tensor:
    if type(axis) is tuple and not axis:
        return (x != 0).int()
    return torch.sum(x != 0, dim=axis, dtype=torch.int32)


def cumsum(x: TensorLike, axis: Any = None, dtype: DType = None) -> torch.Tensor:
    x = x if dtype is None else x.to(dtype=native_dtype(dtype))
    if axis is None:
        x, axis = x.reshape(-1), 0
    if x.dtype.is_floating_point:
        return torch.cumsum(x, axis)
    return torch.cumsum(_signed(x), dim=axis).to(dtype=x.dtype)


def cumprod(x: TensorLike, axis: Any = None, dtype: DType = None) -> torch.Tensor:
    x = x if dtype is None else x.to(dtype=native_dtype(dtype))
    if axis is None:
        x, axis = x.reshape(-1), 0
    if x.dtype.is_floating_point:
        return torch.cumprod(x, axis)
    return torch.cumprod(_signed(x), dim=axis).to(dtype=x.dtype)


def _as_rows(x: torch.Tensor, axis: Axis) -> tuple[Any, list[int]]:
    """The reduced axes flattened into the last one, and the shape with ones."""
    if axis is None:
        return x.reshape(-1), [1] * x.ndim
    if axis in (-1, x.ndim - 1):
        return x, [*x.shape[:-1], 1]
    axes = _axes(x, axis)
    kept = [a for a in range(x.ndim) if a not in axes]
    sizes = [x.shape[a] for a in kept]
    sizes.append(math.prod([x.shape[a] for a in axes]))
    rows = x.permute(*kept, *reversed(axes)).reshape(sizes)
    return rows, [1 if a in axes else x.shape[a] for a in range(x.ndim)]


def _quantile_at(rows: Any, position: float, method: str) -> torch.Tensor:
    """The quantile of sorted rows at a place that the host knows."""
    if not rows.shape[-1]:
        raise ValueError(
            "Quantiles lie between 0 and 1, and need at least one element. "
            f"Received: {rows.shape[-1]} elements."
        )
    low, high = math.floor(position), math.ceil(position)
    if method in ("lower", "higher", "nearest"):
        low = {"lower": low, "higher": high, "nearest": builtins.round(position)}[
            method
        ]
        high = low
    result = rows.select(-1, low)
    if high != low:
        weight = 0.5 if method == "midpoint" else position - low
        result = _interpolated(result, rows.select(-1, high), weight)
    return _spoilt(result, rows.select(-1, -1))


def _interpolated(below: Any, above: Any, weight: Any) -> torch.Tensor:
    # Equal neighbours stay exact: inf - inf would give nan.
    between = below + (above - below) * weight
    return torch.where(below == above, below, between)


def _spoilt(result: Any, greatest: Any) -> torch.Tensor:
    """NaN where there is one: it was sorted to the end."""
    return torch.where(greatest != greatest, greatest, result)


def quantile(
    x: torch.Tensor,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> torch.Tensor:
    arguments.check_method(method)
    number = type(q) in (float, int)
    if number and not 0 <= q <= 1 or not number and q.ndim > 1:
        raise ValueError("Quantiles are fractions, of one dimension at most.")
    dtype = x.dtype
    rows, with_ones = _as_rows(x, axis)
    rows, _ = torch.sort(rows, -1)
    if number:
        result = _quantile_at(rows, q * (rows.shape[-1] - 1), method)
        return result.reshape(with_ones) if keepdims else result
    q = q.to(dtype=torch.float64 if dtype is torch.float64 else torch.float32)
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
    weight = (position - low).reshape(-1).to(dtype=dtype)
    result = _interpolated(below, above, weight)
    result = _spoilt(result, rows[..., -1:]).movedim(-1, 0)
    if keepdims:
        return result.reshape(list(q.shape) + with_ones)
    return result.reshape(list(q.shape) + list(rows.shape[:-1]))
