"""Plain data as objects: safe by construction.

A name in a config is looked up in the public API and among what the user registered
or passed, and nowhere else. Nothing is imported, opened or run because a file says
so. An error says where in the config the reader stood.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from keras.core import context, limits, public_names, reading, registry, tree
from keras.core.code import lambda_from_config
from keras.core.config_writer import PYTHON_TYPES
from keras.core.dtypes import standardize_dtype
from keras.core.errors import DeserializationError, UnknownNameError
from keras.core.facts import all_facts
from keras.core.keras_tensor import KerasTensor
from keras.core.safe_mode import (
    NOTHING_SAID,
    SafeModeScope,
    refuse_code,
    safe_mode_of_call,
)
from keras.core.typing import Config

T = TypeVar("T")

_LONGEST_NAME = 500
_ALONE = "the config"  # the source of one that is in no file


def reading_of(source: str, compile: bool = True) -> reading.ReadingScope:
    """The scope in which one config is read.

    Args:
        source: how errors name what it comes from.
        compile: False leaves compile settings in it alone.
    """
    budget = reading.current().budget or limits.Budget(source)
    place = reading.Place("" if source == _ALONE else source)
    return reading.ReadingScope(place=place, compile=compile, budget=budget)


def _read_here(read: Callable[..., T], *args: Any) -> T:
    """Reads as a part of what is being read, else as a config that comes alone."""
    if reading.current().place is not None:
        return read(*args)
    with reading_of(_ALONE), reading.boundary("The config"):
        return read(*args)


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool | None = NOTHING_SAID,
    **kwargs: Any,
) -> Any:
    """The object of a serialized form.

    Args:
        config: what `serialize_keras_object` returned, perhaps gone through JSON.
        custom_objects: name -> class or function, besides registered ones.
        safe_mode: False lets lambdas in the config run, unless what encloses this
            call forbids it; True forbids them. Not given, or None: as what encloses
            it; safe, if nothing does.
        **kwargs: `module_objects`, further name -> object, as older code passes it;
            of a class in it, the name alone means an object made with no arguments.

    Returns:
        The object; for lists and dicts, the same with their objects read.

    Raises:
        DeserializationError: if it names what is not known, or does not fit.
        UnsafeDeserializationError: if it would run code, in safe mode.

    Example:

    >>> import keras
    >>> config = keras.saving.serialize_keras_object(keras.initializers.Constant(2.0))
    >>> keras.saving.deserialize_keras_object(config).value
    2.0
    """
    inner = kwargs.pop("module_objects", None) or {}
    known = {**inner, **(custom_objects or {})}
    kwargs.pop("printable_module_name", None)
    if kwargs:
        raise TypeError(
            f"deserialize_keras_object() got unknown arguments: {sorted(kwargs)}. "
            "Allowed: config, custom_objects, safe_mode, module_objects."
        )
    if isinstance(config, str) and inspect.isclass(inner.get(config)):
        if known[config] is inner[config]:
            config = {"class_name": config, "config": {}}
    with safe_mode_of_call(safe_mode), registry.CustomObjectScope(known):
        return _read_here(_read, config, True)


def deserialize_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor arguments of a config: nested serialized objects are made.

    Args:
        config: what `get_config` returned, perhaps gone through JSON.

    Returns:
        A new dict. What is not the serialized form of an object stays as it is.
    """
    with SafeModeScope(None):
        return _read_here(_read_items, config, False)


def read_instance(cls: type, config: Mapping[str, Any]) -> Any:
    """An object whose class is already found, with the checks of every other.

    Args:
        cls: the class.
        config: the serialized form: `class_name`, `config`, perhaps `build_config`.

    Raises:
        DeserializationError: if the config does not fit the class.
        UnsafeDeserializationError: if it would run code, in safe mode.
    """
    name, inner = str(config["class_name"]), config.get("config") or {}
    with SafeModeScope(None):
        return _read_here(_guarded, cls, name, inner, config)


def _guarded(cls: Any, name: str, inner: Any, config: Mapping[str, Any]) -> Any:
    own = inner.get("name") if isinstance(inner, Mapping) else None
    if isinstance(own, str) and len(own) > _LONGEST_NAME:
        raise DeserializationError(
            f"The name of the {name} at {_place()} has {len(own):,} characters; at "
            f"most {_LONGEST_NAME} are read. It starts with {own[:50]!r}."
        )
    with _at(_label(name, inner)):
        _refuse_unsafe(cls, inner)
        obj = _make(cls, name, inner)
        _finish(obj, name, config)
    return obj


def _read(config: Config, strict: bool) -> Any:
    if isinstance(config, Mapping):
        if hasattr(type(config), "get_config"):
            return config  # made already: a DTypePolicyMap is a mapping, too
        if _is_object(config, strict):
            return _read_object(config)
        return _read_items(config, strict)
    if type(config) in (list, tuple):
        items = []
        for index, item in enumerate(config):
            with _at(f"[{index}]"):
                items.append(_read(item, strict))
        return type(config)(items)
    if strict and isinstance(config, str):
        # A name alone means what an open scope holds under it, if it does.
        found = registry.scoped_object(config)
        return config if found is None else found
    return config


def _read_items(config: Mapping[str, Any], strict: bool) -> dict[str, Any]:
    result = {}
    for key, value in config.items():
        with _at(str(key)):
            result[key] = _read(value, strict)
    return result


def _is_object(config: Mapping[str, Any], strict: bool) -> bool:
    if "class_name" not in config or "config" not in config:
        return False
    name = config["class_name"]
    special = isinstance(name, str) and name.startswith("__")
    return strict or special or "module" in config or "registered_name" in config


@contextmanager
def _at(step: str) -> Iterator[None]:
    place = reading.current().place
    if place is None:
        yield
        return
    place.steps.append(step)
    try:
        yield
    finally:
        place.steps.pop()


def _place() -> str:
    return str(reading.current().place or reading.Place())


def _read_object(config: Mapping[str, Any]) -> Any:
    name, inner = config["class_name"], config["config"]
    limits.note_object()
    if not isinstance(name, str):
        raise DeserializationError(
            f"`class_name` must be a string. Received: {name!r}, at {_place()}."
        )
    reader = _SPECIAL.get(name)
    try:
        if reader is not None:
            return _read_special(reader, name, inner)
        if name in ("function", "type") and isinstance(inner, str):
            reader = _read_function if name == "function" else _read_type
            return reader(config.get("module"), inner)
        return _read_instance(config, name, inner)
    except RecursionError:
        raise DeserializationError(
            f"The config is nested too deeply, at {_place()[:200]}."
        ) from None


def _read_special(reader: Callable[[Any], Any], name: str, inner: Any) -> Any:
    try:
        return reader(inner)
    except DeserializationError:
        raise
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise DeserializationError(
            f"The value of {name} at {_place()} cannot be read: {error} "
            f"Received: {_shortened(inner)}."
        ) from error


def _read_instance(config: Mapping[str, Any], name: str, inner: Any) -> Any:
    shared = reading.current().shared
    shared_id = config.get("shared_object_id")
    if shared is not None and isinstance(shared_id, (int, str)):
        if shared_id in shared.read:
            return shared.read[shared_id]
    if isinstance(inner, str) and config.get("registered_name"):
        return _read_function(config.get("module"), inner)
    with _at(_label(name, inner)):
        cls = _find_class(config, name)
    obj = _guarded(cls, name, inner, config)
    if shared is not None and isinstance(shared_id, (int, str)):
        shared.read[shared_id] = obj
    return obj


def _label(class_name: str, inner: Any) -> str:
    own = inner.get("name") if isinstance(inner, Mapping) else None
    return f"{class_name} {own!r}" if isinstance(own, str) else class_name


def _find_class(config: Mapping[str, Any], name: str) -> Any:
    registered = config.get("registered_name")
    registered = registered if isinstance(registered, str) else None
    module = config.get("module")
    for key in (registered, name):
        cls = registry.scoped_object(key) if key else None
        if cls is None and key and ">" in key:
            cls = registry.get_registered_object(key)
        if cls is not None:
            return _checked_class(cls, key)
    cls = public_names.find_class(module, name)
    if cls is not None:
        return cls
    for key in (registered, f"Custom>{name}", name):
        cls = registry.get_registered_object(key) if key else None
        if cls is not None:
            return _checked_class(cls, key)
    cls = registry.class_beside_registered(module, name)
    if cls is not None:
        return cls
    raise UnknownNameError(_unknown("class", name, module))


def _checked_class(cls: Any, key: str | None) -> Any:
    if not inspect.isclass(cls) and not hasattr(cls, "from_config"):
        raise DeserializationError(
            f"The config at {_place()} needs a class for {key!r}, but the custom "
            f"object of that name is {cls!r}. Pass the class."
        )
    return cls


def _unknown(kind: str, name: str, module: Any) -> str:
    source = (
        f" of module {_shortened(module, 200)}"
        if module not in (None, "builtins")
        else ""
    )
    close = public_names.similar_names(name, registry.known_names())
    own = name.rpartition(">")[2][:200]
    hint = f" Similar names that are known: {', '.join(close)}." if close else ""
    return (
        f"The config names the {kind} {name[:200]!r}{source}, which is not known. "
        f"It stands at: {_place()}. Allowed are names of the public Keras API and "
        f"custom objects that you registered or passed; a file cannot import "
        f"anything.{hint} If it is your own {kind}, pass custom_objects="
        f"{{{own!r}: {own}}}, or decorate "
        "it with @keras.saving.register_keras_serializable() and import it before "
        "loading."
    )


def _refuse_unsafe(cls: Any, inner: Any) -> None:
    for base, said in all_facts(cls) if inspect.isclass(cls) else ():
        if said.runs_code:
            refuse_code(f"{base.__name__} at {_place()}")
        for argument in said.opens:
            given = inner.get(argument) if isinstance(inner, Mapping) else None
            if _may_name_a_file(given):
                refuse_code(
                    f"The argument {argument!r} of {base.__name__} at {_place()} "
                    "names a file to open; reading a file that a config names"
                )


def _may_name_a_file(value: Any) -> bool:
    """Whether an argument is a path or an object that may turn out as one."""
    if isinstance(value, Mapping):
        return value.get("class_name") not in ("__numpy__", "__tensor__")
    return value is not None and not isinstance(value, (list, tuple))


def _make(cls: Any, name: str, inner: Any) -> Any:
    if not hasattr(cls, "from_config"):
        raise DeserializationError(
            f"{name} at {_place()} has no from_config(). Derive it from a Keras class."
        )
    if isinstance(inner, list) and hasattr(cls, "_config_of_list"):
        inner = cls._config_of_list(inner)
    if not isinstance(inner, Mapping):
        raise DeserializationError(
            f"`config` of {name} at {_place()} must be a dict. Received: {inner!r}."
        )
    try:
        return cls.from_config(dict(inner))
    except (DeserializationError, RecursionError):
        raise
    except Exception as error:
        raise DeserializationError(
            f"{name} cannot be made from its config, at {_place()}: "
            f"{type(error).__name__}: {_cut(error)} "
            f"Received config: {_shortened(inner)}. "
            "If it is a class of your own, its get_config() must return what its "
            "from_config() (by default the constructor) accepts."
        ) from error


def _finish(obj: Any, name: str, config: Mapping[str, Any]) -> None:
    """Builds and compiles what was just made, as the file says."""
    steps = [("build_config", "build_from_config")]
    if reading.current().compile:
        steps.append(("compile_config", "compile_from_config"))
    for key, method in steps:
        settings = config.get(key)
        if not settings or not hasattr(obj, method):
            continue
        with _at(key):
            try:
                getattr(obj, method)(settings)
            except (DeserializationError, RecursionError):
                raise
            except Exception as error:
                raise DeserializationError(
                    f"{name} cannot follow its {key}, at {_place()}: "
                    f"{type(error).__name__}: {_cut(error)} "
                    f"Received: {_shortened(settings)}."
                ) from error


def _shortened(value: Any, limit: int = 500) -> str:
    return _cut(repr(value), limit)


def _cut(text: Any, limit: int = 2000) -> str:
    text = str(text)
    return text if len(text) <= limit else text[:limit] + " ..."


def _read_function(module: Any, name: str) -> Any:
    found = registry.get_registered_object(name)
    if found is None:
        found = public_names.find_function(module, name)
    if found is None:
        found = _registered_somewhere(name)
    if found is None:
        raise UnknownNameError(_unknown("function", name, module))
    return found


def _registered_somewhere(name: str) -> Any:
    """A function registered under that name in any package: Keras 3.6 left it out."""
    if f"Custom>{name}" in registry.get_custom_objects():
        return registry.get_registered_object(f"Custom>{name}")
    full = [x for x in registry.known_names() if x.rpartition(">")[2] == name]
    found = [registry.get_registered_object(x) for x in full]
    functions = [f for f in found if callable(f) and not inspect.isclass(f)]
    if len(functions) > 1:
        raise DeserializationError(
            f"The config names the function {name!r}, at {_place()}, and several are "
            f"registered: {full}. Pass custom_objects={{{name!r}: the one meant}}."
        )
    return functions[0] if functions else None


def _read_type(module: Any, name: str) -> Any:
    if name in PYTHON_TYPES:
        return PYTHON_TYPES[name]
    try:
        return np.dtype(standardize_dtype(name)).type
    except (TypeError, ValueError):
        raise UnknownNameError(_unknown("type", name, module)) from None


# The forms of values that JSON lacks -------------------------------------------------


def _field(config: Config, key: str) -> Any:
    if not isinstance(config, Mapping) or key not in config:
        raise DeserializationError(
            f"A value at {_place()} lacks its field {key!r}. "
            f"Received: {_shortened(config)}."
        )
    return config[key]


def _read_keras_tensor(config: Config) -> KerasTensor:
    return KerasTensor(_field(config, "shape"), _field(config, "dtype"))


def _read_slice(config: Config) -> slice:
    start, stop, step = (
        _read(_field(config, key), strict=True) for key in ("start", "stop", "step")
    )
    return slice(start, stop, step)


def _read_array(config: Config) -> Any:
    value, dtype = _field(config, "value"), _field(config, "dtype")
    try:
        if str(dtype).startswith(("<U", "str")):
            # Each text takes as much as the longest, four bytes a character.
            texts = [str(x) for x in tree.flatten(value)]
            longest = max(map(len, texts), default=0)
            limits.claim_values(f"An array at {_place()}", len(texts), 4 * longest)
            return np.array(value, dtype=str)
        return np.array(value, dtype=standardize_dtype(dtype))
    except DeserializationError:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DeserializationError(
            f"An array at {_place()} cannot be read: {error}"
        ) from error


def _read_bytes(config: Config) -> bytes:
    try:
        return str(_field(config, "value")).encode("latin-1")
    except UnicodeEncodeError as error:
        raise DeserializationError(
            f"Bytes at {_place()} cannot be read: {error}"
        ) from error


def _read_tensor(config: Config) -> Any:
    return context.current_backend().convert_to_tensor(_read_array(config))


_SPECIAL = {
    "__keras_tensor__": _read_keras_tensor,
    "__slice__": _read_slice,
    "__ellipsis__": lambda config: Ellipsis,
    "__bytes__": _read_bytes,
    "__numpy__": _read_array,
    "__tensor__": _read_tensor,
    "__lambda__": lambda_from_config,
}
