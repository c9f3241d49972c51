"""A subclass instance that turns out to be functional.

`class M(Model)` may call `super().__init__(inputs, outputs)`. Only then it is known
that the instance is a graph. It then becomes one of a cached class that derives from
both its own class and `Functional`, and otherwise is what it was.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from keras.core.classes import declared_class


def make_functional(
    model: Any, functional: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Makes a subclass instance functional, and gives it its graph.

    Args:
        model: the instance.
        functional: `Functional`.
        args: what it takes.
        kwargs: what it takes by name.
    """
    if not isinstance(model, functional):
        object.__setattr__(model, "__class__", both(type(model), functional))
    functional.__init__(model, *args, **kwargs)


@cache
def both(cls: type, functional: type) -> type:
    """The class that is both the given one and `Functional`."""
    declared = declared_class(cls)
    return type(
        cls.__name__,
        (cls, functional),
        {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            "_keras_class": declared,
        },
    )
