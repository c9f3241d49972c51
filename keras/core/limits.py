"""How much a file may make us take.

A config can declare a layer of any size, a list of any length, calls of any number;
an array can unfold to more than it stores. What is read is counted before it is made,
against limits that follow from the bytes that the file really has. Where nothing is
being read, nothing is counted.
"""

from __future__ import annotations

import math

from keras.core import reading
from keras.core.dtypes import itemsize
from keras.core.errors import UnsafeDeserializationError

_SLACK = 64 << 20
# Values that a config lists or makes (arrays, texts, outputs of a call), in bytes.
_MOST_VALUES = 256 << 20
# Calls of layers and ops that graphs may ask for, those of nested models included.
_MOST_CALLS = 100_000
_OUTPUT = 1 << 10  # what a symbolic output takes


class Budget:
    """What the reading of one file or config may still take.

    Args:
        source: how errors name what is read.
        stored: bytes of weights in the file; None where a config comes alone, which
            says nothing of how large its model may be.
    """

    def __init__(self, source: str, stored: int | None = None) -> None:
        self.source = source
        # Optimizer slots (up to some three per weight) may not be in the file, and
        # weights may be stored compressed or in a smaller dtype.
        self.limit = math.inf if stored is None else 16 * stored + _SLACK
        self.variables = 0
        self.values = 0
        self.calls = 0

    def take_variable(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        """Counts one variable; raises before it is made if that is too much."""
        self.variables += math.prod(shape) * itemsize(dtype)
        if self.variables > self.limit:
            raise UnsafeDeserializationError(
                f"Variable {name!r} of shape {shape} would bring the model to "
                f"{self.variables:,} bytes, but {self.source} stores weights for far "
                f"less (limit {self.limit:,} bytes). The config does not belong to "
                "the weights, or was made to exhaust memory."
            )

    def take_values(self, what: str, size: int) -> None:
        """Counts bytes of values other than variables."""
        self.values += size
        if self.values > _MOST_VALUES:
            raise UnsafeDeserializationError(
                f"{what} would bring what the config of {self.source} makes to "
                f"{self.values:,} bytes beside variables; at most {_MOST_VALUES:,} "
                "are allowed. It was damaged, or made to exhaust memory."
            )

    def take_calls(self, what: str, count: int) -> None:
        """Counts calls in graphs."""
        self.calls += count
        if self.calls > _MOST_CALLS:
            raise UnsafeDeserializationError(
                f"{what} would bring the graphs of {self.source} to {self.calls:,} "
                f"calls; at most {_MOST_CALLS:,} are made while a file is read."
            )


def claim(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Counts a variable that a config makes us hold, where one is being read.

    Raises:
        UnsafeDeserializationError: if they are more than the file's weights justify.
    """
    budget = reading.current().budget
    if budget is not None:
        budget.take_variable(name, shape, dtype)


def claim_values(what: str, count: int, size: int = 1) -> None:
    """Counts other values, where a file or config is being read.

    Args:
        what: what asks for them, as the subject of a sentence.
        count: how many there are.
        size: bytes of each.

    Raises:
        UnsafeDeserializationError: if they are too many.
    """
    budget = reading.current().budget
    if budget is not None:
        budget.take_values(what, count * size)


def claim_outputs(what: str, count: int) -> None:
    """Counts symbolic outputs of a call, where a graph is being read."""
    claim_values(what, count, _OUTPUT)


def claim_calls(what: str, count: int = 1) -> None:
    """Counts calls of layers and ops, where a graph is being read."""
    budget = reading.current().budget
    if budget is not None:
        budget.take_calls(what, count)


def of_file(source: str, stored: int) -> reading.ReadingScope:
    """A scope that limits what is taken to what a file justifies.

    Args:
        source: how errors name the file.
        stored: bytes of weights in it, as they lie on the disk.
    """
    return reading.ReadingScope(budget=Budget(source, stored))
