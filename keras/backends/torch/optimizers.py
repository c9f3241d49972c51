"""Optimizer steps on all variables at once.

torch has one fused kernel per optimizer for Adam, and `_foreach` functions for the
rest. They take lists of tensors, write in place, and want numbers on the host. Each
function here returns False, having changed nothing, where the tensors do not suit it;
the optimizer then updates one variable after the other.
"""

from __future__ import annotations

import math as _math
from collections.abc import Sequence as _Sequence
from typing import TYPE_CHECKING, Any

import torch as _torch

if TYPE_CHECKING:
    from keras.backends.variable import Variable

_FLOATS = frozenset((_torch.float32, _torch.float64, _torch.bfloat16, _torch.float16))


def update_scope() -> Any:
    """Inside, variables are changed and no gradients are recorded."""
    return _torch.no_grad()


class _Version:
    """The tensor that a variable holds, and how often that was written to."""

    __slots__ = ("count", "tensor")

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        self.count = tensor._version

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is _Version
            and other.tensor is self.tensor
            and other.count == self.count
        )

    def __hash__(self) -> int:
        return hash((id(self.tensor), self.count))


def version_of(variable: Variable) -> Any:
    """Something that changes when the variable is written to; None: not known."""
    tensor = variable._value
    if tensor is None or tensor.is_inference():
        return None
    return _Version(tensor)


def _raw(variables: _Sequence[Any]) -> list[Any]:
    return [variable._value for variable in variables]


def _matching(values: list[Any], grads: _Sequence[Any]) -> list[Any] | None:
    """The gradients laid out as the values are; None where kernels do not fit."""
    first = values[0]
    dtype, device = first.dtype, first.device
    if dtype not in _FLOATS:
        return None
    result = []
    for value, grad in zip(values, grads, strict=True):
        if type(grad) is not _torch.Tensor or grad.is_sparse:
            return None
        if value.dtype is not dtype or value.device != device:
            return None
        if not value.is_contiguous() or grad.shape != value.shape:
            return None
        if grad.dtype is not dtype:
            grad = grad.to(dtype)
        result.append(grad if grad.is_contiguous() else grad.contiguous())
    return result


def _decay(decayed: _Sequence[Any], rate: float) -> None:
    if decayed and rate:
        _torch._foreach_mul_(_raw(decayed), 1.0 - rate)


def clip_by_global_norm(gradients: _Sequence[Any], limit: float) -> list[Any]:
    """The gradients, all shortened by the same factor where together they are long."""
    grads = list(gradients)
    norms = _torch.stack([norm.float() for norm in _torch._foreach_norm(grads)])
    norm = _torch.linalg.vector_norm(norms)
    return list(_torch._foreach_mul(grads, limit / norm.clamp_min(limit)))


_steps: dict[Any, Any] = {}


def _step_tensor(step: int, device: Any) -> Any:
    """The step as the kernel wants it: one float tensor for each device, reused."""
    tensor = _steps.get(device)
    if tensor is None:
        tensor = _steps[device] = _torch.zeros((), dtype=_torch.float32, device=device)
    return tensor.fill_(step)


def fused_adam(
    variables: _Sequence[Any],
    grads: _Sequence[Any],
    decayed: _Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    momentum: _Sequence[Any],
    velocity: _Sequence[Any],
    velocity_hat: _Sequence[Any] = (),
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> bool:
    """Adam, amsgrad where there is a `velocity_hat`."""
    values = _raw(variables)
    matching = _matching(values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    _torch._fused_adam_(
        values,
        matching,
        _raw(momentum),
        _raw(velocity),
        _raw(velocity_hat),
        [_step_tensor(step, values[0].device)] * len(values),
        lr=learning_rate,
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=0.0,
        # Keras adds epsilon outside the bias correction, torch inside.
        eps=epsilon / _math.sqrt(1.0 - beta_2**step),
        amsgrad=bool(velocity_hat),
        maximize=False,
    )
    return True


def fused_sgd(
    variables: _Sequence[Any],
    grads: _Sequence[Any],
    decayed: _Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    momentum: _Sequence[Any] = (),
    momentum_factor: float,
    nesterov: bool,
) -> bool:
    """Gradient descent, with momentum where there is any."""
    values = _raw(variables)
    matching = _matching(values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    if not momentum:
        _torch._foreach_add_(values, matching, alpha=-learning_rate)
        return True
    moved = _raw(momentum)
    _torch._foreach_mul_(moved, momentum_factor)
    _torch._foreach_add_(moved, matching, alpha=-learning_rate)
    if nesterov:
        _torch._foreach_add_(values, moved, alpha=momentum_factor)
        _torch._foreach_add_(values, matching, alpha=-learning_rate)
    else:
        _torch._foreach_add_(values, moved)
    return True


def fused_rmsprop(
    variables: _Sequence[Any],
    grads: _Sequence[Any],
    decayed: _Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    velocity: _Sequence[Any],
    momentum: _Sequence[Any] = (),
    average_gradient: _Sequence[Any] = (),
    rho: float,
    momentum_factor: float,
    epsilon: float,
) -> bool:
    """RMSprop, with momentum and centering where there are slots for them."""
    values = _raw(variables)
    matching = _matching(values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    squares = _raw(velocity)
    _torch._foreach_mul_(squares, rho)
    _torch._foreach_addcmul_(squares, matching, matching, value=1 - rho)
    divisor = _torch._foreach_add(squares, epsilon)
    if average_gradient:
        means = _raw(average_gradient)
        _torch._foreach_mul_(means, rho)
        _torch._foreach_add_(means, matching, alpha=1 - rho)
        _torch._foreach_addcmul_(divisor, means, means, value=-1.0)
    _torch._foreach_sqrt_(divisor)
    if momentum:
        moved = _raw(momentum)
        _torch._foreach_mul_(moved, momentum_factor)
        _torch._foreach_addcdiv_(moved, matching, divisor, value=learning_rate)
        _torch._foreach_add_(values, moved, alpha=-1.0)
    else:
        _torch._foreach_addcdiv_(values, matching, divisor, value=-learning_rate)
    return True
