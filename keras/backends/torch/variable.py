"""Variables of the PyTorch backend, held by a `torch.nn.Parameter`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from keras.backends.torch.core import borrow, default_device, gathered, is_in_parts
from keras.backends.torch.recording import owners as _owners
from keras.backends.torch.recording import whole
from keras.backends.variable import Variable as Base
from keras.backends.variable import redirected

_grad_enabled = torch.is_grad_enabled


# Writes without a record for gradients, each one call to what records calls.


@whole
def _overwrite(target: torch.Tensor, value: Any) -> torch.Tensor:
    with torch.no_grad():
        return target.copy_(value)


@whole
def _add(target: torch.Tensor, value: Any, sign: int) -> torch.Tensor:
    with torch.no_grad():
        return target.add_(value, alpha=sign)


@whole
def _go(target: torch.Tensor, value: torch.Tensor, part: float) -> torch.Tensor:
    with torch.no_grad():
        return target.lerp_(value, part)


class Variable(Base):
    """A Variable whose value is a `torch.nn.Parameter`, updated in place.

    The parameter stays the same object for the variable's whole life, so that
    `torch.optim` optimizers and compiled functions keep hold of it.
    """

    __doc__ = Base.__doc__

    def _initialize(self, value: Any) -> None:
        if value.is_meta:  # made while only shapes are worked out
            value = torch.zeros_like(value, device=default_device())
        if self._memory_order is not None:
            value = _ordered(value, self._memory_order)
        self._value = torch.nn.Parameter(value, requires_grad=self._wants_grad(value))
        _owners[id(self._value)] = self

    def _wants_grad(self, value: Any) -> bool:
        return self._trainable and (value.is_floating_point() or value.is_complex())

    def order_in_memory(self, axes: tuple[int, ...]) -> None:
        """Lays the value out so that its axes follow each other like this."""
        self._memory_order = axes
        self._value.data = _ordered(self._value.data, axes)

    def distribute(self, layout: Any) -> None:
        """Lays the value out over devices, from now on."""
        self._layout = layout
        value = self._value.detach().clone()
        value = self.backend.distribution.distribute_value(value, layout)
        if layout.is_split or is_in_parts(self._value):
            # Another object: torch cannot make a plain tensor one in parts.
            self._initialize(value)
        else:
            self._direct_assign(value)

    def _direct_assign(self, value: Any) -> None:
        if type(value) is not torch.Tensor:
            value = self._lying_here(value)
        _overwrite(self._value, value)

    def _lying_here(self, value: Any) -> Any:
        """A value that can be written to this one: whole, or in parts as well."""
        if is_in_parts(value) and not is_in_parts(self._value):
            return gathered(value)
        return value

    def assign_add(self, value: Any) -> Any:
        if redirected(value):
            return super().assign_add(value)
        operand = self._operand(value)
        if not _grad_enabled():  # spares the scope, which costs more than the sum
            return self._value.add_(operand)
        return _add(self._value, operand, 1)

    def assign_sub(self, value: Any) -> Any:
        if redirected(value):
            return super().assign_sub(value)
        operand = self._operand(value)
        if not _grad_enabled():
            return self._value.sub_(operand)
        return _add(self._value, operand, -1)

    def _move_towards(self, value: Any, part: float) -> None:
        if redirected(value):
            super()._move_towards(value, part)
            return
        _go(self._value, self._operand(value), part)

    def _converted(self, value: Any) -> Any:
        if type(value) is np.ndarray and value.dtype.kind in "biufV":
            # What it becomes is copied at once, so it need not be a copy as well.
            value = borrow(value, self._dtype)
        value = super()._converted(value)
        if type(value) is torch.Tensor and is_in_parts(self._value):
            return self.backend.distribution.of_same(value, self._layout)
        return value

    def _operand(self, value: Any) -> Any:
        if isinstance(value, (int, float)):
            return value
        if type(value) is torch.Tensor:
            mine = self._value
            if value.dtype is mine.dtype and value.shape == mine.shape:
                return value
        if getattr(value, "_is_keras_variable", False):
            return value._value
        return self._lying_here(self._converted(value)) if value is not None else value

    @property
    def trainable(self) -> bool:
        """Whether optimizers may update it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        self._value.requires_grad_(self._wants_grad(self._value))

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        args = [a.value if isinstance(a, Variable) else a for a in args]
        named = {
            name: a.value if isinstance(a, Variable) else a
            for name, a in (kwargs or {}).items()
        }
        return func(*args, **named)


def _ordered(value: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """A tensor of equal shape and values whose memory has its axes in this order."""
    back = [axes.index(axis) for axis in range(len(axes))]
    moved, wanted = axes[0], [value.shape[axis] for axis in axes]
    if axes == (*range(moved, len(axes)), *range(moved)) and value.is_contiguous():
        # A matrix turned over, for which torch has a way of twice the speed.
        value = value.reshape(-1, math.prod(wanted[: len(axes) - moved])).t()
        return value.contiguous().view(wanted).permute(back)
    return value.permute(axes).contiguous().permute(back)
