"""What a class is: as its author wrote it, whether it is ours, what makes one.

A backend specialises the classes of layers, models and optimizers (on torch a Dense is
of a cached subclass that is a `torch.nn.Module` too). Who asks about a class means the
one that its author wrote, so the specialised one passes for it: it is equal to it, in
dicts and sets as well, makes and recognizes the same instances, and is pickled as it.
Only `is` tells them apart.
"""

from __future__ import annotations

import copyreg
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from keras.core.typing import Structure

P = ParamSpec("P")
R = TypeVar("R")


def declared_class(of: Any) -> type:
    """The class as its author wrote it, of an object or a class.

    Args:
        of: an instance, or a class, perhaps one that a backend has specialised.
    """
    cls = of if isinstance(of, type) else type(of)
    return getattr(cls, "_keras_class", cls)


class _PassesForAnother(type):
    """Of classes that stand for the one in their own `_keras_class`."""

    _keras_class: type

    def __eq__(cls, other: object) -> bool:
        return isinstance(other, type) and _stands_for(cls) is _stands_for(other)

    def __hash__(cls) -> int:
        return type.__hash__(_stands_for(cls))

    def __call__(cls, *args: Any, **kwargs: Any) -> Structure:
        stands_for = _stands_for(cls)
        make = super().__call__ if stands_for is cls else stands_for
        return make(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass: type) -> bool:
        stands_for = _stands_for(cls)
        if stands_for is cls:
            return super().__subclasscheck__(subclass)
        # An `abc.ABC` asks each of its subclasses, of which this class is one.
        question = (stands_for, subclass)
        if question in _asked.get():
            return False
        with _Asking(question):
            return issubclass(subclass, stands_for)

    @property
    def __mro__(cls) -> tuple[type, ...]:
        return _Line(type.__dict__["__mro__"].__get__(cls))

    @property
    def __signature__(cls) -> inspect.Signature:
        # What the constructor takes, of which `__call__` above says nothing.
        stands_for = _stands_for(cls)
        if stands_for is not cls:
            return inspect.signature(stands_for)
        signature = inspect.signature(cls.__init__)
        return signature.replace(parameters=[*signature.parameters.values()][1:])


# Which questions about subclasses are being answered, in this thread or task.
_asked: ContextVar[tuple[Any, ...]] = ContextVar("keras_asked", default=())


class _Asking:
    def __init__(self, question: tuple[type, type]) -> None:
        self._question = question

    def __enter__(self) -> None:
        self._token = _asked.set((*_asked.get(), self._question))

    def __exit__(self, *error: Any) -> None:
        _asked.reset(self._token)


class _Line(tuple[type, ...]):
    """Classes in the order of inheritance, in which a class is one of equal ones."""

    def index(self, cls: Any, *bounds: Any) -> int:
        """The place of exactly this class: what is after it is what `super()` means."""
        return [id(each) for each in self].index(id(cls), *bounds)


def _stands_for(cls: type) -> type:
    # Not inherited: a subclass that somebody makes of a specialised class is another.
    return vars(cls).get("_keras_class", cls)


@cache
def _metaclass(of_the_declared: type) -> Any:
    """What makes classes pass for others, for a class with such a metaclass."""
    if issubclass(of_the_declared, _PassesForAnother):
        return of_the_declared
    if of_the_declared is type:
        made: Any = _PassesForAnother
    else:
        bases = (_PassesForAnother, of_the_declared)
        made = type(_PassesForAnother)(of_the_declared.__name__, bases, {})
    copyreg.pickle(made, _reduced)
    return made


def _reduced(cls: type) -> Any:
    stands_for = _stands_for(cls)
    return cls.__qualname__ if stands_for is cls else (declared_class, (stands_for,))


def specialised(cls: type, bases: tuple[type, ...]) -> type:
    """A class that is `cls` to who asks, and has more bases.

    Args:
        cls: the class that it passes for, or another that passes for it.
        bases: the bases, `cls` among them.
    """
    namespace = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_keras_class": declared_class(cls),
    }
    return _metaclass(type(cls))(cls.__name__, bases, namespace)


def cached_by_class(function: Callable[P, R]) -> Callable[P, R]:
    """Remembers what a function of a class says, for each specialised class its own.

    Its first argument is the class; all are given by position.
    """
    known: dict[Any, Any] = {}

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (id(args[0]), *args[1:])
        if key not in known:  # with the class, so that the identity stays its own
            known[key] = (args[0], function(*args, **kwargs))
        return known[key][1]

    return remembered


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
