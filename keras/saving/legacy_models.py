"""Whole models in `.h5` files, as Keras 2 wrote them and Keras 3 still does.

Their configs name classes without modules, and those of Keras 2 describe graphs in
another way. They are brought into the form of Keras 3 as plain data, then read like
any other config: same registries, same safe mode.
"""

from __future__ import annotations

import inspect
import json
import warnings
from typing import TYPE_CHECKING, Any

from keras import __version__
from keras.core import limits, public_names, registry
from keras.core.classes import constructor_parameters
from keras.core.errors import DeserializationError
from keras.core.serialization import (
    deserialize_keras_object,
    object_sharing,
    reading_of,
    serialize_keras_object,
)
from keras.ops.declare import operation_class_named
from keras.saving import h5_files
from keras.saving.atomic import new_file
from keras.saving.contents import written_by
from keras.saving.h5_sink import new_h5
from keras.saving.json_text import read_json
from keras.saving.keras_2_optimizers import (
    in_order_of_today,
    number_of_updates,
    unwritten,
    with_decay,
)
from keras.saving.legacy_weights import (
    datasets_in,
    load_legacy_weights,
    names_in,
    save_legacy_weights,
    write_variables,
)

if TYPE_CHECKING:
    from keras.models.model import Model

# Arguments by their names in Keras 2, where the class has the newer one.
_RENAMED = {"alpha": "negative_slope", "lr": "learning_rate"}
# Classes that Keras 3 has not -> one that does the same, and its arguments.
_SUCCESSORS: dict[Any, tuple[str, dict[str, str]]] = {
    "ThresholdedReLU": ("ReLU", {"theta": "threshold"}),
    "LossScaleOptimizerV3": ("LossScaleOptimizer", {}),
}
# What Keras 2 made of functions that were given to `compile`.
_WRAPPERS = ("MeanMetricWrapper", "LossFunctionWrapper")
_COMMON = frozenset({"name", "trainable", "dtype", "activity_regularizer", "autocast"})


def load_legacy_model(path: str, compile: bool) -> Any:
    """A model from an `.h5` file.

    Args:
        path: the file.
        compile: whether to compile it as it was.
    """
    with h5_files.open_h5(path, path) as file:
        config = _attribute(file, "model_config", path)
        if config is None:
            raise DeserializationError(
                f"{path} holds no model, perhaps weights alone (no `model_config`). "
                "Make the model, then use model.load_weights(path)."
            )
        stored = file.id.get_filesize()
        version = h5_files.text(file, "keras_version")
        is_old = _is_keras_2(version)
        if is_old:
            config = _with_old_activations(config)
        with written_by(version), limits.of_file(path, stored):
            with object_sharing(), reading_of(path, compile=False):
                model = deserialize_keras_object(upgraded(config))
            load_legacy_weights(file, model, False, False, path)
            training = _attribute(file, "training_config", path)
            if compile and training:
                training = _without_modules(training) if is_old else training
                _compile(file, model, training, path)
    return model


def _attribute(file: Any, name: str, path: str) -> dict[str, Any] | None:
    text = h5_files.text(file, name)
    if text is None:
        return None
    config = read_json(text, f"{name} in {path}")
    if not isinstance(config, dict):
        raise DeserializationError(f"{name} in {path} is no JSON object.")
    return config


def _compile(file: Any, model: Model, training: dict[str, Any], path: str) -> None:
    training = dict(training)
    optimizer = training.pop("optimizer_config", None)
    if optimizer is not None:
        optimizer = dict(optimizer)
        name = str(optimizer.get("class_name", "")).rpartition(">")[2]
        optimizer["class_name"] = name
        training["optimizer"] = upgraded(optimizer)
    training.pop("sample_weight_mode", None)
    for key in ("loss", "metrics", "weighted_metrics"):
        if key in training:
            training[key] = _compiled_with(training[key])
    with reading_of(path), object_sharing():
        if hasattr(model, "compile_from_config"):
            try:
                model.compile_from_config(training)
            except ValueError as error:
                raise DeserializationError(
                    f"The model of {path} cannot be compiled as its training_config "
                    f"says: {error} Load it with compile=False, then compile it."
                ) from error
    _load_optimizer(file, model, path)


def _compiled_with(value: Any) -> Any:
    """Losses or metrics of Keras 2: objects, names of functions, or such by output."""
    if isinstance(value, list):
        return [_compiled_with(item) for item in value]
    if not isinstance(value, dict):
        return value
    if not isinstance(value.get("config"), dict) or "class_name" not in value:
        return {key: _compiled_with(item) for key, item in value.items()}
    function = value["config"].get("fn")
    if value["class_name"] in _WRAPPERS and isinstance(function, str):
        return function
    return upgraded(value)


def _load_optimizer(file: Any, model: Model, path: str) -> None:
    optimizer = getattr(model, "optimizer", None)
    group = h5_files.child(file, "optimizer_weights")
    if optimizer is None or group is None:
        return
    if not getattr(optimizer, "built", True):
        optimizer.build(model.trainable_variables)
    names = names_in(group, "weight_names")
    datasets = in_order_of_today(optimizer, names, datasets_in(group))
    variables = list(optimizer.variables)

    def iterations() -> int:
        return number_of_updates(h5_files.read_array(datasets[0]))

    filled = unwritten(optimizer, len(datasets), iterations) if datasets else {}
    written = [v for place, v in enumerate(variables) if place not in filled]
    if filled:
        datasets = datasets[: len(written)]
    shapes = [tuple(variable.shape) for variable in written]
    if shapes != [tuple(dataset.shape) for dataset in datasets]:
        warnings.warn(
            f"The optimizer keeps its state: {path} has {len(datasets)} values for "
            f"it, and they do not fit its {len(variables)} variables.",
            UserWarning,
            stacklevel=4,
        )
        return
    for place, value in filled.items():
        variables[place].assign(value)
    for variable, dataset in zip(written, datasets, strict=True):
        variable.assign(h5_files.read_array(dataset))


# Older configs in the form of Keras 3 ----------------------------------------------


def upgraded(config: Any) -> Any:
    """A config of Keras 2, or of an `.h5` file, in the form of Keras 3."""
    if isinstance(config, list):
        return [upgraded(item) for item in config]
    if not isinstance(config, dict):
        return config
    result = {key: upgraded(value) for key, value in config.items()}
    if "class_name" in result and isinstance(result.get("config"), (dict, list)):
        _upgrade_object(result)
    return result


def of_keras_2(config: Any, version: Any) -> Any:
    """The config of a `.keras` file or of JSON in the form of Keras 3.

    Keras 2 names modules there, but writes arguments and graphs as in its `.h5` files.

    Args:
        config: the config.
        version: what the file says of the version that wrote it.

    Raises:
        DeserializationError: if it is nested too deeply.
    """
    if not _is_keras_2(version):
        return config
    try:
        config = _with_old_activations(upgraded(_without_modules(config)))
    except RecursionError as error:
        raise DeserializationError("The config is nested too deeply.") from error
    training = config.get("compile_config")
    if isinstance(training, dict):
        config["compile_config"] = {k: v for k, v in training.items() if v is not None}
    return config


def _with_old_activations(config: Any) -> Any:
    """A config in which names of activations mean what they meant in Keras 2."""
    if isinstance(config, list):
        return [_with_old_activations(item) for item in config]
    if not isinstance(config, dict):
        return config
    result = {key: _with_old_activations(value) for key, value in config.items()}
    for key, value in result.items():
        if key.endswith("activation") and value == "hard_sigmoid":
            result[key] = {
                "module": "builtins",
                "class_name": "function",
                "config": "hard_sigmoid_of_keras_2",
                "registered_name": "function",
            }
    return result


def _is_keras_2(version: Any) -> bool:
    return isinstance(version, str) and version.startswith(("1.", "2."))


def _without_modules(config: Any) -> Any:
    """A config in which classes of Keras are named by their class name alone."""
    if isinstance(config, list):
        return [_without_modules(item) for item in config]
    if not isinstance(config, dict):
        return config
    result = {key: _without_modules(value) for key, value in config.items()}
    module = result.get("module")
    if isinstance(module, str) and module.split(".")[0] in ("keras", "tf_keras"):
        # Shapes of builds are others there, and follow from the graph.
        for key in ("module", "registered_name", "build_config"):
            result.pop(key, None)
    return result


def _upgrade_object(config: dict[str, Any]) -> None:
    name, inner = config["class_name"], config["config"]
    if not isinstance(name, str) or name.startswith("__"):
        return
    if name == "Sequential":
        config["config"] = inner = upgraded_sequential(inner)
    if name == "Model" and isinstance(inner, dict) and "layers" in inner:
        name = config["class_name"] = "Functional"
    if config.get("module") is not None or registry.scoped_object(name) is not None:
        return
    if name in _SUCCESSORS and isinstance(inner, dict):
        name, renamed = _SUCCESSORS[name]
        for old, new in renamed.items():
            if old in inner:
                inner[new] = inner.pop(old)
        config["class_name"] = name
    if _is_op(name, inner):
        config["module"] = "keras.src.ops"
    else:
        _upgrade_arguments(name, inner)
    if isinstance(config.get("inbound_nodes"), list):
        config["inbound_nodes"] = [_node(node) for node in config["inbound_nodes"]]


def upgraded_sequential(config: Any) -> Any:
    """The config of a Sequential model, perhaps of Keras 2, in the form of Keras 3.

    It was the list of its layers once. Their configs name no module, and that of the
    first may have the shape of the input.
    """
    if isinstance(config, list):
        config = {"name": None, "layers": config}
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or not layers:
        return config
    first = layers[0].get("config") if isinstance(layers[0], dict) else None
    first = first if isinstance(first, dict) else {}
    shape = first.get("batch_input_shape")
    if shape is not None and layers[0].get("class_name") != "InputLayer":
        start = {"batch_shape": shape, "dtype": _name_of_dtype(first.get("dtype"))}
        layers = [{"class_name": "InputLayer", "config": start}, *layers]
    layers = [
        upgraded(x) if isinstance(x, dict) and "module" not in x else x for x in layers
    ]
    return {**config, "layers": layers}


def _name_of_dtype(given: Any) -> str:
    return given if isinstance(given, str) and "_" not in given else "float32"


def _is_op(name: str, inner: Any) -> bool:
    """Whether a nameless module means an op: layers always say if they train."""
    if name == "InputLayer" or not isinstance(inner, dict) or "trainable" in inner:
        return False
    return list(inner)[:1] == ["name"] and operation_class_named(name) is not None


def _upgrade_arguments(name: str, inner: dict[str, Any]) -> None:
    shape = inner.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        inner["batch_shape"] = shape
    for key in ("input_layers", "output_layers"):
        value = inner.get(key)
        if name == "Functional" and isinstance(value, list) and len(value) == 1:
            if isinstance(value[0], list):
                inner[key] = value[0]
    if name in ("Functional", "Sequential"):
        return
    cls = public_names.find_class(None, name)
    if cls is None:
        return
    parameters = constructor_parameters(cls)
    for old, new in _RENAMED.items():
        if old in inner and old not in parameters and new in parameters:
            inner.setdefault(new, inner.pop(old))
    if "decay" not in parameters and "learning_rate" in parameters and name != "Nadam":
        with_decay(inner)  # Nadam's was of its momenta
    if isinstance(inner.get("inner_optimizer"), dict):
        inner["inner_optimizer"].setdefault("module", None)  # it is one to be made
    if inner.get("reduction") == "auto" and "reduction" in parameters:
        inner["reduction"] = "sum_over_batch_size"
    for key in set(inner) - set(parameters) - _COMMON:
        if not _takes(cls, key):
            del inner[key]


def _takes(cls: type, argument: str) -> bool:
    """Whether a constructor argument of that name reaches a class that declares it."""
    for base in cls.__mro__:
        if "__init__" in base.__dict__ and base is not object:
            parameters = inspect.signature(base.__init__).parameters
            if argument in parameters:
                return True
            kinds = {one.kind for one in parameters.values()}
            if inspect.Parameter.VAR_KEYWORD not in kinds:
                return False  # it hands nothing on to its bases
    return False


def _node(node: Any) -> Any:
    """`[[layer, node, tensor, kwargs], ...]` as `{"args", "kwargs"}`."""
    if not isinstance(node, list):
        return node
    is_alone = bool(node) and isinstance(node[0], str)  # ops of TensorFlow have it so
    entries = [node] if is_alone else node
    tensors = [_tensor(entry) for entry in entries]
    kwargs = next((e[3] for e in entries if len(e) > 3 and isinstance(e[3], dict)), {})
    return {
        "args": [tensors[0] if len(tensors) == 1 else tensors],
        "kwargs": {key: _kwarg(value) for key, value in kwargs.items()},
    }


def _tensor(entry: list[Any]) -> Any:
    if entry[:2] == ["_CONSTANT_VALUE", -1] and len(entry) > 2:
        return entry[2]
    return {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": [None],
            "dtype": "float32",
            "keras_history": list(entry[:3]),
        },
    }


def _kwarg(value: Any) -> Any:
    is_history = isinstance(value, list) and len(value) == 3
    if is_history and isinstance(value[0], str) and isinstance(value[1], int):
        return _tensor(value)
    return [_kwarg(item) for item in value] if isinstance(value, list) else value


# Writing ----------------------------------------------------------------------------


def save_legacy_model(model: Model, path: str) -> None:
    """Writes a model into an `.h5` file, config, weights and optimizer state."""
    whole = serialize_keras_object(model)
    training = dict(whole.get("compile_config") or {})
    with new_file(path) as temporary, new_h5(temporary) as file:
        file.attrs["keras_version"] = __version__
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(_bare(whole))
        group = file.create_group("model_weights")
        save_legacy_weights(group, model)
        if training:
            optimizer = training.pop("optimizer", None)
            if isinstance(optimizer, dict):
                training["optimizer_config"] = _bare(optimizer)
            file.attrs["training_config"] = json.dumps(training)
        if getattr(model, "optimizer", None) is not None:
            variables = list(model.optimizer.variables)
            write_variables(file.create_group("optimizer_weights"), variables)


def _bare(config: dict[str, Any]) -> dict[str, Any]:
    """Class name and config alone, as these files have them at the top."""
    return {"class_name": config["class_name"], "config": config["config"]}
