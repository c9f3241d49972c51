"""Layers that compute intermediate results again instead of keeping them.

A layer made in a `keras.RematScope` has a `Rematerialization`, which runs its `call`.
"""

from __future__ import annotations

import inspect
import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.core import context, tree
from keras.core.keras_tensor import KerasTensor
from keras.core.remat_scope import RematScope
from keras.core.scopes import SymbolicScope
from keras.core.typing import Structure, TensorLike

if TYPE_CHECKING:
    from keras.layers.layer import Layer

# While a layer's activation is replaced for a call, no other thread calls such a layer.
_replacing = threading.RLock()


class Rematerialization:
    """How the calls of one layer keep less.

    Args:
        scope: the scope that the layer was made in.
    """

    def __init__(self, scope: RematScope) -> None:
        self._keras_mode = scope.mode
        self._threshold = scope.output_size_threshold
        self._names = tuple(scope.layer_names)

    def run(self, layer: Any, bound: Any) -> Structure:
        """The layer's `call` on bound arguments, `self` left out.

        Inside of what is computed again as a whole, nothing more is: it would be
        computed a third time.
        """
        args, kwargs = bound.args[1:], bound.kwargs
        if context.get().remat is _WHOLE:
            return layer.call(*args, **kwargs)
        if self._keras_mode == "activations":
            return self._with_activation(layer, args, kwargs)
        if not self._wants(layer, bound):
            return layer.call(*args, **kwargs)
        with context.Scope("remat", _WHOLE):
            return layer._keras_backend.remat(layer.call)(*args, **kwargs)

    def _wants(self, layer: Layer, bound: Any) -> bool:
        """Whether the whole call is to be computed again."""
        if self._keras_mode == "list_of_layers":
            return layer.name in self._names
        if layer._remats_inside:
            return False
        return (
            self._keras_mode == "full"
            or self._output_size(layer, bound) > self._threshold
        )

    def _output_size(self, layer: Layer, bound: Any) -> int:
        """How many numbers the outputs of a call hold, as far as sizes are known."""
        backend = layer._keras_backend

        def spec(x: TensorLike) -> Any:
            if not backend.is_tensor(x):
                return x
            return KerasTensor(backend.shape_of(x), backend.dtype_of(x))

        arguments = {
            name: value if name == "self" else tree.map_structure(spec, value)
            for name, value in bound.arguments.items()
        }
        symbols = inspect.BoundArguments(bound.signature, arguments)
        with SymbolicScope():
            outputs = layer._keras_output_spec(layer._keras_plan, symbols)
        return sum(
            math.prod(size for size in x.shape if size is not None)
            for x in tree.flatten(outputs)
            if isinstance(x, KerasTensor)
        )

    def _with_activation(self, layer: Layer, args: Any, kwargs: Any) -> Any:
        activation: Callable[..., Any] | None = layer.__dict__.get("activation")
        if activation is None or hasattr(activation, "_tracked_as"):  # a layer
            return layer.call(*args, **kwargs)
        put = object.__setattr__
        with _replacing:
            put(layer, "activation", layer._keras_backend.remat(activation))
            try:
                return layer.call(*args, **kwargs)
            finally:
                put(layer, "activation", activation)


# The context's `remat` inside a call that is computed again as a whole.
_WHOLE = RematScope(None)


def current_rematerialization() -> Rematerialization | None:
    """What a layer that is made now gets."""
    scope = context.get().remat
    if scope is None or scope.mode is None:
        return None
    return Rematerialization(scope)


def keep_rematerialization(layer: Layer, kept: Rematerialization | None) -> None:
    """Gives a copy what the original has; a scope that it was made in goes before."""
    if kept is not None and layer._keras_remat is None:
        object.__setattr__(layer, "_keras_remat", kept)
        layer._keras_settle()


def rematerialize_like(old: Layer, new: Layer) -> None:
    """Lets a copy, and the layers in it, keep to the scopes of the original."""
    keep_rematerialization(new, old._keras_remat)
    for inside, copy in zip(old._layers, new._layers, strict=False):
        rematerialize_like(inside, copy)
