"""`StringIndex`: strings and their numbers, found one by one or by way of Arrow."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from keras.layers.preprocessing.strings import check_strings

# Below this, Arrow's hash table costs more than it saves.
_MANY = 10_000


class StringIndex:
    """The numbers of strings, whether these come as text or as bytes.

    Args:
        table: string -> number.
        encoding: how bytes encode text.
    """

    def __init__(self, table: Mapping[str, int], encoding: str) -> None:
        self._table: dict[Any, int] = dict(table)
        self._size = len(table)
        self._encoding = encoding
        self._twins = False  # whether the table has the strings as bytes, too
        self._arrow: Any = None

    def find(
        self, values: np.ndarray | Sequence[Any], missing: int, owner: str
    ) -> np.ndarray:
        """The number of each string, int64; `missing` for those without one.

        Args:
            values: strings and bytes, of rank 1.
            missing: stands for strings that are not there.
            owner: who looks them up, for errors.

        Raises:
            ValueError: for what is no string.
        """
        if len(values) >= max(_MANY, self._size // 2):
            found = self._found_by_arrow(values, missing)
            if found is not None:
                return found
        if isinstance(values, np.ndarray):
            values = values.tolist()
        kinds = {*map(type, values)}
        if not kinds <= {str, bytes}:
            check_strings(values, owner)
        if kinds != {str} and not self._twins:
            pairs = [
                (text.encode(self._encoding), n) for text, n in self._table.items()
            ]
            self._table.update(pairs)
            self._twins = True
        found = map(self._table.get, values, repeat(missing))
        return np.fromiter(found, np.int64, len(values))

    def _found_by_arrow(self, values: Any, missing: int) -> np.ndarray | None:
        """The same for many strings at once; None where Arrow cannot tell."""
        if self._encoding.replace("-", "").lower() != "utf8":
            return None
        if importlib.util.find_spec("pyarrow") is None:
            return None
        import pyarrow as arrow  # an optional package
        import pyarrow.compute as compute

        if isinstance(values, np.ndarray) and values.dtype.kind != "O":
            values = values.tolist()  # Arrow ends NumPy's own strings at a NUL
        try:
            strings = arrow.array(values, type=arrow.string())
        except (arrow.ArrowException, UnicodeError):  # no UTF-8, or no strings
            return None
        if strings.null_count or not isinstance(strings, arrow.Array):
            return None
        if self._arrow is None:
            pairs = [(k, n) for k, n in self._table.items() if isinstance(k, str)]
            keys = arrow.array([key for key, _ in pairs], type=arrow.string())
            self._arrow = keys, np.array([n for _, n in pairs], np.int64)
        keys, numbers = self._arrow
        places = compute.index_in(strings, value_set=keys).fill_null(len(numbers))
        return np.append(numbers, missing)[places.to_numpy()]

    def __reduce__(self) -> Any:
        table = {k: n for k, n in self._table.items() if isinstance(k, str)}
        return StringIndex, (table, self._encoding)
