"""Quantized policies, and maps of policies by the paths of layers."""

from __future__ import annotations

from typing import Any

import pytest

import keras
from keras import dtype_policies as policies


@pytest.mark.parametrize(
    ("name", "kind", "mode", "compute", "variable"),
    [
        ("int8_from_float32", "QuantizedDTypePolicy", "int8", "float32", "float32"),
        (
            "int8_from_mixed_bfloat16",
            "QuantizedDTypePolicy",
            "int8",
            "bfloat16",
            "float32",
        ),
        ("int4_from_float16", "QuantizedDTypePolicy", "int4", "float16", "float16"),
        ("int4/128_from_float32", "Int4DTypePolicy", "int4", "float32", "float32"),
        (
            "float8_from_mixed_float16",
            "QuantizedFloat8DTypePolicy",
            "float8",
            "float16",
            "float32",
        ),
        ("gptq/4/-1_from_float32", "GPTQDTypePolicy", "gptq", "float32", "float32"),
        ("awq/4/64_from_bfloat16", "AWQDTypePolicy", "awq", "bfloat16", "bfloat16"),
    ],
)
def test_names_of_quantized_policies(
    name: str, kind: str, mode: str, compute: str, variable: str
) -> None:
    """A name makes the class that knows its mode, and a round trip keeps it."""
    policy = policies.get(name)
    assert (type(policy).__name__, policy.name) == (kind, name)
    assert policy.quantization_mode == mode
    assert (policy.compute_dtype, policy.variable_dtype) == (compute, variable)
    data = policies.serialize(policy)
    assert (data["module"], data["class_name"]) == ("keras.dtype_policies", kind)
    again = policies.deserialize(data)
    assert again == policy and type(again) is type(policy)
    assert hash(again) == hash(policy)
    assert repr(policy) == f'<{kind} "{name}">'


def test_settings_of_modes() -> None:
    """What stands behind the slashes, or in an argument, can be read."""
    assert policies.Int4DTypePolicy("int4/32").block_size == 32
    gptq = policies.GPTQDTypePolicy("gptq/3/128", "float32")
    assert (gptq.weight_bits, gptq.group_size) == (3, 128)
    assert gptq.mode == "gptq/3/128"
    float8 = policies.QuantizedFloat8DTypePolicy("float8", "float32", 5)
    assert float8.get_config() == {
        "mode": "float8",
        "source_name": "float32",
        "amax_history_length": 5,
    }
    assert float8 != policies.QuantizedFloat8DTypePolicy("float8", "float32")
    assert policies.DTypePolicy("float32") != policies.get("int8_from_float32")


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (
            lambda: policies.QuantizedDTypePolicy("int9"),
            ValueError,
            "one of int8, float8, int4, gptq, awq. Received: mode='int9'",
        ),
        (lambda: policies.get("int8_from_float16"), ValueError, "overflow"),
        (lambda: policies.get("int8"), ValueError, "'int8_from_float32'"),
        (lambda: policies.get("int8_from_float99"), ValueError, "float99"),
        (lambda: policies.get("abc_from_float32"), ValueError, "abc_from_float32"),
        (
            lambda: policies.Int4DTypePolicy("int4"),
            ValueError,
            "of the form 'int4/<block_size>'. Received: mode='int4'",
        ),
        (lambda: policies.Int4DTypePolicy("int4/a"), ValueError, "with integers"),
        (lambda: policies.Int4DTypePolicy("int4/0"), ValueError, "block_size> of 1 or"),
        (lambda: policies.GPTQDTypePolicy("gptq/5/1"), ValueError, "of 2, 3, 4, 8"),
        (lambda: policies.get("gptq_from_float32"), ValueError, "the form 'gptq/<weig"),
        (lambda: policies.get("awq_from_float32"), ValueError, "the form 'awq/<weight"),
        (lambda: policies.AWQDTypePolicy("awq/8/1"), ValueError, "of 4"),
        (
            lambda: policies.QuantizedFloat8DTypePolicy("float8", None, 2.5),
            TypeError,
            "must be an integer. Received: 2.5",
        ),
        (
            lambda: policies.DTypePolicyMap(policy_map=[1]),  # type: ignore[arg-type]
            TypeError,
            r"must be a dict of paths to policies. Received: \[1\]",
        ),
    ],
)
def test_bad_policies(make: Any, kind: type[Exception], text: str) -> None:
    """Errors say what was got and what is allowed."""
    with pytest.raises(kind, match=text):
        make()


def test_a_map_by_path_and_pattern() -> None:
    """A path itself, else one pattern that matches all of it, else the default."""
    found = policies.DTypePolicyMap("mixed_bfloat16", {"dense": "float16"})
    found["block/.*"] = policies.get("int8_from_float32")
    assert found["dense"].name == "float16"
    assert found["block/0/dense"].name == "int8_from_float32"
    for path in ("block", "dense/b", "xdense"):
        assert found[path].name == "mixed_bfloat16"
    assert len(found) == 2 and list(found) == ["dense", "block/.*"]
    with pytest.raises(ValueError, match="has a policy for 'dense' already"):
        found["dense"] = "float32"
    found["block/0/.*"] = "float64"
    with pytest.raises(ValueError, match="several keys .*'block/.*', 'block/0/.*'"):
        found["block/0/dense"]
    del found["block/0/.*"]
    assert (found.name, found.compute_dtype) == ("map_mixed_bfloat16", "bfloat16")
    again = policies.deserialize(policies.serialize(found))
    assert again == found
    assert "('dense', 'float16')" in repr(again)


def test_the_default_of_a_map_is_the_global_policy() -> None:
    """If none is given, the one of the moment."""
    found = policies.DTypePolicyMap()
    assert found.get_config() == {"default_policy": None, "policy_map": {}}
    keras.config.set_dtype_policy("float64")
    try:
        assert found["anything"].name == "float64"
    finally:
        keras.config.set_dtype_policy("float32")
    own = policies.QuantizedFloat8DTypePolicy("float8", "float32", 5)
    again = policies.DTypePolicyMap.from_config(
        policies.DTypePolicyMap(own).get_config()
    )
    assert again.default_policy == own


def test_layers_take_their_policies_from_a_map(backend: str, tmp_path: Any) -> None:
    """From when they are built; the first call computes as the later ones do."""
    found = policies.DTypePolicyMap("float32")
    found["half"] = "mixed_bfloat16"
    half = keras.layers.Dense(2, dtype=found, name="half")
    full = keras.layers.Dense(2, dtype=found, name="full")
    assert half.compute_dtype == "float32" and half.dtype_policy is found
    x = keras.ops.ones((1, 3))
    for _ in range(2):
        assert keras.backend.standardize_dtype(half(x).dtype) == "bfloat16"
        assert keras.backend.standardize_dtype(full(x).dtype) == "float32"
    assert (half.compute_dtype, half.variable_dtype) == ("bfloat16", "float32")
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(2, dtype=found, name="half")(inputs)
    assert hidden.dtype == "bfloat16"
    model = keras.Model(inputs, keras.layers.Dense(2, dtype=found, name="o")(hidden))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("half").compute_dtype == "bfloat16"
    assert loaded.get_layer("half").dtype_policy == found
    assert loaded.get_layer("o").compute_dtype == "float32"


def test_quantized_policies_of_layers(backend: str) -> None:
    """A layer with weights to quantize says that it cannot; others take the dtypes."""
    dense = keras.layers.Dense(2, dtype="int8_from_float32")
    assert dense.quantization_mode == "int8"
    dense = keras.layers.Embedding(2, 2, dtype="float8_from_float32")
    with pytest.raises(ValueError, match=r"no form for .*'float8_from_float32'"):
        dense.build((1, 3))
    dropout = keras.layers.Dropout(0.5, dtype="int8_from_mixed_bfloat16")
    y = dropout(keras.ops.ones((2, 2)))
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"


def test_nones_of_structures() -> None:
    """`map_structure` leaves None alone if it is told that None is no leaf."""
    mapped = keras.tree.map_structure(lambda a: (a,), [None, 1], none_is_leaf=False)
    assert mapped == [None, (1,)]
    assert keras.tree.map_structure(lambda a: a is None, [None, 1]) == [True, False]
    with pytest.raises(ValueError):
        keras.tree.map_structure(max, [None, 1], [2, 3], none_is_leaf=False)
    assert keras.config.is_nnx_enabled() is False


def test_the_global_policy_is_a_policy() -> None:
    keras.config.set_dtype_policy("bfloat16")
    try:
        with pytest.raises(ValueError, match="global dtype policy cannot be None"):
            keras.config.set_dtype_policy(None)
        with pytest.raises(ValueError, match="Cannot make a dtype policy of this"):
            keras.config.set_dtype_policy(keras.DTypePolicy)
        assert keras.config.dtype_policy().name == "bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
