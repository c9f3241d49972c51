"""Every mode, with LoRA and without, on every backend, through all ways out and back.

One model has all layers that can be quantized, so that few things are compiled: modes
that a layer does not know leave it in floats.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops, quantizers

TOKENS = np.array([[1, 5, 0, 3], [9, 2, 2, 7]], "int32")
MODES: dict[str, Any] = {
    "int8": quantizers.Int8QuantizationConfig(),
    "int8 of weights": quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int4": quantizers.Int4QuantizationConfig(block_size=None),
    "int4 in blocks": quantizers.Int4QuantizationConfig(block_size=4),
    "float8": quantizers.Float8QuantizationConfig(),
    "gptq": quantizers.GPTQConfig(None, None, group_size=4),
    "awq": quantizers.AWQConfig(None, None, group_size=4),
}
# What merging a change into few bits keeps: files hold the merged weight, rounded.
KEPT = {"int8": 0.999, "float8": 0.99, "int4": 0.9, "gptq": 0.9, "awq": 0.9}


def _model(attends: bool = True) -> Any:
    tokens = keras.Input((None,), dtype="int32")
    table = layers.ReversibleEmbedding(11, 8, tie_weights=False, name="both_ways")
    x = layers.Add()([table(tokens), layers.Embedding(11, 8, name="table")(tokens)])
    x = layers.Dense(8, activation="tanh", name="dense")(x)
    x = layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d", name="einsum")(x)
    if attends:
        x = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    model = keras.Model(tokens, table(x, reverse=True))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.weights])
    return model


def _quantized(mode: str, lora: bool) -> Any:
    """The model in a mode, on NumPy; some layers with a change."""
    model = _model(_attends(mode))
    for layer in model._flatten_layers(include_self=False):
        if layer._keras_products:
            try:
                layer.quantize(MODES[mode].mode, config=MODES[mode])
            except NotImplementedError:
                continue
    if lora:
        rng = np.random.default_rng(1)
        for name in ("table", "dense", "einsum"):
            model.get_layer(name).enable_lora(2)
        for weight in model.trainable_weights:
            if weight.name.startswith("lora"):
                weight.assign(0.2 * rng.normal(size=weight.shape))
    return model


def _outputs(model: Any) -> np.ndarray:
    return ops.convert_to_numpy(model(TOKENS))


def _attends(mode: str) -> bool:
    """Layers inside keep their policy in files, but no config of their own."""
    return mode != "int8 of weights"


def _layers_of(mode: str) -> set[str]:
    found = {"dense", "einsum"}
    found |= {"table", "both_ways"} if mode.startswith("int") else set()
    inside = {"attention_output", "query", "key", "value"}
    return found | inside if _attends(mode) else found


@pytest.mark.parametrize("lora", [False, True], ids=["plain", "lora"])
@pytest.mark.parametrize("mode", MODES)
def test_files_merging_and_onnx(mode: str, lora: bool, tmp_path: Path) -> None:
    from tests.export.onnx_files import agree

    with keras.backend_scope("numpy"):
        model = _quantized(mode, lora)
        names = {
            x.name for x in model._flatten_layers() if x.quantization_mode is not None
        }
        assert names == _layers_of(mode)
        before = _outputs(model)
        model.save(tmp_path / "a.keras")
        loaded: Any = keras.models.load_model(tmp_path / "a.keras")
        after = _outputs(loaded)
        _compare(after, before, mode, lora)
        # What was read has no change left, and comes back as it is.
        loaded.save_weights(tmp_path / "a.weights.h5")
        again: Any = type(loaded).from_config(loaded.get_config())
        again.load_weights(tmp_path / "a.weights.h5")
        np.testing.assert_allclose(_outputs(again), after, atol=1e-5)
        # Merging by hand: what `kernel` of a float layer would be.
        merged = _model(_attends(mode))
        for name in ("dense", "einsum"):
            value = model.get_layer(name)._kernel_form.value()
            merged.get_layer(name).kernel.assign(value)
        assert np.isfinite(_outputs(merged)).all()
        if mode != "float8":  # its rounding is for training
            agree(model, tmp_path / "a.onnx", [TOKENS], [TOKENS[:1, :3]])


def _compare(after: np.ndarray, before: np.ndarray, mode: str, lora: bool) -> None:
    if lora:
        kept = KEPT[MODES[mode].mode]
        assert np.corrcoef(after.ravel(), before.ravel())[0, 1] > kept
    else:
        np.testing.assert_allclose(after, before, atol=1e-5)


@pytest.mark.parametrize("lora", [False, True], ids=["plain", "lora"])
@pytest.mark.parametrize("mode", MODES)
def test_the_same_on_each_backend(
    backend: str, mode: str, lora: bool, tmp_path: Path
) -> None:
    with keras.backend_scope("numpy"):
        model = _quantized(mode, lora)
        before = _outputs(model)
    moved = model.to_backend(backend)
    np.testing.assert_allclose(_outputs(moved), before, atol=1e-4)
    with keras.backend_scope(backend):
        moved.save(tmp_path / "a.keras")
        loaded: Any = keras.models.load_model(tmp_path / "a.keras")
        if lora:
            _compare(_outputs(loaded), before, mode, lora)
        else:
            np.testing.assert_allclose(_outputs(loaded), before, atol=1e-4)
        if not lora:
            copied = pickle.loads(pickle.dumps(moved))
            np.testing.assert_allclose(_outputs(copied), before, atol=1e-4)
    with keras.backend_scope("numpy"):
        model.save(tmp_path / "b.keras")
        found: list[Any] = [
            keras.models.load_model(tmp_path / f"{name}.keras").weights
            for name in ("a", "b")
        ]
    for left, right in zip(*found, strict=True):
        assert left.dtype == right.dtype
        if not left.name.startswith("lora"):  # merged: the change begins anew
            np.testing.assert_allclose(left.numpy(), right.numpy(), atol=1e-5)
    back = moved.to_backend("numpy")
    np.testing.assert_allclose(_outputs(back), before, atol=1e-5)


def test_memory_falls_to_the_stated_bits(backend: str) -> None:
    """All bytes of a large layer are counted, scales and zero points with them."""
    bits = {"int8": 8, "int8 of weights": 8, "int4": 4, "int4 in blocks": 4}
    data = {"gptq": quantizers.GPTQConfig, "awq": quantizers.AWQConfig}
    configs = {name: MODES[name] for name in ("int8", "int8 of weights", "int4")}
    configs["int4 in blocks"] = quantizers.Int4QuantizationConfig(block_size=128)
    configs |= {name: cls(None, None, group_size=128) for name, cls in data.items()}
    for name, config in configs.items():
        layer = layers.Dense(256, use_bias=False)
        layer.build((None, 512))
        layer.quantize(config.mode, config=config)
        native = [ops.convert_to_tensor(weight) for weight in layer.weights]
        size = sum(_bytes(tensor) for tensor in native)
        assert size * 8 / (256 * 512) < bits.get(name, 4) * 1.15, name


def _bytes(tensor: Any) -> int:
    """What the backend's own tensor takes."""
    return int(ops.size(tensor)) * ops.convert_to_numpy(tensor).itemsize
