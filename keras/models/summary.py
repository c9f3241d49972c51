"""`Model.summary`: a table of layers, output shapes and parameters."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.core import tree
from keras.core.classes import declared_class
from keras.core.dtypes import itemsize
from keras.layers.layer import Layer

if TYPE_CHECKING:
    from keras.models.model import Model

_INDENT = "   "


def print_summary(
    model: Model,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Prints the table of a model; see `Model.summary`."""
    layers = _in_range(steps(model), layer_range)
    connected = shows_connections(model)
    rows: list[list[str]] = []
    for layer in layers:
        rows.extend(_rows(model, layer, expand_nested, show_trainable, connected, 0))
    header = ["Layer (type)", "Output Shape", "Param #"]
    header += ["Connected to"] if connected else []
    header += ["Trainable"] if show_trainable else []
    text = _rendered(model, header, rows, line_length, positions, print_fn is None)
    if print_fn is None:
        sys.stdout.write(text)
    else:
        print_fn(text)


def steps(model: Any) -> list[Any]:
    """What has a row: the layers, and in a graph also the ops between them."""
    graph = getattr(model, "_keras_graph", None)
    return model.layers if graph is None else graph.operations


def _in_range(layers: list[Any], layer_range: Any) -> list[Any]:
    if layer_range is None:
        return layers
    if len(layer_range) != 2:
        raise ValueError(
            "`layer_range` must hold two names, of the first and of the last layer. "
            f"Received: {layer_range!r}."
        )
    ends = []
    for name, order in zip(layer_range, (1, -1), strict=True):
        found = [i for i, x in enumerate(layers) if re.match(name, x.name)]
        if not found:
            raise ValueError(
                f"No layer matches {name!r} of `layer_range`. The layers are "
                f"{[layer.name for layer in layers]}."
            )
        ends.append(found[0] if order == 1 else found[-1])
    return layers[min(ends) : max(ends) + 1]


def shows_connections(model: Model) -> bool:
    """Whether a graph is more than a chain, so that it helps to say what feeds what."""
    graph = getattr(model, "_keras_graph", None)
    if graph is None:
        return False
    if any(len(graph.calls_of(op)) > 1 for op in graph.operations):
        return True
    if any(len(node.inputs) > 1 for node in graph.nodes):
        return True
    used: set[int] = set()
    for node in graph.nodes:
        for x in node.inputs:
            source = id(x._keras_history.operation)
            if source in used:
                return True
            used.add(source)
    return False


def row(model: Any, layer: Any, connected: bool) -> list[str]:
    """Name and class, output shape, parameters, and with `connected` what feeds it."""
    kind = declared_class(layer).__name__
    cells = [f"{layer.name} ({kind})", _shape(layer), _parameters(layer)]
    return [*cells, _connections(model, layer)] if connected else cells


def _rows(
    model: Any,
    layer: Any,
    expand: bool,
    show_trainable: bool,
    connected: bool,
    level: int,
) -> list[list[str]]:
    cells = row(model, layer, connected)
    if level:
        cells[0] = f"{_INDENT * level}└ {cells[0]}"
    if show_trainable:
        weights = getattr(layer, "weights", None)
        cells.append("-" if not weights else "Y" if layer.trainable else "N")
    rows = [cells]
    if expand and getattr(layer, "layers", None):
        for inner in steps(layer):
            rows.extend(
                _rows(layer, inner, expand, show_trainable, connected, level + 1)
            )
    return rows


def _shape(layer: Layer) -> str:
    nodes = layer._inbound_nodes
    if nodes:
        shapes = [str(tuple(x.shape)) for x in nodes[0].outputs]
        return ", ".join(shapes)
    build_shapes = getattr(layer, "_keras_build_shapes", None)
    if not layer.built or not build_shapes:
        return "?"
    try:
        found = layer.compute_output_shape(*build_shapes.values())
    except Exception:  # noqa: BLE001 - a layer of the user's may not tell
        return "?"
    if tree.is_shape(found):
        return str(tuple(found))
    shapes = []
    tree.map_shape_structure(lambda shape: shapes.append(str(tuple(shape))), found)
    return ", ".join(shapes)


def _parameters(layer: Layer) -> str:
    if not isinstance(layer, Layer):
        return "0"
    if not layer.built and not layer.weights:
        return "0 (unbuilt)"
    return f"{_count(layer.weights):,}"


def _count(variables: list[Any]) -> int:
    total = 0
    for variable in variables:
        size = 1
        for length in variable.shape:
            size *= length
        total += size
    return total


def _connections(model: Model, layer: Layer) -> str:
    graph = getattr(model, "_keras_graph", None)
    if graph is None or layer not in graph.operations:
        return "-"
    sources = []
    for node in graph.calls_of(layer):
        for x in node.inputs:
            history = x._keras_history
            call, place = history.node_index, history.tensor_index
            sources.append(f"{history.operation.name}[{call}][{place}]")
    return ", ".join(sources) or "-"


def totals(model: Model) -> list[str]:
    """Lines that say how many parameters there are, and how large they are."""
    optimizer = getattr(model, "optimizer", None)
    # Before it is built it has its counter and learning rate, but nothing to show.
    if optimizer is not None and not getattr(optimizer, "built", True):
        optimizer = None
    optimizer = list(optimizer.variables) if optimizer is not None else []
    groups = [
        ("Total params", [*model.weights, *optimizer]),
        ("Trainable params", model.trainable_weights),
        ("Non-trainable params", model.non_trainable_weights),
    ]
    if optimizer:
        groups.append(("Optimizer params", optimizer))
    return [
        f" {title}: {_count(variables):,} ({_memory(variables)})"
        for title, variables in groups
    ]


def _memory(variables: list[Any]) -> str:
    size = float(sum(_count([v]) * itemsize(v.dtype) for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _rendered(
    model: Model,
    header: list[str],
    rows: list[list[str]],
    line_length: int | None,
    positions: list[float] | None,
    to_terminal: bool,
) -> str:
    from rich.box import HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = line_length or (None if to_terminal else 98)
    stream = io.StringIO()
    console = Console(file=stream, width=width, no_color=True, highlight=False)
    table = Table(box=HEAVY_HEAD, width=line_length, show_lines=True)
    widths = _widths(positions, console.width, len(header))
    for index, title in enumerate(header):
        right = title == "Param #"
        table.add_column(
            title,
            justify="right" if right else "left",
            width=widths[index] if widths else None,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    console.print(Text(f'Model: "{model.name}"'))
    console.print(table)
    for line in totals(model):
        console.print(Text(line))
    return stream.getvalue()


def _widths(positions: Any, total: int, count: int) -> list[int] | None:
    if positions is None:
        return None
    if len(positions) != count:
        raise ValueError(
            f"`positions` needs one number for each of the {count} columns. "
            f"Received: {positions!r}."
        )
    ends = [p * total if p <= 1 else p for p in positions]
    starts = [0, *ends[:-1]]
    return [max(int(b - a) - 3, 4) for a, b in zip(starts, ends, strict=True)]
