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
# Calls of layers that graphs may ask for, those inside of nested models included, and
# as many more for each object that the config describes.
_MOST_CALLS = 2_000
_CALLS_OF_AN_OBJECT = 20
_MOST_RUN = 512 << 20
_OUTPUT = 1 << 10  # what a symbolic output takes
_FEW = 100


class Budget:
    """What the reading of one file or config may still take.

    Args:
        source: how errors name what is read.
        stored: bytes of weights in the file; None where a config comes alone, which
            says nothing of how large its model may be.
        held: bytes of variables that are there already.
    """

    def __init__(self, source: str, stored: int | None = None, held: int = 0) -> None:
        self.source = source
        # Optimizer slots (up to some three per weight) may not be in the file, and
        # weights may be stored compressed or in a smaller dtype.
        self.limit = math.inf if stored is None else held + 16 * stored + _SLACK
        self.variables = held
        self.values = 0
        self.calls = 0
        self.objects = 0

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

    def take_array(self, what: str, size: int) -> None:
        """Raises before an array is read that is larger than all weights may be."""
        if size > self.limit:
            raise UnsafeDeserializationError(
                f"{what} in {self.source} would unfold to {size:,} bytes, but the file "
                f"stores far less (limit {self.limit:,} bytes). It is damaged or made "
                "to exhaust memory."
            )

    def take_values(self, what: str, size: int) -> None:
        """Counts bytes of values other than variables."""
        self.values += size
        if self.values > _MOST_VALUES:
            raise UnsafeDeserializationError(
                f"{what} would bring what the config makes to {self.values:,} bytes "
                f"beside variables, but {self.source} stores weights for far less "
                f"(limit {_MOST_VALUES:,} bytes). It was damaged, or made to exhaust "
                "memory."
            )

    def take_calls(self, what: str, count: int) -> None:
        """Counts calls in graphs."""
        self.calls += count
        most = _MOST_CALLS + _CALLS_OF_AN_OBJECT * self.objects
        if self.calls > most:
            raise UnsafeDeserializationError(
                f"A call of {what!r} would bring the graphs of {self.source} to "
                f"{self.calls:,} calls; at most {most:,} are made for the "
                f"{self.objects:,} objects in it."
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


def claim_array(what: str, size: int) -> None:
    """Asks for the bytes of one array of a file, where one is being read."""
    budget = reading.current().budget
    if budget is not None:
        budget.take_array(what, size)


def claim_run(shape: tuple[int, ...], dtype: str) -> None:
    """Asks for an array that a function is run on to learn what it returns."""
    budget, size = reading.current().budget, math.prod(shape) * itemsize(dtype)
    if budget is not None and size > _MOST_RUN:
        raise UnsafeDeserializationError(
            f"A function in {budget.source} would be run on an array of shape {shape} "
            f"({size:,} bytes) to learn what it returns; at most {_MOST_RUN:,} are "
            "taken while a file is read. Give its layer compute_output_shape()."
        )


def claim_outputs(what: str, count: int) -> None:
    """Counts outputs of a call, where a graph is being read; few count as none."""
    if count > _FEW:  # and no compiler has to follow where the budget is
        claim_values(what, count, _OUTPUT)


def claim_calls(what: str, count: int = 1) -> None:
    """Counts calls of layers and ops, where a graph is being read."""
    budget = reading.current().budget
    if budget is not None:
        budget.take_calls(what, count)


def note_object() -> None:
    """Counts an object that a config describes."""
    budget = reading.current().budget
    if budget is not None:
        budget.objects += 1


def of_file(source: str, stored: int, held: int = 0) -> reading.ReadingScope:
    """A scope that limits what is taken to what a file justifies.

    Args:
        source: how errors name the file.
        stored: bytes of weights in it, as they lie on the disk.
        held: bytes of variables that are there already.
    """
    return reading.ReadingScope(budget=Budget(source, stored, held))
