"""SavedModels: functions of the TensorFlow backend and their variables as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from keras.backends.tensorflow.layer import _Function, _Trackable
from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure

if TYPE_CHECKING:
    from keras.layers.layer import Layer

_Tracking: Any = tf.__internal__.tracking.AutoTrackable


def is_function(value: Any) -> bool:
    """Whether it is a `tf.function`."""
    return isinstance(value, _Function)


def is_trackable(value: Any) -> bool:
    """Whether TensorFlow can hold it in a file."""
    return isinstance(value, _Trackable)


def variable_of(value: Any) -> Any:
    """The `tf.Variable` of a variable of this backend, or what already is one."""
    native = getattr(value, "_value", value)
    return native if isinstance(native, tf.Variable) else None


def new_variable(value: Any, name: str, trainable: bool) -> Any:
    """A `tf.Variable` of an array."""
    return tf.Variable(value, name=name, trainable=trainable)


def spec_of(x: KerasTensor) -> Any:
    """TensorFlow's spec of a KerasTensor, of its name if it was given one."""
    if x.sparse:
        return tf.SparseTensorSpec(x.shape, x.dtype)
    return tf.TensorSpec(x.shape, x.dtype, name=x._name)


def function_of(function: Callable[..., Any], signature: Sequence[Structure]) -> Any:
    """A `tf.function` with a fixed signature, traced."""
    specs = [tree.map_structure(spec_of, argument) for argument in signature]
    made: Any = tf.function(function, input_signature=specs, autograph=False)
    made.get_concrete_function()
    return made


def has_traces(function: Any) -> bool:
    """Whether a `tf.function` knows what it takes."""
    if function.input_signature is not None:
        function.get_concrete_function()
    return bool(function._list_all_concrete_functions())


def foreign_of(layer: Layer) -> Iterator[Any]:
    """What a layer and those in it hold of TensorFlow's, besides variables."""
    for value in vars(layer).values():
        if is_trackable(value) and not hasattr(value, "_tracked_as"):
            if not getattr(value, "_keras_layer", False) and not is_function(value):
                yield value
    for inner in layer._layers:
        yield from foreign_of(inner)


def save(
    path: str,
    endpoints: Mapping[str, Any],
    collections: Mapping[str, Sequence[Any]],
    tracked: Sequence[Any],
    options: Any,
) -> None:
    """Writes functions and what they use as a SavedModel.

    Args:
        path: the folder.
        endpoints: name -> `tf.function`; that named `"serve"`, or else the first, is
            the default.
        collections: name -> `tf.Variable`s that can be reached under it.
        tracked: whatever else the functions use.
        options: `tf.saved_model.SaveOptions`.
    """
    root = _Tracking()
    for name, variables in collections.items():
        setattr(root, name, list(variables))
    root._tracked = list(tracked)
    signatures = {}
    for name, function in endpoints.items():
        setattr(root, name, function)
        concrete = _only_trace(function)
        if concrete is not None:
            _check_no_python(name, concrete)
            signatures[name] = _with_flat_outputs(function, concrete)
    default = signatures.get("serve", next(iter(signatures.values()), None))
    if default is not None:
        signatures["serving_default"] = default
    tf.saved_model.save(root, path, options=options, signatures=signatures)


def _check_no_python(name: str, trace: Any) -> None:
    """Refuses a function that calls back into this process: no other could run it."""
    graph = trace.graph.as_graph_def()
    bodies = [graph.node, *(body.node_def for body in graph.library.function)]
    found = [x.name for nodes in bodies for x in nodes if "PyFunc" in x.op]
    if found:
        raise ValueError(
            f"Endpoint {name!r} cannot be part of a SavedModel: it calls Python "
            f"functions of this process ({', '.join(found[:5])}), which no other has. "
            "Layers that compute on the host do so (StringLookup, TextVectorization, "
            "Hashing, HashedCrossing): put them before the exported model. In layers "
            "of your own use keras.ops instead of tf.py_function or tf.numpy_function."
        )


def _only_trace(function: Any) -> Any:
    """The one function that a signature stands for; None where there are several."""
    if function.input_signature is not None:
        return function.get_concrete_function()
    traces = function._list_all_concrete_functions()
    return traces[0] if len(traces) == 1 else None


def _with_flat_outputs(function: Any, trace: Any) -> Any:
    """A trace that gives tensors by name, as a signature must: nested ones by path."""
    outputs = trace.structured_outputs
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    plain = isinstance(outputs, dict | list | tuple) and not isinstance(parts, dict)
    if not plain or not any(tf.nest.is_nested(part) for part in parts):
        return trace
    start = () if isinstance(outputs, dict) else ("output",)

    def flat(*args: Any) -> dict[str, Any]:
        found = tree.flatten_with_path(function(*args))
        return {"_".join(map(str, (*start, *path))): x for path, x in found}

    specs, _ = trace.structured_input_signature
    made: Any = tf.function(flat, input_signature=specs, autograph=False)
    return made.get_concrete_function()


def describe_trace(function: Any) -> tuple[str, str]:
    """What a `tf.function` takes and gives, to be shown."""
    trace = _only_trace(function)
    if trace is None:
        return "several signatures", "several structures"
    args, kwargs = trace.structured_input_signature
    return str((*args, *kwargs.values())), str(
        tf.nest.map_structure(
            lambda x: tf.TensorSpec(x.shape, x.dtype), trace.structured_outputs
        )
    )


def litert_of(path: str, optimizations: Sequence[str]) -> tuple[bytes, bool]:
    """A SavedModel with a signature `"serve"` as the bytes of a LiteRT file.

    Returns:
        The bytes, and whether LiteRT's own operations are enough to run it.
    """
    own, others = tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS
    failure: Exception | None = None
    for allowed in ([own], [own, others]):
        converter = tf.lite.TFLiteConverter.from_saved_model(
            path, signature_keys=["serve"]
        )
        converter.target_spec.supported_ops = allowed
        converter.optimizations = [getattr(tf.lite.Optimize, x) for x in optimizations]
        try:
            return converter.convert(), len(allowed) == 1
        except Exception as error:  # noqa: BLE001 - the converter has a class of its own
            failure = error
    raise ValueError(
        f"TensorFlow's converter cannot make a LiteRT model of it: {failure} "
    ) from failure
