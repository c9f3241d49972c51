"""SavedModels as layers: what `TFSMLayer` needs of TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from keras.backends.tensorflow.variable import Variable
from keras.core.typing import Structure


def load(path: str) -> Any:
    """The object of a SavedModel."""
    if "://" not in path and not os.path.isdir(path):
        raise FileNotFoundError(
            f"There is no SavedModel at {path!r}: it is a folder with a file "
            "`saved_model.pb` in it."
        )
    return tf.saved_model.load(path)


def endpoint(loaded: Any, name: str, path: str) -> Callable[..., Structure]:
    """The function of that name: an attribute of the object, or a signature."""
    if name in loaded.signatures and not callable(getattr(loaded, name, None)):
        return _signature(loaded.signatures[name])
    function = getattr(loaded, name, None)
    if not callable(function):
        raise ValueError(
            f"The SavedModel at {path!r} has no endpoint {name!r}. It has: "
            f"{', '.join(map(repr, loaded.signatures)) or 'none'}."
        )
    return function


def _signature(function: Any) -> Callable[..., Structure]:
    """A signature takes its arguments by name; one alone is taken by place, too."""
    _, named = function.structured_input_signature

    def call(*args: Any) -> Structure:
        if len(args) == 1 and isinstance(args[0], dict):
            return function(**args[0])
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            args = tuple(args[0])
        return function(**dict(zip(sorted(named), args, strict=True)))

    return call


def variables(loaded: Any) -> Iterator[tuple[str, Any]]:
    """Variables that are those of the SavedModel, and their names."""
    trainable = {id(x) for x in getattr(loaded, "trainable_variables", ())}
    taken: dict[str, int] = {}
    for native in getattr(loaded, "variables", ()):
        name = native.name.partition(":")[0].replace("/", "_")
        taken[name] = taken.get(name, -1) + 1
        name = f"{name}_{taken[name]}" if taken[name] else name
        variable = Variable(native, trainable=id(native) in trainable, name=name)
        variable._value = native
        yield name, variable
