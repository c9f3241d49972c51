"""Penalties on weights and activations: `keras.regularizers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier
from keras.regularizers.orthogonal import OrthogonalRegularizer as OrthogonalRegularizer
from keras.regularizers.regularizer import L1 as L1
from keras.regularizers.regularizer import L1L2 as L1L2
from keras.regularizers.regularizer import L2 as L2
from keras.regularizers.regularizer import Regularizer as Regularizer

l1 = L1
l1_l2 = L1L2
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer

_FAMILY = _Family(
    "regularizer",
    "keras.regularizers",
    Regularizer,
    aliases={"orthogonal": "OrthogonalRegularizer"},
)


def get(identifier: Identifier) -> Callable[..., Any] | None:
    """A regularizer from a name, a config, or a callable.

    Args:
        identifier: None; a name such as `"l2"`; a config; a `Regularizer` or other
            callable from a tensor to a scalar.

    Returns:
        The regularizer, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> keras.regularizers.get("l2").l2
    0.01
    """
    return _FAMILY.get(identifier)


def serialize(regularizer: Regularizer) -> Any:
    """The config of a regularizer, as `deserialize` accepts it."""
    return _FAMILY.serialize(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer that a config stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
