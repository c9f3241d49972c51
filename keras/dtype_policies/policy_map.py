"""One policy for the layers of a model, by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from keras.core.facts import public_class
from keras.core.patterns import check_pattern
from keras.core.typing import CustomObjects
from keras.dtype_policies.policy import DTypePolicy, deserialize, get, serialize


@public_class("keras.dtype_policies")
class DTypePolicyMap(DTypePolicy, MutableMapping[str, DTypePolicy]):
    """Policies of layers by their paths; given to layers as `dtype`.

    A path that stands in the map has that policy. Else the keys are read as regular
    expressions that must match the whole path; else the default policy holds. A layer
    has its path, and with it its policy, from when it is built.

    Args:
        default_policy: policy, or its name, of paths that are not in the map; by
            default the global one.
        policy_map: dict of paths or patterns to policies or their names.

    Raises:
        TypeError: if `policy_map` is no dict.

    Example:

    >>> import keras
    >>> policies = keras.dtype_policies.DTypePolicyMap("float32")
    >>> policies["encoder/.*"] = keras.DTypePolicy("mixed_bfloat16")
    >>> policies["encoder/dense"].name, policies["decoder/dense"].name
    ('mixed_bfloat16', 'float32')
    """

    def __init__(
        self, default_policy: Any = None, policy_map: dict[str, Any] | None = None
    ) -> None:
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                "`policy_map` of a DTypePolicyMap must be a dict of paths to policies. "
                f"Received: {policy_map!r} ({type(policy_map).__name__})."
            )
        self._given_default = None if default_policy is None else get(default_policy)
        self._policies: dict[str, DTypePolicy] = {}
        for path, policy in (policy_map or {}).items():
            self[path] = policy

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of paths that are not in the map."""
        return get(self._given_default)

    @property
    def name(self) -> str:
        """`"map_"` and the name of the default policy."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        """That of the default policy."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """That of the default policy."""
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """That of the default policy."""
        return self.default_policy.quantization_mode

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        found = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(
                f"The path {key!r} matches several keys of the DTypePolicyMap: "
                f"{', '.join(map(repr, found))}. Let each path match one at most, or "
                "give this path an entry of its own."
            )
        return self._policies[found[0]] if found else self.default_policy

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self._policies:
            raise ValueError(
                f"The DTypePolicyMap has a policy for {key!r} already: "
                f"{self._policies[key]!r}. Delete it first."
            )
        check_pattern(key)
        self._policies[key] = get(value)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def __bool__(self) -> bool:
        return True  # a policy, also where the map is empty

    def get_config(self) -> dict[str, Any]:
        """The arguments, with policies as plain data; the default by its name."""
        default = self._given_default
        if default is not None and get(default.name) == default:
            default = default.name
        elif default is not None:
            default = serialize(default)
        policies = {path: serialize(policy) for path, policy in self._policies.items()}
        return {"default_policy": default, "policy_map": policies}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: CustomObjects = None
    ) -> DTypePolicyMap:
        """The map of a config."""
        policies = {
            path: deserialize(policy, custom_objects)
            if isinstance(policy, dict)
            else policy
            for path, policy in (config.get("policy_map") or {}).items()
        }
        return cls(config.get("default_policy"), policies)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DTypePolicyMap)
            and other.get_config() == self.get_config()
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        listed = [(path, policy.name) for path, policy in self._policies.items()]
        name = self.default_policy.name
        return f"<DTypePolicyMap default_policy={name}, mapping={listed}>"
