"""`validation_split`: the last part of the arrays is kept for validation."""

from __future__ import annotations

import math
from typing import Any

from keras.training.data.array_source import check_cardinality, host_parts
from keras.training.data.rows import Rows
from keras.training.data.structure import map_leaves


def train_validation_split(
    arrays: tuple[Any, ...], validation_split: float
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Cut arrays into a first part for training and the rest for validation.

    Args:
        arrays: `(x,)`, `(x, y)` or `(x, y, sample_weight)`, each an array, a
            nested structure of arrays or `None`.
        validation_split: The fraction, between 0 and 1, of the samples that is
            taken from the end, before any shuffle.

    Returns:
        Two tuples of the length of `arrays`, with views of them.

    Raises:
        ValueError: If the fraction is out of range, or so near an end that one
            part would be empty.

    Example:

    >>> from keras.training.data.split import train_validation_split
    >>> train, held_out = train_validation_split(([1, 2, 3, 4],), 0.25)
    >>> train[0].tolist(), held_out[0].tolist()
    ([1, 2, 3], [4])
    """
    if not 0 < validation_split < 1:
        raise ValueError(
            "`validation_split` must be a fraction between 0 and 1, such as 0.2. "
            f"Received: {validation_split!r}"
        )
    parts = host_parts(*(*arrays, None, None)[:3], native="torch", keep_rows=True)
    parts = parts[: len(arrays)]
    count = check_cardinality(*parts)
    cut = math.floor(count * (1.0 - validation_split))
    if not 0 < cut < count:
        raise ValueError(
            f"`validation_split={validation_split}` of {count} samples leaves "
            f"{cut} for training and {count - cut} for validation. Provide more "
            "data or another fraction."
        )
    first, rest = slice(None, cut), slice(cut, None)
    train = tuple(map_leaves(lambda array: _rows(array, first), part) for part in parts)
    held = tuple(map_leaves(lambda array: _rows(array, rest), part) for part in parts)
    return train, held


def _rows(array: Any, rows: slice) -> Any:
    return array.part(rows) if isinstance(array, Rows) else array[rows]
