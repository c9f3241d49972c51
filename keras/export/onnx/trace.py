"""A model as a graph: it is called once, on values of the ONNX backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core import context, tree
from keras.core.dtypes import standardize_dtype
from keras.core.typing import Structure
from keras.export.onnx.graph import Graph, Value, emit, writing
from keras.export.onnx.reasons import CannotExport
from keras.export.onnx.writer import Weights, writer
from keras.layers.input_spec import describe
from keras.layers.layer import Layer

_ADVICE = (
    " A layer must compute with keras.ops alone, on tensors whose numbers are not "
    "known yet: functions of a framework or of NumPy, and Python's conditions on "
    "values, cannot be written."
)


def traced(
    model: Layer, signature: Sequence[Structure], opset: int, exact: bool = True
) -> Graph:
    """The graph of a model in inference.

    Args:
        model: a layer or model that is built.
        signature: one structure of KerasTensors for each positional argument.
        opset: the version of ONNX's operators.
        exact: see `Graph`.

    Returns:
        The graph, its inputs in the order of the signature's leaves.
    """
    backend = writer()
    graph = Graph(opset=opset, exact=exact)
    with writing(graph), context.Scope("backend", backend), Weights():
        leaves = [_input(spec, i) for i, spec in enumerate(tree.flatten(signature))]
        graph.inputs.extend(leaves)
        outputs = _called(model, tree.pack_sequence_as(signature, leaves))
        for x, name in zip(
            tree.flatten(outputs), _output_names(model, outputs), strict=True
        ):
            if not isinstance(x, Value):
                raise CannotExport(
                    f"An output of {model.name!r} is no tensor of the graph: {x!r}. "
                    "Its layers must compute with keras.ops."
                )
            plain = x.plain
            output = emit("Identity", plain, shape=x.shape, dtype=x.dtype)
            output.name = name
            graph.outputs.append(output)
    return graph


def _input(spec: Any, index: int) -> Value:
    if spec.sparse or spec.dtype == "string":
        kind = "sparse" if spec.sparse else "text"
        raise CannotExport(
            f"Input {spec.name!r} is {kind}, which ONNX's operators do not take. "
            "Export the part of the model behind the layers that make numbers of it."
        )
    value = Value(tuple(spec.shape), standardize_dtype(spec.dtype))
    value.name = getattr(spec, "name", None) or f"input_{index}"
    return value


def _called(model: Layer, arguments: Sequence[Structure]) -> Structure:
    """The outputs in inference; an error names the layer that it came from."""
    told = {"training": False} if model._call_has_training_arg else {}
    try:
        return model(*arguments, **told)
    except Exception as error:
        layer = _innermost_layer(error) or model
        advice = "" if isinstance(error, CannotExport) else _ADVICE
        raise CannotExport(
            f"{describe(layer)} cannot be exported to ONNX: {error}{advice}"
        ) from error


def _innermost_layer(error: BaseException) -> Layer | None:
    """The layer that was running when the error was raised."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        owner = trace.tb_frame.f_locals.get("self")
        if isinstance(owner, Layer):
            found = owner
        trace = trace.tb_next
    return found


def _output_names(model: Layer, outputs: Structure) -> list[str]:
    """Those of a functional model's outputs, or keys, or numbers."""
    count = len(tree.flatten(outputs))
    given = list(getattr(model, "output_names", None) or [])
    if isinstance(outputs, dict) and count == len(outputs):
        given = [str(key) for key in sorted(outputs)]
    if len(given) != count or len(set(given)) != count:
        given = [f"output_{i}" for i in range(count)]
    return given
