"""Dtype policies: the dtype a layer computes in, and the one its variables have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops
from keras.backends import current
from keras.backends.backend import SYMBOLIC
from keras.core import config, dtypes
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import CustomObjects, DType, Identifier


@public_class("keras.dtype_policies", module="keras")
class DTypePolicy(Configurable):
    """How a layer chooses dtypes.

    Args:
        name: a dtype (`"float32"`: compute and variables alike), or
            `"mixed_float16"`, `"mixed_bfloat16"` (compute in the half type,
            variables in float32). Default: the global policy.

    Raises:
        TypeError: if the name is no string.
        ValueError: for an unknown name.

    Example:

    >>> import keras
    >>> policy = keras.DTypePolicy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    def __init__(self, name: str | None = None) -> None:
        name = dtype_policy().name if name is None else name
        if not isinstance(name, str):
            raise TypeError(
                "`name` of a DTypePolicy must be a string such as 'float32' or "
                f"'mixed_float16'. Received: name={name!r}, a {type(name).__name__}."
            )
        self._name = name
        self._compute_dtype, self._variable_dtype = _parse(name)

    @property
    def name(self) -> str:
        """The name of the policy."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype that inputs are cast to and `call` computes in."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's variables."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The quantization mode; None for a float policy."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: DType) -> Any:
        """A tensor of the given dtype, if `x` is float data and `autocast` is on.

        Args:
            x: a tensor or array; anything else is returned as it is.
            autocast: whether to cast.
            dtype: the dtype to cast to.
        """
        backend = current()
        dtype = dtypes.standardize_dtype(dtype)
        if hasattr(x, "dtype") or isinstance(x, (int, float, bool)):
            if backend.kind_of(x) == SYMBOLIC:
                return ops.cast(x, dtype) if _casts(x.dtype, dtype, autocast) else x
            tensor = backend.convert_to_tensor(x)
            if _casts(backend.dtype_of(tensor), dtype, autocast):
                return backend.cast(tensor, dtype)
            return tensor
        return x

    def get_config(self) -> dict[str, Any]:
        """`{"name": name}`."""
        return {"name": self.name}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} "{self.name}">'


FloatDTypePolicy = DTypePolicy


def _casts(have: str, want: str, autocast: bool) -> bool:
    return autocast and have != want and dtypes.is_float(have) and dtypes.is_float(want)


def _parse(name: str) -> tuple[str, str]:
    if name in ("mixed_float16", "mixed_bfloat16"):
        return name.removeprefix("mixed_"), "float32"
    try:
        dtype = dtypes.standardize_dtype(name)
    except ValueError:
        raise ValueError(
            f"Unknown dtype policy: {name!r}. Expected a dtype such as 'float32', "
            "'bfloat16' or 'float64', or 'mixed_float16', 'mixed_bfloat16'."
        ) from None
    return dtype, dtype


class _Global:
    """The policy of layers that are given none."""

    policy: DTypePolicy | None = None


_global = _Global()

_Reader = Callable[[str], DTypePolicy | None]
_readers: list[_Reader] = []


def reads_names(reader: _Reader) -> _Reader:
    """Notes what makes policies of names that are no dtypes; None for others."""
    _readers.append(reader)
    return reader


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none.

    Example:

    >>> import keras
    >>> keras.config.dtype_policy().name
    'float32'
    """
    policy = _global.policy
    if policy is None or (
        policy.name != config.floatx() and getattr(policy, "_follows_floatx", False)
    ):
        policy = DTypePolicy(config.floatx())
        policy._follows_floatx = True
        _global.policy = policy
    return policy


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
    _global.policy = get(policy)


def get(identifier: Identifier) -> DTypePolicy:
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
        if "class_name" not in identifier:
            raise _misunderstood(identifier)
        return deserialize(identifier)
    if isinstance(identifier, str):
        read = (reader(identifier) for reader in _readers)
        found = next((policy for policy in read if policy is not None), None)
        return DTypePolicy(identifier) if found is None else found
    if hasattr(identifier, "compute_dtype") and not isinstance(identifier, type):
        return identifier
    try:
        return DTypePolicy(dtypes.standardize_dtype(identifier))
    except (TypeError, ValueError):
        raise _misunderstood(identifier) from None


def _misunderstood(identifier: object) -> ValueError:
    return ValueError(
        "Cannot make a dtype policy of this. Expected a DTypePolicy, its config, a "
        f"name or a dtype. Received: {identifier!r}."
    )


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The policy as plain data; `deserialize` reads it."""
    return serialize_keras_object(dtype_policy)


def deserialize(
    config: dict[str, Any], custom_objects: CustomObjects = None
) -> DTypePolicy:
    """The policy that `serialize` wrote."""
    return deserialize_keras_object(config, custom_objects=custom_objects)
