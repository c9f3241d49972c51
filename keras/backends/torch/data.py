"""Samples as a `torch.utils.data.Dataset`, which a `DataLoader` makes batches of."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader as _DataLoader
from torch.utils.data import Dataset as _Dataset
from torch.utils.data import Subset as _Subset

from keras.core import tree
from keras.core.typing import Structure


class Samples(_Dataset[Any]):
    """Arrays of equal length; a sample has a part of each.

    Args:
        arrays: a structure of arrays.
    """

    def __init__(self, arrays: Structure) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(tree.flatten(self._arrays)[0])

    def __getitem__(self, index: int) -> Any:
        return tree.map_structure(lambda array: _part(array[index]), self._arrays)


def _part(value: Any) -> Any:
    """A tensor of a sample's own; text stays text."""
    array = np.array(value)
    return torch.from_numpy(array) if array.dtype.kind in "biufc" else array.tolist()


def subsets_of(arrays: Structure, *parts: np.ndarray) -> list[Any]:
    """Parts of a data set.

    Args:
        arrays: the data set, a structure of arrays.
        *parts: for each part the numbers of its samples, in their order.
    """
    whole = Samples(arrays)
    return [_Subset(whole, part.tolist()) for part in parts]


def gives_batches(data: Any) -> bool:
    """Whether a data set is a loader that makes batches of samples."""
    return isinstance(data, _DataLoader) and data.batch_sampler is not None
