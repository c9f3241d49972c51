"""Looking at the calls of layers from outside, whichever way a model calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from keras import ops
from keras.core import tree
from keras.core.typing import Structure

# What is told of a call: the layer, its arguments by position and name, the results,
# in whose place the watcher's are used.
Watcher = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], Any]


def layers_inside(model: Any) -> list[Any]:
    """All layers in a model but itself, those in others after these."""
    return [layer for layer in model._all_layers() if layer is not model]


@contextmanager
def watching(layers: list[Any], watcher: Watcher) -> Iterator[None]:
    """A context in which the calls of layers are seen.

    Args:
        layers: The layers.
        watcher: What is told of each call, when it has ended.
    """
    watched = []
    try:
        for layer in layers:
            if "call" not in vars(layer):
                layer.call = partial(_watched, layer, layer.call, watcher)
                watched.append(layer)
        yield
    finally:
        for layer in watched:
            del layer.call


def _watched(
    layer: Any, call: Callable[..., Any], watcher: Watcher, *args: Any, **kwargs: Any
) -> Structure:
    return watcher(layer, args, kwargs, call(*args, **kwargs))


def float_leaves(structure: Structure) -> list[Any]:
    """The tensors of floating type in a structure."""
    return [x for x in tree.flatten(structure) if is_float_tensor(x)]


def is_float_tensor(x: Any) -> bool:
    """Whether this is a tensor with numbers that may be not finite."""
    return ops.is_tensor(x) and "float" in ops.dtype(x)
