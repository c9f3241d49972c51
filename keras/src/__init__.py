"""Private paths of Keras 3 that packages import from, as other names of public objects.

`keras.src` is no part of the API, yet packages that people use import from it. A path
below it is a module that holds nothing: a name in it is looked up in the public
namespace that the path begins with (`keras.src.layers.core.dense` in `keras.layers`),
at the top of `keras`, and, below `keras.src.backend`, in the current backend. What
has another name or place here stands in the table below. What is not found is an
error that says so. Files never come this way; `core/public_names.py` reads theirs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import keras as _keras
from keras.backends import current as _current
from keras.core.public_names import find_class as _find_class

_PREFIX = f"{__name__}."
# Names of private modules that are others here, as "module:name".
_PLACES = {
    "backend": {
        "any_symbolic_tensors": "keras.src.meanings:any_symbolic_tensors",
        "compute_output_spec": "keras.src.meanings:compute_output_spec",
        "distribute_tensor": "keras.src.meanings:distribute_tensor",
        "distribute_value": "keras.src.meanings:distribute_tensor",
        "distribute_variable": "keras.src.meanings:distribute_tensor",
        "get_device_count": "keras.distribution:get_device_count",
        "get_keras_mask": "keras.core.masking:get_mask",
        "initialize": "keras.distribution:initialize",
        "jax_draw_seed": "keras.src.meanings:draw_seed",
        "list_devices": "keras.distribution:list_devices",
        "num_processes": "keras.src.meanings:num_processes",
        "process_id": "keras.src.meanings:process_id",
        "set_keras_mask": "keras.core.masking:set_mask",
        "standardize_shape": "keras.core.keras_tensor:standardize_shape",
    },
    "layers": {
        "BaseConv": "keras.layers.convolutional.base:BaseConv",
        "BaseGlobalPooling": "keras.layers.pooling.global_pooling:BaseGlobalPooling",
        "BasePooling": "keras.layers.pooling.base:BasePooling",
        "DataLayer": "keras.layers.preprocessing.data_layer:DataLayer",
        "Merge": "keras.layers.merging.base:Merge",
    },
    "legacy": {
        "deserialize_keras_object": "keras.utils.legacy:deserialize_keras_object",
        "serialize_keras_object": "keras.utils.legacy:serialize_keras_object",
    },
    "losses": {"LossFunctionWrapper": "keras.losses.loss:LossFunctionWrapper"},
    "random": {"draw_seed": "keras.src.meanings:draw_seed"},
    "saving": {
        "H5IOStore": "keras.src.meanings:H5IOStore",
        "SafeModeScope": "keras.core.safe_mode:SafeModeScope",
        "in_safe_mode": "keras.src.meanings:in_safe_mode",
        "load_weights_only": "keras.saving:load_weights",
        "save_weights_only": "keras.saving:save_weights",
    },
    "trainers": {
        "class_weight_to_sample_weights": (
            "keras.training.data.class_weights:class_weight_to_sample_weights"
        ),
        "pack_x_y_sample_weight": "keras.utils:pack_x_y_sample_weight",
        "unpack_x_y_sample_weight": "keras.utils:unpack_x_y_sample_weight",
    },
    "utils": {
        "in_grain_data_pipeline": "keras.src.meanings:in_grain_data_pipeline",
        "no_automatic_dependency_tracking": (
            "keras.core.tracking:no_automatic_dependency_tracking"
        ),
    },
}
# Modules that packages reach as attributes, with no import of their own.
_MODULES = frozenset(
    ("backend_utils", "distribution_lib", "saving_lib", "serialization")
    + ("serialization_lib", "tracking")
    + ("jax", "tensorflow", "torch")
)
# Modules, where a backend may have an op of that name.
_PARTS_OF_BACKENDS = frozenset(
    ("common", "config", "core", "image", "linalg", "math", "nn", "numpy", "random")
)


class _Path(ModuleType):
    """A private module: its names are those of public objects."""

    def __getattr__(self, name: str) -> Any:
        path = self.__name__.removeprefix(_PREFIX)
        if name == "__all__":
            return [x for x in dir(_public(path)) if not x.startswith("_")]
        if name.startswith("__") or (path == "backend" and name in _PARTS_OF_BACKENDS):
            raise AttributeError(name)
        for found in _places(path, name):
            if found is not None:
                return found
        if name in _MODULES:
            return import_module(f"{self.__name__}.{name}")
        raise AttributeError(
            f"{self.__name__} is private to Keras 3, and {name!r} of it has no public "
            f"counterpart here. Look for one in {_public(path).__name__}."
        )


def _places(path: str, name: str) -> Any:
    """What a name of a private module may mean, the best first."""
    first = path.partition(".")[0]
    moved = _PLACES.get(first, {}).get(name)
    if moved is not None:
        module, _, attribute = moved.partition(":")
        yield getattr(import_module(module), attribute)
    for part in (path, path.rpartition(".")[0], first):
        yield getattr(_public(part), name, None)
    yield _find_class(f"{_PREFIX}{path}", name)
    yield getattr(_keras, name, None)
    if first == "backend" and name in dir(_current()):
        yield getattr(_current(), name)


def _public(path: str) -> ModuleType:
    """The public namespace that a path begins with, the longest; else `keras`."""
    found: Any = _keras
    for part in path.removeprefix("legacy.").split("."):
        inner = getattr(found, part, None)
        if not isinstance(inner, ModuleType) or not _is_namespace(inner):
            break
        found = inner
    return found


def _is_namespace(module: ModuleType) -> bool:
    return module.__name__.startswith("keras.") and hasattr(module, "__path__")


class _Finder(MetaPathFinder, Loader):
    """Makes the module of a private path when it is imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if not name.startswith(_PREFIX) or name == f"{_PREFIX}meanings":
            return None
        first = name.removeprefix(_PREFIX).partition(".")[0]
        known = first in _PLACES or first in _FIRST
        return ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Path(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: its names are looked up when they are asked for."""


# The folders of Keras 3 that hold more than what has a place of its own above.
_FIRST = frozenset((*_keras._MODULES, "tree"))

if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
    sys.meta_path.append(_Finder())


def __getattr__(name: str) -> Any:
    if name in _PLACES or name in _FIRST:
        return import_module(f"{_PREFIX}{name}")
    return getattr(_keras, name)
