"""Activation functions, and how to get them by name: `keras.activations`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from keras.activations.functions import exponential as exponential
from keras.activations.functions import gelu as gelu
from keras.activations.functions import linear as linear
from keras.activations.functions import mish as mish
from keras.activations.functions import relu as relu
from keras.core.registry import CustomObjectScope as _CustomObjectScope
from keras.core.registry import get_registered_object as _registered
from keras.core.serialization import (
    deserialize_keras_object as _deserialize_keras_object,
)
from keras.core.serialization import serialize_keras_object as _serialize_keras_object
from keras.core.surface import surface as _surface
from keras.ops import tanh as tanh
from keras.ops.nn import celu as celu
from keras.ops.nn import elu as elu
from keras.ops.nn import glu as glu
from keras.ops.nn import hard_shrink as hard_shrink
from keras.ops.nn import hard_sigmoid as hard_sigmoid
from keras.ops.nn import hard_silu as hard_silu
from keras.ops.nn import hard_silu as hard_swish
from keras.ops.nn import hard_tanh as hard_tanh
from keras.ops.nn import leaky_relu as leaky_relu
from keras.ops.nn import log_sigmoid as log_sigmoid
from keras.ops.nn import log_softmax as log_softmax
from keras.ops.nn import relu6 as relu6
from keras.ops.nn import selu as selu
from keras.ops.nn import sigmoid as sigmoid
from keras.ops.nn import silu as silu
from keras.ops.nn import silu as swish
from keras.ops.nn import soft_shrink as soft_shrink
from keras.ops.nn import softmax as softmax
from keras.ops.nn import softplus as softplus
from keras.ops.nn import softsign as softsign
from keras.ops.nn import sparse_plus as sparse_plus
from keras.ops.nn import sparse_sigmoid as sparse_sigmoid
from keras.ops.nn import sparsemax as sparsemax
from keras.ops.nn import squareplus as squareplus
from keras.ops.nn import tanh_shrink as tanh_shrink
from keras.ops.nn import threshold as threshold

_BY_NAME: dict[str, Callable[..., Any]] = {
    name: function
    for name, function in sorted(globals().items())
    if not name.startswith("_")
    and name
    not in ("Any", "Callable", "Mapping", "difflib", "annotations", "functions")
}


def get(identifier: Any) -> Callable[..., Any]:
    """An activation from a name, a config, or a callable.

    Args:
        identifier: None (for `linear`), a name such as `"relu"`, a name or config of
            a registered function, or a callable.

    Returns:
        The function.

    Raises:
        ValueError: for anything else; the message names what comes close.

    Example:

    >>> import keras
    >>> keras.activations.get("relu") is keras.activations.relu
    True
    >>> keras.activations.get(None) is keras.activations.linear
    True
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        found = _BY_NAME.get(identifier) or _registered(identifier)
        if found is None:
            raise ValueError(_unknown(identifier))
        return _instance(found)
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        return deserialize(identifier)
    if callable(identifier):
        return _instance(identifier)
    raise ValueError(
        f"Could not interpret activation identifier: {identifier!r} of type "
        f"{type(identifier).__name__}. Expected None, a name such as 'relu', a config "
        "(dict) or a callable."
    )


def serialize(activation: Callable[..., Any]) -> Any:
    """The name of an activation, or the config of one of your own.

    Args:
        activation: a function or a layer.

    Returns:
        A name or a dict that `deserialize` accepts.

    Raises:
        ValueError: for a lambda, which has no name.

    Example:

    >>> import keras
    >>> keras.activations.serialize(keras.activations.swish)
    'silu'
    """
    name = getattr(activation, "__name__", None)
    if name == "<lambda>":
        raise ValueError(
            "A lambda cannot be serialized as an activation: it has no name. Define a "
            "function and decorate it with "
            "@keras.saving.register_keras_serializable()."
        )
    if name is not None and _BY_NAME.get(name) is activation:
        return name
    return _serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation that a name or config stands for.

    Args:
        config: what `serialize` returned.
        custom_objects: functions and classes by name, besides those known.

    Returns:
        The function or layer; None for None.

    Raises:
        ValueError: if the name is unknown.

    Example:

    >>> import keras
    >>> keras.activations.deserialize("relu") is keras.activations.relu
    True
    """
    if config is None:
        return None
    with _CustomObjectScope(custom_objects):
        if isinstance(config, str):
            return get(config)
        name = config.get("config") if isinstance(config, Mapping) else None
        if config.get("class_name") == "function" and isinstance(name, str):
            return _BY_NAME.get(name) or _deserialize_keras_object(config)
        found = _BY_NAME.get(config.get("class_name", ""))
        return found or _deserialize_keras_object(config)


def _instance(found: Any) -> Any:
    """A class stands for what it makes: `activation=keras.layers.ReLU`."""
    return found() if isinstance(found, type) else found


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), _BY_NAME, n=3, cutoff=0.5)
    hint = ", ".join(map(repr, close))
    return (
        f"Could not interpret activation identifier: {name!r}. "
        + (f"Did you mean {hint}? " if hint else "")
        + f"Known names: {', '.join(_BY_NAME)}. A function of your own is known by "
        "name after @keras.saving.register_keras_serializable() or inside "
        "keras.saving.custom_object_scope."
    )


__all__, __dir__ = _surface(globals())
