"""Convolutions with kernels of 8 bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops, quantizers
from keras.transforms import value_and_grad

FLOAT_INPUTS = quantizers.Int8QuantizationConfig(activation_quantizer=None)
ROWS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "Conv1D": (lambda: layers.Conv1D(4, 3, padding="causal"), (2, 7, 3)),
    "Conv2D": (lambda: layers.Conv2D(4, 3, groups=2, strides=2), (2, 7, 6, 4)),
    "Conv3D": (lambda: layers.Conv3D(2, 2, use_bias=False), (1, 4, 4, 3, 3)),
    "Conv1DTranspose": (lambda: layers.Conv1DTranspose(4, 3, strides=2), (2, 5, 3)),
    "Conv2DTranspose": (lambda: layers.Conv2DTranspose(4, 3), (2, 5, 4, 3)),
    "Conv3DTranspose": (lambda: layers.Conv3DTranspose(2, 2), (1, 3, 3, 2, 3)),
}


def _made(name: str) -> tuple[Any, np.ndarray]:
    keras.utils.set_random_seed(0)
    make, shape = ROWS[name]
    layer = make()
    layer.build((None, *shape[1:]))
    return layer, np.random.default_rng(1).normal(size=shape).astype("float32")


def _array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("name", ROWS)
def test_a_kernel_of_integers(backend: str, name: str) -> None:
    layer, x = _made(name)
    kernel, before = _array(layer.kernel), _array(layer(x))
    layer.quantize(config=FLOAT_INPUTS)
    assert layer.dtype_policy.name == "int8_from_float32"
    assert _array(layer.kernel).dtype == "int8"
    assert layer.kernel_scale.shape == (layer.filters,)
    assert not any("kernel" in v.path for v in layer.trainable_variables)
    # The largest number of each filter is 127, and none is off by over half a step.
    filters = -2 if "Transpose" in name else -1
    integers = np.moveaxis(_array(layer.kernel).astype("float32"), filters, -1)
    exact = np.moveaxis(kernel, filters, -1) * _array(layer.kernel_scale)
    assert (abs(integers).reshape(-1, layer.filters).max(axis=0) == 127).all()
    assert abs(integers - exact).max() < 0.501
    found = _array(layer(x))
    config = {**layer.get_config(), "dtype": "float32", "quantization_config": None}
    plain = type(layer).from_config(config)
    plain.build((None, *x.shape[1:]))
    merged = np.moveaxis(integers / _array(layer.kernel_scale), -1, filters)
    plain.set_weights([merged, *([_array(layer.bias)] if layer.use_bias else [])])
    np.testing.assert_allclose(found, _array(plain(x)), atol=1e-5)
    np.testing.assert_allclose(found, before, atol=0.03)


def test_inputs_are_rounded_by_sample(backend: str) -> None:
    layer, x = _made("Conv2D")
    x[1] *= 100
    floats = _array(layer(x))
    layer.quantize("int8")
    both = _array(layer(x))
    for i in range(2):  # neither sample's size matters to the other
        np.testing.assert_allclose(_array(layer(x[i : i + 1])), both[i : i + 1], 1e-5)
        assert abs(both[i] - floats[i]).max() < 0.03 * abs(floats[i]).max()


@pytest.mark.parametrize("name", ["Conv2D", "Conv1DTranspose"])
def test_gradients_pass(training_backend: str, name: str) -> None:
    layer, x = _made(name)

    def loss(x: Any) -> Any:
        return ops.sum(ops.square(layer(x)))

    point = ops.convert_to_tensor(x)
    _, before = value_and_grad(loss)(point)
    layer.quantize("int8")
    _, after = value_and_grad(loss)(point)
    correlation = np.corrcoef(_array(before).ravel(), _array(after).ravel())[0, 1]
    assert correlation > 0.999


def _model() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.Flatten(),
            layers.Dense(2, name="dense"),
        ]
    )


@pytest.mark.parametrize("how", ["int8", FLOAT_INPUTS], ids=["rounds", "floats"])
def test_a_model_leaves_them_unless_asked(
    backend: str, how: Any, tmp_path: Path
) -> None:
    config = how if how is FLOAT_INPUTS else None
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32")
    model = _model()
    model.quantize("int8")
    assert model.get_layer("conv").dtype_policy.name == "float32"
    assert model.get_layer("dense").dtype_policy.name == "int8_from_float32"
    model = _model()
    assert "quantization_config" not in model.get_layer("conv").get_config()
    model.quantize("int8", config=config, convolutions=True)
    assert model.get_layer("conv").dtype_policy.name == "int8_from_float32"
    before = _array(model(x))
    model.save(tmp_path / "m.keras")
    loaded: Any = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(_array(loaded(x)), before, atol=1e-5)
    assert _array(loaded.get_layer("conv").kernel).dtype == "int8"
    model.save_weights(tmp_path / "m.weights.h5")
    loaded.get_layer("conv").bias.assign(np.ones(4))
    loaded.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(_array(loaded(x)), before, atol=1e-5)


def test_a_low_rank_change_upon_them(backend: str) -> None:
    layer, x = _made("Conv2D")
    layer.quantize("int8")
    before = _array(layer(x))
    layer.enable_lora(2)
    np.testing.assert_allclose(_array(layer(x)), before, atol=1e-5)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    assert abs(_array(layer(x)) - before).max() > 0.1


def test_they_have_no_other_forms() -> None:
    layer, _ = _made("Conv2D")
    with pytest.raises(NotImplementedError, match="Conv2D.*int4.*knows 'int8'"):
        layer.quantize("int4")
    with pytest.raises(ValueError, match="no form for the mode 'int4'.*'int8'"):
        layers.Conv2D(4, 3, dtype="int4_from_float32").build((None, 7, 6, 3))
