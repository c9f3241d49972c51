"""Arguments of a compiled function: arrays are its data, all else is part of it."""

from __future__ import annotations

from typing import Any


class _Array:
    def __repr__(self) -> str:
        return "<array>"


ARRAY = _Array()  # stands for an array, where the rest of the arguments is remembered


def unhashable(static: list[Any]) -> TypeError:
    """The error for an argument that is neither data nor can be remembered."""
    bad = next(x for x in static if type(x).__hash__ is None)
    return TypeError(
        "Arguments of a keras.jit function are tensors, arrays or hashable values. "
        f"Received: {bad!r} of type {type(bad).__name__}."
    )
