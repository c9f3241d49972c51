"""Attributes of a layer's instances, shown on the class, and other names of them.

Documentation, editors and `hasattr(cls, name)` see them there. A `Declared` has no
`__set__`, so Python prefers the instance's own attribute and reading it costs what any
attribute costs; only where there is none yet does the class answer, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.layers.input_spec import describe

if TYPE_CHECKING:
    from keras.layers.layer import Layer


class Declared:
    """An attribute that instances get when they are made or built."""

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Layer, owner: type | None = None) -> Any:
        return self if layer is None else self.absent(layer)

    def absent(self, layer: Layer) -> Any:
        """What an instance without the attribute gives."""
        raise AttributeError(
            f"{describe(layer)} has no `{self.name}` yet, because it is not built. "
            "Call it on data or `build(input_shape)` first."
        )


class Alias:
    """Another name of an attribute of a layer, to read and to set.

    Args:
        name: the attribute that it stands for.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, layer: Layer, owner: type | None = None) -> Any:
        return self if layer is None else getattr(layer, self.name)

    def __set__(self, layer: Layer, value: Any) -> None:
        setattr(layer, self.name, value)
