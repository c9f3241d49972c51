"""Plain data (numbers, text, arrays, nested as you like) as JSON and a list of arrays.

Reading it back runs no code, which is why callbacks' state is kept in this form.
"""

from __future__ import annotations

import base64
from typing import Any

import ml_dtypes
import numpy as np

_AS_IS = (bool, int, float, str, type(None))
_KINDS = {tuple: "tuple", set: "set", frozenset: "frozenset"}


def pack(value: Any, arrays: list[np.ndarray]) -> Any:
    """What JSON takes in the place of a value.

    Args:
        value: Plain data.
        arrays: Takes the arrays in it.

    Raises:
        TypeError: If something in it is no plain data.

    Example:

    >>> from keras.core.plain_data import pack
    >>> pack([1, (2.5, None)], [])
    [1, {'tuple': [2.5, None]}]
    """
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is list:
        return [pack(item, arrays) for item in value]
    if kind in _KINDS:
        return {_KINDS[kind]: [pack(item, arrays) for item in value]}
    if kind is dict:
        items = value.items()
        return {"dict": [[pack(k, arrays), pack(v, arrays)] for k, v in items]}
    if kind is bytes:
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind != "O":
        # Types that only NumPy's extensions know are kept as bytes.
        plain = value.dtype.type.__module__ == "numpy"
        array = np.array(value)
        arrays.append(array if plain else np.frombuffer(array.tobytes(), "uint8"))
        name = "scalar" if isinstance(value, np.generic) else "array"
        return {name: len(arrays) - 1, "as": [value.dtype.name, list(array.shape)]}
    raise TypeError(f"{kind.__name__} is no plain data.")


def unpack(packed: Any, arrays: Any) -> Any:
    """The value that `pack` was given.

    Args:
        packed: What `pack` returned.
        arrays: The arrays that it collected.
    """
    if isinstance(packed, list):
        return [unpack(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, value), *more) = packed.items()
    if kind == "dict":
        return {unpack(k, arrays): unpack(v, arrays) for k, v in value}
    if kind == "bytes":
        return base64.b64decode(value)
    if kind in ("array", "scalar"):
        dtype, shape = more[0][1]
        array = arrays[value]
        if array.dtype.name != dtype and array.dtype.kind not in "SU":
            array = array.view(getattr(ml_dtypes, dtype)).reshape(shape)
        return array[()] if kind == "scalar" else array
    make = {name: kind for kind, name in _KINDS.items()}[kind]
    return make(unpack(item, arrays) for item in value)


def plain_part(values: dict[str, Any]) -> dict[str, Any]:
    """A copy of those entries of a dictionary that are plain data.

    Args:
        values: A dictionary by names.
    """
    found = {}
    for name, value in values.items():
        arrays: list[np.ndarray] = []
        try:
            packed = pack(value, arrays)
        except TypeError:
            continue
        found[name] = unpack(packed, arrays)
    return found


def same(a: Any, b: Any) -> bool:
    """Whether two values of plain data are equal, arrays and not-a-number included."""
    first: list[np.ndarray] = []
    second: list[np.ndarray] = []
    if str(pack(a, first)) != str(pack(b, second)):
        return False
    pairs = zip(first, second, strict=True)
    return all(x.tobytes() == y.tobytes() for x, y in pairs)
