"""Objects in the form that files of Keras 2 hold: `keras.utils.legacy`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from keras.core.registry import (
    custom_object_scope,
    get_registered_name,
    get_registered_object,
)
from keras.core.surface import listing
from keras.core.typing import Config

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
__dir__ = listing(globals())


def serialize_keras_object(instance: Any) -> Config | str | None:
    """An object as the name of its class and its config, or a function as its name.

    Args:
        instance: an object with `get_config`, or a function.

    Returns:
        A dict of `"class_name"` and `"config"`; a name; or None for None.

    Raises:
        ValueError: for any other object.

    Example:

    >>> import keras
    >>> keras.utils.legacy.serialize_keras_object(keras.initializers.Zeros())
    {'class_name': 'Zeros', 'config': {}}
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        name = get_registered_name(type(instance))
        return {"class_name": name, "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ValueError(
        f"Cannot serialize {instance!r}, as it has no `get_config()`. Expected an "
        "object with one, or a function."
    )


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object of a dict or a name, as `serialize_keras_object` makes them.

    Args:
        identifier: a dict of `"class_name"` and `"config"`; the name of a function, or
            of a class that is then made without arguments; or a function.
        module_objects: what each name stands for.
        custom_objects: the same, of the program's own; asked first.
        printable_module_name: what errors call such an object.

    Returns:
        The object or the function.

    Raises:
        ValueError: for an unknown name, or anything else.

    Example:

    >>> import keras
    >>> keras.utils.legacy.deserialize_keras_object(
    ...     {"class_name": "Dense", "config": {"units": 3}},
    ...     module_objects={"Dense": keras.layers.Dense}).units
    3
    """
    if identifier is None:
        return None
    known = (custom_objects, module_objects)
    if isinstance(identifier, str):
        found = _looked_up(identifier, known, printable_module_name)
        return found() if inspect.isclass(found) else found
    if isinstance(identifier, Mapping):
        if not {"class_name", "config"} <= set(identifier):
            raise ValueError(
                f"Improper config of an {printable_module_name}: expected a dict with "
                f"the keys 'class_name' and 'config'. Received: {identifier!r}."
            )
        name, config = identifier["class_name"], identifier["config"]
        found = _looked_up(name, known, printable_module_name)
        return _made(found, config, dict(custom_objects or {}))
    if inspect.isfunction(identifier) or inspect.isbuiltin(identifier):
        return identifier
    raise ValueError(
        f"Could not interpret {identifier!r} as a serialized {printable_module_name}. "
        "Expected a dict, a name or a function."
    )


def _looked_up(name: str, known: Any, kind: str) -> Any:
    found = get_registered_object(name, *known)
    if found is not None:
        return found
    raise ValueError(
        f"Unknown {kind}: {name!r}. If it is the program's own, pass it in "
        "`custom_objects`, or enter a `keras.utils.custom_object_scope` that has it."
    )


def _made(cls: Any, config: Config, custom_objects: dict[str, Any]) -> Any:
    with custom_object_scope(custom_objects):
        if not hasattr(cls, "from_config"):
            return cls(**config)
        if "custom_objects" in inspect.signature(cls.from_config).parameters:
            return cls.from_config(config, custom_objects=custom_objects)
        return cls.from_config(config)
