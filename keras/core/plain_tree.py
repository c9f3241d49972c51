"""The walks of `keras.core.tree` in Python alone, for compilers that trace Python.

`torch.compile` cannot look into optree, and what it puts in its place fails on dicts.
The functions here give what those of the same name in `tree` give; the torch backend
has the compiler read them instead. They are slower, so nothing else uses them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from keras.core.typing import Structure

# Containers that users of `tree.register_node` added: class -> (flatten, unflatten).
NODES: dict[type, tuple[Callable[..., Any], Callable[..., Any]]] = {}


def is_nested(structure: Structure) -> bool:
    """Whether the structure is a container rather than a leaf."""
    return _children(structure) is not None


def flatten(structure: Structure) -> list[Any]:
    """The leaves of a structure, in order."""
    children = _children(structure)
    if children is None:
        return [structure]
    leaves: list[Any] = []
    for child in children:
        leaves.extend(flatten(child))
    return leaves


def map_structure(
    func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True
) -> Any:
    """Applies a function leaf by leaf and keeps the structure."""
    if not none_is_leaf and structures[0] is None:
        if any(structure is not None for structure in structures):
            raise ValueError("Expected None in all structures.")
        return None
    parts = [_children(structure) for structure in structures]
    if parts[0] is None:
        return func(*structures)
    sizes = [None if part is None else len(part) for part in parts]
    if any(size != sizes[0] for size in sizes):
        raise ValueError(f"The structures differ: {structures}.")
    columns: Any = parts
    mapped = [
        map_structure(
            func, *[column[i] for column in columns], none_is_leaf=none_is_leaf
        )
        for i in range(len(parts[0]))
    ]
    return _rebuilt(structures[0], mapped)


def pack_sequence_as(structure: Structure, flat_sequence: Iterable[Any]) -> Any:
    """Puts a flat sequence of leaves into the shape of a structure."""
    leaves = list(flat_sequence)
    count = len(flatten(structure))
    if count != len(leaves):
        raise ValueError(
            f"The structure has {count} leaves but flat_sequence has "
            f"{len(leaves)} elements. Received: structure={structure!r}."
        )
    return _packed(structure, leaves)[0]


def _packed(structure: Structure, leaves: list[Any]) -> tuple[Any, list[Any]]:
    """The structure of the first leaves, and those that are left."""
    children = _children(structure)
    if children is None:
        return leaves[0], leaves[1:]
    packed = []
    for child in children:
        value, leaves = _packed(child, leaves)
        packed.append(value)
    return _rebuilt(structure, packed), leaves


def _children(structure: Structure) -> list[Any] | None:
    """What a container holds, in order; None for a leaf."""
    cls = type(structure)
    if cls is list or cls is tuple:
        return list(structure)
    if cls is dict:
        return [structure[key] for key in ordered(structure)]
    if cls is OrderedDict:
        return list(structure.values())
    if cls in NODES:
        return list(NODES[cls][0](structure)[0])
    if isinstance(structure, tuple) and hasattr(cls, "_fields"):
        return list(structure)
    return None


def _rebuilt(structure: Structure, children: list[Any]) -> Any:
    """A container like `structure` of other children."""
    cls = type(structure)
    if cls is list:
        return children
    if cls is tuple:
        return tuple(children)
    if cls is dict:
        by_key = dict(zip(ordered(structure), children, strict=True))
        return {key: by_key[key] for key in structure}
    if cls is OrderedDict:
        return OrderedDict(zip(structure, children, strict=True))
    if cls in NODES:
        flatten_func, unflatten_func = NODES[cls]
        return unflatten_func(flatten_func(structure)[1], children)
    return cls(*children)


def ordered(structure: dict[Any, Any]) -> list[Any]:
    """The keys, sorted where they can be."""
    try:
        return sorted(structure)
    except TypeError:
        return list(structure)
