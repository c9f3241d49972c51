"""States of cells: how large they are, what they begin with.

A cell says its `state_size`: an integer for one state, or a list of them. A cell
whose states have more axes gives their shapes by `_state_shapes(batch_size)`. Cells are
always given a list of states, and `RNN` keeps that of a single cell flat. Of stacked
cells, each has a list of its own, or the bare tensor where its `state_size` is an
integer and it makes no states itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops
from keras.core import tree
from keras.core.typing import Sizes, Structure, Tensor
from keras.layers.input_spec import describe

if TYPE_CHECKING:
    from keras.layers.layer import Layer


def as_list(states: Structure) -> list[Any]:
    """States as the list that cells take."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def output_size_of(cell: Any) -> Any:
    """The size of a cell's output: its first state's by default."""
    size = getattr(cell, "output_size", None)
    return as_list(cell.state_size)[0] if size is None else size


def zero_states(cell: Any, batch_size: int | None, dtype: str) -> list[Tensor]:
    """The states before a cell's first step: its own, or zeros."""
    make = getattr(cell, "get_initial_state", None)
    if make is not None:
        return as_list(make(batch_size=batch_size))
    return [
        ops.zeros((batch_size, size), dtype=dtype) for size in as_list(cell.state_size)
    ]


def has_bare_state(cell: Any) -> bool:
    """Whether a cell in a stack has one state by itself, not in a list."""
    is_one = not isinstance(cell.state_size, (list, tuple))
    return is_one and getattr(cell, "get_initial_state", None) is None


def state_shapes(state_size: Any, batch_size: int | None) -> list[Any]:
    """Shapes of the states, a list in place of the states of each stacked cell."""
    return [
        state_shapes(size, batch_size)
        if isinstance(size, (list, tuple))
        else (batch_size, size)
        for size in as_list(state_size)
    ]


def nested_shapes(cell: Any, batch_size: int | None) -> list[Any]:
    """`state_shapes`, in the structure of the states that the cell returns."""
    own_shapes = getattr(cell, "_state_shapes", None)
    if own_shapes is not None:
        return own_shapes(batch_size)
    cells = getattr(cell, "cells", None)
    if cells is None:
        return state_shapes(cell.state_size, batch_size)
    shapes = [state_shapes(one.state_size, batch_size) for one in cells]
    return [
        own[0] if has_bare_state(one) else own
        for one, own in zip(cells, shapes, strict=True)
    ]


def flat_shapes(shapes: list[Any]) -> list[Any]:
    """The shapes in a nested list of them, one after the other."""
    found: list[Any] = []
    for shape in shapes:
        found += flat_shapes(shape) if isinstance(shape, list) else [shape]
    return found


def packed(cell: Any, flat: list[Any]) -> list[Any]:
    """A flat list of states in the structure of the cell's."""
    shapes = nested_shapes(cell, None)
    return tree.pack_sequence_as(_places(shapes), flat)


def check_states(layer: Layer, cell: Any, states: list[Any], batch: Any) -> None:
    """Compares a flat list of states with what the cell expects.

    Raises:
        ValueError: if their number, sizes or batch size differ.
    """
    expected = flat_shapes(nested_shapes(cell, batch if is_size(batch) else None))
    given = [tuple(state.shape) for state in states]
    if len(given) == len(expected) and all(map(_fits, given, expected)):
        return
    raise ValueError(
        f"{describe(layer)} expects an initial state of {len(expected)} tensor(s) of "
        f"shape(s) {', '.join(map(str, expected))}. Received: {len(given)} of "
        f"shape(s) {', '.join(map(str, given))}."
    )


def is_size(size: Sizes) -> bool:
    """Whether an axis has a size that is known before the computation runs."""
    return isinstance(size, int)


def _fits(given: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Whether shapes agree where both are known; a custom cell's states may have any
    rank, and share the batch axis only."""
    if not given:
        return False
    pairs = zip(given, expected, strict=False)
    compared = list(pairs) if len(given) == len(expected) else [(given[0], expected[0])]
    return all(a == b for a, b in compared if is_size(a) and is_size(b))


def _places(shapes: Any) -> Any:
    return [_places(s) if isinstance(s, list) else 0 for s in shapes]
