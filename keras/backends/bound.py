"""Objects that live on the backend they were made on.

`BackendBound` remembers the backend that was current when an instance was made, and
its methods named in `_on_own_backend` run there, whatever is current when they are
called. That costs one comparison while the two agree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Self, TypeVar

from keras.backends import current, host_of, process
from keras.core import context
from keras.core.configurable import Configurable

F = TypeVar("F", bound=Callable[..., Any])


def on_own_backend(method: F) -> F:
    """Makes a method of a `BackendBound` object run on the object's backend."""
    if getattr(method, "_on_own_backend", False):
        return method

    @wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        backend = self._keras_backend
        if (context.get().backend or process.default) is backend:
            return method(self, *args, **kwargs)
        with context.Scope("backend", host_of(backend)):
            return method(self, *args, **kwargs)

    wrapper._on_own_backend = True
    return wrapper  # type: ignore[return-value]


class BackendBound(Configurable):
    """Base of stateful objects: metrics, optimizers, losses, generators."""

    # Methods that subclasses define and that must run on the object's backend.
    _on_own_backend: tuple[str, ...] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls, *args, **kwargs)
        object.__setattr__(self, "_keras_backend", current())
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls._on_own_backend:
            method = cls.__dict__.get(name)
            if callable(method):
                setattr(cls, name, on_own_backend(method))
