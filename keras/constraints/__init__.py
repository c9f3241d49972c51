"""Projections applied to weights after each update: `keras.constraints`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.constraints.constraint import Constraint as Constraint
from keras.constraints.constraint import MaxNorm as MaxNorm
from keras.constraints.constraint import MinMaxNorm as MinMaxNorm
from keras.constraints.constraint import NonNeg as NonNeg
from keras.constraints.constraint import UnitNorm as UnitNorm
from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

_FAMILY = _Family("constraint", "keras.constraints", Constraint)


def get(identifier: Identifier) -> Callable[..., Any] | None:
    """A constraint from a name, a config, or a callable.

    Args:
        identifier: None; a name such as `"non_neg"`; a config; a `Constraint` or
            other callable from a tensor to one of the same shape.

    Returns:
        The constraint, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> type(keras.constraints.get("non_neg")).__name__
    'NonNeg'
    """
    return _FAMILY.get(identifier)


def serialize(constraint: Constraint) -> Any:
    """The config of a constraint, as `deserialize` accepts it."""
    return _FAMILY.serialize(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that a config stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
