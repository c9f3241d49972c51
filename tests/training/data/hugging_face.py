"""A small stand-in of the `datasets` package, which the tests need not install.

Only what its documentation says of the public interface, written anew: rows are
dictionaries, a slice is a dictionary of columns, and a format says of what kind the
values are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np


def _formatted(columns: dict[str, list[Any]], kind: str | None) -> dict[str, Any]:
    if kind is None:
        return columns
    return {name: _array(values) for name, values in columns.items()}


def _array(values: list[Any]) -> np.ndarray:
    try:
        array = np.array(values)
    except ValueError:  # rows of unequal length
        array = np.empty(len(values), object)
        array[:] = [np.asarray(value) for value in values]
    return array.astype("float32") if array.dtype == "float64" else array


class Dataset:
    """Rows in memory or on a disk."""

    def __init__(
        self,
        columns: dict[str, list[Any]],
        kind: str | None = None,
        chosen: list[str] | None = None,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self._columns, self._kind, self._chosen = columns, kind, chosen
        self._transform = transform
        self.reads: list[Any] = []

    @classmethod
    def from_dict(cls, columns: dict[str, Any]) -> Dataset:
        return cls({name: np.asarray(v).tolist() for name, v in columns.items()})

    @property
    def column_names(self) -> list[str]:
        return list(self._columns)

    @property
    def format(self) -> dict[str, Any]:
        return {"type": self._kind, "columns": self._chosen or self.column_names}

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return Column(self, key)
        if isinstance(key, int):
            return {name: column[0] for name, column in self[[key]].items()}
        self.reads.append(key)
        numbers = range(len(self))[key] if isinstance(key, slice) else key
        names = self._chosen or self.column_names
        rows = {name: [self._columns[name][i] for i in numbers] for name in names}
        if self._transform is not None:
            return self._transform(rows)
        return _formatted(rows, self._kind)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def with_format(self, type: str | None, columns: Any = None) -> Dataset:
        made = Dataset(self._columns, type, columns)
        made.reads = self.reads
        return made

    def with_transform(self, transform: Callable[[Any], Any]) -> Dataset:
        return Dataset(self._columns, "custom", None, transform)

    def select_columns(self, names: list[str]) -> Dataset:
        columns = {name: self._columns[name] for name in names}
        made = Dataset(columns, self._kind, None, self._transform)
        made.reads = self.reads
        return made

    def to_iterable_dataset(self) -> IterableDataset:
        return IterableDataset(self._columns)


class Column(Sequence[Any]):
    """`dataset["name"]`, which reads when it is sliced."""

    def __init__(self, source: Dataset, name: str) -> None:
        self.source, self.name = source, name

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: Any) -> Any:
        return self.source[key][self.name]


class IterableDataset:
    """Rows that come one after the other."""

    def __init__(self, columns: dict[str, list[Any]], kind: str | None = None) -> None:
        self._columns, self._kind = columns, kind
        self.epoch = 0
        self.epochs: list[int] = []

    @property
    def column_names(self) -> list[str] | None:
        return None  # known only when the first row has come

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def with_format(self, type: str | None) -> IterableDataset:
        made = IterableDataset(self._columns, type)
        made.epochs = self.epochs
        return made

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.iter(1):
            yield {name: column[0] for name, column in batch.items()}

    def iter(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:
        self.epochs.append(self.epoch)
        rows = iter(zip(*self._columns.values(), strict=True))
        while group := list(itertools.islice(rows, batch_size)):
            if drop_last_batch and len(group) < batch_size:
                return
            columns = map(list, zip(*group, strict=True))
            yield _formatted(dict(zip(self._columns, columns, strict=True)), self._kind)


class DatasetDict(dict[str, Dataset]):
    """Several data sets by name."""

    @property
    def column_names(self) -> dict[str, list[str]]:
        return {name: data.column_names for name, data in self.items()}

    def with_format(self, type: str | None) -> DatasetDict:
        return DatasetDict({k: data.with_format(type) for k, data in self.items()})


for _class in (Dataset, Column, IterableDataset, DatasetDict):
    _class.__module__ = "datasets." + _class.__name__.lower()
