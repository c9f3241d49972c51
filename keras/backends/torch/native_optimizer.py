"""Optimizers of `torch.optim`, which hold their own state."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch


class NativeOptimizer:
    """What `keras.optimizers.foreign` asks of an optimizer.

    Args:
        given: A `torch.optim.Optimizer` for parameters of the model, its class, or a
            `functools.partial` of that.
    """

    rate_index = None  # the learning rate is no Variable

    def __init__(self, given: Any) -> None:
        made = isinstance(given, torch.optim.Optimizer)
        self._make: Any = None if made else given
        self._optimizer: Any = given if made else None
        cls: Any = given.func if isinstance(given, functools.partial) else given
        cls = type(cls) if made else cls
        self.name = cls.__name__.lower()
        if issubclass(cls, torch.optim.LBFGS):
            raise ValueError(
                "torch.optim.LBFGS computes the loss several times in a step, which "
                "`fit` cannot do. Use it in a training loop of your own."
            )

    def __repr__(self) -> str:
        return repr(self._make if self._optimizer is None else self._optimizer)

    def state(self, variables: Sequence[Any]) -> list[Any]:
        """Nothing that the caller keeps; the optimizer is made, or checked."""
        parameters = [variable._value for variable in variables]
        if self._optimizer is None:
            self._optimizer = self._make(parameters)
            return []
        known = {id(p) for group in self._groups for p in group["params"]}
        missing = [v.path for v in variables if id(v._value) not in known]
        if missing:
            raise ValueError(
                f"The {type(self._optimizer).__name__} of `compile` was not made for "
                f"these weights of the model: {', '.join(missing[:4])}. Make it of "
                "`model.parameters()` when the model is built, or pass its class."
            )
        return []

    def step(
        self, variables: Sequence[Any], grads: Sequence[Any], state: list[Any]
    ) -> list[Any]:
        """Updates the parameters that have gradients."""
        parameters = [variable._value for variable in variables]
        for parameter, gradient in zip(parameters, grads, strict=True):
            parameter.grad = gradient
        self._optimizer.step()
        for parameter in parameters:
            parameter.grad = None
        return state

    @property
    def _groups(self) -> list[dict[str, Any]]:
        return [] if self._optimizer is None else self._optimizer.param_groups

    def rate(self) -> Any:
        """The learning rate of the first group."""
        for group in self._groups:
            return group["lr"]
        raise AttributeError(
            f"{self!r} is made when training begins; it has no learning rate yet."
        )

    def set_rate(self, value: Any) -> None:
        """One rate for all groups."""
        if self._optimizer is None:
            self.rate()
        for group in self._groups:
            group["lr"] = float(value)

    def arrays(self) -> dict[str, Any]:
        """The state by the number of the parameter and its name, and the rates."""
        if self._optimizer is None:
            return {}
        found = {
            f"rate_{i}": np.asarray(float(group["lr"]))
            for i, group in enumerate(self._groups)
        }
        for index, entries in self._optimizer.state_dict()["state"].items():
            for name, value in entries.items():
                if isinstance(value, torch.Tensor):
                    found[f"{index}_{name}"] = value.detach().cpu().numpy()
                elif isinstance(value, (int, float)):
                    found[f"{index}_{name}"] = np.asarray(value)
        return found

    def set_arrays(self, arrays: dict[str, Any]) -> None:
        """Goes on from what `arrays` returned."""
        if self._optimizer is None or not arrays:
            return
        state: dict[int, dict[str, Any]] = {}
        whole = self._optimizer.state_dict()
        for key, array in arrays.items():
            place, name = key.split("_", 1)
            if place == "rate":
                whole["param_groups"][int(name)]["lr"] = float(np.asarray(array))
            else:
                value = torch.from_numpy(np.array(array))
                state.setdefault(int(place), {})[name] = value
        self._optimizer.load_state_dict({**whole, "state": state})
