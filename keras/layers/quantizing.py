"""What every way of quantizing a layer or a model checks first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from keras import quantizers
from keras.dtype_policies import DTypePolicyMap
from keras.dtype_policies.quantized import modes
from keras.layers.input_spec import describe
from keras.layers.weights.form import form_of, modes_of

if TYPE_CHECKING:
    from keras.layers.layer import Layer


def mode_and_config(mode: Any, config: Any) -> tuple[str, Any]:
    """What the arguments `mode` and `config` of `quantize` mean together.

    Raises:
        ValueError: if neither is given, the mode is unknown, they contradict each
            other, or a mode needs a config.
    """
    if mode is None and config is None:
        raise ValueError(
            "`quantize` expects `mode`, such as 'int8', or `config`, such as "
            "keras.quantizers.Int8QuantizationConfig(). Received: neither."
        )
    if config is not None and not isinstance(config, quantizers.QuantizationConfig):
        raise ValueError(
            "`config` of `quantize` must be a keras.quantizers.QuantizationConfig. "
            f"Received: config={config!r} ({type(config).__name__})."
        )
    if mode is None and config is not None:
        mode = config.mode
    form = form_of(mode) if isinstance(mode, str) else None
    if mode is None or form is None:
        raise ValueError(
            f"`mode` of `quantize` must be one of {', '.join(modes())}. Received: "
            f"mode={mode!r}."
        )
    if config is not None and config.mode != mode:
        raise ValueError(
            "`quantize` received a mode and a config that contradict each other: "
            f"mode={mode!r}, but config.mode={config.mode!r}. Leave one of them out."
        )
    if config is None and form.needs_data:
        raise ValueError(
            f"`quantize` in mode {mode!r} needs data: pass a "
            f"keras.quantizers.{form.config_class.__name__} as `config`."
        )
    if config is None and form.config_class is not None:
        config = form.config_class()
    return mode, config


def check_quantizable(layer: Layer, mode: str) -> None:
    """Refuses what cannot be quantized as it is.

    Raises:
        ValueError: if the layer is not built, or is quantized already.
    """
    if not layer.built:
        raise ValueError(
            f"{describe(layer)} cannot be quantized, because it is not built yet. "
            "Call the layer on data or `build(input_shape)` first, or give it a "
            f"quantized dtype policy. Received: mode={mode!r}."
        )
    if layer.quantization_mode is not None:
        raise ValueError(
            f"{describe(layer)} is quantized already, with dtype policy "
            f"{layer.dtype_policy.name!r}. Received: mode={mode!r}. Quantize the float "
            "model anew instead."
        )


def policy_in_config(layer: Layer) -> Any:
    """The dtype policy that makes a layer anew, with those of the layers inside.

    A layer that makes others gives them its policy: where some of them were quantized
    since, it is a map of their paths. Models list their layers themselves.
    """
    policy = layer.dtype_policy
    if isinstance(policy, DTypePolicyMap) or hasattr(layer, "layers"):
        return policy
    inside = {
        re.escape(inner.path): inner.dtype_policy
        for inner in layer._flatten_layers(include_self=False)
        if inner.quantization_mode is not None and inner.dtype_policy != policy
    }
    return DTypePolicyMap(policy, inside) if inside else policy


def no_form(layer: Layer, mode: Any) -> str:
    """What to say of a layer that has no form for a mode."""
    has = ", ".join(map(repr, modes_of(layer)))
    known = f" It knows {has}." if has else ""
    return f"{describe(layer)} has no quantized form. Received: mode={mode!r}.{known}"
