"""`ModelParallel`: weights split over devices by rules, batches over an axis."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from keras.backends.variable import Variable
from keras.core.facts import public_class
from keras.distribution.base import Distribution
from keras.distribution.layout import TensorLayout
from keras.distribution.layout_map import LayoutMap


@public_class("keras.distribution", loadable=False)
class ModelParallel(Distribution):
    """Weights lie over the mesh as the rules of a `LayoutMap` say; others are whole.

    Args:
        layout_map: the rules; their mesh is that of the model.
        batch_dim_name: the mesh axis that batches are split over; the first by default.
        auto_shard_dataset: whether each process gets all data and takes its part of
            every batch; False if its data are its own part already.

    Raises:
        ValueError: if there are no rules, or the mesh has no such axis.

    Example:

    >>> import keras
    >>> mesh = keras.distribution.DeviceMesh((1, 1), ("batch", "model"), ["cpu:0"])
    >>> rules = keras.distribution.LayoutMap(mesh)
    >>> rules[".*/kernel"] = (None, "model")
    >>> keras.distribution.ModelParallel(layout_map=rules).batch_dim_name
    'batch'
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap | None = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("device_mesh", None)  # which the rules have themselves
        if kwargs:
            raise TypeError(f"ModelParallel has no arguments {sorted(kwargs)}.")
        if not isinstance(layout_map, LayoutMap):
            raise ValueError(
                "`layout_map` must be a keras.distribution.LayoutMap. Received: "
                f"{layout_map!r} of type {type(layout_map).__name__}."
            )
        super().__init__(layout_map.device_mesh, batch_dim_name, auto_shard_dataset)
        self._layout_map = layout_map

    @property
    def single_program(self) -> bool:
        """Whether steps compute on whole tensors, of which each device has a part."""
        return self.backend.distribution.splits_tensors

    def program(self) -> AbstractContextManager[Any]:
        """A block in which operators take tensors that lie in parts."""
        if not self.single_program:
            return nullcontext()
        return self.backend.distribution.program()

    def get_variable_layout(self, variable: Variable) -> TensorLayout:
        """The layout of a variable: its own, that of the rule for its path, or whole.

        Args:
            variable: the variable.
        """
        if getattr(variable, "_layout", None) is None:
            layout = self._layout_map[variable.path]
            if layout is not None:
                return layout
        return super().get_variable_layout(variable)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of an intermediate tensor, if a rule matches its path.

        Args:
            path: the path of the layer that gives it, with `/output` added.
        """
        return self._layout_map[path]

    def layout_for(self, variable: Any) -> Any:
        """The layout of a variable that is being made, checked against its shape."""
        rule = None
        if getattr(variable, "_layout", None) is None:
            rule = self._layout_map.rule_for(variable.path)
        layout = self.get_variable_layout(variable)
        by = "" if rule is None else f" (rule {rule!r})"
        layout.check(variable.shape, f"Variable {variable.path!r}{by}")
        return layout
