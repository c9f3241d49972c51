"""The part of each batch that a process works on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras.core import tree
from keras.core.typing import Data


class DatasetPart:
    """The batches of a data set, each cut to one of so many equal parts.

    Args:
        dataset: an iterable of batches, in the same order for all parts.
        part: which part, counted from 0.
        parts: the number of parts.
    """

    def __init__(self, dataset: Any, part: int, parts: int) -> None:
        self._dataset = dataset
        self._part, self._parts = part, parts

    def __iter__(self) -> Iterator[Any]:
        for batch in self._dataset:
            yield part_of_batch(batch, self._part, self._parts)

    def __len__(self) -> int:
        return len(self._dataset)


def part_of_batch(batch: Data, part: int, parts: int) -> Any:
    """One of so many equal parts of the tensors of a batch, cut along the samples.

    Raises:
        ValueError: if the number of samples does not divide.
    """

    def cut(x: Any) -> Any:
        shape = getattr(x, "shape", ())
        if not shape:
            return x
        size, rest = divmod(int(shape[0]), parts)
        if rest:
            raise indivisible(int(shape[0]), parts)
        return x[part * size : (part + 1) * size]

    return tree.map_structure(cut, batch)


def indivisible(samples: int, parts: int) -> ValueError:
    """The error for a batch that cannot be split evenly."""
    return ValueError(
        f"A batch of {samples} samples does not divide over {parts} replicas of the "
        f"model. Choose a batch size that is a multiple of {parts}."
    )
