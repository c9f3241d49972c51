"""Layer and optimizer classes that are framework classes as well.

`Layer.__new__` asks for the class of the current backend: a cached subclass of the
user's class and of the backend's mixin (`torch.nn.Module`, TensorFlow's trackable),
with the same name and module, and equal to it. A user's subclass notices nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras.core.classes import specialised

if TYPE_CHECKING:
    from keras.backends.backend import Backend


def specialise(cls: type, backend: Backend, kind: str = "layer_mixin") -> type:
    """The class whose instances live on a backend.

    Args:
        cls: a layer or optimizer class.
        backend: the backend.
        kind: what it is there: `"layer_mixin"` or `"optimizer_mixin"`.

    Returns:
        `cls` itself where the backend adds nothing, else the cached subclass.
    """
    mixin = getattr(backend, kind)
    if mixin is None:
        return cls
    if issubclass(cls, mixin):
        if "_keras_class" not in vars(cls):  # `class A(type(layer))`: no `Dense` itself
            cls._keras_class = cls
        return cls
    key = f"_on_{backend.name}"
    made = cls.__dict__.get(key)
    if made is None:
        made = specialised(cls, (cls, mixin))
        setattr(cls, key, made)
    return made
