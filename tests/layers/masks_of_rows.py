"""The masks of each row's outputs, where each of its inputs has one.

The same text runs on the Keras of PyPI, which gave `masks.json` (`make_masks.py`), and
here (`test_masks_of_rows.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import keras

try:
    from tests.layers.rows import ROWS, Row
except ImportError:  # the maker runs beside this file, in another environment
    from rows import ROWS, Row  # type: ignore[no-redef]

# A mask of steps is no mask of places; inputs of two ranks have none in common.
LEFT_OUT = ("Softmax", "Add")


class Masked(keras.layers.Layer):
    """Gives its inputs a mask of the first two axes, or of the batch."""

    def __init__(self, mask: np.ndarray) -> None:
        super().__init__()
        self.supports_masking = True
        self.mask_of_outputs = mask

    def call(self, x: Any, mask: Any = None) -> Any:
        return x * 1.0

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return keras.ops.convert_to_tensor(self.mask_of_outputs)


def cases() -> Iterator[tuple[str, Row]]:
    """Each row of floats with a name of its own."""
    seen: dict[str, int] = {}
    for row in ROWS:
        if row.published and row.layer not in LEFT_OUT and row.shape != "int":
            number = seen[row.name] = seen.get(row.name, 0) + 1
            yield (row.name if number == 1 else f"{row.name} ({number})"), row


def maskers(row: Row) -> list[Any]:
    """What gives each input its mask."""
    given = row.inputs()
    rng = np.random.default_rng(4)
    return [
        Masked(rng.random(x.shape[: 2 if x.ndim > 2 else 1]) > 0.4)
        for x in (given if isinstance(given, list) else [given])
    ]


def called(row: Row, layer: Any, inputs: Any) -> Any:
    """The layer's outputs for inputs with masks."""
    many = isinstance(inputs, list)
    pairs = zip(maskers(row), inputs if many else [inputs], strict=True)
    masked = [make(x) for make, x in pairs]
    return layer(masked if many else masked[0])


def masks_of(outputs: Any, get_mask: Callable[[Any], Any]) -> list[Any]:
    """The masks of some outputs, as 0 and 1."""
    masks = [get_mask(y) for y in keras.tree.flatten(outputs)]
    return [
        None if m is None else keras.ops.convert_to_numpy(m).astype(int).tolist()
        for m in masks
    ]
