"""Data sets of Hugging Face, whose columns have names: the rows of a batch are read
when it is due.

They are recognised by their documented interface, with no package imported: a
`Dataset` has rows and `column_names`, an `IterableDataset` streams them, a `Column` is
what `dataset["name"]` is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras.core.typing import Data
from keras.training.data.host import to_host
from keras.training.data.rows import Rows
from keras.training.data.structure import map_leaves


def is_table(value: Any) -> bool:
    """Whether this is a `datasets.Dataset`.

    Raises:
        ValueError: For a `datasets.DatasetDict`, which holds several.
    """
    if not _has_named_columns(value) or not hasattr(value, "__len__"):
        return False
    if isinstance(value, Mapping):
        raise ValueError(
            f"This {type(value).__name__} holds several data sets: "
            f"{sorted(map(str, value))}. Pass one of them, such as "
            f"`data[{next(iter(value), 'train')!r}]`."
        )
    return True


def is_stream(value: Any) -> bool:
    """Whether this is a `datasets.IterableDataset`."""
    return _has_named_columns(value) and not hasattr(value, "__len__")


def is_column(value: Any) -> bool:
    """Whether this is a `datasets.Column`."""
    return (
        type(value).__module__.partition(".")[0] == "datasets"
        and hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
        and not _has_named_columns(value)
    )


def _has_named_columns(value: Any) -> bool:
    return hasattr(value, "column_names") and hasattr(value, "with_format")


class Table:
    """The rows of a data set, read once for all columns of a batch.

    Args:
        data: A `datasets.Dataset`.
        names: The columns that are wanted.
    """

    def __init__(self, data: Any, names: list[str]) -> None:
        self._data = data.select_columns(names) if _is_plain(data) else data
        self._last: tuple[Any, Any] = (None, None)

    def read(self, rows: Any) -> Mapping[str, Any]:
        """Some rows, as values by name.

        Args:
            rows: A range, or an array of row numbers.
        """
        key = rows if isinstance(rows, range) else rows.tobytes()
        if key != self._last[0]:
            wanted: Any = rows.tolist() if isinstance(rows, np.ndarray) else rows
            if isinstance(rows, range):
                wanted = slice(rows.start, rows.stop, rows.step)
            self._last = (key, self._data[wanted])
        return self._last[1]


class TableColumn(Rows):
    """One column of a `Table`.

    Args:
        table: What is read from.
        name: The column.
        rows: Which rows of the table are the rows of this.
        floatx: The float type that float32 and float64 values become.
    """

    def __init__(self, table: Table, name: str, rows: range, floatx: str) -> None:
        self._table, self._name, self._rows = table, name, rows
        self._floatx = floatx
        example = self[:1] if len(rows) else np.zeros(0, floatx)
        self.shape = (len(rows), *example.shape[1:])

    def part(self, rows: slice) -> TableColumn:
        """Neighbouring rows, not read yet."""
        return TableColumn(self._table, self._name, self._rows[rows], self._floatx)

    def __getitem__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            wanted: Any = self._rows[rows]
        else:
            wanted = np.asarray(rows) + self._rows.start
        values = self._table.read(wanted)[self._name]
        return to_host(values, self._floatx, f"The column {self._name!r}")


class ColumnRows(TableColumn):
    """A `datasets.Column`, which needs no name to be read."""

    def __init__(self, column: Any, floatx: str) -> None:
        table: Any = _Unnamed(column)
        super().__init__(table, "", range(len(column)), floatx)


class _Unnamed(Table):
    """A column as a table of it alone."""

    def __init__(self, column: Any) -> None:
        self._data: Any = column
        self._last: tuple[Any, Any] = (None, None)

    def read(self, rows: Any) -> Mapping[str, Any]:
        return {"": super().read(rows)}


def columns_of(x: Any, y: Data, sample_weight: Data, floatx: str) -> tuple[Any, ...]:
    """The columns of a `datasets.Dataset` as inputs, targets and weights.

    Args:
        x: The data set. The columns that no other argument names are the inputs: one
            alone is an array, several are a dictionary.
        y: Targets, in any structure, in which a text is the name of a column.
        sample_weight: Weights, likewise.
        floatx: The float type that float32 and float64 values become.

    Raises:
        ValueError: If it has no such column.
    """
    names = _names_of(x)
    inputs, used = _roles(names, y, sample_weight)
    table = Table(numbers_of(x), inputs + used)

    def column(name: str) -> TableColumn:
        return TableColumn(table, name, range(len(x)), floatx)

    def leaf(value: Any) -> Any:
        return column(value) if isinstance(value, str) else value

    chosen = {name: column(name) for name in inputs}
    first = chosen[inputs[0]] if len(inputs) == 1 else chosen
    return first, _map_names(leaf, y), _map_names(leaf, sample_weight)


def parts_of(batch: Mapping[str, Any], y: Data, sample_weight: Data) -> tuple[Any, ...]:
    """A batch of a `datasets.IterableDataset`, parted as by `columns_of`."""
    inputs, _ = _roles(list(batch), y, sample_weight)

    def leaf(value: Any) -> Any:
        return batch[value] if isinstance(value, str) else value

    chosen = {name: batch[name] for name in inputs}
    x = chosen[inputs[0]] if len(inputs) == 1 else chosen
    return x, _map_names(leaf, y), _map_names(leaf, sample_weight)


def _names_of(data: Any) -> list[str]:
    """The columns that a row of a data set has as it is given out."""
    if not _is_plain(data):
        return list(data[:1])
    return list(_format(data).get("columns") or data.column_names)


def numbers_of(data: Any) -> Any:
    """The data set with arrays for values, unless its owner chose another form."""
    return data.with_format("numpy") if _kind(data) is None else data


def _is_plain(data: Any) -> bool:
    """Whether no function of the user's makes other columns of those that it has."""
    return _kind(data) != "custom"


def _format(data: Any) -> Any:
    return getattr(data, "format", None) or {}


def _kind(data: Any) -> Any:
    # A stream has no public `format`; one that was chosen is asked for again in vain.
    return _format(data).get("type")


def _roles(names: list[str], *others: Data) -> tuple[list[str], list[str]]:
    """The columns that are inputs, and those that other arguments name."""
    used: list[str] = []
    for value in others:
        _map_names(
            lambda leaf: used.append(leaf) if isinstance(leaf, str) else 0, value
        )
    unknown = [name for name in used if name not in names]
    if unknown:
        raise ValueError(
            f"The data set has no column {unknown[0]!r}. It has the columns {names}. "
            "Beside a Hugging Face data set, a text as `y` or `sample_weight` names "
            "one of its columns."
        )
    inputs = [name for name in names if name not in used]
    if not inputs:
        raise ValueError(
            f"No column of the data set is left for the inputs: all of {names} are "
            "named as targets or weights."
        )
    return inputs, used


def _map_names(function: Any, data: Data) -> Any:
    """`map_leaves`, in which a list of names is a structure of columns."""
    if isinstance(data, (list, tuple)) and all(isinstance(x, str) for x in data):
        return type(data)(function(name) for name in data)
    return map_leaves(function, data)
