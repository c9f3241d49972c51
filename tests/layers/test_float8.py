"""8-bit floats: the numbers and files of Keras 3.15, what trains, what goes with it.

`fixtures/quantized/dense_float8.keras` is a layer of three units with a history of four
steps, written by Keras 3.15 after three steps of SGD on the batches of `_batches`.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import keras
from keras import ops

FILE = Path(__file__).parent.parent / "fixtures" / "quantized" / "dense_float8.keras"
SCALING = [
    "inputs_scale",
    "inputs_amax_history",
    "kernel_scale",
    "kernel_amax_history",
    "outputs_grad_scale",
    "outputs_grad_amax_history",
]


def _array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernel, inputs and targets, as they were drawn for the file."""
    rng = np.random.default_rng(0)
    kernel, x, y = (rng.normal(size=s).astype("float32") for s in SHAPES)
    return kernel, x, y


SHAPES = [(8, 3), (4, 8), (4, 3)]


def _model(**more: Any) -> tuple[Any, Any]:
    policy = keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", 4)
    layer = keras.layers.Dense(3, dtype=policy, name="l", **more)
    model = keras.Sequential([keras.Input((8,)), layer])
    layer._kernel.assign(_data()[0])
    layer.bias.assign([0.1, 0.2, 0.3])
    return model, layer


def test_training_is_that_of_keras(training_backend: str) -> None:
    """Losses recorded from Keras 3.15, as is what the file holds."""
    model, layer = _model()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    _, x, y = _data()
    losses = [float(model.train_on_batch(x * (i + 1), y)) for i in range(3)]
    np.testing.assert_allclose(losses, [5.1632414, 11.4490814, 6.0048771], rtol=1e-5)
    recorded: Any = keras.models.load_model(FILE)
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    assert [v.name for v in store.values()] == ["kernel", "bias", *SCALING]
    for mine, theirs in zip(layer.weights, recorded.layers[0].weights, strict=True):
        assert mine.name == theirs.name and mine.dtype == theirs.dtype
        np.testing.assert_allclose(_array(mine), _array(theirs), rtol=1e-5, atol=1e-6)


def test_a_file_of_keras(backend: str, tmp_path: Path) -> None:
    model: Any = keras.models.load_model(FILE)
    x = _data()[1]
    outputs = _array(model(x))
    expected = [0.1417512893676758, 0.4294556379318237, 0.6060283184051514]
    np.testing.assert_allclose(outputs[0], expected, atol=1e-6)
    model.save(tmp_path / "again.keras")
    again: Any = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(_array(again(x)), outputs)
    before, after = model.layers[0].get_config(), again.layers[0].get_config()
    assert before == after and again.layers[0].dtype_policy.amax_history_length == 4


def test_products_are_those_of_8_bit_floats(backend: str) -> None:
    """A scale of 1 at first: the values themselves are rounded."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    layers = {
        "abc,cd->abd": (keras.layers.Dense(5), x),
        "abc,cde->abde": (
            keras.layers.EinsumDense("abc,cde->abde", (3, 2, 2), bias_axes="de"),
            x,
        ),
        "abc,bcd->abd": (keras.layers.EinsumDense("abc,bcd->abd", (3, 5)), x),
    }
    for equation, (layer, inputs) in layers.items():
        layer.build(inputs.shape)
        kernel = _array(layer.kernel)
        layer.quantize("float8")
        small = [
            a.astype(ml_dtypes.float8_e4m3fn).astype("float32") for a in (x, kernel)
        ]
        expected = np.einsum(equation, *small)
        np.testing.assert_allclose(_array(layer(inputs)), expected, atol=1e-5)


def test_quantizing_a_layer_keeps_its_variables(training_backend: str) -> None:
    layer = keras.layers.Dense(3)
    layer.build((None, 8))
    kernel, bias = layer.weights
    layer.quantize("float8")
    assert layer.weights[:2] == [kernel, bias]
    assert [v.name for v in layer.weights[2:]] == SCALING
    assert layer.dtype_policy.name == "float8_from_float32"
    layer.trainable = False
    assert layer.trainable_weights == []
    layer.trainable = True
    layer.enable_lora(2)
    small = ["lora_kernel_a", "lora_kernel_b"]
    assert [v.name for v in layer.trainable_weights] == ["bias", *SCALING, *small]
    layer.lora_kernel_b.assign(np.ones((2, 3)))
    model = keras.Sequential([keras.Input((8,)), layer])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    x, y = _data()[1:]
    frozen = _array(layer._kernel)
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(_array(layer._kernel), frozen)
    assert _array(layer.inputs_amax_history)[0] == np.abs(x).max()


@pytest.mark.parametrize("is_built", [True, False], ids=["built", "called"])
def test_copies_of_a_trained_model(
    training_backend: str, is_built: bool, tmp_path: Path
) -> None:
    """Its variables stand in another order than those of its copies."""
    x, y = _data()[1:]
    dense = [keras.layers.Dense(4), keras.layers.Dense(y.shape[-1])]
    first = [keras.Input(x.shape[1:])] if is_built else []
    model = keras.Sequential([*first, *dense])
    model(x)
    model.quantize("float8")
    model.compile(keras.optimizers.Adam(use_ema=True), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    assert len(model.optimizer.variables) == 2 + 4 * 3  # scaling has no state
    model.save(tmp_path / "m.keras")
    for copied in [
        pickle.loads(pickle.dumps(model)),
        model.to_backend("numpy"),
        keras.models.load_model(tmp_path / "m.keras"),
    ]:
        np.testing.assert_allclose(_array(copied(x)), _array(model(x)), atol=1e-5)
        pairs = zip(model.optimizer.variables, copied.optimizer.variables, strict=True)
        for old, new in pairs:
            np.testing.assert_array_equal(new.numpy(), old.numpy())


def test_files_hold_the_merged_weight(backend: str, tmp_path: Path) -> None:
    model, layer = _model(lora_rank=2)
    layer.lora_kernel_b.assign(np.full((2, 3), 0.1))
    merged = _array(layer.kernel)
    model.save(tmp_path / "m.keras")
    again: Any = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(_array(again.layers[0].kernel), merged, atol=1e-6)


@pytest.mark.parametrize("name", ["mixed_float16", "bfloat16"])
def test_lower_precision(training_backend: str, name: str) -> None:
    layer = keras.layers.Dense(3, dtype=f"float8_from_{name}")
    model = keras.Sequential([keras.Input((8,)), layer])
    x, y = _data()[1:]
    assert ops.dtype(model(x)) == layer.compute_dtype
    assert {v.dtype for v in layer.weights if v.name in SCALING} == {"float32"}
    model.compile(keras.optimizers.SGD(0.1), "mse")
    losses = [float(model.train_on_batch(x, y)) for _ in range(4)]
    assert losses[-1] < losses[0]
    assert _array(layer.inputs_amax_history)[0] > 0


def test_accumulated_gradients_and_clipping(training_backend: str) -> None:
    """What scales the products is set at each step, and neither summed nor clipped."""
    model, layer = _model()
    optimizer = keras.optimizers.SGD(
        0.1, gradient_accumulation_steps=2, global_clipnorm=1e-3
    )
    model.compile(optimizer, "mse")
    x, y = _data()[1:]
    for factor in (1, 2, 4):
        model.train_on_batch(x * factor, y)
    expected = np.abs(x).max() * np.array([4, 0, 1, 2])
    np.testing.assert_allclose(_array(layer.inputs_amax_history), expected, rtol=1e-6)


def test_tables_stay_as_they_are() -> None:
    model = keras.Sequential(
        [keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 4)]
    )
    model.add(keras.layers.Dense(2))
    model.quantize("float8")
    assert [layer.quantization_mode for layer in model.layers] == [None, "float8"]
    with pytest.raises(NotImplementedError, match="no quantized form.*'int8', 'int4'"):
        model.layers[0].quantize("float8")
