"""`Rows`: an array whose rows are made when they are taken, batch by batch.

The whole may be too big for memory, or may have to be read from a disk first.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Rows:
    """What can be sliced like an array along its first axis.

    Attributes:
        shape: The shape of the array.
    """

    shape: tuple[int, ...]

    def part(self, rows: slice) -> Rows:
        """Neighbouring rows, not made yet."""
        raise TypeError(f"{type(self).__name__} must implement `part()`.")

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Some rows.

        Args:
            rows: A slice, or an array of row numbers.
        """
        raise TypeError(f"{type(self).__name__} must implement `__getitem__()`.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self[:]
        return array if dtype is None else array.astype(dtype)
