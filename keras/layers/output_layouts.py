"""Layouts of what layers give, as a distribution has rules for: `<path>/output`.

A layer takes its rule over when it is built, or when a model with it is given to the
steps of a distribution.
"""

from __future__ import annotations

from typing import Any

from keras.core import context, placement, tree
from keras.core.typing import Structure, Tensor


def follow_output_layout(layer: Any) -> None:
    """Gives a layer the layout that the current distribution has for its outputs."""
    distribution = placement.for_backend(layer._keras_backend)
    if distribution is None:
        return
    path = layer.__dict__.get("_path") or "/".join(context.get().names) or layer.name
    layout = distribution.get_tensor_layout(f"{path}/output")
    if layout is not layer._output_layout:
        object.__setattr__(layer, "_output_layout", layout)
        layer._keras_settle()


def in_layout(layer: Any, outputs: Structure) -> Structure:
    """The outputs of a layer, laid out.

    Raises:
        ValueError: if the layout does not fit an output.
    """
    backend, layout = layer._keras_backend, layer._output_layout
    placed = placement.for_backend(backend) or backend.distribution

    def place(output: Tensor) -> Tensor:
        shape = tuple(backend.shape_of(output))
        layout.check(shape, f"The output of layer {layer.path!r}")
        return placed.constrained(output, layout)

    return tree.map_structure(lambda x: x if x is None else place(x), outputs)
