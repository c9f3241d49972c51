"""A model as boxes and arrows: what every picture of it is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from keras.core import tree
from keras.core.classes import declared_class
from keras.core.keras_tensor import KerasTensor
from keras.models.functional import Functional
from keras.models.sequential import Sequential

DIRECTIONS = ("TB", "BT", "LR", "RL")


@dataclass(frozen=True)
class Shown:
    """What is said of each layer; see `plot_model`."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    nested: bool = False
    activations: bool = False
    trainable: bool = False


@dataclass
class Box:
    """One layer, or one op, or one inner model with a diagram of its own.

    Attributes:
        key: a name without spaces, unique in the whole picture.
        title: what stands in its first line.
        rows: the lines below, as pairs of what and its value.
        trainable: whether its weights are trained; None if that is not to be shown.
        inner: the boxes inside of it.
    """

    key: str
    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    trainable: bool | None = None
    inner: Diagram | None = None


@dataclass
class Diagram:
    """Boxes of one level, and the arrows between them as pairs of places.

    A layer that is applied to what it gave itself has an arrow to itself.
    """

    boxes: list[Box]
    arrows: list[tuple[int, int]]

    def first(self) -> Box:
        """The first box without boxes in it."""
        box = self.boxes[0]
        return box if box.inner is None else box.inner.first()

    def last(self) -> Box:
        """The last box without boxes in it."""
        box = self.boxes[-1]
        return box if box.inner is None else box.inner.last()


def make_diagram(model: Any, shown: Shown, prefix: str = "n") -> Diagram:
    """The diagram of a model.

    A functional or Sequential model has a box for each layer and each op between them.
    Of another one nothing but its layers is known: it is one box, with these inside if
    inner models are to be shown.
    """
    if isinstance(model, (Functional, Sequential)):
        return _inside(model, shown, prefix)
    return Diagram([_box(model, None, shown, prefix + "0")], [])


def _inside(model: Any, shown: Shown, prefix: str) -> Diagram:
    """The diagram of what a model consists of."""
    layers = list(model.layers)
    graph = getattr(model, "_keras_graph", None)
    if isinstance(model, Sequential):
        steps = [(place, place + 1) for place in range(len(layers) - 1)]
        return Diagram(_boxes(layers, None, shown, prefix), steps)
    if graph is None:
        return Diagram(_boxes(layers, None, shown, prefix), [])
    operations = list(graph.operations)
    places = {id(operation): place for place, operation in enumerate(operations)}
    arrows: dict[tuple[int, int], None] = {}
    for node in graph.nodes:
        for x in node.inputs:
            source = places.get(id(x._keras_history.operation))
            target = places[id(node.operation)]
            if source is not None:
                arrows[source, target] = None
    return Diagram(_boxes(operations, graph, shown, prefix), list(arrows))


def _boxes(operations: list[Any], graph: Any, shown: Shown, prefix: str) -> list[Box]:
    return [
        _box(operation, graph, shown, f"{prefix}{place}")
        for place, operation in enumerate(operations)
    ]


def _box(operation: Any, graph: Any, shown: Shown, key: str) -> Box:
    kind = declared_class(operation).__name__
    box = Box(key, f"{operation.name} ({kind})" if shown.names else kind)
    activation = _activation(operation) if shown.activations else None
    if activation is not None:
        box.rows.append(("Activation", activation))
    calls = list(getattr(operation, "_inbound_nodes", ()))
    if graph is not None:
        calls = graph.calls_of(operation)
    if shown.shapes:
        taken = _joined(calls, "inputs", _shape_of)
        box.rows += [("Input shape", taken)] if taken else []
        given = _joined(calls, "outputs", _shape_of) or _computed(operation)
        box.rows.append(("Output shape", given))
    if shown.dtype:
        dtype = _joined(calls, "outputs", lambda x: x.dtype)
        box.rows.append(("Output dtype", dtype or _compute_dtype(operation)))
    if shown.trainable and getattr(operation, "weights", None):
        box.trainable = bool(operation.trainable_weights)
        box.rows.append(("Trainable", "yes" if box.trainable else "no"))
    if shown.nested and getattr(operation, "layers", None):
        box.inner = _inside(operation, shown, key + "_")
    return box


def _activation(operation: Any) -> str | None:
    found = getattr(operation, "activation", None)
    if found is None:
        return None
    return getattr(found, "name", None) or getattr(found, "__name__", str(found))


def _joined(calls: list[Any], side: str, say: Any) -> str:
    """What is said of all tensors of all calls, each thing once."""
    found: dict[str, None] = {}
    for call in calls:
        tensors = [x for x in getattr(call, side) if isinstance(x, KerasTensor)]
        if tensors:
            found[", ".join(say(x) for x in tensors)] = None
    return "; ".join(found)


def _shape_of(x: KerasTensor) -> str:
    return str(tuple(x.shape))


def _compute_dtype(operation: Any) -> str:
    return str(getattr(operation, "compute_dtype", None) or "?")


def _computed(operation: Any) -> str:
    """The output shape of a layer that was built, but is in no graph."""
    shapes = getattr(operation, "_keras_build_shapes", None)
    if not shapes or not getattr(operation, "built", False):
        return "?"
    try:
        found = operation.compute_output_shape(*shapes.values())
    except Exception:  # noqa: BLE001 - a layer of the user's may not tell
        return "?"
    if tree.is_shape(found):
        return str(tuple(found))
    said: list[str] = []
    tree.map_shape_structure(lambda shape: said.append(str(tuple(shape))), found)
    return ", ".join(said)
