"""Arguments of a compiled function: arrays are its data, all else is part of it."""

from __future__ import annotations

from typing import Any


class _Array:
    def __repr__(self) -> str:
        return "<array>"


ARRAY = _Array()  # stands for an array, where the rest of the arguments is remembered


def key_of(spec: Any, static: list[Any]) -> tuple[Any, ...]:
    """What calls of one program have in common.

    Args:
        spec: the structure of the arguments.
        static: what is in it, with `ARRAY` for the data.
    """
    # 1, 1.0 and True are equal, but make other dtypes.
    return spec, tuple(static), tuple(map(type, static))


def unhashable(static: list[Any]) -> TypeError:
    """The error for an argument that is neither data nor can be remembered."""
    bad = next(x for x in static if type(x).__hash__ is None)
    return TypeError(
        "Arguments of a keras.jit function are tensors, arrays or hashable values. "
        f"Received: {bad!r} of type {type(bad).__name__}."
    )
