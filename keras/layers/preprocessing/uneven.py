"""Ragged and sparse tensors of TensorFlow: single values that lie in rows."""

from __future__ import annotations

from collections.abc import Callable

from keras.backends import load
from keras.core.typing import Tensor, TensorLike

# What fills up rows: no integer that a layer gives, so it counts as none.
_NONE = -1


def is_uneven(inputs: TensorLike) -> bool:
    """Whether a value is a ragged or sparse tensor of TensorFlow's."""
    return hasattr(inputs, "row_splits") or hasattr(inputs, "dense_shape")


def on_values(
    inputs: TensorLike,
    mode: str,
    numbers: Callable[[Tensor], Tensor],
    vectors: Callable[[Tensor], Tensor],
) -> Tensor:
    """Integers of the values that are there, or vectors of them.

    Args:
        inputs: a ragged or sparse tensor `(batch, items)`.
        mode: `"int"`: integers, ragged or sparse as the inputs are; `"one_hot"`: a
            vector for each value; another one: a vector for each row.
        numbers: makes integers of values, one for each.
        vectors: makes vectors of integers `(..., items)`; negative ones are none.
    """
    ragged = hasattr(inputs, "row_splits")
    values = inputs.flat_values if ragged else inputs.values
    build = inputs.with_flat_values if ragged else inputs.with_values
    found = numbers(values)
    if mode == "int":
        return build(found)
    if ragged:
        if mode == "one_hot":
            return build(vectors(found))
        return vectors(build(found).to_tensor(_NONE))
    to_dense = load("tensorflow").sparse.to_dense  # with zeros where nothing is
    return vectors(to_dense(build(found - _NONE)) + _NONE)
