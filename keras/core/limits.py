"""How much memory a file may make us take.

A config can declare a layer of any size; its variables would be allocated before the
weights are looked at. While a model is read from a file, variables are counted
against a budget that follows from the size of the weights in that file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from keras.core.dtypes import itemsize
from keras.core.errors import UnsafeDeserializationError


class Budget:
    """Bytes that may still be allocated."""

    def __init__(self, limit: int, source: str) -> None:
        self.limit = limit
        self.source = source
        self.used = 0

    def take(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        """Counts one variable; raises before it is made if that is too much."""
        self.used += math.prod(shape) * itemsize(dtype)
        if self.used > self.limit:
            raise UnsafeDeserializationError(
                f"Variable {name!r} of shape {shape} would bring the model to "
                f"{self.used:,} bytes, but {self.source} stores weights for far less "
                f"(limit {self.limit:,} bytes). The config does not belong to the "
                "weights, or was made to exhaust memory."
            )


_budget: ContextVar[Budget | None] = ContextVar("keras_variable_budget", default=None)

current_budget = _budget.get


def claim(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Counts values that a config makes us hold, where a file is being read.

    Raises:
        UnsafeDeserializationError: if they are more than the file's weights justify.
    """
    budget = _budget.get()
    if budget is not None:
        budget.take(name, shape, dtype)


@contextmanager
def variable_budget(stored: int, source: str) -> Iterator[None]:
    """Limits what variables made in the block may take.

    Args:
        stored: bytes of weights in the file.
        source: how errors name the file.
    """
    # Optimizer slots (up to some three per weight) may not be in the file, and
    # weights may be stored compressed or in a smaller dtype.
    token = _budget.set(Budget(16 * stored + (64 << 20), source))
    try:
        yield
    finally:
        _budget.reset(token)
