"""`ToyTensor`: an array that can do what a backend needs, and nothing else."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np


class ToyTensor:
    """A tensor of this framework."""

    __slots__ = ("array",)
    __array_priority__ = 100

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.array, dtype)

    def __bool__(self) -> bool:
        return bool(self.array)

    def __getitem__(self, key: Any) -> ToyTensor:
        return ToyTensor(self.array[array_of(key)])


def array_of(x: Any) -> Any:
    """The array in a tensor, also inside of lists and tuples; the rest as it is."""
    if isinstance(x, (list, tuple)):
        return type(x)(array_of(v) for v in x)
    return x.array if isinstance(x, ToyTensor) else x


def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy arrays as one of ToyTensors."""

    def run(*args: Any, **kwargs: Any) -> Any:
        return ToyTensor(function(*map(array_of, args), **kwargs))

    return run


def _backward(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: ToyTensor(function(array_of(other), self.array))


for _name in ("add", "sub", "mul", "truediv", "matmul", "lt", "gt"):
    _function = getattr(operator, _name)
    setattr(ToyTensor, f"__{_name}__", lifted(_function))
    setattr(ToyTensor, f"__r{_name}__", _backward(_function))
