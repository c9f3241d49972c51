"""`Wrapper`: base of layers that change what another layer does."""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.typing import Config, CustomObjects, Shape
from keras.layers.arguments import class_name
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Wrapper(Layer):
    """Base class of layers that wrap one other layer.

    Args:
        layer: the wrapped layer.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> class Doubled(keras.layers.Wrapper):
    ...     def call(self, x):
    ...         return self.layer(x) * 2
    >>> tuple(Doubled(keras.layers.Dense(3))(keras.ops.ones((2, 5))).shape)
    (2, 3)
    """

    _layer_arguments = ("layer",)

    def __init__(self, layer: Layer, **kwargs: Unpack[AllLayerOptions]) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"{class_name(self)} wraps a keras.layers.Layer. Received: "
                f"layer={layer!r} of type {type(layer).__name__}."
            )
        super().__init__(**kwargs)
        self.layer = layer
        self._takes_complex = layer._takes_complex

    def build(self, input_shape: Shape | None = None) -> None:
        """Builds the wrapped layer."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True

    @classmethod
    def from_config(cls, config: Config, custom_objects: CustomObjects = None) -> Any:
        """The layer of a config.

        Args:
            config: what `get_config` returned.
            custom_objects: classes and functions by name, besides those registered.
        """
        with CustomObjectScope(custom_objects):
            return super().from_config(config)
