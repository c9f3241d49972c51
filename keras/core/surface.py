"""What a public namespace shows: its public names, and nothing that it is made of.

`from keras.layers import *` must not bring a program the files of `keras.layers`,
some of which are called as the program's own `losses` or `activations`; and who walks
through `dir(keras.losses)` shall meet losses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def surface(
    space: dict[str, Any], *spaces: str, lazy: Iterable[str] = ()
) -> tuple[list[str], Callable[[], list[str]]]:
    """The `__all__` and `__dir__` of a namespace.

    Public are the classes and functions of Keras in it that have no underscore before
    their name.

    Args:
        space: the `globals()` of the namespace, at its end.
        spaces: the namespaces inside that are public too.
        lazy: names that are loaded when they are first asked for.
    """
    names = [name for name, value in space.items() if _is_public(name, value)]
    return sorted({*names, *spaces, *lazy}), listing(space)


def listing(space: dict[str, Any]) -> Callable[[], list[str]]:
    """The `__dir__` of a module that has an `__all__`.

    Args:
        space: the `globals()` of the module.
    """
    return lambda: sorted(
        {*space["__all__"], *(name for name in space if name.startswith("__"))}
    )


def _is_public(name: str, value: Any) -> bool:
    home = getattr(value, "__module__", None) or ""
    return not name.startswith("_") and callable(value) and home.startswith("keras.")
