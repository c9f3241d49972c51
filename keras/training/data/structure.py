"""Nested batches: which part is a leaf, and how leaves are mapped.

Differs from the general `keras.tree` in one rule that only raw data needs: a
list of plain numbers (or of strings) is one array, not many leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras.core.typing import Data

_PLAIN = (bool, int, float, complex, str, bytes, np.generic)


def is_plain_list(value: Any) -> bool:
    """Whether nested lists hold nothing but Python numbers or strings."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, _PLAIN)


def is_leaf(value: Any) -> bool:
    """Whether `value` is one array rather than a structure of arrays."""
    if isinstance(value, Mapping):
        return hasattr(value, "tocoo")  # a dok_matrix of SciPy
    if isinstance(value, (list, tuple)):
        return bool(value) and is_plain_list(value)
    return True


def map_leaves(function: Callable[[Any], Any], data: Data) -> Any:
    """Apply `function` to each leaf; `None` stays, containers keep their type."""
    if data is None:
        return None
    if is_leaf(data):
        return function(data)
    if isinstance(data, Mapping):
        items = {key: map_leaves(function, value) for key, value in data.items()}
        return items if type(data) is dict else _rebuild_mapping(data, items)
    items = [map_leaves(function, value) for value in data]
    if hasattr(data, "_fields"):
        return type(data)(*items)
    return tuple(items) if isinstance(data, tuple) else items


def leaves_of(data: Data) -> list[Any]:
    """The leaves of a structure in a fixed order, `None` left out."""
    if data is not None and is_leaf(data):
        return [data]
    found: list[Any] = []
    map_leaves(found.append, data)
    return found


def _rebuild_mapping(like: Any, items: dict[Any, Any]) -> Any:
    try:
        return type(like)(items)
    except TypeError:
        return items
