"""The associative scan that backends without one of their own share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core import tree
from keras.core.typing import Structure, TensorLike


def associative_scan(
    function: Callable[[Any, Any], Any],
    elems: Structure,
    reverse: bool,
    axis: int,
    flip: Callable[[Any, int], Any],
    stack: Callable[[Any, int], Any],
    reshape: Callable[[Any, Any], Any],
    concatenate: Callable[[Any, int], Any],
) -> Structure:
    """Running results: pairs are combined, scanned, and spread again.

    The last four are the backend's functions of these names.
    """
    leaves = tree.flatten(elems)
    axis %= len(leaves[0].shape)
    if reverse:
        leaves = [flip(x, axis) for x in leaves]

    def combine(a: list[Any], b: list[Any]) -> list[Any]:
        packed = (tree.pack_sequence_as(elems, x) for x in (a, b))
        return tree.flatten(function(*packed))

    def cut(xs: list[Any], start: int, stop: int | None, step: int = 1) -> list[Any]:
        place = (*(slice(None),) * axis, slice(start, stop, step))
        return [x[place] for x in xs]

    def interleave(a: TensorLike, b: TensorLike) -> Any:
        size = int(b.shape[axis])
        even = stack([a[(*(slice(None),) * axis, slice(0, size))], b], axis + 1)
        shape = [-1 if n is None else n for n in a.shape]
        shape[axis] = 2 * size
        joined = reshape(even, shape)
        if int(a.shape[axis]) == size:
            return joined
        rest = a[(*(slice(None),) * axis, slice(size, None))]
        return concatenate([joined, rest], axis)

    def run(xs: list[Any]) -> list[Any]:
        size = int(xs[0].shape[axis])
        if size < 2:
            return xs
        pairs = combine(cut(xs, 0, size - 1, 2), cut(xs, 1, None, 2))
        odd = run(pairs)
        if size % 2 == 0:
            later = combine(cut(odd, 0, size // 2 - 1), cut(xs, 2, None, 2))
        else:
            later = combine(odd, cut(xs, 2, None, 2))
        first = cut(xs, 0, 1)
        even = [concatenate([f, x], axis) for f, x in zip(first, later, strict=True)]
        return [interleave(e, o) for e, o in zip(even, odd, strict=True)]

    found = run(leaves)
    if reverse:
        found = [flip(x, axis) for x in found]
    return tree.pack_sequence_as(elems, found)
