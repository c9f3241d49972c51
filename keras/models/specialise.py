"""A subclass instance that turns out to be functional.

`class M(Model)` may call `super().__init__(inputs, outputs)`. Only then it is known
that the instance is a graph. It then becomes one of a cached class that derives from
both its own class and `Functional`, and otherwise is what it was.
"""

from __future__ import annotations

import warnings
from typing import Any

from keras.core.classes import cached_by_class, specialised

_TAKEN = frozenset(
    ("inputs", "outputs", "name", "trainable", "dtype", "autocast")
    + ("activity_regularizer",)
)


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
    unknown = sorted(kwargs.keys() - _TAKEN)
    if unknown:  # configs of packages bring such; Keras takes them without a word
        warnings.warn(
            f"{type(model).__name__} passes on argument(s) that no functional model "
            f"takes: {', '.join(unknown)}. They do nothing.",
            stacklevel=4,
        )
        kwargs = {name: kwargs[name] for name in kwargs.keys() & _TAKEN}
    if not isinstance(model, functional):
        object.__setattr__(model, "__class__", both(type(model), functional))
    functional.__init__(model, *args, **kwargs)


@cached_by_class
def both(cls: type, functional: type) -> type:
    """The class that is both the given one and `Functional`."""
    return specialised(cls, (cls, functional))
