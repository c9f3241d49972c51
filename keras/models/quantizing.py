"""`model.quantize`: each layer that knows how, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keras.layers import Layer
from keras.layers.quantizing import check_quantizable, mode_and_config
from keras.layers.weights.form import forms, modes_of
from keras.models.calibrating import calibrate, inner_layers, structure_of

if TYPE_CHECKING:
    from keras.models.model import Model

Filters = Callable[[Layer], bool] | str | Sequence[str] | None


def quantize(
    model: Model,
    mode: Any,
    config: Any,
    filters: Filters,
    type_check: bool,
    convolutions: bool,
) -> None:
    """Quantizes the layers of a model that know how, or leaves all as they were.

    Args:
        model: the model, built.
        mode: `"int8"` and the like, or None for that of the config.
        config: a `keras.quantizers.QuantizationConfig`, or None.
        filters: which layers, by name or by a callable.
        type_check: whether subclasses of the library's layers stay as they are.
        convolutions: whether convolutions are among them.

    Raises:
        NotImplementedError: if no layer has a form for the mode, though some have one
            for others.
    """
    chosen = _filter(filters)
    mode, config = mode_and_config(mode, config)
    check_quantizable(model, mode)
    structure = structure_of(model, mode, config) if forms()[mode].needs_data else None
    inside = (
        model._flatten_layers(include_self=False)
        if structure is None
        else inner_layers(structure["sequential_blocks"])
    )
    layers = [
        layer
        for layer in inside
        if chosen(layer)
        and not _is_model(layer)
        and (convolutions or not layer._quantized_on_request)
    ]
    for layer in layers:
        if layer._keras_products:
            check_quantizable(layer, mode)
    undo = [(layer, layer._quantized_state()) for layer in layers]
    done: list[Layer] = []

    def quantize_layer(layer: Layer) -> None:
        try:
            layer.quantize(mode, type_check=type_check, config=config)
            done.append(layer)
        except NotImplementedError:
            pass  # it has no such form, and stays

    try:
        if structure is None:
            for layer in layers:
                quantize_layer(layer)
        else:
            wanted = {id(layer) for layer in layers}
            calibrate(structure, config, lambda x: id(x) in wanted, quantize_layer)
        if not done:
            _check_any_form(model, layers, mode)
    except BaseException:
        for layer, state in undo:
            layer._restore_quantized_state(state)
        raise


def _is_model(layer: Layer) -> bool:
    return hasattr(layer, "get_quantization_layer_structure")


def _check_any_form(model: Model, layers: list[Layer], mode: str) -> None:
    """Refuses a mode that only leaves alone what others would quantize."""
    modes = dict.fromkeys(m for layer in layers for m in modes_of(layer))
    if modes and mode not in modes:
        raise NotImplementedError(
            f"No layer of {type(model).__name__} {model.name!r} has a quantized form "
            f"for mode={mode!r} yet, so nothing would change. Its layers know: "
            f"{', '.join(map(repr, modes))}."
        )


def _filter(filters: Filters) -> Callable[[Layer], bool]:
    """Whether a layer is meant."""
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return filters
    patterns = [filters] if isinstance(filters, str) else filters
    if not isinstance(patterns, (list, tuple)) or not all(
        isinstance(pattern, str) for pattern in patterns
    ):
        raise ValueError(
            "`filters` of `quantize` must be a regular expression, a list of them, or "
            f"a callable of a layer. Received: filters={filters!r}."
        )
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise ValueError(
            "`filters` of `quantize` must be regular expressions of names of layers. "
            f"Received: filters={filters!r}, of which one is none: {error}."
        ) from error
    return lambda layer: any(pattern.search(layer.name) for pattern in compiled)
