"""Where the random functions of every backend get their seeds from.

A seed is an integer (the same numbers each time), a `keras.random.SeedGenerator`
(other numbers each time, in a fixed order), or None: the process-wide generator.
The latter two live on the floor above, which registers itself here.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

from keras.core.typing import Seed, ShapeLike

LIMIT = 2**32


class _Registered:
    """The floor above: how to get the process-wide generator."""

    global_generator: Callable[[], Any]


registered = _Registered()


def check(seed: Seed) -> int:
    """An integer seed, if it is one.

    Raises:
        ValueError: if it is no integer or out of range.
    """
    try:
        if not isinstance(seed, bool) and 0 <= (number := index(seed)) < LIMIT:
            return number
    except TypeError:
        pass
    raise ValueError(
        "`seed` must be an integer from 0 to 2**32 - 1, a keras.random.SeedGenerator, "
        f"or None. Received: {seed!r} ({type(seed).__name__})."
    )


def generator_of(seed: Seed) -> Any:
    """The generator that a seed stands for, or None if it is an integer."""
    if seed is None:
        return registered.global_generator()
    if isinstance(seed, int):  # before all else: `torch.compile` can ask no more of one
        return None
    if getattr(seed, "_is_seed_generator", False):
        return seed
    return None


def sizes(shape: ShapeLike) -> tuple[Any, ...]:
    """A shape, or one size; a size may be a tensor.

    Refuses negative ones, which compilers see late.
    """
    found = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in found:
        if isinstance(size, int) and size < 0:
            raise ValueError(f"A size is negative: {found}.")
    return found


def in_order(low: Any, high: Any, strictly: bool = False) -> None:
    """Refuses a range that ends before it begins, where both ends are numbers."""
    _no_text(low, high)
    if type(low) in _NUMBERS and type(high) in _NUMBERS:
        if low >= high if strictly else low > high:
            raise ValueError(f"The range from {low} to {high} is empty.")


def at_least(least: float, *values: Any) -> None:
    """Refuses numbers that are too small; tensors pass."""
    _no_text(*values)
    for value in values:
        if type(value) in _NUMBERS and value < least:
            raise ValueError(f"Expected at least {least}. Received: {value}.")


def whole(value: Any) -> Any:
    """An integer bound as it is; a tensor passes, another number does not."""
    if type(value) is float:
        raise TypeError(f"Expected an integer. Received: {value}.")
    return value


def _no_text(*values: Any) -> None:
    """TensorFlow's graphs would take one."""
    for value in values:
        if isinstance(value, str):
            raise TypeError(f"Expected a number. Received: {value!r}.")


_NUMBERS = frozenset((int, float))
