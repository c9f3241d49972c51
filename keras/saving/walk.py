"""The objects of a model that own weights, and where a file keeps each of them.

The rule of Keras 3, found by looking at its files: an object's attributes in
alphabetical order, public ones before those with an underscore; the `layers` of a
functional or Sequential model before all others. An attribute that
is a layer or optimizer is a group of that name. A list, tuple, set or dict is a
group that holds its items under their class names (`dense`, `dense_1`); inner lists
are called `container`. An object is written once, where it is met first. Metrics
and random seeds are not written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from keras.core.classes import cached_by_class, declared_class
from keras.core.naming import to_snake_case

_CONTAINERS = (list, tuple, set, frozenset, dict)


def owners(root: Any) -> Iterator[tuple[str, Any]]:
    """All objects that own weights, with their paths in a file.

    Args:
        root: a model, layer or optimizer.

    Yields:
        `(path, object)`; the path of the root is `""`, others are like
        `"layers/dense_1/cell"`.
    """
    yield from _visit(root, "", {})


def _visit(item: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    if id(item) in seen:
        return
    seen[id(item)] = item  # kept alive: an id is only unique while its object lives
    if not isinstance(item, _CONTAINERS):
        yield path, item
    for name, child in _steps(item):
        yield from _visit(child, _joined(path, name), seen)


def paths_in_file(root: Any, filed: Iterable[str]) -> dict[int, list[str]]:
    """All paths of a file that lead to each object of a model, by the object's `id`.

    An object that several attributes lead to is written under one of them; a file of
    another version of the class, or of the rule, may have it under another.

    Args:
        root: a model, layer or optimizer.
        filed: the paths in the file of what there is something of.
    """
    known: dict[str, Any] = {}  # what stands below each part of a path
    for path in filed:
        below = known
        for part in path.split("/"):
            below = below.setdefault(part, {})
    found: dict[int, list[str]] = {}
    todo = [("", root, known)]
    while todo:  # it ends, as each path in the file is followed once
        path, item, below = todo.pop()
        if not isinstance(item, _CONTAINERS):
            found.setdefault(id(item), []).append(path)
        steps = [
            (_joined(path, name), child, below[name])
            for name, child in _steps(item)
            if name in below
        ]
        todo.extend(reversed(steps))
    return found


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _steps(item: Any) -> Iterator[tuple[str, Any]]:
    return _items(item) if isinstance(item, _CONTAINERS) else children(item)


def _items(container: Any) -> Iterator[tuple[str, Any]]:
    """What a container holds that leads to weights, with the names of files."""
    used: dict[str, int] = {}
    for item in list(container.values() if isinstance(container, dict) else container):
        nested = isinstance(item, _CONTAINERS)
        if not nested and not owns_weights(item):
            continue
        name = "container" if nested else to_snake_case(type(item).__name__)
        count = used.get(name, 0)
        used[name] = count + 1
        yield (f"{name}_{count}" if count else name), item


def children(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that lead to weights, in the order of files."""
    names = {*vars(obj), *_properties(declared_class(obj))}
    left_out = _left_out(type(obj))
    # Keras 3 does not count layers kept in a dict among a model's `layers`.
    tables = {name for name, value in vars(obj).items() if isinstance(value, dict)}
    first = getattr(type(obj), "_first_in_files", None)

    def rank(name: str) -> tuple[Any, ...]:
        return name != first, name.startswith("_"), name not in tables, name

    for name in sorted(names, key=rank):
        if name.startswith("__") or name in left_out:
            continue
        try:
            child = getattr(obj, name)
        except Exception:  # noqa: BLE001 - a property that is not ready yet
            continue
        if owns_weights(child) or (isinstance(child, _CONTAINERS) and child):
            yield name, child


@cached_by_class
def _left_out(cls: type) -> frozenset[str]:
    """Attributes that a class and its bases keep out of files."""
    said = (
        base.__dict__.get(which, ())
        for base in cls.__mro__
        for which in ("_not_in_files", "_native_state")
    )
    return frozenset(name for names in said for name in names)


@cached_by_class
def _properties(cls: type) -> tuple[str, ...]:
    """Properties that may lead to weights: all but those of the base that it has.

    A base (`Layer`, `Model`, …) says which of its own count: `_properties_in_files`.
    """
    root = next((c for c in cls.__mro__ if "_properties_in_files" in vars(c)), object)
    found: list[str] = list(getattr(root, "_properties_in_files", ()))
    for base in cls.__mro__:
        if not issubclass(root, base):
            for name, value in vars(base).items():
                if isinstance(value, (property, cached_property)):
                    found.append(name)
    return tuple(dict.fromkeys(found))


def owns_weights(obj: Any) -> bool:
    """Whether an object is written to files: a layer, model or optimizer."""
    return hasattr(type(obj), "save_own_variables")


def own_variables(obj: Any) -> list[Any]:
    """The variables that a file holds of an object itself, without its children."""
    if hasattr(obj, "_filed_variables"):
        return obj._filed_variables()
    return list(getattr(obj, "variables", ()))
