"""Models with one quantized layer, for the published Keras and for this one.

`make_quantized.py` records what the published one makes of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

KINDS = ("dense", "heads", "joined", "batched", "table", "tied", "untied")
MODES = ("int8", "int8_weights", "int4", "int4_blocks")


def model(keras: Any, kind: str) -> Any:
    """A model whose layer `"layer"` is of that kind, with weights of a seed."""
    layers, name = keras.layers, "layer"
    if kind == "dense":
        inputs, layer = keras.Input((8,)), layers.Dense(5, name=name)
    elif kind in ("heads", "joined", "batched"):
        shape, equation, output, bias = {
            "heads": ((4, 8), "abc,cde->abde", (None, 2, 3), "de"),
            "joined": ((4, 2, 4), "abcd,cde->abe", (None, 6), "e"),
            "batched": ((4, 2, 4), "abcd,bde->abce", (4, 2, 6), "e"),
        }[kind]
        inputs = keras.Input(shape)
        layer = layers.EinsumDense(equation, output, bias_axes=bias, name=name)
    elif kind == "table":
        inputs = keras.Input((3,), dtype="int32")
        layer = layers.Embedding(10, 8, name=name)
    else:
        inputs = keras.Input((3,), dtype="int32")
        layer = layers.ReversibleEmbedding(10, 8, kind == "tied", name=name)
    outputs = layer(inputs)
    if kind in ("tied", "untied"):
        outputs = layer(outputs, reverse=True)
    made = keras.Model(inputs, outputs)
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(size=weight.shape) for weight in made.weights])
    return made


def inputs_of(kind: str) -> np.ndarray:
    """What the model of a kind is called on."""
    rng = np.random.default_rng(2)
    if kind in ("table", "tied", "untied"):
        return rng.integers(0, 10, (2, 3)).astype("int32")
    shape = {"dense": (2, 8), "heads": (2, 4, 8)}.get(kind, (2, 4, 2, 4))
    return rng.normal(size=shape).astype("float32")


def quantize(keras: Any, layer: Any, mode: str, lora: bool) -> None:
    """Quantizes a layer, and with `lora` gives it a change of a seed."""
    quantizers = keras.quantizers
    config = {
        "int8": quantizers.Int8QuantizationConfig(),
        "int8_weights": quantizers.Int8QuantizationConfig(activation_quantizer=None),
        "int4": quantizers.Int4QuantizationConfig(block_size=None),
        "int4_blocks": quantizers.Int4QuantizationConfig(block_size=4),
    }[mode]
    layer.quantize(mode.partition("_")[0], config=config)
    if lora:
        layer.enable_lora(2)
        rng = np.random.default_rng(1)
        for variable in layer.weights:
            if variable.name.startswith("lora"):
                variable.assign(rng.normal(size=variable.shape))
