"""A row of the ops' table: sample inputs of one op, and what it must give.

The contracts in `test_table.py` and its neighbours run over all rows of all
`table_*.py` files, on every backend; what they leave out stands in `exemptions.py`.
NumPy arrays among the arguments become tensors; all else is passed as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """One op with sample arguments.

    Args:
        op: name in `keras.ops`.
        args: positional arguments.
        kwargs: keyword arguments.
        reference: the same in NumPy or SciPy, called with the same arguments; None
            where only the contracts without values apply.
        rtol: relative tolerance of values.
        atol: absolute tolerance of values.
        note: tells rows of the same op apart.
    """

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    rtol: float = 2e-5
    atol: float = 2e-6
    note: str = ""

    @property
    def id(self) -> str:
        """The name of the row in the test report."""
        return f"{self.op}-{self.note}" if self.note else self.op


def all_rows() -> list[Row]:
    """The rows of every table beside this file."""
    rows: list[Row] = []
    for path in sorted(Path(__file__).parent.glob("table_*.py")):
        rows.extend(importlib.import_module(f"tests.ops.{path.stem}").ROWS)
    return rows


def map_arrays(function: Callable[[Any], Any], value: Any) -> Any:
    """The function applied to each NumPy array in lists, tuples and dicts."""
    if isinstance(value, np.ndarray):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_arrays(function, v) for v in value)
    if isinstance(value, dict):
        return {k: map_arrays(function, v) for k, v in value.items()}
    return value


def flatten(value: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in flatten(v)]
    return [value]
