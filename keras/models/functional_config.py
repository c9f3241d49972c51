"""The graph of a functional model as plain data and back, in the format of Keras 3.

Each layer has its calls in `inbound_nodes`. A tensor among the arguments is written
as `__keras_tensor__`; of that, only `keras_history` = [layer, call, output] is read.
"""

from __future__ import annotations

import inspect
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.core import tree
from keras.core.classes import constructor_parameters, declared_class, takes_any_keyword
from keras.core.errors import DeserializationError
from keras.core.keras_tensor import KerasTensor
from keras.core.registry import CustomObjectScope
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.core.typing import Config, Structure, TensorLike
from keras.ops import files
from keras.ops.operation import Node, OpCall
from keras.saving.legacy_models import upgraded
from keras.saving.tensorflow_ops import tensorflow_op

if TYPE_CHECKING:
    from keras.models.model import Model

KEYS = ("name", "layers", "input_layers", "output_layers")


def is_graph(config: Config) -> bool:
    """Whether a config is that of a functional model."""
    return isinstance(config, dict) and all(key in config for key in KEYS)


# Writing ---------------------------------------------------------------------------


def write(model: Model) -> dict[str, Any]:
    """The config of a functional model."""
    plan = model._keras_graph
    layers = []
    for operation in plan.operations:
        entry = serialize_keras_object(operation)
        entry["name"] = operation.name
        entry["inbound_nodes"] = [
            _write_node(plan, node) for node in plan.calls_of(operation) if node.inputs
        ]
        layers.append(entry)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _write_ends(plan, model._kept_inputs.value),
        "output_layers": _write_ends(plan, model._kept_outputs.value),
    }


def _write_node(plan: Any, node: Node) -> dict[str, Any]:
    args, kwargs = files.call_arguments(node.operation, node.args, node.kwargs)

    def written(x: TensorLike) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        operation, node_index, tensor_index = x._keras_history  # type: ignore[misc]
        made = operation._inbound_nodes[node_index].outputs[tensor_index]
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": tuple(x.shape),
                "dtype": made.dtype,  # not what the layer casts it to
                "keras_history": _history(plan, x),
            },
        }

    return {
        "args": serialize_keras_object(tree.map_structure(written, tuple(args))),
        "kwargs": serialize_keras_object(tree.map_structure(written, dict(kwargs))),
    }


def _history(plan: Any, x: KerasTensor) -> list[Any]:
    operation, node_index, tensor_index = x._keras_history  # type: ignore[misc]
    node = operation._inbound_nodes[node_index]
    return [operation.name, plan.index_of(node), tensor_index]


def _write_ends(plan: Any, structure: Structure) -> Any:
    return tree.map_structure(lambda x: _history(plan, x), structure)


# Reading ---------------------------------------------------------------------------


def read(
    cls: type, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """The model of a config.

    Args:
        cls: the class to make; one that takes `inputs` and `outputs`.
        config: what `write` returned, perhaps gone through JSON.
        custom_objects: name -> class or function.

    Raises:
        DeserializationError: if the config describes no complete graph.
    """
    try:
        return _read_model(cls, config, custom_objects)
    except DeserializationError:
        raise
    except RecursionError:
        raise DeserializationError(
            "The config of a functional model is nested too deeply."
        ) from None
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise DeserializationError(
            f"The config of the functional model {str(config.get('name'))[:100]!r} is "
            f"not complete or damaged: {type(error).__name__}: {error}."
        ) from error


def _read_model(
    cls: type, config: dict[str, Any], custom_objects: dict[str, Any] | None
) -> Any:
    for key in KEYS[1:]:
        if key not in config:
            raise DeserializationError(
                f"The config of a functional model needs {key!r}. Received a config "
                f"with the keys {sorted(config)}."
            )
    with CustomObjectScope(custom_objects or {}):
        # Keras 2 names no module, and describes calls in another way.
        layers = [x if "module" in x else upgraded(x) for x in config["layers"]]
        tensors = _read_layers(layers, _first_calls(config, layers))
    inputs = _read_ends(config["input_layers"], tensors)
    outputs = _read_ends(config["output_layers"], tensors)
    return _construct(cls, config, inputs, outputs)


def _construct(
    cls: type, config: dict[str, Any], inputs: TensorLike, outputs: TensorLike
) -> Any:
    name, trainable = config.get("name"), config.get("trainable")
    declared: Any = declared_class(cls)
    named = {"name": name} if _takes_name(declared) else {}
    model = declared(inputs=inputs, outputs=outputs, **named)
    if trainable is not None and not trainable:
        model.trainable = False
    return model


def _takes_name(cls: type) -> bool:
    return "name" in constructor_parameters(cls) or takes_any_keyword(cls.__init__)


Tensors = dict[tuple[str, int], list[Any]]


def _first_calls(config: Config, layers: list[dict[str, Any]]) -> dict[str, int]:
    """Layers whose calls are counted from another number than 0.

    In files of Keras 2 call 0 of a model within the model is its own making, which
    stands in its config; the calls listed for it are 1, 2, …
    """
    if all("module" in entry for entry in config["layers"]):
        return {}
    last: dict[str, int] = {}
    refers = [_needs(entry.get("inbound_nodes") or ()) for entry in layers]
    ends = [_ends(config[key]) for key in ("input_layers", "output_layers")]
    for name, index in [key for keys in (*refers, *ends) for key in keys]:
        last[name] = max(index, last.get(name, 0))
    counts = {str(x.get("name")): len(x.get("inbound_nodes") or ()) for x in layers}
    return {name: 1 for name, count in counts.items() if 0 < count == last.get(name)}


def _ends(value: Any) -> list[tuple[str, int]]:
    if _is_triple(value):
        return [(value[0], value[1])]
    inner = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, (dict, list, tuple))
    return [key for item in inner for key in _ends(item)] if nested else []


def _read_layers(entries: list[dict[str, Any]], first_calls: dict[str, int]) -> Tensors:
    """Makes all layers, then calls them as soon as what they need is there."""
    tensors: Tensors = {}
    calls: list[Call] = []
    for entry in entries:
        operation = tensorflow_op(entry) or deserialize_keras_object(entry)
        name = entry.get("name") or operation.name
        if not entry.get("inbound_nodes"):
            made = operation._inbound_nodes
            if made:
                tensors[name, 0] = made[0].outputs
        first = first_calls.get(name, 0)
        for index, node in enumerate(entry.get("inbound_nodes") or ()):
            calls.append(Call(name, first + index, index > 0, operation, node))
    _make_calls(calls, tensors)
    return tensors


class Call(NamedTuple):
    """A call of a layer as the config describes it."""

    layer: str
    index: int
    is_later: bool  # than another call of the layer
    operation: Any
    node: dict[str, Any]


def _make_calls(calls: list[Call], tensors: Tensors) -> None:
    """Calls each layer once all that it is called on is there."""
    missing: dict[int, set[tuple[str, int]]] = {}
    waiting: dict[tuple[str, int], list[int]] = {}
    ready: deque[int] = deque()
    for number, call in enumerate(calls):
        needs = set(_needs(call.node))
        if not needs:
            raise DeserializationError(
                f"Call {call.index} of layer {call.layer!r} is on no tensor of the "
                "graph. Nothing is computed while a config is read, so each call in "
                "it needs one."
            )
        # The calls of one layer keep their order: later ones refer to it by number.
        if call.is_later:
            needs.add((call.layer, call.index - 1))
        missing[number] = needs = {key for key in needs if key not in tensors}
        for key in needs:
            waiting.setdefault(key, []).append(number)
        if not needs:
            ready.append(number)
    while ready:
        call = calls[ready.popleft()]
        key = call.layer, call.index
        if key in tensors:
            raise DeserializationError(f"The config has two layers {call.layer!r}.")
        tensors[key] = _called(call, tensors)
        for number in waiting.pop(key, ()):
            missing[number].discard(key)
            if not missing[number]:
                ready.append(number)
    for number, call in enumerate(calls):
        if missing[number]:
            raise DeserializationError(
                f"The graph of the config cannot be completed: layer {call.layer!r} "
                f"is called on {sorted(missing[number])[:10]}, which no layer of the "
                "config makes."
            )


def _called(call: Call, tensors: Tensors) -> list[Any]:
    node = call.node
    args = [_read(x, tensors) for x in node.get("args", ())]
    kwargs = {key: _read(x, tensors) for key, x in node.get("kwargs", {}).items()}
    args, kwargs = _corrected(call.operation, args, kwargs)
    return tree.flatten(call.operation(*args, **kwargs))


def _corrected(
    operation: Any, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """What JSON cannot say: a key of indices is a tuple; a mask of None is none."""
    if isinstance(operation, OpCall):
        if operation.declaration.name == "get_item":
            args = [tuple(x) if isinstance(x, list) else x for x in args]
            if isinstance(kwargs.get("key"), list):
                kwargs["key"] = tuple(kwargs["key"])
        return args, kwargs
    if len(args) == 1 and isinstance(args[0], list) and len(args[0]) > 1:
        # Keras 2 writes the states that a recurrent layer starts from as more inputs.
        call = getattr(operation, "call", None)
        if call and "initial_state" in inspect.signature(call).parameters:
            args, kwargs = args[0][:1], {**kwargs, "initial_state": args[0][1:]}
    for key in ("mask", "training"):
        if key in kwargs and all(x is None for x in tree.flatten(kwargs[key])):
            del kwargs[key]
    return args, kwargs


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _needs(value: Any) -> list[tuple[str, int]]:
    """The calls whose results a value refers to."""
    if _is_tensor(value):
        name, node_index, _ = _history_of(value)
        return [(name, node_index)]
    if isinstance(value, dict):
        return [key for item in value.values() for key in _needs(item)]
    if isinstance(value, (list, tuple)):
        return [key for item in value for key in _needs(item)]
    return []


def _history_of(value: dict[str, Any]) -> tuple[str, int, int]:
    config = value.get("config")
    history = config.get("keras_history") if isinstance(config, dict) else None
    if not isinstance(history, (list, tuple)) or len(history) != 3:
        raise DeserializationError(
            "A tensor in the config needs `keras_history` = [layer name, call, "
            f"output]. Received: {value!r}."
        )
    return str(history[0]), int(history[1]), int(history[2])


def _read(value: Any, tensors: Tensors) -> Any:
    if _is_tensor(value):
        return _tensor(_history_of(value), tensors)
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _read(item, tensors) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_read(item, tensors) for item in value)
    return deserialize_keras_object(value)


def _tensor(history: tuple[str, int, int], tensors: Tensors) -> Any:
    name, node_index, tensor_index = history
    made = tensors.get((name, node_index))
    if made is None or not 0 <= tensor_index < len(made):
        raise DeserializationError(
            f"The config refers to output {tensor_index} of call {node_index} of "
            f"layer {name!r}, which does not exist in it."
        )
    return made[tensor_index]


def _read_ends(value: Any, tensors: Tensors) -> Any:
    """`input_layers` and `output_layers`: nested [layer, call, output] triples."""
    if isinstance(value, dict):
        return {key: _read_ends(item, tensors) for key, item in value.items()}
    if _is_triple(value):
        return _tensor((value[0], value[1], value[2]), tensors)
    if isinstance(value, (list, tuple)):
        return type(value)(_read_ends(item, tensors) for item in value)
    raise DeserializationError(
        "An input or output of the config must be [layer name, call, output]. "
        f"Received: {value!r}."
    )


def _is_triple(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )
