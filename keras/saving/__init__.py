"""Files of models and weights, and names for custom objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras.backends
from keras.core.registry import CustomObjectScope as CustomObjectScope
from keras.core.registry import custom_object_scope as custom_object_scope
from keras.core.registry import get_custom_objects as get_custom_objects
from keras.core.registry import get_registered_name as get_registered_name
from keras.core.registry import get_registered_object as get_registered_object
from keras.core.registry import (
    register_keras_serializable as register_keras_serializable,
)
from keras.core.serialization import (
    deserialize_keras_object as deserialize_keras_object,
)
from keras.core.serialization import serialize_keras_object as serialize_keras_object
from keras.core.surface import listing as _listing

if TYPE_CHECKING:
    from keras.saving.file_editor import KerasFileEditor as KerasFileEditor
    from keras.saving.model_files import load_model as load_model
    from keras.saving.model_files import save_model as save_model
    from keras.saving.weights import load_weights as load_weights
    from keras.saving.weights import save_weights as save_weights

_LAZY = {
    "KerasFileEditor": "keras.saving.file_editor",
    "load_model": "keras.saving.model_files",
    "save_model": "keras.saving.model_files",
    "load_weights": "keras.saving.weights",
    "save_weights": "keras.saving.weights",
}

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
__dir__ = _listing(globals())


def __getattr__(name: str) -> Any:
    import importlib  # only who asks for a name pays

    if name not in _LAZY:
        raise AttributeError(f"module 'keras.saving' has no attribute {name!r}")
    value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value
