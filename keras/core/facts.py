"""What a public class says about itself: how files name it, and what it may do.

A decorator on the class says it, and who needs to know asks here. It counts for
exactly the class it stands on. A class that says nothing (a subclass of the user's,
one that somebody forgot) is the safe case: no compiled call holds it, and a file
cannot name it unless the user registered or passed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from keras.core.classes import declared_class

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


class Facts(NamedTuple):
    """What one class says."""

    # The public namespace that it stands in, and the module under which files name
    # it: another one where Keras 3 writes the top, or a path of its own.
    namespace: str
    module: str
    name: str
    loadable: bool
    pure: bool
    runs_code: bool
    opens: tuple[str, ...]


_facts: dict[type, Facts] = {}
_classes: dict[tuple[str, str], type] = {}


def public_class(
    namespace: str,
    *,
    name: str | None = None,
    module: str | None = None,
    loadable: bool = True,
    pure: bool = False,
    runs_code: bool = False,
    opens: tuple[str, ...] = (),
) -> Callable[[C], C]:
    """Decorator with the facts of a public class.

    Args:
        namespace: the public namespace it stands in, such as `"keras.layers"`.
        name: the name under which it stands there and in files, where that is another
            than the class's own, of which names of objects and of their weights come.
        module: the module under which files name it; by default the namespace.
        loadable: whether a file may name it.
        pure: whether its `call` has no Python effects of its own, so that a compiled
            call may hold it (layers).
        runs_code: whether making one runs code that its config brings along. Safe
            mode refuses it, and its subclasses.
        opens: arguments of the constructor that name a file to open. Safe mode
            refuses them, of subclasses too.
    """

    def decorator(cls: C) -> C:
        public, saved_in = name or cls.__name__, module or namespace
        said = Facts(namespace, saved_in, public, loadable, pure, runs_code, opens)
        _facts[cls] = said
        _classes[namespace, public] = cls
        # `.h5` files of Keras 3 have the class's own name where it is another.
        _classes.setdefault((namespace, cls.__name__), cls)
        return cls

    return decorator


def internal_class(*, pure: bool) -> Callable[[C], C]:
    """Decorator for a class without a public name, such as a part of a layer.

    No file can name it.

    Args:
        pure: as for `public_class`.
    """

    def decorator(cls: C) -> C:
        _facts[cls] = Facts("", "", cls.__name__, False, pure, False, ())
        return cls

    return decorator


def loadable(function: F) -> F:
    """Marks a function that a file may name and that is no declared op."""
    function._is_loadable = True  # type: ignore[attr-defined]
    return function


def facts_of(of: Any) -> Facts | None:
    """What a class, or the class of an object, says of itself; None if nothing."""
    return _facts.get(declared_class(of))


def all_facts(cls: type) -> Iterator[tuple[type, Facts]]:
    """What a class and its bases say: dangers are those of subclasses too."""
    for base in cls.__mro__:
        said = _facts.get(base)
        if said is not None:
            yield base, said


def class_named(namespace: str, name: str) -> type | None:
    """The class that says it has this name there; its file must be imported."""
    return _classes.get((namespace, name))


def default_hook(method: F) -> F:
    """Marks the saving hook of a base class: what a class has that replaces none."""
    method._is_default_hook = True  # type: ignore[attr-defined]
    return method


def replaces_hook(obj: Any, hook: str) -> bool:
    """Whether the class of an object has a saving hook other than the default."""
    return not getattr(getattr(type(obj), hook, None), "_is_default_hook", False)
