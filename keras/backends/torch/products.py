"""Products of tensors, on the PyTorch backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._C._functorch import peek_interpreter_stack as _inside_transform

from keras.backends.torch.core import native_dtype
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


# Of few bits ------------------------------------------------------------------------


def abs_max_rounded(
    x: torch.Tensor, axis: Axis, low: int, high: int, epsilon: float, dtype: str
) -> tuple[torch.Tensor, torch.Tensor]:
    where = (axis,) if isinstance(axis, int) else tuple(axis or ())  # () is all axes
    largest = x.abs().amax(where, keepdim=True)
    largest = largest + epsilon
    scale = torch.full_like(largest, high).div_(largest)  # `high / x` is less exact
    values = (x * scale).round_()
    if low > -high or epsilon < 0 or x.dtype not in _EXACT:
        values = values.clamp_(low, high)
    return values.to(native_dtype(dtype)), scale


# Of these a value times the scale of the largest one rounds to no more than `high`.
_EXACT = (torch.float32, torch.float64)


def integer_linear(
    x: torch.Tensor, kernel: torch.Tensor, axes: int = 1
) -> torch.Tensor:
    lead, units = x.shape[: x.ndim - axes], kernel.shape[axes:]
    features = kernel.shape[:axes].numel()
    flat, kernel = x.reshape(-1, features), kernel.reshape(features, -1)
    if x.device.type != "cpu":  # others want sizes that are multiples of eight
        return torch.mm(flat.float(), kernel.float()).view(*lead, *units)
    if lead.numel() == 1:  # what lies by outputs is read as it is on this side
        return torch._int_mm(kernel.t(), flat.t()).view(*lead, *units)
    return torch._int_mm(flat, kernel).view(*lead, *units)


def rounded_linear(
    x: torch.Tensor,
    kernel: torch.Tensor,
    scale: torch.Tensor,
    bias: torch.Tensor | None = None,
    axes: int = 1,
    high: int = 127,
    epsilon: float = 1e-7,
) -> torch.Tensor:
    lead, units = x.shape[: x.ndim - axes], kernel.shape[axes:]
    if kernel.ndim > 2:
        kernel, scale = kernel.reshape(-1, units.numel()), scale.reshape(-1)
        bias = bias if bias is None else bias.reshape(-1)
    flat = x if x.ndim == 2 and axes == 1 else x.reshape(-1, kernel.shape[0])
    if torch.is_grad_enabled() and (x.requires_grad or scale.requires_grad):
        outputs = _RoundedLinear.apply(flat, kernel, scale, high, epsilon)
        outputs = outputs if bias is None else outputs + bias
    else:
        outputs = _rounded_product(flat, kernel, scale, high, epsilon, bias)
    return outputs if flat is x and len(units) == 1 else outputs.view(*lead, *units)


def _rounded_product(
    x: torch.Tensor,
    kernel: torch.Tensor,
    scale: torch.Tensor,
    high: int,
    epsilon: float,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    integers, per_row = abs_max_rounded(x, -1, -high, high, epsilon, "int8")
    summed, scale = integer_linear(integers, kernel), per_row * scale
    if bias is not None and x.dtype is scale.dtype is bias.dtype is torch.float32:
        return torch.addcdiv(bias, summed.float(), scale)  # the same numbers, at once
    outputs = (summed / scale).to(dtype=x.dtype)
    return outputs if bias is None else outputs + bias


class _RoundedLinear(torch.autograd.Function):
    """The gradient passes the rounding, and reaches the inputs alone."""

    generate_vmap_rule = True

    @staticmethod
    def forward(*args: Any) -> torch.Tensor:
        return _rounded_product(*args)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: torch.Tensor) -> None:
        del output
        ctx.save_for_backward(*inputs[1:3])

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        kernel, scale = ctx.saved_tensors
        (given,) = upstream
        back = torch.mm(given / scale, kernel.t().to(dtype=given.dtype))
        return back, None, None, None, None


# Rows of inputs for which torch's sum of a table's rows is quicker than a product with
# floats of them.
_FEW = 4


def sums_of_packed_rows(x: TensorLike, packed: Any, size: int) -> torch.Tensor | None:
    """With few rows of inputs: a kernel for embeddings of 4 bits sums the rows."""
    if (
        type(x) is not torch.Tensor
        or torch.compiler.is_compiling()
        or _inside_transform() is not None
        or (torch.is_grad_enabled() and x.requires_grad)
        or not (x.dtype is torch.float32 and x.is_cpu and 0 < len(x) <= _FEW)
    ):
        return None
    count, rows = x.shape
    # Rows of bytes without signs, with the float that one of them stands for behind.
    table = torch.empty((rows, packed.shape[1] + 4), dtype=torch.uint8)
    torch.bitwise_xor(packed.view(torch.uint8), 0x88, out=table[:, :-4])
    table[:, -4:] = torch.tensor([1.0, -8.0], dtype=torch.float16).view(torch.uint8)
    starts = torch.arange(0, rows, size, dtype=torch.int32)
    each = torch.arange(count, dtype=torch.int32)
    sums = torch.ops.quantized.embedding_bag_4bit_rowwise_offsets(
        table,
        torch.arange(rows, dtype=torch.int32).repeat(count),
        (each[:, None] * rows + starts).reshape(-1),
        per_sample_weights=x.reshape(-1),
    )
    return sums.view(count, len(starts), -1)
