"""An exponential moving average of the weights beside the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core.typing import TensorLike


def averaged(optimizer: Any) -> list[tuple[Any, Any]]:
    """Each weight that an optimizer keeps an average of, and the average.

    Args:
        optimizer: one that has made its variables.
    """
    pairs = zip(optimizer._trainable_variables, optimizer._keras_averages, strict=True)
    return [pair for pair in pairs if pair[1] is not None]


def update_averages(
    variables: Sequence[Any], averages: Sequence[Any], momentum: float, step: TensorLike
) -> None:
    """Moves averages towards the variables; on step 0 they become equal.

    Args:
        variables: the weights.
        averages: a variable for each.
        momentum: how much of an average stays, from 0 to 1.
        step: number of steps done before this one, an integer tensor.
    """
    for variable, average in zip(variables, averages, strict=True):
        later = ops.cast(ops.not_equal(step, 0), average.dtype)
        stays = ops.multiply(later, momentum)
        kept = ops.multiply(average, stays)
        average.assign(ops.add(kept, ops.multiply(variable, ops.subtract(1.0, stays))))


def overwrite_sometimes(
    variables: Sequence[Any], averages: Sequence[Any], frequency: int, step: TensorLike
) -> None:
    """Puts the averages into the variables on every `frequency`-th step."""
    due = ops.equal(ops.mod(ops.add(step, 1), frequency), 0)
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(ops.where(due, ops.cast(average, variable.dtype), variable))
