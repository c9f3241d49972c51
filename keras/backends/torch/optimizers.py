"""Optimizer steps on all variables at once.

torch has one fused kernel per optimizer for Adam, and `_foreach` functions for the
rest. They take lists of tensors, write in place, and want numbers on the host. Each
function here returns False, having changed nothing, where the tensors do not suit it;
the optimizer then updates one variable after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from keras.backends import load
from keras.backends.torch.core import is_in_parts, part_here
from keras.backends.torch.native_optimizer import NativeOptimizer as _NativeOptimizer
from keras.core import placement

if TYPE_CHECKING:
    from keras.backends.variable import Variable

_FLOATS = frozenset((torch.float32, torch.float64, torch.bfloat16, torch.float16))


def adopt_optimizer(optimizer: Any) -> Any:
    return _NativeOptimizer(optimizer)


def update_scope() -> Any:
    """Inside, variables are changed and no gradients are recorded."""
    return torch.no_grad()


def set_to_zero(variables: Sequence[Variable]) -> None:
    with torch.no_grad():
        for variable in variables:
            variable._value.zero_()


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


def _raw(variables: Sequence[Any], like: Sequence[Any] = ()) -> list[Any]:
    """The tensors of variables: of those in parts, the parts of this process.

    With `like`, the variables whose states these are, their axes follow each other as
    those of the variables do in memory: torch's kernels copy what is not contiguous.
    """
    if placement.process.used:
        values = [part_here(variable._value) for variable in variables]
    else:
        values = [variable._value for variable in variables]
    if not like or not values:
        return values
    return [
        value if variable._memory_order is None else _permute(value, variable)
        for value, variable in zip(values, like, strict=True)
    ]


def _permute(value: torch.Tensor, variable: Any) -> torch.Tensor:
    return value.permute(variable._memory_order)


def _matching(
    variables: Sequence[Any], values: list[Any], grads: Sequence[Any]
) -> list[Any] | None:
    """The gradients laid out as the values are; None where kernels do not fit.

    The optimizer's state lies as its variable says (`order_in_memory`). A value that
    lies otherwise was moved by somebody else.

    Args:
        variables: what is updated.
        values: their tensors, as `_raw(variables, variables)` gives them.
        grads: their gradients.
    """
    first = values[0]
    dtype, device = first.dtype, first.device
    if dtype not in _FLOATS:
        return None
    if placement.process.used:
        grads = [part_here(grad) for grad in grads]
    result = []
    for variable, value, grad in zip(variables, values, grads, strict=True):
        if type(grad) is not torch.Tensor or grad.is_sparse:
            return None
        if value.dtype is not dtype or value.device != device:
            return None
        if not value.is_contiguous() or grad.ndim != value.ndim:
            return None
        if variable._memory_order is not None:
            grad = _permute(grad, variable)
        if grad.shape != value.shape:
            return None
        if grad.dtype is not dtype:
            grad = grad.to(dtype)
        result.append(grad.contiguous())
    return result


def _decay(decayed: Sequence[Any], rate: float) -> None:
    if decayed and rate:
        torch._foreach_mul_(_raw(decayed), 1.0 - rate)


def clip_by_global_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """The gradients, all shortened by the same factor where together they are long."""
    grads = list(gradients)
    if placement.process.used and any(map(is_in_parts, grads)):
        squared = load("torch").distribution.squared_norm(grads)
        factor = limit / squared.sqrt().clamp_min(limit)
        return [grad * factor for grad in grads]
    norms = torch.stack([norm.float() for norm in torch._foreach_norm(grads)])
    norm = torch.linalg.vector_norm(norms)
    return list(torch._foreach_mul(grads, limit / norm.clamp_min(limit)))


_steps: dict[Any, Any] = {}


def _step_tensor(step: int, device: Any) -> Any:
    """The step as the kernel wants it: one float tensor for each device, reused."""
    tensor = _steps.get(device)
    if tensor is None:
        tensor = _steps[device] = torch.zeros((), dtype=torch.float32, device=device)
    return tensor.fill_(step)


def fused_adam(
    variables: Sequence[Any],
    grads: Sequence[Any],
    decayed: Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    momentum: Sequence[Any],
    velocity: Sequence[Any],
    velocity_hat: Sequence[Any] = (),
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> bool:
    """Adam, amsgrad where there is a `velocity_hat`."""
    values = _raw(variables, variables)
    matching = _matching(variables, values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    torch._fused_adam_(
        values,
        matching,
        _raw(momentum, variables),
        _raw(velocity, variables),
        _raw(velocity_hat, variables),
        [_step_tensor(step, values[0].device)] * len(values),
        lr=learning_rate,
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=0.0,
        # Keras adds epsilon outside the bias correction, torch inside.
        eps=epsilon / math.sqrt(1.0 - beta_2**step),
        amsgrad=bool(velocity_hat),
        maximize=False,
    )
    return True


def fused_sgd(
    variables: Sequence[Any],
    grads: Sequence[Any],
    decayed: Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    momentum: Sequence[Any] = (),
    momentum_factor: float,
    nesterov: bool,
) -> bool:
    """Gradient descent, with momentum where there is any."""
    values = _raw(variables, variables)
    matching = _matching(variables, values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    if not momentum:
        torch._foreach_add_(values, matching, alpha=-learning_rate)
        return True
    moved = _raw(momentum, variables)
    torch._foreach_mul_(moved, momentum_factor)
    torch._foreach_add_(moved, matching, alpha=-learning_rate)
    if nesterov:
        torch._foreach_add_(values, moved, alpha=momentum_factor)
        torch._foreach_add_(values, matching, alpha=-learning_rate)
    else:
        torch._foreach_add_(values, moved)
    return True


def fused_rmsprop(
    variables: Sequence[Any],
    grads: Sequence[Any],
    decayed: Sequence[Any],
    *,
    step: int,
    learning_rate: float,
    weight_decay: float,
    velocity: Sequence[Any],
    momentum: Sequence[Any] = (),
    average_gradient: Sequence[Any] = (),
    rho: float,
    momentum_factor: float,
    epsilon: float,
) -> bool:
    """RMSprop, with momentum and centering where there are slots for them."""
    values = _raw(variables, variables)
    matching = _matching(variables, values, grads)
    if matching is None:
        return False
    _decay(decayed, learning_rate * weight_decay)
    squares = _raw(velocity, variables)
    torch._foreach_mul_(squares, rho)
    torch._foreach_addcmul_(squares, matching, matching, value=1 - rho)
    divisor = torch._foreach_add(squares, epsilon)
    if average_gradient:
        means = _raw(average_gradient, variables)
        torch._foreach_mul_(means, rho)
        torch._foreach_add_(means, matching, alpha=1 - rho)
        torch._foreach_addcmul_(divisor, means, means, value=-1.0)
    torch._foreach_sqrt_(divisor)
    if momentum:
        moved = _raw(momentum, variables)
        torch._foreach_mul_(moved, momentum_factor)
        torch._foreach_addcdiv_(moved, matching, divisor, value=learning_rate)
        torch._foreach_add_(values, moved, alpha=-1.0)
    else:
        torch._foreach_addcdiv_(values, matching, divisor, value=-learning_rate)
    return True
