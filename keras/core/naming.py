"""Names of objects: `Dense` -> `dense`, then `dense_1`, and paths of name scopes."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from keras.core import context

_counts: defaultdict[str, int] = defaultdict(int)
_lock = threading.Lock()


@lru_cache(1024)
def to_snake_case(name: str) -> str:
    """`MultiHeadAttention` -> `multi_head_attention`, `Conv2D` -> `conv2d`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """A name not given before in this process: `dense`, `dense_1`, `dense_2`, …"""
    with _lock:
        count = _counts[prefix]
        _counts[prefix] += 1
    return prefix if count == 0 else f"{prefix}_{count}"


def name_of(given: str | None, owner: object, slash: bool = False) -> str:
    """The given name, checked, or an automatic one from the class of `owner`.

    Args:
        given: the name, None for an automatic one.
        owner: what it is the name of.
        slash: whether it may have a `/`, which parts the names in paths of variables.
    """
    if given is None:
        return auto_name(to_snake_case(type(owner).__name__))
    if not isinstance(given, str) or not given:
        raise ValueError(
            f"`name` of {type(owner).__name__} must be a non-empty string. "
            f"Received: name={given!r}."
        )
    if "/" in given and not slash:
        raise ValueError(
            f"`name` of {type(owner).__name__} cannot have a '/': it parts names in "
            f"the paths of variables. Received: name={given!r}."
        )
    return given


def get_uid(prefix: str = "") -> int:
    """The next number for names with this prefix, starting at 1.

    Example:

    >>> import keras
    >>> keras.backend.get_uid("doctest_thing")
    1
    """
    with _lock:
        _counts[prefix] += 1
        return _counts[prefix]


def reset_names() -> None:
    """Starts all automatic names anew."""
    with _lock:
        _counts.clear()


@contextmanager
def preserved_names() -> Iterator[None]:
    """A block after which automatic names go on as if it had made none."""
    with _lock:
        before = dict(_counts)
    try:
        yield
    finally:
        with _lock:
            _counts.clear()
            _counts.update(before)


def unique_names(names: list[str]) -> list[str]:
    """Appends `_1`, `_2`, … to repeated names."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        result.append(name if count == 0 else f"{name}_{count}")
    return result


def current_path() -> str:
    """The open name scopes, joined by `/`."""
    return "/".join(context.get().names)


class name_scope(context.Scope):
    """Prefixes the paths of variables made inside it.

    Args:
        name: a name without `/`.

    Example:

    >>> import keras
    >>> with keras.name_scope("block"):
    ...     variable = keras.Variable(0.0, name="gain")
    >>> variable.path
    'block/gain'
    """

    def __init__(self, name: str, **kwargs: object) -> None:
        del kwargs
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                f"`name` of a name scope must be a string without '/'. "
                f"Received: name={name!r}."
            )
        self.name = name
        super().__init__("names", ())

    def __enter__(self) -> name_scope:
        self._value = (*context.get().names, self.name)
        super().__enter__()
        return self


def inside(name: str) -> context.Scope:
    """The name scope `name`, entered once: nothing is added where it is the last."""
    names = context.get().names
    if names and names[-1] == name:
        return context.Scope("names", names)
    return name_scope(name)
