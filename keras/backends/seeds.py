"""Where the random functions of every backend get their seeds from.

A seed is an integer (the same numbers each time), a `keras.random.SeedGenerator`
(other numbers each time, in a fixed order), or None: the process-wide generator.
The latter two live on the floor above, which registers itself here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LIMIT = 2**32


class _Registered:
    """The floor above: how to get the process-wide generator."""

    global_generator: Callable[[], Any]


registered = _Registered()


def check(seed: Any) -> int:
    """An integer seed, if it is one.

    Raises:
        ValueError: if it is no integer or out of range.
    """
    if not isinstance(seed, bool) and hasattr(seed, "__index__"):
        if 0 <= seed.__index__() < LIMIT:
            return seed.__index__()
    raise ValueError(
        "A seed must be an integer from 0 to 2**32 - 1, a keras.random.SeedGenerator, "
        f"or None. Received: seed={seed!r} (of type {type(seed).__name__})."
    )


def generator_of(seed: Any) -> Any:
    """The generator that a seed stands for, or None if it is an integer."""
    if seed is None:
        return registered.global_generator()
    if getattr(seed, "_is_seed_generator", False):
        return seed
    return None
