"""Nested structures: lists, tuples, dicts, namedtuples, and what users register.

A thin layer over `optree`. `None` is a leaf, dictionaries are walked in the order
of their sorted keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optree

from keras.core import plain_tree
from keras.core.typing import Structure, TensorLike

_OPTIONS: dict[str, Any] = {"none_is_leaf": True, "namespace": "keras"}
_WITHOUT_NONE: dict[str, Any] = {**_OPTIONS, "none_is_leaf": False}


def is_nested(structure: Structure) -> bool:
    """Whether the structure is a container rather than a leaf.

    Example:

    >>> import keras
    >>> keras.tree.is_nested([1, 2]), keras.tree.is_nested(1)
    (True, False)
    """
    return not optree.tree_is_leaf(structure, **_OPTIONS)


def flatten(structure: Structure) -> list[Any]:
    """The leaves of a structure, in order.

    Example:

    >>> import keras
    >>> keras.tree.flatten({"b": [2, 3], "a": 1})
    [1, 2, 3]
    """
    return optree.tree_leaves(structure, **_OPTIONS)


def flatten_with_path(structure: Structure) -> list[tuple[tuple[Any, ...], Any]]:
    """`(path, leaf)` pairs; a path holds the keys and indices that lead there.

    Example:

    >>> import keras
    >>> keras.tree.flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    paths, leaves, _ = optree.tree_flatten_with_path(structure, **_OPTIONS)
    return list(zip(paths, leaves, strict=True))


def map_structure(
    func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True
) -> Any:
    """Applies a function leaf by leaf and keeps the structure.

    Args:
        func: takes one leaf of each structure.
        *structures: structures of the same shape.
        none_is_leaf: whether the function is applied to None, too; if not, None
            stays where it is.

    Raises:
        ValueError: if no structure is given or their shapes differ.

    Example:

    >>> import keras
    >>> keras.tree.map_structure(lambda a, b: a + b, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: {func!r}.")
    if not structures:
        raise ValueError("`map_structure` needs at least one structure.")
    options = _OPTIONS if none_is_leaf else _WITHOUT_NONE
    if len(structures) == 1:
        return optree.tree_map(func, structures[0], **options)
    leaves, spec = optree.tree_flatten(structures[0], **options)
    others = [spec.flatten_up_to(structure) for structure in structures[1:]]
    for structure, column in zip(structures[1:], others, strict=True):
        if any(is_nested(leaf) for leaf in column):
            raise ValueError(
                "The structures given to `map_structure` differ: one has containers "
                f"where the first has leaves. Received: {structures[0]!r} and "
                f"{structure!r}."
            )
    return spec.unflatten(map(func, leaves, *others))


def map_structure_up_to(
    shallow_structure: Any, func: Callable[..., Any], *structures: Any
) -> Any:
    """`map_structure` that stops at the leaves of `shallow_structure`.

    Example:

    >>> import keras
    >>> keras.tree.map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """
    if not structures:
        raise ValueError("`map_structure_up_to` needs at least one structure.")
    return optree.tree_map(
        lambda _, *parts: func(*parts), shallow_structure, *structures, **_OPTIONS
    )


def pack_sequence_as(structure: Structure, flat_sequence: Iterable[Any]) -> Any:
    """Puts a flat sequence of leaves into the shape of a structure.

    Raises:
        ValueError: if the number of leaves differs.

    Example:

    >>> import keras
    >>> keras.tree.pack_sequence_as({"a": 0, "b": [0]}, [1, 2])
    {'a': 1, 'b': [2]}
    """
    leaves = list(flat_sequence)
    spec = optree.tree_structure(structure, **_OPTIONS)
    if spec.num_leaves != len(leaves):
        raise ValueError(
            f"The structure has {spec.num_leaves} leaves but flat_sequence has "
            f"{len(leaves)} elements. Received: structure={structure!r}."
        )
    return optree.tree_unflatten(spec, leaves)


def assert_same_structure(
    a: TensorLike, b: TensorLike, check_types: bool | None = None
) -> None:
    """Checks that two structures have the same shape.

    All kinds of dictionaries count as one.

    Raises:
        ValueError: if they differ; both are shown.

    Example:

    >>> import keras
    >>> keras.tree.assert_same_structure([1, (2,)], ["x", ("y",)])
    """
    del check_types
    spec_a = optree.tree_structure(a, **_OPTIONS)
    spec_b = optree.tree_structure(b, **_OPTIONS)
    if spec_a != spec_b and _plain_spec(a) != _plain_spec(b):
        raise ValueError(
            "The two structures differ.\n"
            f"First structure:  {_describe(spec_a)}\n"
            f"Second structure: {_describe(spec_b)}"
        )


def _plain_spec(structure: Structure) -> Any:
    """The shape of a structure with dicts for all kinds of dictionaries."""
    plain = traverse(
        lambda part: dict(part) if isinstance(part, dict) else None,
        structure,
        top_down=False,
    )
    return optree.tree_structure(plain, **_OPTIONS)


def assert_same_paths(a: TensorLike, b: TensorLike) -> None:
    """Checks that two structures have the same paths, whatever container types.

    Raises:
        ValueError: if they differ.

    Example:

    >>> import keras
    >>> keras.tree.assert_same_paths([1, 2], (3, 4))
    """
    paths_a = {path for path, _ in flatten_with_path(a)}
    paths_b = {path for path, _ in flatten_with_path(b)}
    if paths_a != paths_b:
        raise ValueError(
            "The two structures have different paths. "
            f"Only in the first: {sorted(map(str, paths_a - paths_b))}; "
            f"only in the second: {sorted(map(str, paths_b - paths_a))}."
        )


def _describe(spec: Any) -> str:
    return str(spec).replace("PyTreeSpec", "").replace(", NoneIsLeaf", "")


class MapToNone:
    """Return value of a `traverse` function: replaces the visited part by None."""


MAP_TO_NONE = MapToNone


def traverse(
    func: Callable[[Any], Any], structure: Structure, top_down: bool = True
) -> Any:
    """Visits every part of a structure, containers included.

    Args:
        func: takes a part; returns its replacement, `MAP_TO_NONE` for None, or
            None to keep it (top-down: and go on into it).
        structure: the structure.
        top_down: containers before their content, or after.

    Example:

    >>> import keras
    >>> keras.tree.traverse(lambda x: x * 2 if isinstance(x, int) else None, [1, [2]])
    [2, [4]]
    """
    if top_down:
        replaced = func(structure)
        if replaced is MAP_TO_NONE:
            return None
        if replaced is not None:
            return replaced
    if is_nested(structure):
        children, spec = optree.tree_flatten(
            structure, is_leaf=lambda part: part is not structure, **_OPTIONS
        )
        children = [traverse(func, child, top_down) for child in children]
        structure = optree.tree_unflatten(spec, children)
    if top_down:
        return structure
    replaced = func(structure)
    if replaced is None:
        return structure
    return None if replaced is MAP_TO_NONE else replaced


def lists_to_tuples(structure: Structure) -> Any:
    """The same structure with tuples for lists.

    Example:

    >>> import keras
    >>> keras.tree.lists_to_tuples([1, [2, 3]])
    (1, (2, 3))
    """
    return traverse(
        lambda part: tuple(part) if isinstance(part, list) else None,
        structure,
        top_down=False,
    )


def is_shape(value: Any) -> bool:
    """Whether a list or tuple is one tensor shape: integers and Nones only."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(size, (int, type(None))) for size in value
    )


def map_shape_structure(func: Callable[[Any], Any], structure: Structure) -> Any:
    """`map_structure` over shapes: a tuple of integers and Nones is one leaf.

    Example:

    >>> import keras
    >>> keras.tree.map_shape_structure(len, {"a": (None, 3), "b": (1, 2, 3)})
    {'a': 2, 'b': 3}
    """
    return optree.tree_map(func, structure, is_leaf=is_shape, **_OPTIONS)


def register_node(
    cls: type, flatten_func: Callable[..., Any], unflatten_func: Callable[..., Any]
) -> None:
    """Makes a class a container for every function of this module."""
    plain_tree.NODES[cls] = (flatten_func, unflatten_func)
    optree.register_pytree_node(cls, flatten_func, unflatten_func, namespace="keras")


def flatten_with_spec(structure: Structure) -> tuple[list[Any], Any]:
    """The leaves, and what `unflatten` needs to put others in their place."""
    return optree.tree_flatten(structure, **_OPTIONS)


def unflatten(spec: Any, leaves: Iterable[Any]) -> Any:
    """The structure of `spec` with the given leaves."""
    return optree.tree_unflatten(spec, leaves)
