"""Activations, losses, normalization and attention of the PyTorch backend."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import index
from typing import Any

import torch
import torch.nn.functional as F
from torch.autograd import forward_ad

from keras.backends import arguments
from keras.backends.torch.core import is_in_parts, native_dtype
from keras.backends.torch.recording import whole
from keras.backends.torch.remembering import remembering
from keras.core.config import settings
from keras.core.typing import Axis, DType, TensorLike

# Activations ----------------------------------------------------------------------

relu = torch.relu
relu6 = F.relu6
sigmoid = torch.sigmoid
softsign = F.softsign
silu = F.silu
log_sigmoid = F.logsigmoid
hard_sigmoid = F.hardsigmoid
hard_silu = F.hardswish
selu = torch.selu
tanh_shrink = F.tanhshrink


def threshold(x: torch.Tensor, threshold: float, default_value: float) -> torch.Tensor:
    if x.dtype is torch.bool:
        default = x.new_tensor(default_value)
        return torch.where(x.byte() > threshold, x, default)
    return F.threshold(x, threshold, default_value)


def softplus(x: torch.Tensor) -> torch.Tensor:
    # F.softplus is the identity above 20, where it is exact in float32 only.
    return torch.logaddexp(x, x.new_zeros(())) if x.dtype is _F64 else F.softplus(x)


_F64 = torch.float64


def hard_tanh(x: torch.Tensor) -> torch.Tensor:
    return torch.clamp(x, -1, 1)


def sparse_sigmoid(x: torch.Tensor) -> torch.Tensor:
    return torch.clamp((x + 1) * 0.5, 0, 1)


def sparse_plus(x: torch.Tensor) -> torch.Tensor:
    middle = 0.25 * (x + 1) ** 2
    return torch.where(x <= -1, 0.0, torch.where(x < 1, middle, x)).to(dtype=x.dtype)


def squareplus(x: torch.Tensor, b: float = 4) -> torch.Tensor:
    return (x + torch.sqrt(x * x + b)) * 0.5


def soft_shrink(x: torch.Tensor, threshold: float = 0.5) -> torch.Tensor:
    return F.softshrink(x, threshold)


def hard_shrink(x: torch.Tensor, threshold: float = 0.5) -> torch.Tensor:
    return F.hardshrink(x, threshold)


def leaky_relu(x: torch.Tensor, negative_slope: float = 0.2) -> torch.Tensor:
    return F.leaky_relu(x, negative_slope)


def elu(x: torch.Tensor, alpha: float = 1.0) -> torch.Tensor:
    return F.elu(x, alpha)


def celu(x: torch.Tensor, alpha: float = 1.0) -> torch.Tensor:
    return F.celu(x, alpha)


def gelu(x: torch.Tensor, approximate: bool = True) -> torch.Tensor:
    return F.gelu(x, approximate="tanh" if approximate else "none")


def glu(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    return F.glu(x, axis)


def softmax(x: torch.Tensor, axis: Axis = -1) -> torch.Tensor:
    if isinstance(axis, int) and x.ndim:
        if x.size(axis) == 1:
            arguments.warn_of_ones(axis, x.shape)
        return torch.softmax(x, axis)
    return _over_axes(torch.softmax, x, axis)


def log_softmax(x: torch.Tensor, axis: Axis = -1) -> torch.Tensor:
    if isinstance(axis, int) and x.ndim:
        return torch.log_softmax(x, axis)
    return _over_axes(torch.log_softmax, x, axis)


def _over_axes(
    function: Callable[..., Any], x: torch.Tensor, axis: Axis
) -> torch.Tensor:
    """A function along one axis, applied along several as if they were one."""
    if axis is None:
        return function(x.reshape(-1), 0).reshape(x.shape)
    if isinstance(axis, int):
        raise ValueError("A scalar has no axes.")
    last = tuple(range(-len(axis), 0))
    moved = torch.movedim(x, tuple(axis), last)
    flat = moved.reshape(*moved.shape[: -len(axis)], -1)
    return torch.movedim(function(flat, -1).reshape(moved.shape), last, tuple(axis))


def sparsemax(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    z = x.movedim(axis, -1)
    ordered = torch.sort(z, dim=-1, descending=True).values
    ranks = torch.arange(1, z.shape[-1] + 1, dtype=z.dtype, device=z.device)
    total = torch.cumsum(ordered, -1)
    inside = 1 + ranks * ordered > total
    count = inside.sum(-1, keepdim=True)
    chosen = torch.where(inside, ordered, 0).sum(-1, keepdim=True)
    tau = (chosen - 1) / count.to(dtype=z.dtype)
    return torch.clamp(z - tau, min=0).movedim(-1, axis)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: torch.Tensor,
    kernel: torch.Tensor,
    bias: torch.Tensor | None = None,
    axes: int = 1,
) -> torch.Tensor:
    if axes == 1 and x.ndim == 2 and kernel.ndim == 2:
        return torch.mm(x, kernel) if bias is None else torch.addmm(bias, x, kernel)
    # As matrices: `addmm` takes the kernel as it lies, F.linear a transposed view.
    lead, units = x.shape[: x.ndim - axes], kernel.shape[axes:]
    features = kernel.shape[:axes].numel()
    # Where there are no features, -1 says nothing; sizes in a graph are asked no more.
    flat = x.reshape(-1, features) if features else x.reshape(math.prod(lead), 0)
    if kernel.ndim > 2:
        kernel = kernel.reshape(features, units.numel())
    if bias is None:
        y = torch.mm(flat, kernel)
    else:
        y = torch.addmm(bias.reshape(-1) if bias.ndim > 1 else bias, flat, kernel)
    return y.view(*lead, *units)


def one_hot(
    x: torch.Tensor,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> torch.Tensor:
    if sparse:
        raise ValueError("The torch backend has no sparse tensors.")
    classes = torch.arange(index(num_classes), device=x.device)
    hot = (x.unsqueeze(-1) == classes).to(dtype=native_dtype(dtype))
    return hot if axis in (-1, x.ndim) else hot.movedim(-1, axis)


def multi_hot(
    inputs: torch.Tensor,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> torch.Tensor:
    if not inputs.ndim:
        raise ValueError("One dimension is needed.")
    num_classes = kwargs.get("num_tokens", num_classes)
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)  # type: ignore[arg-type]
    return hot.amax(1 if inputs.ndim > 1 else 0)


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: torch.Tensor, output: torch.Tensor, from_logits: bool = False
) -> torch.Tensor:
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none")
    output = _probabilities(output)
    return F.binary_cross_entropy(output, target, reduction="none")


def _probabilities(output: torch.Tensor) -> torch.Tensor:
    epsilon = settings.epsilon
    return torch.clamp(output, epsilon, 1 - epsilon)


def categorical_crossentropy(
    target: torch.Tensor,
    output: torch.Tensor,
    from_logits: bool = False,
    axis: int = -1,
) -> torch.Tensor:
    axis = index(axis)
    if from_logits and output.ndim == 2 and (axis == -1 or axis == 1):
        # All in one; targets of another shape it takes for labels, and refuses.
        return F.cross_entropy(output, target, reduction="none")
    if target.shape != output.shape:
        raise ValueError("The shapes of target and output differ.")
    if from_logits:
        return -(target * torch.log_softmax(output, axis)).sum(axis)
    output = _probabilities(output / output.sum(axis, keepdim=True))
    return -(target * torch.log(output)).sum(axis)


def sparse_categorical_crossentropy(
    target: torch.Tensor,
    output: torch.Tensor,
    from_logits: bool = False,
    axis: int = -1,
) -> torch.Tensor:
    rank = output.ndim
    if target.ndim + 1 != rank:
        if target.ndim != rank or target.shape[-1] != 1:
            raise ValueError("Target and output do not fit.")
        target = target.squeeze(-1)
    if target.dtype is not torch.int64:
        target = target.long()
    if not from_logits:
        output = torch.log(_probabilities(output / output.sum(axis, keepdim=True)))
    if rank > 1 and axis % rank != 1:
        output = output.movedim(axis, 1)
    if from_logits:
        return F.cross_entropy(output, target, reduction="none", ignore_index=-1)
    if rank > 2:  # nll_loss of more than two dimensions knows one or two of them
        flat = output.flatten(2)
        loss = F.nll_loss(flat, target.flatten(1), reduction="none", ignore_index=-1)
        return loss.reshape(target.shape)
    return F.nll_loss(output, target, reduction="none", ignore_index=-1)


# Normalization ----------------------------------------------------------------------


def moments(
    x: torch.Tensor, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    wide = x.float() if x.dtype is torch.float16 else x
    if axes is None:
        axes = tuple(range(x.ndim))
    elif not x.ndim:
        raise ValueError("A scalar has no axes.")
    if synchronized and _replicas() > 1:
        mean, variance = _synchronized_moments(wide, axes, keepdims)
    else:
        variance, mean = torch.var_mean(wide, axes, correction=0, keepdim=keepdims)
    if wide is x:
        return mean, variance
    most = torch.finfo(x.dtype).max  # rather than infinity
    return mean.clamp(-most, most).to(x.dtype), variance.clamp(max=most).to(x.dtype)


def _synchronized_moments(
    x: torch.Tensor, axes: Any, keepdims: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of all replicas, which may have batches of different sizes."""
    total = x.sum(axes, keepdim=True)
    count = sum_over_replicas(torch.full_like(total, x.numel() / total.numel()))
    mean = sum_over_replicas(total) / count
    squares = sum_over_replicas((x - mean).square().sum(axes, keepdim=True))
    variance = squares / count
    if keepdims:
        return mean, variance
    return mean.squeeze(axes), variance.squeeze(axes)


def _replicas() -> int:
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return 1
    return distributed.get_world_size()


class _AllReduced(torch.autograd.Function):
    """The sum over all processes; each gets the sum of the gradients."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return sum_over_replicas(grads[0])


def sum_over_replicas(x: torch.Tensor) -> torch.Tensor:
    # One in parts has what all replicas gave already.
    return _AllReduced.apply(x) if _replicas() > 1 and not is_in_parts(x) else x


def batch_normalization(
    x: torch.Tensor,
    mean: torch.Tensor,
    variance: torch.Tensor,
    axis: int,
    offset: torch.Tensor | None = None,
    scale: TensorLike = None,
    epsilon: float = 0.001,
) -> torch.Tensor:
    kernel = x.ndim > 2 or x.ndim == 2 and x.numel() < _SMALL
    if kernel and x.is_floating_point():
        graded, first = torch.is_grad_enabled(), axis in (1, 1 - x.ndim)
        wanted = (first or graded) and not _differentiates(mean, variance)
        if wanted and _are_vectors(x.shape[axis], mean, variance, scale, offset):
            # Channels at the end take one step less of their own without gradients.
            moved = x if first else x.movedim(axis, 1)
            y = torch.batch_norm(
                moved, scale, offset, mean, variance, False, 0.0, epsilon, _uses_cudnn()
            )
            return y if first else y.movedim(1, axis)
    factor = torch.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if factor.ndim > 1 or shift.ndim > 1 or not x.ndim:
        raise ValueError("Vectors are needed.")
    if axis not in (-1, x.ndim - 1):
        shape = [1] * x.ndim
        shape[axis] = -1
        factor, shift = factor.view(shape), shift.view(shape)
    return torch.addcmul(shift, x, factor)


_uses_cudnn = torch._C._get_cudnn_enabled
_transforms_active = torch._C._functorch.peek_interpreter_stack
_SMALL = 1 << 15  # of more numbers in rows, the kernel takes twice as long as two steps


def _are_vectors(size: int, *tensors: torch.Tensor | None) -> bool:
    """Whether those that are given are vectors of real numbers, of that size."""
    for x in tensors:
        if x is not None and (x.shape != (size,) or not x.is_floating_point()):
            return False
    return True


def _differentiates(mean: torch.Tensor, variance: torch.Tensor) -> bool:
    """Whether derivatives of these may be wanted: torch's kernel takes them as zero."""
    if forward_ad._current_level >= 0 or _transforms_active() is not None:
        return True
    return torch.is_grad_enabled() and (mean.requires_grad or variance.requires_grad)


def batch_statistics_normalization(
    x: torch.Tensor,
    offset: torch.Tensor,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    first = axis % x.ndim == 1
    moved = x if first or x.ndim == 1 else x.movedim(axis, 1)
    wide = x.dtype in (torch.float16, torch.bfloat16)
    if wide and scale is not None:
        scale = scale.float()
    if wide and offset is not None:
        offset = offset.float()
    y, mean, inverse = torch.native_batch_norm(
        moved, scale, offset, None, None, True, 0.0, epsilon
    )
    variance = inverse.detach() ** -2 - epsilon
    y = y if moved is x else y.movedim(1, axis)
    return y, mean.detach(), variance


def layer_normalization(
    x: torch.Tensor,
    gamma: torch.Tensor | None = None,
    beta: torch.Tensor | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> torch.Tensor:
    eps = settings.epsilon if epsilon is None else epsilon
    if kwargs and arguments.takes_rms_scaling(kwargs):
        axes = _sorted_axes(axis, x.ndim)
        shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
        y = x * torch.rsqrt(x.var(axes, correction=0, keepdim=True) + eps)
        return y if gamma is None else y * gamma.reshape(shape)
    if axis == -1 or axis == [-1]:
        # A part of a shape would be made slower than a tuple.
        return torch.layer_norm(x, (x.shape[-1],), gamma, beta, eps)
    axes = _sorted_axes(axis, x.ndim)
    if axes == (*range(x.ndim - len(axes), x.ndim),):
        return F.layer_norm(x, x.shape[axes[0] :], gamma, beta, eps)
    last = tuple(range(-len(axes), 0))
    moved = x.movedim(axes, last)
    return F.layer_norm(moved, moved.shape[-len(axes) :], gamma, beta, eps).movedim(
        last, axes
    )


def group_normalization(
    x: torch.Tensor,
    groups: int,
    offset: torch.Tensor | None,
    scale: torch.Tensor | None,
    axis: int = -1,
    epsilon: float = 0.001,
) -> torch.Tensor:
    first = axis % x.ndim == 1
    moved = x if first else x.movedim(axis, 1)
    if x.dtype not in (torch.float32, torch.float64):
        moved = moved.float()  # sums over many places do not fit in half precision
    if scale is not None:
        scale = scale.to(moved.dtype)
    if offset is not None:
        offset = offset.to(moved.dtype)
        if scale is None:  # torch differentiates an offset only beside a scale
            scale = torch.ones_like(offset)
    y = F.group_norm(moved, groups, scale, offset, epsilon).to(x.dtype)
    return y if first else y.movedim(1, axis)


@remembering
def _sorted_axes(axis: Axis, rank: int) -> tuple[int, ...]:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return arguments.normal_axes(axes, rank)


def rms_normalization(
    x: torch.Tensor,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> torch.Tensor:
    eps = settings.epsilon if epsilon is None else epsilon
    if scale is not None and not scale.ndim:
        return rms_normalization(x, None, axis, eps) * scale
    if axis == -1:
        return torch.rms_norm(x, (x.shape[-1],), scale, eps)
    axes = _sorted_axes(axis, x.ndim)
    if axes == (*range(x.ndim - len(axes), x.ndim),):
        return F.rms_norm(x, x.shape[axes[0] :], scale, eps)
    last = tuple(range(-len(axes), 0))
    moved = x.movedim(axes, last)
    y = F.rms_norm(moved, moved.shape[-len(axes) :], scale, eps)
    return y.movedim(last, axes)


def normalize(
    x: TensorLike, axis: Any = -1, order: float = 2, epsilon: float | None = None
) -> torch.Tensor:
    eps = settings.epsilon if epsilon is None else epsilon
    axis = tuple(range(x.ndim)) if axis is None else axis
    return F.normalize(x, p=float(order), dim=axis, eps=eps)


# Attention --------------------------------------------------------------------------


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: TensorLike = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    sizes, asked = key.shape, query.shape
    grouped = False
    if asked != sizes:
        if asked[3] != sizes[3]:
            raise ValueError("The head sizes differ.")  # kernels do not all check
        grouped = asked[2] != sizes[2]
    if key is not value and sizes != value.shape and sizes[:3] != value.shape[:3]:
        raise ValueError("Keys and values do not fit.")
    if not (query.dtype is key.dtype is value.dtype):
        dtype = torch.promote_types(query.dtype, key.dtype)
        dtype = torch.promote_types(dtype, value.dtype)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    query, key = query.transpose(1, 2), key.transpose(1, 2)
    value = value.transpose(1, 2)
    if attn_logits_soft_cap is not None:
        return _composed_attention(
            query, key, value, bias, mask, scale, is_causal, attn_logits_soft_cap
        ).transpose(1, 2)
    attend: Any = F.scaled_dot_product_attention
    if bias is None and mask is None and flash_attention is None and not grouped:
        if scale is None and not is_causal:
            return attend(query, key, value).transpose(1, 2)
        y = attend(query, key, value, None, 0.0, is_causal, scale=scale)
        return y.transpose(1, 2)
    extra, is_causal = _attention_mask(query, key, bias, mask, is_causal)
    options: dict[str, Any] = {"scale": scale, "enable_gqa": grouped}
    if flash_attention is not None:
        attend = _flash_attention if flash_attention else _plain_attention
    y = attend(query, key, value, extra, 0.0, is_causal, **options)
    return y.transpose(1, 2)


@whole
def _flash_attention(*args: Any, **kwargs: Any) -> torch.Tensor:
    """Attention by the fused kernel, or an error."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]):
        return F.scaled_dot_product_attention(*args, **kwargs)


@whole
def _plain_attention(*args: Any, **kwargs: Any) -> torch.Tensor:
    """Attention without a fused kernel."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel([SDPBackend.MATH]):
        return F.scaled_dot_product_attention(*args, **kwargs)


def _attention_mask(
    query: Any, key: torch.Tensor, bias: TensorLike, mask: Any, is_causal: bool
) -> tuple[Any, bool]:
    """What is added to (or masks) the logits, and whether the kernel is causal."""
    if bias is None and mask is None:
        return None, is_causal
    if is_causal:
        shape = (query.shape[2], key.shape[2])
        seen = torch.ones(shape, dtype=torch.bool, device=query.device).tril()
        mask = seen if mask is None else mask & seen
    if mask is None:
        return _four(bias).to(query.dtype), False
    # A number to add and no booleans: where all is masked, the kernels' result for
    # booleans is zeros, and everybody else's the mean of the values.
    # In half precision no number is far enough away; on CPU kernels take float32 too.
    half = query.dtype is torch.float16 and query.device.type == "cpu"
    dtype = torch.float32 if half else query.dtype
    least = 0.7 * torch.finfo(dtype).min
    if bias is None:
        bias = torch.zeros((), dtype=dtype, device=query.device)
    else:
        bias = _four(bias).to(dtype)
    return torch.where(_four(mask), bias, least), False


def _four(x: TensorLike) -> torch.Tensor:
    return x if x.ndim == 4 else x[(None,) * (4 - x.ndim)]


def _composed_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: Any,
    bias: TensorLike,
    mask: Any,
    scale: float | None,
    is_causal: bool,
    cap: float,
) -> torch.Tensor:
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key = key.repeat_interleave(groups, 1)
        value = value.repeat_interleave(groups, 1)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    logits = (query @ key.transpose(-1, -2)) * scale
    if query.dtype is not _F64:
        logits = logits.float()
    logits = cap * torch.tanh(logits / cap)
    if bias is not None:
        logits = logits + _four(bias)
    least = torch.finfo(logits.dtype).min
    if is_causal:
        seen = torch.ones(logits.shape[-2:], dtype=torch.bool, device=query.device)
        logits = torch.where(seen.tril(), logits, least)
    if mask is not None:
        logits = torch.where(_four(mask), logits, least)
    return torch.softmax(logits, -1).to(value.dtype) @ value
