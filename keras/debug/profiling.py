"""`profile`: the time and memory that each layer of a model takes."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from keras import ops
from keras.backends import backend_scope
from keras.core import tree
from keras.core.dtypes import itemsize
from keras.core.scopes import DiscardingScope
from keras.core.typing import Data, Structure
from keras.debug.watching import layers_inside, watching
from keras.training.building import build
from keras.training.data.array_source import host_parts
from keras.training.data.structure import map_leaves


class LayerCost(NamedTuple):
    """What a call of a layer takes.

    Attributes:
        name: The name of the layer.
        kind: Its class.
        seconds: The time of the call, compiled by itself.
        output_bytes: The size of its outputs.
        weight_bytes: The size of its weights.
    """

    name: str
    kind: str
    seconds: float
    output_bytes: int
    weight_bytes: int


class Profile(NamedTuple):
    """The calls of a model's layers, in order; as text it is a table.

    Attributes:
        rows: What each call takes.
        seconds: The time of a call of the whole model, compiled.
    """

    rows: list[LayerCost]
    seconds: float

    def __str__(self) -> str:
        total = sum(row.seconds for row in self.rows) or 1.0
        lines = [("layer", "time", "share", "output", "weights")]
        for row in self.rows:
            lines.append(
                (
                    f"{row.name} ({row.kind})",
                    _shown(row.seconds),
                    f"{row.seconds / total:.0%}",
                    _size(row.output_bytes),
                    _size(row.weight_bytes),
                )
            )
        lines.append(("whole model", _shown(self.seconds), "", "", ""))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )


def profile(model: Any, x: Data, training: bool = False, repeats: int = 10) -> Profile:
    """The time and memory of each layer for a batch.

    Each call of a layer is compiled and timed by itself, on the inputs that it has in
    the model; the whole model may take less, since what is compiled together is
    computed together.

    Args:
        model: A model.
        x: Inputs of a batch.
        training: Whether layers are called as in training.
        repeats: How often each is timed; the shortest time counts.

    Returns:
        A `Profile`.

    Example:

    >>> import numpy as np
    >>> import keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> table = keras.debug.profile(model, np.ones((4, 3)))
    >>> [(row.kind, row.output_bytes, row.weight_bytes) for row in table.rows]
    [('Dense', 32, 32)]
    """
    calls: list[tuple[Any, Any, Any]] = []

    def note(layer: Any, args: Any, kwargs: Any, result: Structure) -> Any:
        calls.append((layer, args, kwargs))
        return result

    backend = model._keras_backend
    with backend_scope(backend.name):
        (data, _, _) = host_parts(x, None, None)
        batch = map_leaves(backend.convert_to_tensor, data)
        build(model, (data,))
        leaves = [
            layer for layer in layers_inside(model) if layer._all_layers() == [layer]
        ]
        with DiscardingScope(), watching(leaves, note):
            model(batch, training=training)
        rows = [_cost(backend, repeats, *call) for call in calls]

        def whole(batch: Any) -> Structure:
            return model(batch, training=training)

        return Profile(rows, _timed(backend, whole, (batch,), repeats)[0])


def _cost(
    backend: Any, repeats: int, layer: Any, args: tuple[Any, ...], kwargs: Any
) -> LayerCost:
    def call(*args: Any) -> Structure:
        return layer.call(*args, **kwargs)

    seconds, outputs = _timed(backend, call, args, repeats)
    sizes = [_bytes(x) for x in tree.flatten(outputs) if ops.is_tensor(x)]
    weights = [_bytes(v) for v in layer.weights]
    kind = type(layer).__name__
    return LayerCost(layer.name, kind, seconds, sum(sizes), sum(weights))


def _timed(
    backend: Any, function: Callable[..., Any], args: tuple[Any, ...], repeats: int
) -> tuple[float, Any]:
    """The shortest time of a compiled call, and its results."""

    def pure(*args: Any) -> Structure:
        with DiscardingScope():
            return function(*args)

    compiled = backend.jit(pure, jit_compile="auto")
    best, results = float("inf"), None
    for _ in range(repeats + 1):  # the first one compiles
        start = perf_counter()
        results = compiled(*args)
        for x in tree.flatten(results):
            backend.synchronize(x)
        best = min(best, perf_counter() - start)
    return best, results


def _bytes(x: Any) -> int:
    size = 1
    for n in x.shape:
        size *= n
    return size * itemsize(ops.dtype(x))


def _shown(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms"


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
