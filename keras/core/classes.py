"""What a class is: as its author wrote it, whether it is ours, what makes one.

A backend specialises the classes of layers, models, metrics and optimizers (on torch
a Dense is of a cached subclass that is a `torch.nn.Module` too). Who asks about a
class means the one that its author wrote.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any


def declared_class(of: Any) -> type:
    """The class as its author wrote it, of an object or a class.

    Args:
        of: an instance, or a class, perhaps one that a backend has specialised.
    """
    cls = of if isinstance(of, type) else type(of)
    return getattr(cls, "_keras_class", cls)


def is_ours(of: Any) -> bool:
    """Whether a class or function is defined in this package.

    Args:
        of: a class, function or method; other values are not ours.
    """
    module = getattr(of, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "keras"


@cache
def constructor_parameters(cls: type) -> dict[str, inspect.Parameter]:
    """The parameters of a class's constructor, without `self` and `**kwargs`."""
    parameters = inspect.signature(cls.__init__).parameters
    return {
        name: parameter
        for index, (name, parameter) in enumerate(parameters.items())
        if index > 0 and parameter.kind is not parameter.VAR_KEYWORD
    }


def takes_any_keyword(function: Callable[..., Any]) -> bool:
    """Whether a function takes (and perhaps passes on) any keyword argument."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.kind is p.VAR_KEYWORD for p in parameters)
