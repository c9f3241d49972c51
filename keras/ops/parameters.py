"""The parameters of an op, read off the signature of its rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class Parameters:
    """Which parameters are tensors, where they stand, which may be left out."""

    def __init__(
        self,
        rule: Callable[..., Any],
        keep: tuple[str, ...],
        integers: tuple[str, ...],
    ) -> None:
        self.name = rule.__name__
        self.signature = inspect.signature(rule)
        parameters = list(self.signature.parameters.values())
        self.parameters = [parameter.name for parameter in parameters]
        self.tensors = {
            index: parameter.name
            for index, parameter in enumerate(parameters)
            if "TensorLike" in str(parameter.annotation)
        }
        self.tensor_names = frozenset(self.tensors.values())
        self.sequences = frozenset(
            index
            for index, parameter in enumerate(parameters)
            if index in self.tensors and "Sequence" in str(parameter.annotation)
        )
        self.kept = frozenset(i for i, name in self.tensors.items() if name in keep)
        # `*operands: TensorLike`: every argument from this position on is a tensor.
        variadic = [i for i, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL]
        self.variadic = next((i for i in variadic if i in self.tensors), None)
        # `**sizes: int`: static arguments by any other name.
        named = [p.name for p in parameters if p.kind is p.VAR_KEYWORD]
        self.keywords = named[0] if named else None
        self.leads_with_tensors = self.variadic is None and list(self.tensors) == list(
            range(len(self.tensors))
        )
        self.last_tensor = max(self.tensors, default=-1)
        self.defaults = [parameter.default for parameter in parameters]
        self.only_by_name = any(
            p.kind is not p.POSITIONAL_OR_KEYWORD
            for p in parameters[: self.last_tensor + 1]
        )
        # Which tensors may be left out, which must hold integers.
        self.optional = frozenset(
            i
            for i in self.tensors
            if parameters[i].default is None or "None" in str(parameters[i].annotation)
        )
        self.integers = frozenset(
            i for i, name in self.tensors.items() if name in integers
        )

    def positional(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Moves arguments given by name to their positions, up to the last tensor."""
        if not self.only_by_name:
            values, rest = list(args), dict(kwargs)
            for index in range(len(args), self.last_tensor + 1):
                value = rest.pop(self.parameters[index], self.defaults[index])
                if value is inspect.Parameter.empty:
                    break
                values.append(value)
            else:
                return tuple(values), rest
        bound = self.signature.bind(*args, **kwargs)
        given = bound.arguments
        last = max(self.tensors)
        positional = []
        for index, (name, parameter) in enumerate(self.signature.parameters.items()):
            if index > last or parameter.kind is parameter.KEYWORD_ONLY:
                break
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(given.get(name, ()))
                break
            positional.append(given.get(name, parameter.default))
        used = set(self.parameters[: len(positional)])
        rest = {name: value for name, value in kwargs.items() if name not in used}
        return (*positional, *args[len(positional) :]), rest

    def is_plain_tensor(self, index: int) -> bool:
        """Whether a parameter is one tensor: no list of them, and never left out."""
        annotation = str(self.signature.parameters[self.parameters[index]].annotation)
        return "Sequence" not in annotation and "None" not in annotation

    def tensor_positions(self, count: int) -> list[int]:
        """Which of so many positional arguments are tensors."""
        positions = [index for index in self.tensors if index < count]
        if self.variadic is not None:
            positions.extend(range(self.variadic + 1, count))
        return positions

    def parameter(self, index: int) -> str:
        if self.variadic is not None:
            index = min(index, self.variadic)
        return self.parameters[min(index, len(self.parameters) - 1)]
