"""Reading and writing parts of tensors, searching, sorting; the PyTorch backend."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import torch

from keras.backends.torch.core import inexact
from keras.backends.torch.remembering import remembering
from keras.core.typing import TensorLike

_NO_PLACES = frozenset(inexact)
_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)

_compiling = torch.compiler.is_compiling
_span = builtins.slice

# Reading --------------------------------------------------------------------------


def get_item(x: torch.Tensor, key: Any) -> torch.Tensor:
    if type(key) is int:
        return x[key]
    parts = list(key) if isinstance(key, tuple) else [key]
    for position, part in enumerate(parts):
        if isinstance(part, builtins.slice):
            if part.step is not None and part.step < 0:
                return _with_reversals(x, parts)
        elif isinstance(part, (np.ndarray, list)):
            parts[position] = torch.as_tensor(part, device=x.device)
        elif isinstance(part, torch.Tensor) and part.dtype is torch.int32:
            parts[position] = part.long()
    return x[tuple(parts)]


def _with_reversals(x: TensorLike, parts: list[Any]) -> torch.Tensor:
    """torch has no negative steps: such an axis is flipped, then read forwards."""
    missing = x.ndim - builtins.sum(p is not None and p is not ... for p in parts)
    axis, forward = 0, []
    for part in parts:
        if part is ...:
            axis += missing
        elif part is not None:
            if isinstance(part, builtins.slice) and (part.step or 1) < 0:
                size = x.shape[axis]
                places = range(size)[part]
                x = x.flip(axis)
                start = size - 1 - places.start
                part = builtins.slice(
                    start, start + len(places) * -part.step, -part.step
                )
            axis += 1
        forward.append(part)
    return get_item(x, tuple(forward))


def _whole(indices: torch.Tensor) -> torch.Tensor:
    """Indices as int64.

    Raises:
        TypeError: if they are no integers, which torch would round.
    """
    if indices.dtype in _NO_PLACES:
        raise TypeError("Places are integers.")
    return indices.long()


def _inside(indices: torch.Tensor, size: int) -> torch.Tensor:
    """Indices as int64, negative ones counted from the end."""
    indices = _whole(indices)
    return torch.where(indices < 0, indices + size, indices)


_INDEXES = frozenset((torch.int32, torch.int64))

# Up to so many, indexing is quicker than wrapping negative indices and a lookup; where
# there are more, or gradients, the lookup is.
_FEW = 256


def take(
    x: torch.Tensor, indices: torch.Tensor, axis: int | None = None
) -> torch.Tensor:
    if axis is None:
        return take(x.reshape(-1), indices, 0)
    if (
        axis == 0
        and indices.numel() <= _FEW
        and not (x.requires_grad and torch.is_grad_enabled())
    ):
        return x[indices if indices.dtype in _INDEXES else _whole(indices)]
    if not -x.ndim <= axis < x.ndim:
        raise IndexError(f"axis={axis} is out of range.")
    axis %= x.ndim
    table = axis == 0 and x.ndim == 2
    if table and x.is_cpu and indices.dtype in _INDEXES and not _compiling():
        try:  # the lookup looks at each index anyway
            return torch.nn.functional.embedding(indices, x)
        except IndexError:
            pass  # some are negative
    places = _inside(indices, x.shape[axis])
    if table:
        return torch.nn.functional.embedding(places, x)
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis:][1:])
    return x.index_select(axis, places.reshape(-1)).reshape(shape)


def take_along_axis(
    x: torch.Tensor, indices: torch.Tensor, axis: int | None = None
) -> torch.Tensor:
    if axis is None:
        x, indices, axis = x.reshape(-1), indices.reshape(-1), 0
    places = indices if indices.dtype is torch.int64 else _whole(indices)
    if x.is_cpu and not _compiling():
        try:  # which looks at each index anyway; on other devices nobody may
            return _gathered(x, places, axis)
        except RuntimeError:
            pass  # some are negative
    return _gathered(x, _inside(places, x.shape[axis]), axis)


def _gathered(x: torch.Tensor, places: Any, axis: int) -> torch.Tensor:
    """`gather` of shapes that fit or broadcast; unlike `take_along_dim`, not modulo."""
    sizes, wanted = [*x.shape], [*places.shape]
    if len(sizes) != len(wanted):
        raise ValueError("The ranks differ.")
    size, sizes[axis] = sizes[axis], wanted[axis]
    if sizes != wanted:
        common = [*torch.broadcast_shapes(sizes, wanted)]
        places = places.expand(common)
        common[axis] = size
        x = x.expand(common)
    return torch.gather(x, axis, places)


def slice(inputs: Any, start_indices: Any, shape: Any) -> torch.Tensor:
    return inputs[_window(inputs, start_indices, shape)]


def _window(
    inputs: torch.Tensor, start_indices: torch.Tensor, sizes: Any
) -> tuple[Any, ...]:
    window = _fixed_window(inputs.shape, start_indices, sizes)
    if window is None:
        window = _window_on_host(inputs, start_indices, sizes)
    return _moving_window(inputs, start_indices, sizes) if window is None else window


@remembering
def _fixed_window(shape: Any, starts: Any, sizes: Any) -> tuple[Any, ...] | None:
    """The slices of a window; None if a tensor says where it starts."""
    if isinstance(starts, torch.Tensor):
        return None
    if any(isinstance(start, torch.Tensor) for start in starts):
        return None
    window = []
    for start, size, whole in zip(starts, sizes, shape, strict=True):
        stop = whole if size == -1 else start + size
        if not 0 <= stop <= whole:
            raise ValueError("The window reaches outside.")
        window.append(_span(start, stop))
    return tuple(window)


def _window_on_host(inputs: Any, starts: Any, sizes: Any) -> tuple[Any, ...] | None:
    """The slices of a window whose starts lie in host memory, where reading them costs
    less than gathering; None while values are unknown, or if it reaches outside."""
    if not inputs.is_cpu or _compiling() or torch.jit.is_tracing():
        return None
    try:
        starts = [*map(int, starts)]
    except RuntimeError:  # as inside `vmap`
        return None
    window = []
    for start, size, whole in zip(starts, sizes, inputs.shape, strict=True):
        stop = whole if size == -1 else start + size
        if not 0 <= start <= stop <= whole:
            return None
        window.append(_span(start, stop))
    return tuple(window)


def _moving_window(inputs: Any, starts: Any, sizes: Any) -> tuple[Any, ...]:
    """A window that starts where tensors say, without asking the host."""
    starts = starts.unbind() if isinstance(starts, torch.Tensor) else starts
    window = []
    for start, size, whole in zip(starts, sizes, inputs.shape, strict=True):
        if isinstance(start, torch.Tensor):
            length = whole - int(start) if size == -1 else size
            window.append(start + torch.arange(length, device=inputs.device))
        else:
            stop = whole if size == -1 else start + size
            window.append(_span(start, stop))
    return _as_grid(window, inputs)


def _as_grid(window: list[Any], inputs: torch.Tensor) -> tuple[Any, ...]:
    """Slices and index tensors, all as index tensors of an open grid."""
    grid = []
    for axis, part in enumerate(window):
        if isinstance(part, builtins.slice):
            part = torch.arange(part.start, part.stop, device=inputs.device)
        grid.append(part.reshape([-1] + [1] * (len(window) - axis - 1)))
    return tuple(grid)


# Writing --------------------------------------------------------------------------


def slice_update(
    inputs: torch.Tensor, start_indices: torch.Tensor, updates: torch.Tensor
) -> torch.Tensor:
    if updates.dtype is not inputs.dtype:
        updates = updates.to(dtype=inputs.dtype)
    axis = _moving_axis(inputs.shape, start_indices, updates.shape)
    if axis is not None:  # as in a cache; nobody waits for the place to be known
        return _copied(inputs, axis, start_indices[axis], updates)
    result = inputs.clone()
    result[_window(inputs, start_indices, updates.shape)] = updates
    return result


def _copied(x: torch.Tensor, axis: int, start: Any, updates: Any) -> torch.Tensor:
    """`x` with updates from a place on; a negative one counts from the end."""
    places = start.reshape(1)
    if updates.shape[axis] != 1:
        places = places + torch.arange(updates.shape[axis], device=x.device)
    if x.is_cpu and not _compiling():
        try:  # which looks at each place anyway; on other devices nobody may
            return x.index_copy(axis, places.to(torch.int64), updates)
        except IndexError:
            pass  # some are negative
    return x.index_copy(axis, _inside(places, x.shape[axis]), updates)


def _moving_axis(shape: Any, starts: Any, sizes: Any) -> int | None:
    """The one axis on which a tensor says where a window starts that is whole on all
    others; None if the window is of another kind."""
    if isinstance(starts, torch.Tensor) or len(starts) != len(shape):
        return None
    found = None
    for axis, start in enumerate(starts):
        if isinstance(start, torch.Tensor):
            if found is not None or start.ndim:
                return None
            found = axis
        elif start != 0 or sizes[axis] != shape[axis]:
            return None
    return found


def _places(indices: torch.Tensor) -> tuple[Any, ...]:
    if indices.dtype is torch.bool:
        raise TypeError("Places are integers.")
    return tuple(_whole(indices).unbind(-1))


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    result = torch.zeros(tuple(shape), dtype=values.dtype, device=values.device)
    return result.index_put(_places(indices), values, accumulate=True)


_REDUCTIONS = {
    "multiply": "prod",
    "mul": "prod",
    "max": "amax",
    "min": "amin",
}


def scatter_update(
    inputs: torch.Tensor,
    indices: torch.Tensor,
    updates: torch.Tensor,
    reduction: str | None = None,
) -> torch.Tensor:
    if updates.dtype is not inputs.dtype:
        updates = updates.to(dtype=inputs.dtype)
    if reduction is None:
        return inputs.index_put(_places(indices), updates)
    if reduction in ("add", "sub"):
        updates = updates if reduction == "add" else -updates
        return inputs.index_put(_places(indices), updates, accumulate=True)
    depth = indices.shape[-1]
    inner = inputs.shape[depth:]
    rows = inputs.reshape(-1, *inner)
    place = torch.zeros_like(indices[..., 0], dtype=torch.int64)
    for axis in range(depth):
        size = inputs.shape[axis]
        place = place * size + _inside(indices[..., axis], size)
    flat = place.reshape(-1, *[1] * len(inner))
    source = updates.expand(*place.shape, *inner).reshape(-1, *inner)
    result = rows.scatter_reduce(
        0, flat.expand(source.shape), source, _REDUCTIONS[reduction]
    )
    return result.reshape(inputs.shape)


# Sorting and searching ------------------------------------------------------------


def sort(x: torch.Tensor, axis: int | None = -1) -> torch.Tensor:
    if axis is None:
        x, axis = x.reshape(-1), 0
    if not x.ndim:
        raise ValueError("A scalar has no axes.")
    return torch.sort(x, axis)[0]


def argsort(x: torch.Tensor, axis: int | None = -1) -> torch.Tensor:
    if axis is None:
        x, axis = x.reshape(-1), 0
    if not x.ndim:
        return torch.zeros((), dtype=torch.int32, device=x.device)
    return torch.sort(x, dim=axis, stable=True)[1].int()


def searchsorted(
    sorted_sequence: torch.Tensor, values: torch.Tensor, side: str = "left"
) -> torch.Tensor:
    if side is None:
        raise ValueError("The side is missing.")
    if sorted_sequence.dtype in (*_UNSIGNED, torch.bool):
        sorted_sequence, values = sorted_sequence.long(), values.long()
    return torch.searchsorted(
        sorted_sequence.contiguous(), values.contiguous(), side=side, out_int32=True
    )


def nonzero(x: torch.Tensor) -> Any:
    if not x.ndim:
        raise ValueError("A scalar has no places.")
    return tuple(v.int() for v in torch.nonzero(x, as_tuple=True))


def counts(
    x: torch.Tensor, weights: TensorLike = None, minlength: int = 0
) -> torch.Tensor:
    length = max(int(x.max()) + 1 if x.numel() else 0, minlength)
    each = torch.ones_like(x, dtype=torch.int32) if weights is None else weights
    result = torch.zeros(*x.shape[:-1], length, dtype=each.dtype, device=x.device)
    return result.scatter_add(-1, x.long(), each)


def unique_parts(
    x: torch.Tensor, axis: int | None = None, size: int | None = None
) -> Any:
    """The values in order, the first place of each, its inverse and its count."""
    if size is not None and axis is None and x.numel():
        return _so_many(x, size)
    values, inverse, amounts = torch.unique(
        x, return_inverse=True, return_counts=True, dim=axis
    )
    flat = inverse.reshape(-1)
    order = torch.arange(flat.numel(), device=x.device)
    last = torch.full((amounts.numel(),), flat.numel(), device=x.device)
    index = last.scatter_reduce(0, flat, order, "amin")
    return values, *(v.int() for v in (index, inverse, amounts))


def _so_many(x: torch.Tensor, size: int) -> Any:
    """The same for the first `size` values, in shapes that are known beforehand."""
    ordered, order = torch.sort(x.reshape(-1), stable=True)
    is_new = torch.ones_like(order)
    is_new[1:] = (ordered[1:] != ordered[:-1]).long()
    rank = is_new.cumsum(0) - 1
    slot = rank.clamp(max=size)  # those beyond share one, which is cut off
    values = ordered.new_zeros(size + 1).scatter(0, slot, ordered)
    index = order.new_full((size + 1,), order.numel())
    index = index.scatter_reduce(0, slot, order, "amin")
    amounts = order.new_zeros(size + 1).scatter_add(0, slot, torch.ones_like(order))
    inverse = torch.empty_like(order).scatter(0, order, rank).reshape(x.shape)
    return values[:size], *(v.int() for v in (index[:size], inverse, amounts[:size]))
