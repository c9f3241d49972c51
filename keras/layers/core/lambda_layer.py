"""`Lambda`: a function as a layer.

A config holds a named function by its registered name. A lambda has none; its byte
code is stored, and reading byte code is refused unless safe mode is off.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Unpack

from keras import ops
from keras.core import tree
from keras.core.code import lambda_to_config
from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.safe_mode import safe_mode_of_call
from keras.core.serialization import deserialize_arguments, serialize_keras_object
from keras.core.typing import (
    Config,
    CustomObjects,
    Shape,
    Structure,
    Tensor,
    TensorLike,
)
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.ops.operation import infer_spec


@public_class("keras.layers")
class Lambda(Layer):
    """A layer that calls a function.

    For anything that is saved or has weights, write a subclass of `Layer`: a lambda
    can be loaded again only with `safe_mode=False`, on the same Python version.

    Args:
        function: called with the inputs, and `mask` and `training` if it takes them.
        output_shape: shape of the output without batch axis, or a function of the
            input shape; worked out from `function` by default.
        mask: the output's mask, or a function `(inputs, mask) -> mask`.
        arguments: further keyword arguments of the function.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.Lambda(lambda x: x * 2)
    >>> float(layer(keras.ops.convert_to_tensor([[1.5]]))[0, 0])
    3.0
    """

    _has_nothing_to_build = True
    _holds_code = True  # of the program: `clone_model` may make it anew

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Shape | None = None,
        mask: TensorLike = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(
                "Lambda expects `function` to be callable. Received: "
                f"function={function!r}."
            )
        if arguments is not None and not isinstance(arguments, Mapping):
            raise ValueError(
                "Lambda expects `arguments` to be a dict of keyword arguments of the "
                f"function. Received: arguments={arguments!r}."
            )
        self.function = function
        self.arguments = dict(arguments or {})
        self._output_shape = output_shape
        self._given_mask = mask
        self.supports_masking = mask is not None
        self._takes = _parameters(function)

    def call(
        self, inputs: Structure, mask: TensorLike = None, training: bool | None = None
    ) -> Tensor:
        """What the function returns."""
        more = dict(self.arguments)
        if "mask" in self._takes:
            more["mask"] = mask
        if "training" in self._takes:
            more["training"] = training
        return self.function(inputs, **more)

    def compute_output_spec(self, inputs: TensorLike) -> Structure:
        """The spec of what the function gives, or of `output_shape`."""
        if self._output_shape is None:
            return infer_spec(self.call, (inputs,), {})
        return super().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`output_shape`, or what the function gives for inputs of this shape."""
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first: Any = input_shape
        while first and not tree.is_shape(first):  # of several inputs, or of a dict
            first = first[min(first)] if isinstance(first, dict) else first[0]
        return (first[0] if first else None, *self._output_shape)

    def compute_mask(
        self, inputs: TensorLike, mask: TensorLike = None
    ) -> Tensor | None:
        """The mask that was given, or computed by the function that was."""
        if callable(self._given_mask):
            return self._given_mask(inputs, mask)  # pyright: ignore[reportReturnType]
        if self._given_mask is not None:
            return ops.convert_to_tensor(self._given_mask)
        return None

    def get_config(self) -> Config:
        """The arguments; a lambda as byte code."""
        config = {**super().get_config(), "function": _encode(self.function)}
        config["arguments"] = self.arguments
        for name, value in {
            "output_shape": self._output_shape,
            "mask": self._given_mask,
        }.items():
            config.pop(name, None)
            if value is not None:
                config[name] = _encode(value) if callable(value) else value
        return config

    @classmethod
    def from_config(
        cls,
        config: Config,
        custom_objects: CustomObjects = None,
        safe_mode: bool | None = None,
    ) -> Lambda:
        """The layer of a config.

        Args:
            config: what `get_config` returned.
            custom_objects: functions by name, besides those registered.
            safe_mode: False lets byte code in the config run, unless what encloses
                this call forbids it.

        Raises:
            UnsafeDeserializationError: for a lambda, in safe mode.
        """
        with CustomObjectScope(custom_objects), safe_mode_of_call(safe_mode):
            return cls(**deserialize_arguments(config))


def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # builtins without a signature
        return frozenset()


def _encode(function: Callable[..., Any]) -> Any:
    if isinstance(function, FunctionType) and function.__name__ == "<lambda>":
        return {"class_name": "__lambda__", "config": lambda_to_config(function)}
    return serialize_keras_object(function)
