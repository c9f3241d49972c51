"""Custom classes and functions by name: what users registered or passed.

A file names its objects; the names are looked up here and in the public API, and
nowhere else: no module is ever imported for it. Registration is for the process. A
`CustomObjectScope` is for a `with` block of one thread or task.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from keras.core import reading
from keras.core.classes import declared_class
from keras.core.facts import all_facts

T = TypeVar("T")

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}


class CustomObjectScope(reading.ReadingScope):
    """Makes custom classes and functions known, by name, for a `with` block.

    Args:
        custom_objects: name -> class or function.

    Example:

    >>> import keras
    >>> def tripled(x):
    ...     return 3 * x
    >>> with keras.saving.custom_object_scope({"tripled": tripled}):
    ...     layer = keras.layers.Activation("tripled")
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.custom_objects = dict(custom_objects or {})

    def changed(self, now: reading.Reading) -> reading.Reading:
        merged = {**now.custom_objects, **self.custom_objects}
        return now._replace(custom_objects=merged)


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The registered custom objects: registered name -> class or function.

    The dict itself: what is put in is known, what is taken out is forgotten.

    Example:

    >>> import keras
    >>> keras.saving.get_custom_objects()["my_scale"] = lambda x: 2 * x
    >>> del keras.saving.get_custom_objects()["my_scale"]
    """
    return _registered


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """Decorator that lets files name a custom class or function.

    Args:
        package: who owns it; keeps equal names of different owners apart.
        name: its name there; by default that of the class or function.

    Returns:
        A decorator that returns what it decorates.

    Raises:
        ValueError: for a class without `get_config`.

    Example:

    >>> import keras
    >>> @keras.saving.register_keras_serializable(package="doctest")
    ... class Twice(keras.layers.Layer):
    ...     def call(self, x):
    ...         return 2 * x
    >>> keras.saving.get_registered_name(Twice)
    'doctest>Twice'
    """

    def decorator(target: T) -> T:
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ValueError(
                f"Class {target.__name__!r} cannot be registered: it has no "
                "get_config() method, so nothing says how to save it. Define "
                "get_config() (and from_config() where it takes more than the "
                "constructor)."
            )
        own_name = name if name is not None else getattr(target, "__name__", None)
        if not own_name:
            raise ValueError(
                f"{target!r} has no name of its own. Pass "
                "register_keras_serializable(name=...)."
            )
        full_name = f"{package}>{own_name}"
        _registered[full_name] = target
        _names[target] = full_name
        return target

    return decorator


def get_registered_name(obj: Any) -> str:
    """The name that files use for a class or function.

    Args:
        obj: a class or function, registered or not.

    Returns:
        `"package>name"` if it was registered, else its own name.

    Example:

    >>> import keras
    >>> keras.saving.get_registered_name(keras.layers.Dense)
    'Dense'
    """
    if isinstance(obj, type):
        obj = declared_class(obj)
    try:
        return _names[obj]
    except (KeyError, TypeError):
        return obj.__name__


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The custom class or function of a name.

    Args:
        name: as `get_registered_name` returns it.
        custom_objects: further ones, name -> object.
        module_objects: still further ones, looked at last.

    Returns:
        The object, or None if the name is not known. Open scopes come first, then
        registered objects, then the arguments.

    Example:

    >>> import keras
    >>> keras.saving.get_registered_object("doctest>NoSuchThing") is None
    True
    """
    scoped = reading.current().custom_objects
    for source in (scoped, _registered, custom_objects, module_objects):
        if source and name in source:
            return source[name]
    return None


def scoped_object(name: str) -> Any:
    """The object that an open scope holds under this name, else None."""
    return reading.current().custom_objects.get(name)


def class_beside_registered(module: Any, name: str) -> type | None:
    """A class that its package left unregistered, among others that it registered.

    KerasHub saves models with parts of this kind. The program must have imported the
    module itself, and the class must be made in it, from a class that files may name.

    Args:
        module: the `module` of a config.
        name: its `class_name`.
    """
    if not isinstance(module, str) or module not in sys.modules:
        return None
    if not _registers(module.partition(".")[0]):
        return None
    found = vars(sys.modules[module]).get(name)
    if not isinstance(found, type) or found.__module__ != module:
        return None
    return found if any(said.loadable for _, said in all_facts(found)) else None


def _registers(package: str) -> bool:
    """Whether a package has registered classes of its own, under its own name."""
    return any(
        key.startswith(f"{package}>")
        and getattr(known, "__module__", "").partition(".")[0] == package
        for key, known in list(_registered.items())
    )


def known_names() -> list[str]:
    """All names that users registered or passed."""
    return sorted({*_registered, *reading.current().custom_objects})
