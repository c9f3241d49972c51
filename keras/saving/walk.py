"""The objects of a model that own weights, and where a file keeps each of them.

The rule of Keras 3, found by looking at its files: an object's attributes in
alphabetical order, public ones before those with an underscore. An attribute that
is a layer or optimizer is a group of that name. A list, tuple, set or dict is a
group that holds its items under their class names (`dense`, `dense_1`); inner lists
are called `container`. An object is written once, where it is met first. Metrics
and random seeds are not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

from keras.core.classes import is_ours
from keras.core.naming import to_snake_case

_CONTAINERS = (list, tuple, set, frozenset, dict)
# Bookkeeping of the base classes: lists of what is reached by its own name anyway.
_BOOKKEEPING = frozenset(
    (
        "_layers",
        "_metrics",
        "_losses",
        "_functional",
        "_operations",
        "_operations_by_depth",
        "_nodes",
        "_nodes_by_depth",
        "_input_layers",
        "_output_layers",
        "_inbound_nodes",
        "_outbound_nodes",
        "_modules",
        "_parameters",
        "_buffers",
        "_recorded",
        "_plan",
        "_optimizer",
    )
)
# Modules whose classes are the base that every layer or model has.
_BASE_MODULES = (
    "keras.layers.layer",
    "keras.models.model",
    "keras.models.functional",
    "keras.models.sequential",
    "keras.ops",
    "keras.core",
    "keras.training",
    "keras.backends",
    "keras.optimizers",
    "torch",
    "tensorflow",
    "builtins",
)
_UNSAVED = ("Metric", "SeedGenerator", "Loss")


def owners(root: Any) -> Iterator[tuple[str, Any]]:
    """All objects that own weights, with their paths in a file.

    Args:
        root: a model, layer or optimizer.

    Yields:
        `(path, object)`; the path of the root is `""`, others are like
        `"layers/dense_1/cell"`.
    """
    yield from _visit(root, "", {})


def _visit(obj: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    if id(obj) in seen:
        return
    seen[id(obj)] = obj  # kept alive: an id is only unique while its object lives
    yield path, obj
    for name, child in children(obj):
        inner = f"{path}/{name}" if path else name
        if isinstance(child, _CONTAINERS):
            yield from _visit_container(child, inner, seen)
        else:
            yield from _visit(child, inner, seen)


def _visit_container(
    container: Any, path: str, seen: dict[int, Any]
) -> Iterator[tuple[str, Any]]:
    if id(container) in seen:
        return
    seen[id(container)] = container
    used: dict[str, int] = {}
    items = container.values() if isinstance(container, dict) else container
    for item in list(items):
        nested = isinstance(item, _CONTAINERS)
        if not nested and not owns_weights(item):
            continue
        name = "container" if nested else to_snake_case(type(item).__name__)
        count = used.get(name, 0)
        used[name] = count + 1
        inner = f"{path}/{name}_{count}" if count else f"{path}/{name}"
        yield from (_visit_container if nested else _visit)(item, inner, seen)


def children(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that lead to weights, in the order of files."""
    names = {*vars(obj), *_properties(type(obj))}
    # Keras 3 does not count layers kept in a dict among a model's `layers`.
    tables = {name for name, value in vars(obj).items() if isinstance(value, dict)}
    for name in sorted(names, key=lambda n: (n.startswith("_"), n not in tables, n)):
        if name.startswith(("__", "_self_")) or name in _BOOKKEEPING:
            continue
        try:
            child = getattr(obj, name)
        except Exception:  # noqa: BLE001 - a property that is not ready yet
            continue
        if owns_weights(child) or (isinstance(child, _CONTAINERS) and child):
            yield name, child


@cache
def _properties(cls: type) -> tuple[str, ...]:
    """Properties that a class and its bases declare, up to the base of all layers."""
    found = []
    for base in cls.__mro__:
        if f"{base.__module__}.".startswith(tuple(f"{m}." for m in _BASE_MODULES)):
            if "layers" in base.__dict__ and base.__module__.startswith("keras.models"):
                found.append("layers")
            continue
        for name, value in base.__dict__.items():
            if isinstance(value, (property, cached_property)):
                found.append(name)
    return tuple(dict.fromkeys(found))


def owns_weights(obj: Any) -> bool:
    """Whether an object is written to files: a layer, model or optimizer."""
    cls = type(obj)
    return hasattr(cls, "save_own_variables") and not is_kind(cls, _UNSAVED)


def is_optimizer(obj: Any) -> bool:
    """Whether an object is an optimizer."""
    return is_kind(type(obj), ("Optimizer", "BaseOptimizer"))


@cache
def is_kind(cls: type, names: tuple[str, ...]) -> bool:
    """Whether a class derives from one of ours that is called so."""
    return any(base.__name__ in names and is_ours(base) for base in cls.__mro__)


def own_variables(obj: Any) -> list[Any]:
    """The variables that a file holds of an object itself, without its children."""
    if is_optimizer(obj):
        return list(obj.variables)
    if hasattr(obj, "_filed_variables"):
        return obj._filed_variables()
    trainable = getattr(obj, "_trainable_variables", None)
    if trainable is None:
        return list(getattr(obj, "variables", ()))
    return [*trainable, *getattr(obj, "_non_trainable_variables", ())]


# The base classes whose saving hooks are the default ones.
_HOOKED = ("LayerFiles", "Layer", "Optimizer", "Model")


def has_own_hook(obj: Any, hook: str) -> bool:
    """Whether a class replaces a saving hook of the base class."""
    for base in type(obj).__mro__:
        if hook in base.__dict__:
            return not (is_ours(base) and base.__name__ in _HOOKED)
    return True
