"""`model.quantize` and `layer.quantize`: what they take, refuse and leave alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, quantizers
from tests.conftest import BACKENDS

ROWS = np.random.default_rng(0).normal(size=(6, 8)).astype("float32")
CONFIGS = {
    "int8": quantizers.Int8QuantizationConfig(),
    "int4": quantizers.Int4QuantizationConfig(block_size=None),
    "int4/4": quantizers.Int4QuantizationConfig(block_size=4),
}


def _model() -> Any:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(6, name="first")(inputs)
    x = keras.layers.LayerNormalization(name="norm")(x)
    model = keras.Model(inputs, keras.layers.Dense(4, name="last")(x))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def _policies(model: Any) -> dict[str, str]:
    return {x.name: x.dtype_policy.name for x in model.layers if x.weights}


def _array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (None, {"first", "last"}),
        ("^la", {"last"}),
        (["first", "nothing"], {"first"}),
        (lambda layer: layer.name == "last", {"last"}),
    ],
    ids=["none", "pattern", "list", "callable"],
)
def test_filters(filters: Any, chosen: set[str]) -> None:
    model = _model()
    model.quantize("int8", filters=filters)
    for name, policy in _policies(model).items():
        assert policy == ("int8_from_float32" if name in chosen else "float32")


@pytest.mark.parametrize(
    ("mode", "lora"), [("int8", True), ("int4", False), ("int4/4", True)]
)
def test_round_trips(backend: str, tmp_path: Path, mode: str, lora: bool) -> None:
    keras.utils.set_random_seed(0)
    model = _model()
    before = _array(model(ROWS))
    model.quantize(config=CONFIGS[mode])
    assert set(_policies(model).values()) == {f"{_named(mode)}_from_float32", "float32"}
    after = _array(model(ROWS))
    correlation = np.corrcoef(before.ravel(), after.ravel())[0, 1]
    assert correlation > (0.999 if mode == "int8" else 0.85)
    if lora:
        for name in ("first", "last"):
            layer = model.get_layer(name)
            layer.enable_lora(2)
            layer.lora_kernel_b.assign(np.full(layer.lora_kernel_b.shape, 0.01))
        after = _array(model(ROWS))
    model.save(tmp_path / "model.keras")
    loaded: Any = keras.models.load_model(tmp_path / "model.keras")
    again = _array(loaded(ROWS))
    if lora:  # merged, and rounded with the rest
        correlation = np.corrcoef(again.ravel(), after.ravel())[0, 1]
        assert correlation > (0.99 if mode == "int8" else 0.7)
    else:
        np.testing.assert_allclose(again, after, atol=1e-5)
    others = BACKENDS[BACKENDS.index(backend) :] + BACKENDS
    moved = model.to_backend(others[1])
    np.testing.assert_allclose(_array(moved(ROWS)), after, atol=1e-4)


def _named(mode: str) -> str:
    return "int4/-1" if mode == "int4" else mode


@pytest.mark.parametrize("mode", CONFIGS)
def test_lora_trains_upon_it(training_backend: str, mode: str) -> None:
    model = _model()
    model.quantize(config=CONFIGS[mode])
    first = model.get_layer("first")
    first.enable_lora(2)
    frozen = _array(first.weights[-1])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    y = np.ones((6, 4), "float32")
    losses = [float(model.train_on_batch(ROWS, y)) for _ in range(4)]
    assert losses[-1] < losses[0]
    assert np.abs(_array(first.lora_kernel_b)).max() > 0
    np.testing.assert_array_equal(_array(first.weights[-1]), frozen)


def test_gradient_passes_rounding(training_backend: str) -> None:
    layer = keras.layers.Dense(3)
    layer.build((None, 8))
    layer.quantize("int8")
    found = keras.grad(lambda x: ops.sum(layer(x)))(ops.convert_to_tensor(ROWS))
    weight = _array(layer._kernel_form.value()).sum(axis=1)
    np.testing.assert_allclose(_array(found), np.tile(weight, (6, 1)), rtol=1e-5)


def test_a_compiled_model_goes_on(training_backend: str) -> None:
    model = _model()
    model.compile("sgd", "mse")
    y = np.zeros((6, 4), "float32")
    model.fit(ROWS, y, verbose=0)
    model.quantize("int8")
    kernel = _array(model.get_layer("last").kernel)
    model.fit(ROWS, y, verbose=0)
    assert model.compiled and np.array_equal(
        _array(model.get_layer("last").kernel), kernel
    )


def test_inside_attention_and_nested_models() -> None:
    with keras.backend_scope("numpy"):
        _attention()


def _attention() -> None:
    inputs = keras.Input((5, 8))
    inner = keras.Sequential([keras.Input((5, 8)), keras.layers.Dense(8)])
    attention = keras.layers.MultiHeadAttention(2, 4)
    model = keras.Model(inputs, inner(attention(inputs, inputs)))
    x = ROWS[:5][None]
    before = _array(model(x))
    model.quantize("int8")
    names = {x.name for x in model._flatten_layers() if x.quantization_mode}
    assert names == {"query", "key", "value", "attention_output", inner.layers[-1].name}
    np.testing.assert_allclose(_array(model(x)), before, atol=0.05)


def test_memory_falls_to_the_stated_bits() -> None:
    """Counted, scales and zero points included."""
    for config, bits in [
        (quantizers.Int8QuantizationConfig(), 8),
        (quantizers.Int4QuantizationConfig(block_size=None), 4),
        (quantizers.Int4QuantizationConfig(block_size=128), 4),
    ]:
        layer = keras.layers.Dense(256, use_bias=False)
        layer.build((None, 512))
        layer.quantize(config=config)
        size = sum(_array(weight).nbytes for weight in layer.weights)
        assert size * 8 / (256 * 512) < bits * 1.15


def test_low_precision(backend: str) -> None:
    layer = keras.layers.Dense(4, dtype="mixed_bfloat16")
    layer.build((None, 8))
    before = _array(ops.cast(layer(ROWS), "float32"))
    layer.quantize("int8")
    assert layer.dtype_policy.name == "int8_from_mixed_bfloat16"
    assert [w.dtype for w in layer.weights] == ["float32", "int8", "float32"]
    outputs = layer(ROWS)
    assert ops.dtype(outputs) == "bfloat16"
    after = _array(ops.cast(outputs, "float32"))
    np.testing.assert_allclose(after, before, atol=0.1)


def _dense(**more: Any) -> Any:
    layer = keras.layers.Dense(4, name="d", **more)
    layer.build((None, 8))
    return layer


class _Halved(keras.layers.Dense):
    """A subclass that a form may not fit."""


REFUSED = [
    (lambda: _dense().quantize(), "Received: neither"),
    (lambda: _dense().quantize("int7"), "must be one of int8.*'int7'"),
    (lambda: _dense().quantize("int8", config={}), "QuantizationConfig.*\\(dict\\)"),
    (
        lambda: _dense().quantize("int8", config=CONFIGS["int4"]),
        "contradict.*config.mode='int4'",
    ),
    (lambda: _dense().quantize("gptq"), "needs data: pass a keras.quantizers.GPTQCon"),
    (lambda: _dense(dtype="mixed_float16").quantize("int8"), "float16.*overflow"),
    (
        lambda: _dense().quantize(
            config=quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(1))
        ),
        "one scale for each channel of `kernel`.*\\(8, 1\\)",
    ),
    (
        lambda: keras.Sequential([keras.layers.Dense(3)]).quantize("int8"),
        "not built yet",
    ),
    (lambda: _model().quantize("int8", filters=3), "`filters`.*filters=3"),
    (lambda: _model().quantize("int8", more=3), "unknown arguments: more"),
]


@pytest.mark.parametrize("index", range(len(REFUSED)))
def test_refusals(index: int) -> None:
    call, message = REFUSED[index]
    with pytest.raises(ValueError, match=message):
        call()


def _twice(model: Any) -> None:
    model.get_layer("last").quantize("int8")


def _spoil(model: Any, value: str) -> None:
    kernel = model.get_layer("last").kernel
    weight = _array(kernel).copy()
    weight[2, 1] = float(value)
    kernel.assign(weight)


# What is done to a built model first, the mode and config, and the error's text.
BAD: dict[str, tuple[Any, Any, str]] = {
    "a layer twice": (_twice, {"mode": "int4"}, "'last' is quantized already.*anew"),
    "another layer twice": (_twice, {"mode": "int8"}, "is quantized already"),
    "no such mode": (None, {"mode": "int3"}, "must be one of.*mode='int3'"),
    "a config of another mode": (
        None,
        {"mode": "int8", "config": CONFIGS["int4"]},
        "contradict",
    ),
    "no data": (None, {"mode": "gptq"}, "GPTQConfig as `config`"),
    "no structure": (
        None,
        {"config": quantizers.AWQConfig([ROWS], None)},
        "a quantization structure",
    ),
    "sums that overflow": (
        lambda model: setattr(model.get_layer("last"), "dtype_policy", "mixed_float16"),
        {"mode": "int8"},
        "float16.*overflow",
    ),
    "a pattern that is none": (None, {"mode": "int8", "filters": 1}, "`filters`"),
    "a broken pattern": (
        None,
        {"mode": "int8", "filters": ["^la", "("]},
        "regular expressions of names.*one is none: missing \\)",
    ),
    **{
        f"{value} in {mode}": (
            partial(_spoil, value=value),
            {"config": CONFIGS[mode]},
            "`kernel` of layer 'last' cannot be quantized: some of its values are NaN",
        )
        for mode in CONFIGS
        for value in ("nan", "inf")
    },
    "scales of the wrong shape": (
        None,
        {"config": quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(1))},
        "one scale for each channel",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_changes_nothing(case: str) -> None:
    with keras.backend_scope("numpy"):
        model = _model()
        before, given, message = BAD[case]
        if before is not None:
            before(model)
        weights = [(w.path, w.dtype, _array(w).copy()) for w in model.weights]
        policies, outputs = _policies(model), _array(model(ROWS))
        with pytest.raises(ValueError, match=message):
            model.quantize(**given)
        assert _policies(model) == policies
        for weight, (path, dtype, value) in zip(model.weights, weights, strict=True):
            assert (weight.path, weight.dtype) == (path, dtype)
            np.testing.assert_array_equal(_array(weight), value)
        np.testing.assert_array_equal(_array(model(ROWS)), outputs)


@pytest.mark.parametrize(
    ("cls", "given", "message"),
    [
        (quantizers.Int4QuantizationConfig, {"block_size": 0}, "block_size=0"),
        (quantizers.Int4QuantizationConfig, {"block_size": 2.5}, "block_size=2.5"),
        (quantizers.GPTQConfig, {"group_size": 0}, "group_size=0"),
        (quantizers.GPTQConfig, {"weight_bits": 5}, "weight_bits=5"),
        (quantizers.GPTQConfig, {"hessian_damping": 2}, "hessian_damping=2"),
        (quantizers.AWQConfig, {"weight_bits": 8}, "weight_bits=8"),
        (quantizers.AWQConfig, {"num_samples": 0}, "num_samples=0"),
    ],
    ids=[
        "no block",
        "half a block",
        "no group",
        "5 bits",
        "damping",
        "bits",
        "samples",
    ],
)
def test_configs_refuse_what_cannot_be(cls: Any, given: Any, message: str) -> None:
    data = () if cls is quantizers.Int4QuantizationConfig else ([], None)
    with pytest.raises(ValueError, match=f"{cls.__name__}.*{message}"):
        cls(*data, **given)


def test_twice_and_subclasses() -> None:
    layer = _dense()
    layer.quantize("int8")
    with pytest.raises(ValueError, match="quantized already.*'int8_from_float32'"):
        layer.quantize("int4")
    custom = _Halved(4)
    custom.build((None, 8))
    with pytest.raises(NotImplementedError, match="no quantized form"):
        custom.quantize("int8")
    custom.quantize("int8", type_check=False)
    assert custom.kernel.dtype == "int8"


def test_a_failure_leaves_the_model_as_it_was() -> None:
    class Wrong(quantizers.Quantizer):
        def __call__(self, x: Any) -> Any:
            if x.shape[-1] == 4:
                raise RuntimeError("no")
            return quantizers.AbsMaxQuantizer(axis=0)(x)

    model = _model()
    weights = model.get_weights()
    names = [w.path for w in model.weights]
    outputs = model.predict(ROWS, verbose=0)
    with pytest.raises(RuntimeError, match="no"):
        model.quantize(config=quantizers.Int8QuantizationConfig(Wrong()))
    assert set(_policies(model).values()) == {"float32"}
    assert [w.path for w in model.weights] == names
    for left, right in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(model.predict(ROWS, verbose=0), outputs)
    model.quantize("int8")


def test_a_layer_of_the_users_takes_the_hook() -> None:
    class Halves(keras.layers.Layer):
        def quantize(
            self, mode: Any = None, type_check: bool = True, config: Any = None
        ) -> None:
            self.dtype_policy = f"{mode}_from_{self.dtype_policy.name}"

        def call(self, inputs: Any) -> Any:
            return inputs / 2 if self.quantization_mode else inputs

    layer = Halves()
    model = keras.Sequential([keras.Input((8,)), layer])
    model.quantize("int8")
    np.testing.assert_allclose(model.predict(ROWS, verbose=0), ROWS / 2)


def test_a_mode_that_no_layer_knows() -> None:
    model = keras.Sequential(
        [keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 4)]
    )
    with pytest.raises(NotImplementedError, match="float8.*know: 'int8', 'int4'"):
        model.quantize("float8")
    assert set(_policies(model).values()) == {"float32"}
    model.quantize("int8")


def test_nothing_to_quantize() -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.LayerNormalization()])
    for mode in ("int8", "float8"):
        model.quantize(mode)
    assert set(_policies(model).values()) == {"float32"}


def test_a_mode_that_only_a_layer_of_the_users_knows() -> None:
    class Marks(keras.layers.Dense):
        def quantize(
            self, mode: Any = None, type_check: bool = True, config: Any = None
        ) -> None:
            self.marked = mode

    model = keras.Sequential([keras.Input((8,)), Marks(3), keras.layers.Dense(2)])
    model.quantize("float8")
    assert model.layers[0].marked == "float8"
