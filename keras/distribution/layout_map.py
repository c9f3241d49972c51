"""`LayoutMap`: rules that give the variables of a model their layouts by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from keras.core.facts import public_class
from keras.distribution.layout import TensorLayout
from keras.distribution.mesh import DeviceMesh


@public_class("keras.distribution", loadable=False)
class LayoutMap(MutableMapping[str, Any]):
    """A mapping of regular expressions over whole paths to layouts.

    Looking up a path gives the layout of the key that equals it, else of the one that
    matches it (`re.fullmatch`), else None.

    Args:
        device_mesh: the mesh of all its layouts.

    Example:

    >>> import keras
    >>> mesh = keras.distribution.DeviceMesh((1,), ("model",), ["cpu:0"])
    >>> rules = keras.distribution.LayoutMap(mesh)
    >>> rules[".*dense.*/kernel"] = (None, "model")
    >>> rules["block/dense_1/kernel"].axes
    (None, 'model')
    """

    def __init__(self, device_mesh: DeviceMesh) -> None:
        self._device_mesh = device_mesh
        self._layouts: dict[str, TensorLayout] = {}

    @property
    def device_mesh(self) -> DeviceMesh:
        """The mesh."""
        return self._device_mesh

    def __getitem__(self, key: str) -> TensorLayout | None:
        rule = self.rule_for(key)
        return None if rule is None else self._layouts[rule]

    def rule_for(self, path: str) -> str | None:
        """The key that says how the tensor of a path lies, or None.

        Raises:
            ValueError: if several match.
        """
        if path in self._layouts:
            return path
        found = [key for key in self._layouts if re.fullmatch(key, path)]
        if len(found) > 1:
            raise ValueError(
                f"Several rules of the LayoutMap match the path {path!r}: {found}. "
                "Write them so that each path matches one at most."
            )
        return found[0] if found else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise ValueError(
                f"The LayoutMap has a rule {key!r} already: {self._layouts[key]}. "
                "Remove it first (`del`), or use another key."
            )
        try:
            re.compile(key)
        except re.error as error:
            raise ValueError(
                f"The key {key!r} of a LayoutMap must be a regular expression: {error}."
            ) from None
        if isinstance(layout, tuple):
            layout = TensorLayout(layout)
        if not isinstance(layout, TensorLayout):
            raise ValueError(
                f"The layout for {key!r} must be a TensorLayout or a tuple of mesh "
                f"axes. Received: {layout!r} of type {type(layout).__name__}."
            )
        if layout.device_mesh is None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.rule_for(key) is not None

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)

    def __repr__(self) -> str:
        rules = {key: layout.axes for key, layout in self._layouts.items()}
        return f"<LayoutMap {rules} on {self._device_mesh}>"
