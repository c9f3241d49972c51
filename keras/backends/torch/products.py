"""Products of tensors, on the PyTorch backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from keras.backends.torch.remembering import remembering
from keras.core.typing import Axis, TensorLike

_WIDE = {
    torch.bool: torch.uint8,
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}


_THROUGH = frozenset((*_WIDE, torch.int8))


def _through(function: Callable[..., Any], *operands: Any) -> torch.Tensor:
    """The product, by way of a type that torch can multiply."""
    dtype = operands[0].dtype
    if dtype is torch.bool:
        return function(*(x.to(dtype=torch.int32) for x in operands)) != 0
    wide = _WIDE[dtype]
    return function(*(x.to(dtype=wide) for x in operands)).to(dtype=dtype)


def matmul(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    if x1.dtype in _WIDE:
        return _through(torch.matmul, x1, x2)
    return torch.matmul(x1, x2)


matmul.everyday = torch.matmul  # type: ignore[attr-defined]


def dot(x1: TensorLike, x2: TensorLike) -> torch.Tensor:
    ranks = x1.ndim, x2.ndim
    if ranks == (2, 2) and x1.dtype not in _THROUGH:
        return torch.mm(x1, x2)
    if 0 in ranks:
        return x1 * x2
    if ranks[0] <= 2 and ranks[1] <= 2:
        if x1.dtype is torch.int8:
            x1, x2 = x1.int(), x2.int()
        return matmul(x1, x2)
    return tensordot(x1, x2, ((-1,), (-min(ranks[1], 2),)))


def outer(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    if x1.dtype in _WIDE:
        return _through(_plain_outer, x1, x2)
    return _plain_outer(x1, x2)


def _plain_outer(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    x1 = x1 if x1.ndim == 1 else x1.reshape(-1)
    x2 = x2 if x2.ndim == 1 else x2.reshape(-1)
    return torch.outer(x1, x2)


outer.everyday = _plain_outer  # type: ignore[attr-defined]


def tensordot(x1: torch.Tensor, x2: torch.Tensor, axes: Any = 2) -> torch.Tensor:
    if x1.dtype in _WIDE:
        return _through(lambda a, b: _plain_tensordot(a, b, axes), x1, x2)
    return _plain_tensordot(x1, x2, axes)


def _plain_tensordot(
    x1: torch.Tensor, x2: torch.Tensor, axes: Axis = 2
) -> torch.Tensor:
    dims = axes if type(axes) is int else _dims(axes)
    if 1 in x1.shape or 1 in x2.shape:
        _check_contracted(x1, x2, dims)
    return torch.tensordot(x1, x2, dims)


tensordot.everyday = _plain_tensordot  # type: ignore[attr-defined]


def _check_contracted(x1: torch.Tensor, x2: torch.Tensor, dims: Any) -> None:
    """Refuses to contract a size of 1 with another, to which torch would stretch it."""
    if isinstance(dims, int):
        sizes = (x1.shape[x1.ndim - dims :], x2.shape[:dims])
    else:
        sizes = ([x1.shape[a] for a in dims[0]], [x2.shape[a] for a in dims[1]])
    if sizes[0] != sizes[1]:
        raise ValueError("The contracted sizes differ.")


@remembering
def _dims(axes: Any) -> Any:
    if isinstance(axes, int):
        return axes
    first, second = axes
    return _as_list(first), _as_list(second)


def _as_list(axis: Any) -> list[int]:
    return [axis] if isinstance(axis, int) else list(axis)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> torch.Tensor:
    dtype = operands[0].dtype
    if dtype.is_floating_point or dtype.is_complex:
        return torch.einsum(subscripts, *operands)
    # torch sums integers as int64, and refuses to multiply that with others.
    y = torch.einsum(subscripts, *(x.to(torch.int64) for x in operands))
    return y != 0 if dtype is torch.bool else y.to(dtype)
