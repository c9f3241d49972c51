"""The policy of a name, dtype or config, of every kind of policy."""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.dtype_policies.policy import DTypePolicy, chosen, dtype_policy
from keras.dtype_policies.quantized import from_name


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that are given none.

    Args:
        policy: a policy, its name or its config.

    Raises:
        ValueError: if it is none of these.

    Example:

    >>> import keras
    >>> keras.config.set_dtype_policy("float32")
    """
    if policy is None:
        raise ValueError(
            "The global dtype policy cannot be None: it is what layers take that are "
            "given none. Pass a policy, its name or its config, as 'float32'."
        )
    chosen.policy = get(policy)


def get(identifier: Any) -> DTypePolicy:
    """A policy from a policy, a name, a dtype, a config, or None (the global one).

    Raises:
        ValueError: if it is none of these.

    Example:

    >>> import keras
    >>> keras.dtype_policies.get("mixed_float16").compute_dtype
    'float16'
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return from_name(identifier) or DTypePolicy(identifier)
    if hasattr(identifier, "compute_dtype") and not isinstance(identifier, type):
        return identifier
    try:
        return DTypePolicy(dtypes.standardize_dtype(identifier))
    except ValueError:
        raise ValueError(
            "Cannot make a dtype policy of this. Expected a DTypePolicy, its config, a "
            f"name or a dtype. Received: {identifier!r}."
        ) from None


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The policy as plain data; `deserialize` reads it."""
    return serialize_keras_object(dtype_policy)


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> DTypePolicy:
    """The policy that `serialize` wrote."""
    return deserialize_keras_object(config, custom_objects=custom_objects)
