"""The dtypes of a layer, which its dtype policy says."""

from __future__ import annotations

from typing import Any

from keras.dtype_policies import policy as dtype_policies
from keras.layers.tracking import LayerTracking


class LayerDtypes(LayerTracking):
    """The dtype policy of a layer and what follows from it; see `Layer`."""

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy, or the map that it was taken from."""
        return self._dtype_policies or self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = self._own_policy(dtype_policies.get(value))

    def _own_policy(self, policy: Any) -> Any:
        """The policy itself, or what a map has for this layer's path.

        A layer that is not built yet has no path, and the default policy.
        """
        is_map = hasattr(policy, "default_policy")
        object.__setattr__(self, "_dtype_policies", policy if is_map else None)
        if not is_map:
            return policy
        path = self.__dict__.get("_path")
        return policy.default_policy if path is None else policy[path]

    def _take_dtype(self, dtype: str) -> None:
        """The variables have become this float type: the layer computes in it too."""
        if self.quantization_mode is not None:
            return
        was = self.compute_dtype
        self.dtype_policy = dtype
        for node in self._inbound_nodes:
            for output in node.outputs:
                if getattr(output, "dtype", None) == was:
                    output._dtype = dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the dtype policy quantizes; None where it does not."""
        return self._dtype_policy.quantization_mode

    @property
    def dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype that `call` computes in."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that float inputs are cast to."""
        return self.compute_dtype

    @property
    def path(self) -> str:
        """The name with the name scopes that the layer was built in."""
        return getattr(self, "_path", self.name)
