"""Values and gradients of each row of the table, as a few numbers of each tensor.

The same text runs on the Keras of PyPI, which gave `gradients.json`
(`make_gradients.py`), and here (`test_gradients.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import keras

try:
    from tests.layers.rows import ROWS, Row
except ImportError:  # the maker runs beside this file, in another environment
    from rows import ROWS, Row  # type: ignore[no-redef]

Numbers = dict[str, list[float]]
OF_TRAINING = ("BatchNormalization",)


def cases() -> Iterator[tuple[str, Row, dict[str, Any]]]:
    """Each row with a name of its own and the arguments of its call."""
    seen: dict[str, int] = {}
    for row in ROWS:
        if row.shape == "int" and row.layer == "Flatten":
            continue  # no floats in it
        if not row.published:
            continue
        number = seen[row.name] = seen.get(row.name, 0) + 1
        name = row.name if number == 1 else f"{row.name} ({number})"
        yield name, row, {}
        if row.layer in OF_TRAINING:
            yield f"{name} in training", row, {"training": True}


def prepared(row: Row) -> Any:
    """The row's layer, built, with weights that do not depend on the library."""
    layer = row.make()
    layer(row.inputs())
    rng = np.random.default_rng(1)
    values = []
    for weight in layer.weights:
        value = 0.5 * rng.standard_normal(weight.shape)
        positive = "variance" in weight.name or "stddev" in weight.name
        values.append(np.abs(value) + 0.5 if positive else value)
    layer.set_weights(values)
    return layer


def numbers(tensor: Any) -> list[float]:
    """Three sums of a tensor's values, each with other signs and sizes."""
    flat = np.asarray(tensor, "float64").ravel()
    return [float(flat @ np.cos(k * np.arange(flat.size))) for k in (0.7, 1.9, 3.1)]


def of_case(row: Row, options: dict[str, Any], slopes: Callable[..., Any]) -> Numbers:
    """What is kept of a case.

    Args:
        row: the layer and its inputs.
        options: keyword arguments of the call.
        slopes: from `(layer, call, inputs, weights)` to the outputs and the slopes of
            `sum(cos(i) * outputs[i])` at the inputs and at the weights, in NumPy;
            integer inputs have None.
    """
    layer = prepared(row)
    given = row.inputs()
    inputs = given if isinstance(given, list) else [given]
    weights = list(layer.trainable_weights)

    def total(values: list[Any]) -> tuple[Any, list[Any]]:
        outputs = layer(values if isinstance(given, list) else values[0], **options)
        outputs = keras.tree.flatten(outputs)
        sum_of_all = 0.0
        for y in outputs:
            factors = np.cos(np.arange(np.prod(y.shape))).reshape(y.shape)
            sum_of_all = sum_of_all + keras.ops.sum(
                keras.ops.multiply(y, factors.astype("float32"))
            )
        return sum_of_all, outputs

    outputs, of_inputs, of_weights = slopes(total, inputs, weights)
    kept: Numbers = {}
    for kind, tensors in (("output", outputs), ("input", of_inputs)):
        for place, tensor in enumerate(tensors):
            if tensor is not None:
                kept[f"{kind} {place}"] = numbers(tensor)
    for place, (weight, tensor) in enumerate(zip(weights, of_weights, strict=True)):
        kept[f"weight {place} {weight.name}"] = numbers(tensor)
    return kept
