"""Private paths of Keras 3 that packages import from, as other names of public objects.

`keras.src` is no part of the API, yet packages that people use import from it. A path
below it is a module that holds nothing: a name in it is looked up in the public
namespace that the path begins with (`keras.src.layers.core.dense` in `keras.layers`),
at the top of `keras`, and, below `keras.src.backend`, in the current backend. What
has another name or place here stands in the table below. What is not found is an
error that says so: a name is a module only where Keras keeps modules, since packages
that catch the error have an answer of their own. Files never come this way;
`core/public_names.py` reads theirs.
"""

from __future__ import annotations

import sys
from functools import wraps as _wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import keras as _keras
from keras.backends import current as _current
from keras.backends import load as _load
from keras.core.context import Scope as _Scope
from keras.core.public_names import find_class as _find_class

_PREFIX = f"{__name__}."
# Names of private modules that are others here, as "module:name".
_PLACES = {
    "activations": {"ALL_OBJECTS_DICT": "keras.activations:_BY_NAME"},
    "backend": {
        "any_symbolic_tensors": "keras.src.meanings:any_symbolic_tensors",
        "compute_output_spec": "keras.src.meanings:compute_output_spec",
        "distribute_tensor": "keras.src.meanings:distribute_tensor",
        "distribute_value": "keras.src.meanings:distribute_tensor",
        "distribute_variable": "keras.src.meanings:distribute_tensor",
        "get_device_count": "keras.distribution:get_device_count",
        "get_keras_mask": "keras.core.masking:get_mask",
        "in_symbolic_scope": "keras.core.scopes:in_symbolic_scope",
        "initialize": "keras.distribution:initialize",
        "jax_draw_seed": "keras.src.meanings:draw_seed",
        "list_devices": "keras.distribution:list_devices",
        "num_processes": "keras.src.meanings:num_processes",
        "process_id": "keras.src.meanings:process_id",
        "set_keras_mask": "keras.core.masking:set_mask",
        "standardize_data_format": "keras.core.config:standardize_data_format",
        "standardize_shape": "keras.core.keras_tensor:standardize_shape",
        "to_torch_dtype": "keras.src.meanings:to_torch_dtype",
    },
    "layers": {
        "BaseConv": "keras.layers.convolutional.base:BaseConv",
        "BaseConvTranspose": (
            "keras.layers.convolutional.conv_transpose:BaseConvTranspose"
        ),
        "BaseDepthwiseConv": (
            "keras.layers.convolutional.depthwise_conv:BaseDepthwiseConv"
        ),
        "BaseGlobalPooling": "keras.layers.pooling.global_pooling:BaseGlobalPooling",
        "BasePooling": "keras.layers.pooling.base:BasePooling",
        "BaseSeparableConv": (
            "keras.layers.convolutional.separable_conv:BaseSeparableConv"
        ),
        "DataLayer": "keras.layers.preprocessing.data_layer:DataLayer",
        "DropoutRNNCell": "keras.layers.rnn.dropout_masks:DropoutRNNCell",
        "Merge": "keras.layers.merging.base:Merge",
        "_analyze_einsum_string": "keras.src.equations:sizes_of_einsum",
        "_analyze_quantization_info": "keras.src.equations:axes_of_einsum",
        "_build_attention_equation": "keras.src.equations:attention",
        "_build_proj_equation": "keras.src.equations:projection",
    },
    "legacy": {
        "deserialize_keras_object": "keras.utils.legacy:deserialize_keras_object",
        "serialize_keras_object": "keras.utils.legacy:serialize_keras_object",
    },
    "ops": {
        # Two more names of one operation.
        "Abs": "keras.src.ops.numpy:Absolute",
        "Node": "keras.ops.operation:Node",
        "TrueDivide": "keras.src.ops.numpy:Divide",
        "compute_conv_output_shape": "keras.src.meanings:compute_conv_output_shape",
    },
    "losses": {"LossFunctionWrapper": "keras.losses.loss:LossFunctionWrapper"},
    "random": {
        "draw_seed": "keras.src.meanings:draw_seed",
        "global_seed_generator": "keras.random.seed:global_seed_generator",
    },
    "saving": {
        "H5IOStore": "keras.src.meanings:H5IOStore",
        "SafeModeScope": "keras.core.safe_mode:SafeModeScope",
        "in_safe_mode": "keras.src.meanings:in_safe_mode",
        "load_weights_only": "keras.saving:load_weights",
        "record_object_after_deserialization": "keras.src.meanings:record_as_read",
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
        "exists": "os.path:exists",
        "in_grain_data_pipeline": "keras.src.meanings:in_grain_data_pipeline",
        "in_tf_graph": "keras.src.meanings:in_tf_graph",
        "no_automatic_dependency_tracking": (
            "keras.core.tracking:no_automatic_dependency_tracking"
        ),
        "smart_resize": "keras.preprocessing.image:smart_resize",
        "standardize_tuple": "keras.src.meanings:standardize_tuple",
    },
}
# Modules that packages reach as attributes, with no import of their own.
_MODULES = frozenset(
    ("backend_utils", "distribution_lib", "saving_lib", "serialization")
    + ("serialization_lib", "tracking")
    + ("jax", "tensorflow", "torch")
)
# Folders of Keras 3 below its first ones: only in a folder there are modules.
_FOLDERS = frozenset(
    ("backend.common", "backend.jax", "backend.numpy", "backend.openvino")
    + ("backend.tensorflow", "backend.torch", "legacy.preprocessing", "legacy.saving")
    + ("layers.activations", "layers.attention", "layers.convolutional")
    + ("layers.core", "layers.merging", "layers.normalization", "layers.pooling")
    + ("layers.preprocessing", "layers.preprocessing.image_preprocessing")
    + ("layers.regularization", "layers.reshaping", "layers.rnn")
    + ("optimizers.schedules", "trainers.data_adapters")
)
_OF_KERAS_2 = frozenset(
    f"legacy.{place}"
    for place in (
        *("backend", "layers", "losses"),
        *("preprocessing.image", "preprocessing.sequence", "preprocessing.text"),
    )
)
_FRAMEWORKS = ("jax", "numpy", "tensorflow", "torch")
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
        inside = path.startswith("backend.") and name in _PARTS_OF_BACKENDS
        for found in () if inside else _places(path, name):
            if found is not None:
                return found
        if inside or name in _MODULES:
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
    yield getattr(_keras.utils, name, None)
    if path in _OF_KERAS_2:
        place = path.removeprefix("legacy.")
        yield getattr(import_module(f"keras._tf_keras.keras.{place}"), name, None)
    if first == "backend":
        yield _of_backend(path, name)


def _of_backend(path: str, name: str) -> Any:
    """A function of the backend that a path names, or of the current one.

    That of `keras.ops` or `keras.random`, where there is one: it takes what Keras' own
    takes, arrays of NumPy and numbers too.
    """
    parts = path.split(".")[1:]
    within = [getattr(_keras.ops, part, None) for part in parts]
    within += [_keras.random if "random" in parts else None, _keras.ops]
    found = next((x for x in (getattr(n, name, None) for n in within) if x), None)
    if not parts or parts[0] not in _FRAMEWORKS or parts == ["numpy"]:
        backend = _current()
    else:
        backend = _load(parts[0])
        found = found and _run_on(backend, found)
    if found is None and name in dir(backend):
        return getattr(backend, name)
    return found


def _run_on(backend: Any, function: Any) -> Any:
    @_wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with _Scope("backend", backend):
            return function(*args, **kwargs)

    return run


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


def _may_be_module(path: str) -> bool:
    """Whether Keras can have a module there: names of files and classes are none."""
    folder, _, name = path.rpartition(".")
    if not folder:
        return name in _PLACES or name in _FIRST
    if folder.partition(".")[0] == "backend" and folder != "backend.common":
        return name in _IN_BACKEND
    is_folder = folder in _FOLDERS or folder in _PLACES or folder in _FIRST
    return is_folder and name == name.lower() and not name.startswith("_")


class _Finder(MetaPathFinder, Loader):
    """Makes the module of a private path when it is imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        path = name.removeprefix(_PREFIX)
        if path == name or path.partition(".")[0] in _FILES:
            return None
        known = _may_be_module(path)
        return ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Path(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: its names are looked up when they are asked for."""


# Modules and folders of this folder that are files.
_FILES = ("equations", "meanings", "testing")
_IN_BACKEND = _PARTS_OF_BACKENDS | _MODULES | {"numpy", "openvino", "layer", "rnn"}
# The folders of Keras 3 that hold more than what has a place of its own above.
_FIRST = frozenset((*_keras._MODULES, "tree"))

if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
    sys.meta_path.append(_Finder())


def __getattr__(name: str) -> Any:
    if name in _PLACES or name in _FIRST or name == "testing":
        return import_module(f"{_PREFIX}{name}")
    return getattr(_keras, name)
