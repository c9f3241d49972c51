"""Quantizers: numbers of the published Keras 3.15, what they refuse, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, quantizers

MATRIX = np.array([[1.0, -2.0, 3.5], [0.1, 0.0, -0.4]], "float32")
BYTES = np.array([[1, -2, 3], [4, -5, 6], [-8, 7, 0]], "int8")
COLUMNS = np.sin(np.arange(12) * 1.7).reshape(6, 2).astype("float32")
LINE = np.linspace(-8, 8, 9).astype("float32")


def _list(tensor: Any) -> Any:
    return ops.convert_to_numpy(tensor).tolist()


ABS_MAX = [
    (0, [[127, -127, 127], [13, 0, -15]], [[126.99998, 63.5, 36.285713]]),
    (-1, [[36, -73, 127], [32, 0, -127]], [[36.285713], [317.49994]]),
    ((0, 1), [[36, -73, 127], [4, 0, -15]], [[36.285713]]),
    (None, [[36, -73, 127], [4, 0, -15]], [[36.285713]]),
]


@pytest.mark.parametrize("to_numpy", [False, True])
@pytest.mark.parametrize("row", ABS_MAX, ids=[str(row[0]) for row in ABS_MAX])
def test_abs_max(backend: str, row: Any, to_numpy: bool) -> None:
    axis, integers, scale = row
    found, scales = quantizers.abs_max_quantize(MATRIX, axis, to_numpy=to_numpy)
    assert ops.dtype(found) == "int8" and keras.backend.is_keras_tensor(found) is False
    assert _list(found) == integers
    assert np.shape(_list(scales)) == np.shape(scale)
    np.testing.assert_allclose(_list(scales), scale, rtol=1e-6)
    assert type(found) is type(ops.convert_to_tensor(MATRIX))


def test_abs_max_in_low_precision_and_of_zeros(backend: str) -> None:
    found, scale = quantizers.abs_max_quantize(ops.cast(MATRIX, "bfloat16"), 0)
    assert _list(found) == [[127, -127, 127], [13, 0, -14]]
    assert ops.dtype(scale) == "bfloat16"
    found, scale = quantizers.abs_max_quantize(np.zeros((2, 2), "float32"), 0)
    assert _list(found) == [[0, 0], [0, 0]]


GROUPED = [
    (
        2,
        [[7, 7], [-8, -8], [7, 7], [-8, -8], [7, 7], [-8, -8]],
        [[7, -1], [1, -1], [0, -4]],
    ),
    (4, [[1, 7], [-2, -8], [7, 5], [-8, -6], [7, 7], [-8, -8]], [[1, -1], [0, -4]]),
    (10, [[0, 7], [-2, -8], [4, 5], [-6, -6], [7, 2], [-8, -2]], [[0, -1]]),
]


@pytest.mark.parametrize("row", GROUPED, ids=[str(row[0]) for row in GROUPED])
def test_blocks_with_zero_points(backend: str, row: Any) -> None:
    block, integers, zeros = row
    found, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(
        COLUMNS, block
    )
    assert _list(found) == integers and _list(zero) == zeros
    assert tuple(scale.shape) == np.shape(zeros)


def test_blocks_of_equal_values(backend: str) -> None:
    for value, integer, zero in [(0.0, -1, -1), (3.0, 7, -8), (-2.0, -8, 7)]:
        found = quantizers.abs_max_quantize_grouped_with_zero_point(
            np.full((2, 1), value, "float32"), 2, to_numpy=True
        )
        assert _list(found[0]) == [[integer], [integer]]
        assert _list(found[2]) == [[zero]]
        assert _list(found[1])[0][0] == pytest.approx(2 / 15, rel=1e-6)


def test_blocks_refuse() -> None:
    grouped = quantizers.abs_max_quantize_grouped_with_zero_point
    with pytest.raises(ValueError, match="a matrix.*\\(2, 3\\), block_size=0"):
        grouped(MATRIX, 0)
    with pytest.raises(ValueError, match="a matrix.*\\(2,\\)"):
        grouped(MATRIX[:, 0], 2)


PACKED = [
    (0, [[65, -66, 99], [8, 7, 0]]),
    (1, [[-31, 3], [-76, 6], [120, 0]]),
    (-1, [[-31, 3], [-76, 6], [120, 0]]),
]


@pytest.mark.parametrize(("axis", "expected"), PACKED)
def test_packing(backend: str, axis: int, expected: Any) -> None:
    packed, shape, size = quantizers.pack_int4(BYTES, axis=axis)
    assert _list(packed) == expected and shape == np.shape(expected) and size == 3
    assert _list(quantizers.unpack_int4(packed, size, axis=axis)) == BYTES.tolist()


def test_packing_without_sign(backend: str) -> None:
    values = np.array([[1, 2], [15, 8]], "uint8")
    packed, _, size = quantizers.pack_int4(values, dtype="uint8")
    assert _list(packed) == [[241, 130]]
    assert _list(quantizers.unpack_int4(packed, size, dtype="uint8")) == values.tolist()


def test_packing_refuses() -> None:
    with pytest.raises(TypeError, match="dtype int8. Received: .* float32; cast"):
        quantizers.pack_int4(MATRIX)
    with pytest.raises(ValueError, match="'int8' or 'uint8'. Received: dtype='int4'"):
        quantizers.pack_int4(BYTES, dtype="int4")
    with pytest.raises(TypeError, match="int8 or uint8. Received: .* float32"):
        quantizers.unpack_int4(MATRIX, 3)


def test_float8(backend: str) -> None:
    there_and_back = quantizers.quantize_and_dequantize
    found = there_and_back(MATRIX, 0.5, "float8_e4m3fn", "float32")
    np.testing.assert_array_equal(
        _list(found), np.float32([[1, -2, 3.5], [0.1015625, 0, -0.40625]]).tolist()
    )
    found = there_and_back(MATRIX * 1e4, 1.0, "float8_e4m3fn", "float32")
    assert _list(found) == [[448, -448, 448], [448, 0, -448]]
    amax = np.array([0.0, 1.0, np.inf, np.nan, 3.0], "float32")
    scale = quantizers.compute_float8_scale(amax, np.ones(5, "float32"), 448.0, 1)
    np.testing.assert_allclose(
        _list(scale), [1, 0.004464286, 1, 1, 0.013392857], rtol=1e-6
    )
    history = quantizers.compute_float8_amax_history(
        MATRIX, ops.convert_to_tensor(np.array([1.0, 2.0, 3.0], "float32"))
    )
    assert _list(history) == [3.5, 3.0, 1.0]


FAKE = [
    (3, -6, 6, [-6.85714, -5.14286, -3.42857, -1.71429, 0, 1.71429, 3.42857, 5.14286]),
    (8, -6, 5, [-5.99608, -5.99608, -4.01177, -1.98431, 0, 1.98431, 4.01177, 5.00392]),
    (8, 1, 5, [0, 0, 0, 0, 0, 2.00784, 4, 4]),
    (2, -3, 1, [-2.66667, -2.66667, -2.66667, -1.33333, 0, 1.33333, 1.33333, 1.33333]),
    (8, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
]


@pytest.mark.parametrize(("bits", "low", "high", "expected"), FAKE)
def test_fake_quant(
    backend: str, bits: int, low: float, high: float, expected: Any
) -> None:
    fake_quant = quantizers.fake_quant_with_min_max_vars
    found = _list(fake_quant(LINE, float(low), float(high), num_bits=bits))
    np.testing.assert_allclose(found[:8], expected, atol=1e-5)
    both = np.stack([LINE, LINE / 2])
    for axis, x in [(0, both), (-1, both.T)]:
        found = _list(fake_quant(x, [low, -2.0], [high, 3.0], bits, axis=axis))
        one = _list(fake_quant(LINE / 2, -2.0, 3.0, num_bits=bits))
        np.testing.assert_allclose(np.take(found, 1, axis), one)


def test_fake_quant_narrow_and_refusals() -> None:
    found = _list(quantizers.fake_quant_with_min_max_vars(LINE, -6.0, 5.0, 4, True))
    np.testing.assert_allclose(found[:3], [-6.285714, -6.285714, -3.928571], rtol=1e-6)
    with pytest.raises(ValueError, match="num_bits=0"):
        quantizers.fake_quant_with_min_max_vars(LINE, -1.0, 1.0, num_bits=0)


def test_fake_quant_gradient(training_backend: str) -> None:
    def total(ends: Any) -> Any:
        x, low, high = ends
        return ops.sum(quantizers.fake_quant_with_min_max_vars(x, low, high))

    ends = [ops.convert_to_tensor(value) for value in (LINE, -5.0, 3.0)]
    found = keras.grad(total)(ends)
    assert _list(found[0]) == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert (_list(found[1]), _list(found[2])) == (2, 3)


def test_symbolic_and_family() -> None:
    values, scale = quantizers.AbsMaxQuantizer(-1)(keras.KerasTensor((None, 4)))
    assert (values.shape, values.dtype) == ((None, 4), "int8")
    assert (scale.shape, scale.dtype) == ((None, 1), "float32")
    quantizer = quantizers.AbsMaxQuantizer(axis=0, value_range=(-8, 7))
    config = quantizers.serialize(quantizer)
    assert config["config"] == {
        "value_range": (-8, 7),
        "epsilon": 1e-7,
        "output_dtype": "int8",
        "axis": (0,),
    }
    again = quantizers.deserialize(config)
    assert again.get_config() == quantizer.get_config()
    assert quantizers.get("abs_max_quantizer", epsilon=0.1).epsilon == 0.1
    assert quantizers.get(None) is None
    with pytest.raises(ValueError, match="quantizer identifier: 'most'"):
        quantizers.get("most")


CONFIGS = [
    quantizers.Int8QuantizationConfig(),
    quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(0), None),
    quantizers.Int4QuantizationConfig(block_size=32),
    quantizers.Int4QuantizationConfig(block_size=None),
    quantizers.Float8QuantizationConfig(),
    quantizers.GPTQConfig(None, None, weight_bits=3),
    quantizers.AWQConfig(None, None, group_size=-1),
]


@pytest.mark.parametrize("index", range(len(CONFIGS)))
def test_configs_round_trip(index: int) -> None:
    config = CONFIGS[index]
    written = keras.saving.serialize_keras_object(config)
    assert written["module"] == "keras.quantizers"
    again: Any = keras.saving.deserialize_keras_object(written)
    assert again.get_config() == config.get_config()
    assert again.dtype_policy_string() == config.dtype_policy_string()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Int4QuantizationConfig", {"block_size": 0}),
        ("Int4QuantizationConfig", {"weight_quantizer": quantizers.AbsMaxQuantizer()}),
        (
            "Int8QuantizationConfig",
            {"weight_quantizer": quantizers.AbsMaxQuantizer(output_dtype="int4")},
        ),
        ("Int8QuantizationConfig", {"weight_quantizer": "abs_max"}),
        ("GPTQConfig", {"weight_bits": 5}),
        ("GPTQConfig", {"hessian_damping": 2}),
        ("GPTQConfig", {"group_size": 0}),
        ("AWQConfig", {"weight_bits": 8}),
        ("AWQConfig", {"num_grid_points": 0}),
    ],
    ids=lambda given: given if isinstance(given, str) else next(iter(given)),
)
def test_configs_refuse(name: str, wrong: Any) -> None:
    if name.startswith(("GPTQ", "AWQ")):
        wrong = {"dataset": [], "tokenizer": None, **wrong}
    with pytest.raises(ValueError, match=name):
        getattr(quantizers, name)(**wrong)
