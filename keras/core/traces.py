"""Who wants to know that a function is traced, which is how it is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Called with the function, its arguments by position and those by name, whose tensors
# are those of the trace.
Listener = Callable[[Any, tuple[Any, ...], dict[str, Any]], None]

listeners: list[Listener] = []


def note(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Tell everybody; backends call it where a trace runs the function."""
    for listener in listeners:
        listener(function, args, kwargs)
