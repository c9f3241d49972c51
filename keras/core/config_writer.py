"""Objects as plain data, in the form that Keras 3 files use.

An object becomes `{"module", "class_name", "config", "registered_name"}`; values
that JSON lacks have forms of their own (`__slice__`, `__numpy__`, ...).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from keras.core import context, public_names, reading, registry
from keras.core.classes import declared_class
from keras.core.code import lambda_to_config
from keras.core.dtypes import standardize_dtype
from keras.core.keras_tensor import KerasTensor

PYTHON_TYPES: dict[str, type] = {
    "float": float,
    "int": int,
    "bool": bool,
    "str": str,
}
_PLAIN = (str, int, float, bool, type(None))
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, partial)


def serialize_keras_object(obj: Any) -> Any:
    """An object as plain data that JSON can hold.

    Args:
        obj: a Keras object, a function, an array or tensor, plain data, or lists,
            tuples and dicts of these.

    Returns:
        Plain data that `deserialize_keras_object` turns back.

    Raises:
        TypeError: if there is no way to write it.

    Example:

    >>> import keras
    >>> keras.saving.serialize_keras_object(keras.initializers.Zeros())["class_name"]
    'Zeros'
    """
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, dict):
        result = {key: serialize_keras_object(value) for key, value in obj.items()}
        _note_copied(obj, result)
        return result
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    special = _serialize_special(obj)
    if special is not None:
        return special[0]
    if isinstance(obj, _FUNCTIONS):
        return _serialize_function(obj)
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _serialize_instance(obj)
    if callable(obj) and public_names.public_function_name(obj) is not None:
        return _serialize_function(obj)
    raise TypeError(
        f"{obj!r} of type {type(obj).__name__} cannot be written to a config. It may "
        "hold plain data, arrays, registered functions and objects that have a "
        "get_config() method. Give the class get_config(), or turn the value into "
        "plain data in the get_config() of its owner."
    )


def _serialize_special(obj: Any) -> tuple[Any] | None:
    """The form of a value that is neither plain data nor a Keras object, in a tuple."""
    form: Any = None
    if isinstance(obj, (np.bool_, np.integer, np.floating)):
        return (obj.item(),)
    if isinstance(obj, KerasTensor):
        form = _special("__keras_tensor__", **_describe_tensor(obj))
    elif isinstance(obj, slice):
        parts = [serialize_keras_object(x) for x in (obj.start, obj.stop, obj.step)]
        form = _special("__slice__", start=parts[0], stop=parts[1], step=parts[2])
    elif obj is Ellipsis:
        form = _special("__ellipsis__")
    elif isinstance(obj, bytes):
        form = _special("__bytes__", value=obj.decode("latin-1"))
    elif isinstance(obj, np.ndarray):
        form = _special("__numpy__", value=obj.tolist(), dtype=obj.dtype.name)
    elif isinstance(obj, type) and _type_name(obj) is not None:
        form = {
            "module": "builtins",
            "class_name": "type",
            "config": _type_name(obj),
            "registered_name": "type",
        }
    elif isinstance(obj, np.dtype) or _is_framework_dtype(obj):
        return (standardize_dtype(obj),)
    elif _is_tensor(obj):
        array = _to_numpy(obj)
        form = _special("__tensor__", value=array.tolist(), dtype=_dtype_name(obj))
    return None if form is None else (form,)


def _special(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _describe_tensor(x: KerasTensor) -> dict[str, Any]:
    history = x._keras_history
    return {
        "shape": x.shape,
        "dtype": x.dtype,
        "keras_history": None
        if history is None
        else (history.operation.name, history.node_index, history.tensor_index),
    }


def _type_name(cls: type) -> str | None:
    if cls in PYTHON_TYPES.values():
        return cls.__name__
    if issubclass(cls, np.generic):
        return np.dtype(cls).name
    return None


def _is_framework_dtype(obj: Any) -> bool:
    return type(obj).__name__ in ("dtype", "DType") and not hasattr(obj, "get_config")


def _is_tensor(obj: Any) -> bool:
    if getattr(obj, "_is_keras_variable", False) or inspect.isclass(obj):
        return False
    return hasattr(obj, "shape") and hasattr(obj, "dtype") and hasattr(obj, "__array__")


def _to_numpy(obj: Any) -> Any:
    return context.current_backend().host_view(obj)


def _dtype_name(obj: Any) -> str:
    return standardize_dtype(obj.dtype)


def _serialize_function(function: Callable[..., Any]) -> dict[str, Any]:
    if getattr(function, "__name__", "") == "<lambda>":
        code = lambda_to_config(function)
        return _special("__lambda__", value=[code[k] for k in code])
    public = public_names.public_function_name(function)
    try:
        name = public[1] if public else registry.get_registered_name(function)
    except AttributeError:
        raise TypeError(
            f"{function!r} has no name, so it cannot be written to a config. Use a "
            "function registered with keras.saving.register_keras_serializable()."
        ) from None
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def _serialize_instance(obj: Any) -> dict[str, Any]:
    cls = declared_class(obj)
    public = public_names.public_class_name(cls)
    if public is not None:
        module, name = public
        # Keras 3 writes a registered name for what is outside its public API only.
        registered_name = name if module.startswith("keras.src.") else None
    else:
        module = None if cls.__module__ in ("__main__", "builtins") else cls.__module__
        name, registered_name = cls.__name__, registry.get_registered_name(cls)
    result = {
        "module": module,
        "class_name": name,
        "config": serialize_keras_object(
            getattr(obj, "config_in_files", obj.get_config)()
        ),
        "registered_name": registered_name,
    }
    if hasattr(obj, "get_build_config"):
        config = obj.get_build_config()
        if config is not None:
            result["build_config"] = serialize_keras_object(config)
    if hasattr(obj, "get_compile_config"):
        config = obj.get_compile_config() if getattr(obj, "compiled", True) else {}
        if config is not None:
            result["compile_config"] = serialize_keras_object(config)
    _note_written(obj, result)
    return result


def _note_written(obj: Any, result: dict[str, Any]) -> None:
    shared = reading.current().shared
    if shared is None:
        return
    first = shared.written.setdefault(id(obj), (obj, result))[1]
    if first is result:
        shared.configs[id(result)] = id(obj)
    else:
        first["shared_object_id"] = result["shared_object_id"] = id(obj)


def _note_copied(config: dict[str, Any], copy: dict[str, Any]) -> None:
    """The config of a part is copied into that of the whole, where its id belongs."""
    shared = reading.current().shared
    if shared is None or id(config) not in shared.configs:
        return
    key = shared.configs.pop(id(config))
    shared.configs[id(copy)] = key
    shared.written[key] = (shared.written[key][0], copy)


def serialize_leniently(value: Any) -> Any:
    """For configs: Keras objects and functions in serialized form, the rest as it is.

    Args:
        value: an argument of a constructor, containers included.

    Returns:
        The value, in which objects with `get_config` and known functions are
        replaced. A function of `keras.activations` becomes its name.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict):
        return {key: serialize_leniently(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(serialize_leniently(item) for item in value)
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        return value.item()
    if inspect.isclass(value):
        return value
    if hasattr(value, "get_config"):
        return serialize_keras_object(value)
    if callable(value):
        return _function_leniently(value)
    return value


def _function_leniently(function: Callable[..., Any]) -> Any:
    public = public_names.public_function_name(function)
    if public is not None:
        space, name = public
        return name if space == "keras.activations" else _serialize_function(function)
    if getattr(function, "__name__", "<lambda>") == "<lambda>":
        return function
    return _serialize_function(function)
