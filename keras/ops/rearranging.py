"""`rearrange`: axes split, moved and merged by a pattern that names them.

A pattern is read once. What it means for one shape (the sizes after splitting, the
order, the sizes after merging) is worked out without the numbers, so the symbolic rule
and the eager call share it, and both are remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from keras.core import context
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.core import convert_to_tensor
from keras.ops.core import shape as shape_of
from keras.ops.declare import composite
from keras.ops.shaping import reshape, transpose

DOTS = "..."
INNER_DOTS = "(...)"  # in parentheses: the axes are merged
_TOKENS = re.compile(r"\(|\)|\.\.\.|[^\W\d]\w*|1(?!\w)|\S")
Group = tuple[str, ...]


@composite
def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Tensor:
    """Splits, moves and merges axes, as a pattern of their names says.

    `"b (h p) c -> b h (p c)"` splits the second axis in two and merges the last two.
    On both sides, `...` stands for axes that are not named, and `1` or `()` for an
    axis of size 1. The notation is that of einops (https://einops.rocks).

    Args:
        tensor: tensor.
        pattern: the axes as they are, `->`, the axes as they shall be. Both sides
            name the same axes, each once; parentheses are around axes that are one.
        **axes_lengths: sizes of named axes. In each parentheses on the left, one size
            may be left out: it follows from the others.

    Returns:
        A tensor of the same elements and dtype.

    Raises:
        ValueError: if the pattern cannot be read, or sizes are missing or unused.
        ShapeError: if the tensor does not fit the pattern.

    Example:

    >>> import keras
    >>> images = keras.ops.zeros((2, 30, 40, 3))
    >>> tuple(keras.ops.rearrange(images, "b h w c -> b c h w").shape)
    (2, 3, 30, 40)
    >>> patches = "b (h p) (w q) c -> b (h w) (p q c)"
    >>> tuple(keras.ops.rearrange(images, patches, p=10, q=10).shape)
    (2, 12, 300)
    """
    sizes = _checked(axes_lengths) if axes_lengths else ()
    if isinstance(tensor, KerasTensor):
        plan = _plan(pattern, tensor.shape, sizes)
        return KerasTensor(plan.merged, tensor.dtype)
    tensor = convert_to_tensor(tensor)
    shape = shape_of(tensor)
    known = tuple(s if isinstance(s, int) else None for s in shape)
    plan = _plan(pattern, known, sizes)
    if None in known:
        return _with_unknown(tensor, shape, plan, dict(sizes))
    if plan.split != known:
        tensor = reshape(tensor, plan.split)
    if plan.order is not None:
        tensor = transpose(tensor, plan.order)
    return reshape(tensor, plan.merged) if plan.merges else tensor


class Plan(NamedTuple):
    """What a pattern means for one shape; unknown sizes are None."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]
    split: tuple[int | None, ...]
    order: tuple[int, ...] | None
    merged: tuple[int | None, ...]
    merges: bool


def _with_unknown(
    tensor: TensorLike, shape: tuple[Any, ...], plan: Plan, given: dict[str, int]
) -> Any:
    """The same where sizes are only known when the function runs."""
    sizes: dict[str, Any] = dict(given)
    for group, size in zip(plan.left, shape, strict=True):
        missing = [name for name in group if name not in sizes]
        if missing:
            others = rules.product([sizes[name] for name in group if name in sizes])
            sizes[missing[0]] = size // others if others != 1 else size
    split = [sizes[name] for group in plan.left for name in group]
    tensor = reshape(tensor, split) if len(split) != len(shape) else tensor
    if plan.order is not None:
        tensor = transpose(tensor, plan.order)
    if not plan.merges:
        return tensor
    merged: list[Any] = []
    for group in plan.right:
        size: Any = 1
        for name in group:
            size = size * sizes[name]
        merged.append(size)
    return reshape(tensor, merged)


def _plan(
    pattern: str, shape: tuple[int | None, ...], given: tuple[tuple[str, int], ...]
) -> Plan:
    # `torch.compile` traces through caches, with a warning.
    return (_worked_out if context.tracing() else _remembered)(pattern, shape, given)


def _worked_out(
    pattern: str, shape: tuple[int | None, ...], given: tuple[tuple[str, int], ...]
) -> Plan:
    left, right = _sides(pattern)
    left, right = _without_dots(left, right, shape, pattern)
    sizes: dict[str, int | None] = dict(given)
    _all_used(sizes, left, pattern)
    for axis, (group, size) in enumerate(zip(left, shape, strict=True)):
        _split(group, size, sizes, pattern, shape, axis)
    before = [name for group in left for name in group]
    after = [name for group in right for name in group]
    order = tuple(before.index(name) for name in after)
    merged = tuple(rules.product([sizes[name] for name in group]) for group in right)
    return Plan(
        left,
        right,
        tuple(sizes[name] for name in before),
        None if order == tuple(range(len(order))) else order,
        merged,
        any(len(group) != 1 for group in right),
    )


_remembered = lru_cache(maxsize=1024)(_worked_out)


def _split(
    group: Group,
    size: int | None,
    sizes: dict[str, int | None],
    pattern: str,
    shape: tuple[int | None, ...],
    axis: int,
) -> None:
    """Notes the sizes that an axis of the tensor is split into."""
    missing = [name for name in group if name not in sizes]
    known = rules.product([sizes[name] for name in group if name in sizes]) or 0
    if len(missing) > 1:
        raise ValueError(
            f"keras.ops.rearrange: in pattern={pattern!r} the sizes of "
            f"{', '.join(missing)} are unknown. Expected at most one unknown size in "
            f"each parentheses: give the others by name, as in {missing[0]}=2."
        )
    if size is not None:
        fits = size % known == 0 if missing and known else size == known
        if not fits:
            text = "an axis of size 1" if not group else " * ".join(group)
            raise ShapeError(
                f"keras.ops.rearrange: axis {axis} of `tensor` has size {size} and is "
                f"{text} in pattern={pattern!r}, where the known sizes make {known}. "
                f"Expected {'a multiple' if missing else 'this size'}. Received: "
                f"tensor of shape {shape}."
            )
    if missing:
        sizes[missing[0]] = None if size is None else size // known


def _checked(given: dict[str, int]) -> tuple[tuple[str, int], ...]:
    for name, size in given.items():
        if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
            raise ValueError(
                "keras.ops.rearrange: the size of an axis must be a positive "
                f"integer. Received: {name}={size!r}."
            )
    return tuple(sorted((name, size.__index__()) for name, size in given.items()))


def _all_used(given: dict[str, int | None], left: tuple[Group, ...], text: str) -> None:
    names = {name for group in left for name in group}
    for name, size in given.items():
        if name not in names:
            raise ValueError(
                f"keras.ops.rearrange: {name}={size} was given, but pattern={text!r} "
                f"has no axis {name!r}."
            )


def _without_dots(
    left: tuple[Group, ...],
    right: tuple[Group, ...],
    shape: tuple[int | None, ...],
    pattern: str,
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Both sides with a name for each axis that `...` stands for."""
    count = len(shape) - len(left)
    if (DOTS,) in left:
        hidden = tuple(f"{DOTS}{number}" for number in range(count + 1))
        place = left.index((DOTS,))
        left = (*left[:place], *((name,) for name in hidden), *left[place + 1 :])
        count = min(count + 1, 0)
        right = tuple(_spread(group, hidden) for group in right)
        place = right.index((DOTS,)) if (DOTS,) in right else -1
        if place >= 0:
            right = (*right[:place], *((n,) for n in hidden), *right[place + 1 :])
    if count:
        raise ShapeError(
            f"keras.ops.rearrange: `tensor` has {len(shape)} dimensions, but "
            f"pattern={pattern!r} names {len(left)}. Received: tensor of shape {shape}."
        )
    return left, right


def _spread(group: Group, hidden: Group) -> Group:
    """A group of several axes with the hidden ones in place of the dots."""
    if INNER_DOTS not in group:
        return group
    place = group.index(INNER_DOTS)
    return (*group[:place], *hidden, *group[place + 1 :])


def _sides(pattern: str) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The groups of names on both sides of the arrow, checked against each other."""
    if not isinstance(pattern, str) or pattern.count("->") != 1:
        raise ValueError(
            "keras.ops.rearrange: `pattern` must be a string with one '->', as in "
            f"'a b -> b a'. Received: pattern={pattern!r}."
        )
    left, right = (_groups(side, pattern) for side in pattern.split("->"))
    for group in left:
        if INNER_DOTS in group:
            raise ValueError(
                "keras.ops.rearrange: '...' cannot be in parentheses on the left. "
                f"Received: pattern={pattern!r}."
            )
    names = [
        {DOTS if name == INNER_DOTS else name for group in side for name in group}
        for side in (left, right)
    ]
    lonely = sorted(names[0] ^ names[1])
    if lonely:
        raise ValueError(
            f"keras.ops.rearrange: {', '.join(lonely)} stands on one side only of "
            f"pattern={pattern!r}. Expected the same axes on both sides."
        )
    return left, right


def _groups(side: str, pattern: str) -> tuple[Group, ...]:
    """The axes of one side, each the names that are merged in it."""
    groups: list[Group] = []
    inside: list[str] | None = None
    seen: set[str] = set()
    for token in _TOKENS.findall(side):
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            groups.append(tuple(inside))
            inside = None
        elif token in "()" or not (token in (DOTS, "1") or token.isidentifier()):
            raise _unreadable(pattern, f"{token!r} is out of place")
        elif token in seen:
            raise _unreadable(pattern, f"{token!r} stands twice on one side")
        elif token == "1":
            groups.extend([()] if inside is None else [])
        else:
            seen.add(token)
            if inside is None:
                groups.append((token,))
            else:
                inside.append(INNER_DOTS if token == DOTS else token)
    if inside is not None:
        raise _unreadable(pattern, "a parenthesis is not closed")
    return tuple(groups)


def _unreadable(pattern: str, why: str) -> ValueError:
    return ValueError(
        f"keras.ops.rearrange: pattern={pattern!r} cannot be read: {why}. Expected "
        "names, '...', '1' and parentheses around axes that are merged."
    )
