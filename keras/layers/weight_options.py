"""Initializer, regularizer and constraint of a weight: three arguments per weight.

Layers take them as `kernel_initializer`, `kernel_regularizer`, `kernel_constraint`.
`set_options` turns what the user gave into objects and keeps them as attributes;
`options` hands them to `add_weight`. So no layer spells the pattern out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import constraints, initializers, regularizers
from keras.layers.arguments import interpreted

if TYPE_CHECKING:
    from keras.layers.layer import Layer

_FAMILIES: dict[str, Any] = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def set_options(layer: Layer, **given: Any) -> None:
    """Keeps arguments such as `kernel_initializer="zeros"` as attributes.

    Args:
        layer: the layer that gets the attributes.
        **given: names, configs, objects or None; the last word of each argument's
            name says of which family it is.
    """
    for name, value in given.items():
        get = _FAMILIES[name.rpartition("_")[2]]
        setattr(layer, name, interpreted(layer, name, get, value))


def split_options(
    given: dict[str, Any], *weights: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those keyword arguments that `set_options` takes for some weights; the others."""
    names = {f"{weight}_{kind}" for weight in weights for kind in _FAMILIES}
    mine = {name: given[name] for name in given if name in names}
    return mine, {name: given[name] for name in given if name not in names}


def options(layer: Layer, weight: str) -> dict[str, Any]:
    """The keyword arguments of `add_weight` for the weight of that name."""
    return {kind: getattr(layer, f"{weight}_{kind}", None) for kind in _FAMILIES}
