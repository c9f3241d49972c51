"""Quantized models as ONNX files: the weights stay integers there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import keras
from keras import layers, quantizers
from keras.export.onnx import write_onnx
from tests.export.onnx_files import agree, operators, outputs_of, randoms, run, session


@pytest.fixture(autouse=True)
def on_numpy() -> Any:
    with keras.backend_scope("numpy"):
        keras.utils.set_random_seed(0)
        yield


def _dense() -> Any:
    x = keras.Input((64,), name="in")
    return keras.Sequential([x, layers.Dense(48), layers.Dense(32)])


def _attention() -> Any:
    x = keras.Input((None, 16))
    y = layers.MultiHeadAttention(2, 8)(x, x)
    y = layers.EinsumDense("abc,dc->adb", output_shape=(8, None))(y)
    return keras.Model(x, y)


def _tokens() -> Any:
    x = keras.Input((None,), dtype="int32")
    table = layers.ReversibleEmbedding(40, 16)
    return keras.Model(x, table(layers.Dense(16)(table(x)), reverse=True))


def _images() -> Any:
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(6, 3, groups=2, activation="relu")(x)
    y = layers.Conv2DTranspose(5, 3, strides=2)(y)
    return keras.Model(x, layers.Conv2D(3, 1, use_bias=False)(y))


KERNELS = 64 * 48 + 48 * 32  # numbers of the weights of `_dense`
X = randoms(3, 64)
PRODUCTS = ("Gemm", "MatMul")
TOKENS = np.arange(12).reshape(2, 6).astype("int32")
MODELS: dict[str, tuple[Any, list[np.ndarray]]] = {
    "dense": (_dense, [X]),
    "attention": (_attention, [randoms(2, 5, 16)]),
    "tokens": (_tokens, [TOKENS]),
    "images": (_images, [randoms(2, 8, 8, 4)]),
}
FLOAT_INPUTS = quantizers.Int8QuantizationConfig(activation_quantizer=None)
CONFIGS: dict[str, tuple[Any, set[str]]] = {
    "int8": (quantizers.Int8QuantizationConfig(), {"INT8"}),
    "int8-float-inputs": (FLOAT_INPUTS, {"INT8"}),
    "int4": (quantizers.Int4QuantizationConfig(block_size=8), {"INT4", "INT8"}),
    "int4-channels": (quantizers.Int4QuantizationConfig(block_size=None), {"INT4"}),
}


def _initializers(path: Path) -> dict[str, int]:
    """How many numbers the weights of each dtype are."""
    found: dict[str, int] = {}
    for tensor in onnx.load(str(path)).graph.initializer:
        name = onnx.TensorProto.DataType.Name(tensor.data_type)
        found[name] = found.get(name, 0) + int(np.prod(tensor.dims))
    return found


def _nodes(path: Path) -> Any:
    return onnx.load(str(path)).graph.node


def _weights(model: Any) -> int:
    """How many numbers the big weights are."""
    kernels = [v for v in model.variables if len(v.shape) > 1 and "int" in v.dtype]
    return sum(int(np.prod(v.shape)) for v in kernels)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", MODELS)
def test_the_file_computes_what_the_model_does(
    name: str, config: str, tmp_path: Path
) -> None:
    make, inputs = MODELS[name]
    if name == "images" and "int4" in config:
        pytest.skip("Convolutions have 8 bits.")
    model, (how, dtypes) = make(), CONFIGS[config]
    model.quantize(config=how, convolutions=True)
    agree(model, tmp_path / "m.onnx", inputs)
    found = _initializers(tmp_path / "m.onnx")
    assert dtypes & set(found)
    integers = sum(n for dtype, n in found.items() if dtype in ("INT8", "INT4"))
    assert integers >= _weights(model)  # all are there, and none as floats besides
    assert found["FLOAT"] < _weights(model) / 2
    # Only where inputs are rounded, too, a runtime may multiply integers.
    used = operators(tmp_path / "m.onnx")
    assert ({"QuantizeLinear", "DequantizeLinear"} <= used) is (config == "int8")


@pytest.mark.parametrize("order", ["in turn", "shuffled", "uneven"])
@pytest.mark.parametrize("mode", ["gptq", "awq"])
def test_weights_that_were_fitted(mode: str, order: str, tmp_path: Path) -> None:
    """The groups of their inputs may lie in any order."""
    model = _dense()
    kind = quantizers.GPTQConfig if mode == "gptq" else quantizers.AWQConfig
    for layer in model.layers:
        layer.quantize(mode, config=kind(None, None, group_size=16))
    index = model.layers[0]._kernel_form.variables[-1]
    groups = np.array(index)
    if order == "shuffled":  # as GPTQ with `activation_order` leaves them
        index.assign(np.random.default_rng(0).permutation(groups))
    if order == "uneven":
        index.assign(np.where(groups == 3, 0, groups))
    agree(model, tmp_path / "m.onnx", [X])
    assert _initializers(tmp_path / "m.onnx")["UINT4"] >= KERNELS
    # By the reference, which multiplies floats.
    (expected,) = outputs_of(model, [X])
    write_onnx(model, tmp_path / "m.onnx", integer_products=True)
    assert _initializers(tmp_path / "m.onnx")["UINT4"] >= KERNELS
    (found,) = ReferenceEvaluator(str(tmp_path / "m.onnx")).run(None, {"in": X})
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_change_upon_a_quantized_weight(tmp_path: Path) -> None:
    model = _dense()
    model.quantize("int8")
    model.layers[0].enable_lora(2)
    model.layers[0].lora_kernel_b.assign(randoms(2, 48))
    agree(model, tmp_path / "m.onnx", [X])
    assert _initializers(tmp_path / "m.onnx")["INT8"] >= KERNELS


def test_older_operators_have_no_integers_of_4_bits(tmp_path: Path) -> None:
    for config in ("int4", "int4-channels"):
        model = _dense()
        model.quantize(config=CONFIGS[config][0])
        agree(model, tmp_path / "m.onnx", [X], opset_version=20)
        found = _initializers(tmp_path / "m.onnx")
        assert found["INT8"] >= KERNELS
        assert "INT4" not in found


def test_a_large_weight_is_one_matrix(tmp_path: Path) -> None:
    """Where numbers are computed it is cut into pieces."""
    model = keras.Sequential([keras.Input((600,)), layers.Dense(500)])
    model.quantize("int4")
    agree(model, tmp_path / "m.onnx", [randoms(2, 600)])
    products = [n for n in _nodes(tmp_path / "m.onnx") if n.op_type in PRODUCTS]
    assert len(products) == 1
    size = (tmp_path / "m.onnx").stat().st_size
    assert size < 600 * 500 * 0.6  # bytes: 4 bits, and the scales


@pytest.mark.parametrize("config", ["int8-float-inputs", "int4", "int4-channels"])
@pytest.mark.parametrize("name", ["dense", "attention", "tokens"])
def test_integer_products_are_the_runtimes_choice(
    name: str, config: str, tmp_path: Path
) -> None:
    """The file is as exact as before; onnxruntime rounds what is multiplied."""
    make, inputs = MODELS[name]
    model = make()
    model.quantize(config=CONFIGS[config][0])
    (expected,) = outputs_of(model, inputs)
    write_onnx(model, tmp_path / "m.onnx", integer_products=True)
    assert any(n.op_type == "DequantizeLinear" for n in _nodes(tmp_path / "m.onnx"))
    (found,) = run(session(tmp_path / "m.onnx"), inputs)
    assert abs(found - expected).max() < 0.03 * abs(expected).max()
    if name == "dense":
        (found,) = ReferenceEvaluator(str(tmp_path / "m.onnx")).run(None, {"in": X})
        np.testing.assert_allclose(found, expected, atol=1e-4)
