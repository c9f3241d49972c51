"""Work on sizes that is done once: windows, paddings, places to cut.

An eager program asks the same of the same sizes at every step, and arithmetic in
Python costs as much as a small kernel. `torch.compile` does it once anyway, at trace
time, and must not see what is remembered, or it would trace anew whenever that grows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

R = TypeVar("R")

_MOST = 1024  # of the arguments that each function remembers
_PLAIN = (int, str, type(None))
originals: dict[Callable[..., Any], Callable[..., Any]] = {}


def remembering(function: Callable[..., R]) -> Callable[..., R]:
    """A function of integers, texts and tuples of them that does its work once.

    Called with something else (a list, a tensor, a symbolic integer), it does it anew.
    """
    found: dict[Any, R] = {}

    @wraps(function)
    def remembered(*args: Any) -> R:
        try:
            return found[args]
        except (KeyError, TypeError):
            result = function(*args)
        if len(found) < _MOST and _is_plain(args):
            found[args] = result
        return result

    originals[remembered] = function
    return remembered


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return type(value) in _PLAIN
