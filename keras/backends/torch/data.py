"""Samples as a `torch.utils.data.Dataset`, which a `DataLoader` makes batches of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset as _Dataset
from torch.utils.data import Subset as _Subset


class Samples(_Dataset[Any]):
    """Arrays of equal length; a sample is a tuple with a part of each.

    Args:
        arrays: the arrays.
    """

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self._arrays = tuple(arrays)

    def __len__(self) -> int:
        return len(self._arrays[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(_part(array[index]) for array in self._arrays)


def _part(value: Any) -> Any:
    """A tensor of a sample's own; text stays text."""
    array = np.array(value)
    return torch.from_numpy(array) if array.dtype.kind in "biufc" else array.tolist()


def subsets_of(arrays: Sequence[np.ndarray], *parts: np.ndarray) -> list[Any]:
    """Parts of a data set.

    Args:
        arrays: the data set.
        *parts: for each part the numbers of its samples, in their order.
    """
    whole = Samples(arrays)
    return [_Subset(whole, part.tolist()) for part in parts]
