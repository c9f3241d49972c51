"""Making, shaping and joining tensors, on the PyTorch backend."""

from __future__ import annotations

from operator import index
from typing import Any

import torch

from keras.backends import arguments
from keras.backends.torch.core import default_device, held, native_dtype
from keras.backends.torch.remembering import remembering
from keras.core.typing import Axis, DType, ShapeLike, Sizes, TensorLike

_LISTS = frozenset((list, tuple))

# Making ---------------------------------------------------------------------------


def _sizes(shape: ShapeLike) -> Any:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def zeros(shape: Any, dtype: DType = None) -> Any:
    if type(shape) is not tuple:
        shape = _sizes(shape)
    return torch.zeros(shape, dtype=native_dtype(dtype), device=default_device())


def ones(shape: Any, dtype: DType = None) -> Any:
    if type(shape) is not tuple:
        shape = _sizes(shape)
    return torch.ones(shape, dtype=native_dtype(dtype), device=default_device())


def empty(shape: Any, dtype: DType = None) -> Any:
    if type(shape) is not tuple:
        shape = _sizes(shape)
    return torch.empty(shape, dtype=native_dtype(dtype), device=default_device())


def full(shape: Any, fill_value: Any, dtype: DType = None) -> Any:
    if type(shape) is not tuple:
        shape = _sizes(shape)
    dtype, device = native_dtype(dtype), default_device()
    if isinstance(fill_value, (float, int, complex)):
        return torch.full(shape, held(fill_value, dtype), dtype=dtype, device=device)
    value = torch.as_tensor(fill_value, dtype=dtype, device=device)
    return value.expand(shape).clone()


def _like(dtype: DType) -> Any:
    return None if dtype is None else native_dtype(dtype)


def zeros_like(x: TensorLike, dtype: DType = None) -> torch.Tensor:
    return torch.zeros_like(x, dtype=_like(dtype))


def ones_like(x: TensorLike, dtype: DType = None) -> torch.Tensor:
    return torch.ones_like(x, dtype=_like(dtype))


def empty_like(x: TensorLike, dtype: DType = None) -> torch.Tensor:
    return torch.empty_like(x, dtype=_like(dtype))


def full_like(x: TensorLike, fill_value: Any, dtype: DType = None) -> Any:
    if isinstance(fill_value, (bool, int, float, complex)):
        fill_value = held(fill_value, _like(dtype) or x.dtype)
        return torch.full_like(x, fill_value, dtype=_like(dtype))
    value = torch.as_tensor(fill_value, dtype=_like(dtype) or x.dtype, device=x.device)
    return value.expand(x.shape).clone()


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> torch.Tensor:
    rows, columns = index(N), index(N if M is None else M)
    k = index(k)
    dtype, device = native_dtype(dtype), default_device()
    if k == 0:
        return torch.eye(rows, columns, dtype=dtype, device=device)
    row = torch.arange(rows, device=device)[:, None]
    return (torch.arange(columns, device=device) - row == k).to(dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> torch.Tensor:
    device = default_device()
    row = torch.arange(index(N), device=device)[:, None]
    column = torch.arange(index(N if M is None else M), device=device)
    return (column - row <= index(k)).to(dtype=native_dtype(dtype))


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> torch.Tensor:
    if dtype is None:
        dtype = arguments.number_dtype(None, start, stop, step)
    dtype = native_dtype(dtype)
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if dtype in _COUNTABLE:
        return torch.arange(start, stop, step, dtype=dtype, device=default_device())
    return torch.arange(start, stop, step, device=default_device()).to(dtype=dtype)


_COUNTABLE = frozenset((torch.int32, torch.int64, torch.float32, torch.float64))


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> torch.Tensor:
    steps = torch.arange(num, dtype=start.dtype, device=start.device)
    start, stop = torch.broadcast_tensors(start, stop)
    steps = steps.reshape([-1] + [1] * start.ndim)
    count = num - 1 if endpoint else num
    result = start + steps * ((stop - start) / max(count, 1))
    if endpoint and num > 1:  # exactly, whatever was rounded on the way
        result = torch.cat([result[:-1], stop[None]])
    result = result if dtype is None else result.to(dtype=native_dtype(dtype))
    return result.movedim(0, axis)


def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    grid = arguments.open_grid(len(x), indexing)
    flat = [v.reshape(places) for v, places in zip(x, grid, strict=True)]
    shape = torch.broadcast_shapes(*(v.shape for v in flat))
    return [v.expand(shape) for v in flat]


# Shaping --------------------------------------------------------------------------


def reshape(x: TensorLike, newshape: Any) -> Any:
    # The method takes a single integer too, but is slow to read a tuple.
    if type(newshape) in _LISTS:
        return torch.reshape(x, newshape)
    if hasattr(newshape, "shape"):
        newshape = getattr(newshape, "value", newshape).tolist()
    return x.reshape(newshape)


def ravel(x: torch.Tensor) -> torch.Tensor:
    return x.reshape(-1)


def transpose(x: TensorLike, axes: Any = None) -> torch.Tensor:
    if axes is None:
        axes = tuple(range(x.ndim - 1, -1, -1))
    return torch.permute(x, axes)


def swapaxes(x: torch.Tensor, axis1: int, axis2: int) -> torch.Tensor:
    if not x.ndim:
        raise ValueError("A scalar has no axes.")
    return x.transpose(axis1, axis2)


def moveaxis(x: torch.Tensor, source: Any, destination: Any) -> torch.Tensor:
    if not x.ndim:
        raise ValueError("A scalar has no axes.")
    return torch.movedim(x, source, destination)


def expand_dims(x: TensorLike, axis: Any) -> torch.Tensor:
    if isinstance(axis, int):
        return x.unsqueeze(axis)
    for place in arguments.normal_axes(axis, x.ndim + len(axis)):
        x = x.unsqueeze(place)
    return x


def squeeze(x: torch.Tensor, axis: Axis = None) -> torch.Tensor:
    if axis is None:
        return x.squeeze()
    if type(axis) is int:
        if x.shape[axis] != 1:
            raise ValueError("Only an axis of size 1 can be squeezed.")
        return x.squeeze(axis)
    axes = _normal_axes(axis, x.ndim)
    if any(x.shape[a] != 1 for a in axes):
        raise ValueError(f"Only axes of size 1 can be squeezed: {tuple(x.shape)}.")
    return x.squeeze(axes)


def broadcast_to(x: TensorLike, shape: Any) -> torch.Tensor:
    return torch.broadcast_to(x, shape if type(shape) in _LISTS else tuple(shape))


def flip(x: torch.Tensor, axis: Axis = None) -> torch.Tensor:
    return torch.flip(x, _normal_axes(axis, x.ndim))


_normal_axes = remembering(arguments.normal_axes)


def roll(x: TensorLike, shift: Any, axis: Any = None) -> torch.Tensor:
    return torch.roll(x, shift, axis)


def repeat(x: TensorLike, repeats: Any, axis: Any = None) -> Any:
    if not isinstance(repeats, (int, torch.Tensor)):
        repeats = torch.as_tensor(repeats, device=x.device)
    if isinstance(repeats, torch.Tensor) and repeats.ndim == 0:
        repeats = repeats.reshape(1)
    return torch.repeat_interleave(x, repeats, dim=axis)


def tile(x: torch.Tensor, repeats: TensorLike) -> torch.Tensor:
    return torch.tile(x, (repeats,) if isinstance(repeats, int) else tuple(repeats))


def pad(
    x: torch.Tensor,
    pad_width: Sizes,
    mode: str = "constant",
    constant_values: TensorLike = None,
) -> torch.Tensor:
    if mode == "constant":
        value = 0 if constant_values is None else held(constant_values, x.dtype)
        return torch.constant_pad_nd(x, _flat_widths(pad_width, x.ndim), value)
    widths = arguments.pad_widths(pad_width, x.ndim)
    # Each axis by the places that NumPy's mode would copy from.
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            places = arguments.pad_places(x.shape[axis], *pair, mode)
            x = x.index_select(axis, torch.as_tensor(places, device=x.device))
    return x


@remembering
def _flat_widths(pad_width: Sizes, rank: int) -> tuple[int, ...]:
    """Before and after, from the last axis on."""
    widths = arguments.pad_widths(pad_width, rank)
    return tuple(width for pair in reversed(widths) for width in pair)


def copy(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


def view(x: torch.Tensor, dtype: DType = None) -> torch.Tensor:
    return x if dtype is None else x.contiguous().view(native_dtype(dtype))


# Joining and cutting --------------------------------------------------------------


def concatenate(xs: Any, axis: int = 0) -> torch.Tensor:
    return torch.cat(xs if type(xs) in _LISTS else list(xs), axis)


def stack(xs: Any, axis: int = 0) -> torch.Tensor:
    return torch.stack(xs if type(xs) in _LISTS else list(xs), axis)


def split(x: TensorLike, indices_or_sections: Sizes, axis: int = 0) -> Any:
    sizes = _split_sizes(indices_or_sections, x.shape[axis])
    return list(torch.split_with_sizes(x, sizes, axis))


@remembering
def _split_sizes(indices_or_sections: Sizes, size: int) -> Any:
    points = arguments.split_points(indices_or_sections, size)
    return arguments.split_sizes(points, size)


def unstack(x: torch.Tensor, num: int | None = None, axis: int = 0) -> Any:
    parts = torch.unbind(x, axis)
    if num is not None and num != len(parts):
        raise ValueError(f"There are {len(parts)} parts.")
    return list(parts)


# Diagonals ------------------------------------------------------------------------


def tril(x: torch.Tensor, k: int = 0) -> torch.Tensor:
    return torch.tril(x, k)


def triu(x: torch.Tensor, k: int = 0) -> torch.Tensor:
    return torch.triu(x, k)


def diag(x: torch.Tensor, k: int = 0) -> torch.Tensor:
    return torch.diag(x, k)


def diagonal(
    x: torch.Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> torch.Tensor:
    return torch.diagonal(x, offset, axis1, axis2)
