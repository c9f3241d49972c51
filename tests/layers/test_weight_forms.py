"""Weight forms: one written here, in every layer; and weights that are set by hand."""

from __future__ import annotations

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.layers.weights import form as forms
from keras.layers.weights.form import WeightForm, modes_of, quantized_form
from keras.layers.weights.plain import PlainForm
from tests.conftest import BACKENDS

ROWS = np.random.default_rng(1).standard_normal((2, 5, 3)).astype("float32")
IDS = np.array([[1, 2, 3], [4, 0, 1]], "int32")


class Rounded(WeightForm):
    """Integers of 8 bits, with one scale for each index of the last axis."""

    mode = "rounded"

    @classmethod
    def build(
        cls, layer: Any, name: str, shape: tuple[int, ...], **options: Any
    ) -> Any:
        new = cls(
            [
                layer.add_weight(shape, "zeros", "int8", trainable=False, name=name),
                layer.add_weight(
                    shape[-1:], "ones", trainable=False, name=f"{name}_scale"
                ),
            ]
        )
        values = new.encode(keras.initializers.get(options["initializer"])(shape))
        for variable, value in zip(new.variables, values, strict=True):
            variable.assign(value)
        return new

    def value(self) -> Any:
        integers, scale = self.variables
        return ops.multiply(ops.cast(integers, scale.dtype), scale)

    def encode(self, value: Any) -> list[Any]:
        axes = tuple(range(len(value.shape) - 1))
        scale = ops.maximum(ops.max(ops.absolute(value), axis=axes) / 127.0, 1e-7)
        return [ops.cast(ops.round(value / scale), "int8"), scale]

    def linear(self, inputs: Any, bias: Any, axes: int = 1) -> Any:
        if axes > 1 or len(self.shape) > 2:
            return super().linear(inputs, bias, axes)
        integers, scale = self.variables
        outputs = ops.matmul(inputs, ops.cast(integers, inputs.dtype)) * scale
        return outputs if bias is None else outputs + bias

    def filed(self, own: list[Any]) -> list[Any]:
        """The integers stand first, the scale last."""
        integers, scale = self.variables
        rest = [v for v in own if v is not integers and v is not scale]
        return [integers, *rest, scale]


@pytest.fixture
def rounded(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mode that is known by its form alone; the policy that asks for it."""
    monkeypatch.setattr(forms, "_FORMS", dict(forms.forms()))
    quantized_form(Rounded)
    return "rounded_from_float32"


def _einsum(**more: Any) -> Any:
    return keras.layers.EinsumDense("abc,bd->adc", (7, 3), bias_axes="c", **more)


def _heads(**more: Any) -> Any:
    return keras.layers.EinsumDense("abc,cde->abde", (None, 2, 4), **more)


LAYERS: dict[str, tuple[Any, Any]] = {
    "Dense": (lambda **k: keras.layers.Dense(4, activation="tanh", **k), ROWS),
    "EinsumDense": (_einsum, ROWS),
    "EinsumDense, flat": (_heads, ROWS),
    "Embedding": (lambda **k: keras.layers.Embedding(9, 4, **k), IDS),
    "Attention": (
        lambda **k: keras.layers.MultiHeadAttention(2, 3, **k),
        (ROWS, ROWS),
    ),
}
EACH = pytest.mark.parametrize("name", LAYERS)


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


def outputs(layer: Any, x: Any) -> np.ndarray:
    return array(layer(*x) if isinstance(x, tuple) else layer(x))


@EACH
def test_a_form_of_the_tests_computes_in_every_layer(
    backend: str, name: str, rounded: str
) -> None:
    make, x = LAYERS[name]
    layer = make(dtype=rounded)
    result = outputs(layer, x)
    assert "int8" in {w.dtype for w in layer.weights}
    inner = layer.query_dense if name == "Attention" else layer
    kind = "embeddings" if name == "Embedding" else "kernel"
    merged = array(getattr(inner, kind))
    integers, scale = (array(v) for v in getattr(inner, f"_{kind}_form").variables)
    np.testing.assert_allclose(merged, integers * scale, rtol=1e-6)
    assert np.abs(integers).max() == 127
    if inner is not layer:
        return
    plain = make()
    plain.build(x.shape)
    bias = [array(layer.bias)] if len(layer.weights) > 2 else []
    plain.set_weights([merged, *bias])
    np.testing.assert_allclose(outputs(plain, x), result, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Attention"])
def test_quantizing_a_layer_that_is_there(
    backend: str, name: str, rounded: str
) -> None:
    make, x = LAYERS[name]
    layer = make(name="later")
    before = outputs(layer, x)
    paths = {w.path for w in layer.weights}
    layer.quantize("rounded")
    np.testing.assert_allclose(outputs(layer, x), before, atol=0.05)
    scale = "embeddings_scale" if name == "Embedding" else "kernel_scale"
    assert {w.path for w in layer.weights} == {*paths, f"later/{scale}"}
    assert layer.dtype_policy.name == rounded
    again = type(layer).from_config(layer.get_config())
    outputs(again, x)
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(outputs(again, x), outputs(layer, x), atol=1e-6)


def test_what_trains_and_what_files_hold(
    training_backend: str, tmp_path: Path, rounded: str
) -> None:
    dense = keras.layers.Dense(4, dtype=rounded, name="d")
    model = keras.Sequential([keras.Input((5, 3)), dense])
    assert [w.name for w in model.trainable_weights] == ["bias"]
    frozen = dense.get_weights()[1]
    model.compile(keras.optimizers.SGD(0.1), "mse")
    y = np.ones((2, 5, 4), "float32")
    losses = [float(model.train_on_batch(ROWS, y)) for _ in range(3)]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(dense.get_weights()[1], frozen)
    dense.trainable = False
    dense.trainable = True
    assert [w.name for w in model.trainable_weights] == ["bias"]
    store: dict[str, Any] = {}
    dense.save_own_variables(store)
    assert [v.name for v in store.values()] == ["kernel", "bias", "kernel_scale"]
    expected = model.predict(ROWS, verbose=0)
    model.save(tmp_path / "m.keras")
    same = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(same.predict(ROWS, verbose=0), expected, atol=1e-6)
    model.save_weights(tmp_path / "m.weights.h5")
    other = keras.models.clone_model(model)
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(other.predict(ROWS, verbose=0), expected, atol=1e-6)
    for name in BACKENDS:
        moved = model.to_backend(name)
        np.testing.assert_allclose(array(moved(ROWS)), expected, atol=1e-5)


def test_copies_of_a_form(backend: str, rounded: str) -> None:
    layer = keras.layers.Dense(4, dtype=rounded)
    expected = outputs(layer, ROWS)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_allclose(outputs(other, ROWS), expected, atol=1e-6)
        other.weights[-1].assign(np.zeros(4))
        np.testing.assert_allclose(outputs(layer, ROWS), expected, atol=1e-6)


def test_lora_goes_around_any_form(backend: str, tmp_path: Path, rounded: str) -> None:
    layer = keras.layers.Dense(4, dtype=rounded, lora_rank=2)
    model = keras.Sequential([keras.Input((5, 3)), layer])
    layer.lora_kernel_b.assign(np.full((2, 4), 0.1))
    merged = array(layer.kernel)
    expected = np.matmul(ROWS, merged) + array(layer.bias)
    np.testing.assert_allclose(array(model(ROWS)), expected, atol=1e-5)
    names = ["bias", "lora_kernel_a", "lora_kernel_b"]
    assert [w.name for w in layer.trainable_weights] == names
    model.save_weights(tmp_path / "m.weights.h5")
    plain = keras.Sequential(
        [keras.Input((5, 3)), keras.layers.Dense(4, dtype=rounded)]
    )
    plain.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(array(plain(ROWS)), expected, atol=0.02)


def test_a_model_is_quantized_in_a_new_mode(backend: str, rounded: str) -> None:
    layers = keras.layers
    found = [layers.Conv1D(4, 2, name="c"), layers.Dense(3, name="d")]
    model = keras.Sequential([keras.Input((5, 3)), *found])
    expected = array(model(ROWS))
    model.quantize("rounded", convolutions=True)
    assert {layer.dtype_policy.name for layer in found} == {rounded}
    np.testing.assert_allclose(array(model(ROWS)), expected, atol=0.05)


def test_a_layer_takes_the_forms_that_have_its_products(
    monkeypatch: pytest.MonkeyPatch, rounded: str
) -> None:
    layers = keras.layers
    taken = [layers.Dense(2), layers.Embedding(4, 2), layers.Conv1D(2, 2)]
    assert all("rounded" in modes_of(layer) for layer in taken)
    assert modes_of(layers.Flatten()) == []
    monkeypatch.setattr(Rounded, "products", ("linear", "einsum"))
    assert ["rounded" in modes_of(layer) for layer in taken] == [True, False, False]
    with pytest.raises(ValueError, match="no form for the mode 'rounded'. It knows"):
        layers.Embedding(4, 2, dtype=rounded).build((3,))
    taken[1].build((3,))
    with pytest.raises(NotImplementedError, match="no quantized form.*'rounded'"):
        taken[1].quantize("rounded")
    with pytest.raises(ValueError, match="int4, gptq, awq, rounded"):
        taken[0].quantize("round")


def test_a_mode_without_a_form_says_so() -> None:
    layer = keras.layers.Embedding(4, 2, name="d", dtype="float8_from_float32")
    with pytest.raises(ValueError, match=r"Embedding 'd' has no form.*'float8'.*int8"):
        layer.build((None, 3))
    plain = keras.layers.LayerNormalization(name="p")
    plain.build((None, 3))
    message = "'p' has no quantized form.*mode='int8'"
    with pytest.raises(NotImplementedError, match=message):
        plain.quantize("int8")


def test_quantizing_too_early_says_what_to_do(rounded: str) -> None:
    with pytest.raises(ValueError, match="'q' cannot be quantized.*not built"):
        keras.layers.Dense(4, name="q").quantize("int8")


# Weights that are set by hand ---------------------------------------------------------


def test_a_weight_set_by_hand_is_the_weight(backend: str) -> None:
    layer = keras.layers.Dense(4, name="d")
    layer(ROWS)
    other = keras.Variable(np.full((3, 4), 0.5, "float32"), name="kernel")
    layer.kernel = other
    assert layer.kernel is other and layer._kernel is other
    np.testing.assert_allclose(
        outputs(layer, ROWS), ROWS @ np.full((3, 4), 0.5), atol=1e-5
    )
    assert [w.name for w in layer.weights] == ["bias", "kernel"]
    layer.enable_lora(1)
    layer.lora_kernel_b.assign(np.ones((1, 4)))
    layer._kernel = other
    assert layer.kernel is other and not layer.lora_enabled
    np.testing.assert_allclose(
        outputs(layer, ROWS), ROWS @ np.full((3, 4), 0.5), atol=1e-5
    )


def test_a_tensor_set_by_hand_is_the_weight(backend: str) -> None:
    layer = keras.layers.Dense(4)
    layer(ROWS)
    layer.kernel = ops.ones((3, 4))
    np.testing.assert_allclose(outputs(layer, ROWS), ROWS @ np.ones((3, 4)), atol=1e-5)
    # On NumPy a tensor is an array, which sets the weight's values.
    kept = ["kernel", "bias"] if backend == "numpy" else ["bias"]
    assert [w.name for w in layer.weights] == kept


def test_subclasses_that_make_the_weight_themselves(backend: str) -> None:
    class Halved(keras.layers.Dense):
        def build(self, input_shape: Any) -> None:
            self.gain = self.add_weight((), "ones", name="gain")
            self._kernel = self.add_weight(
                (input_shape[-1], self.units), "ones", name="kernel"
            )
            self.bias = None

    layer = Halved(4)
    np.testing.assert_allclose(outputs(layer, ROWS), ROWS @ np.ones((3, 4)), atol=1e-5)
    assert layer.kernel is layer._kernel
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    assert [v.name for v in store.values()] == ["gain", "kernel"]

    class Heads(keras.layers.EinsumDense):
        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight((3, 2), "ones", name="kernel")
            self.bias = None

    heads = Heads("abc,cd->abd", (None, 2))
    np.testing.assert_allclose(outputs(heads, ROWS), ROWS @ np.ones((3, 2)), atol=1e-5)


def test_subclasses_that_compute_with_the_weight(backend: str) -> None:
    class Doubled(keras.layers.Dense):
        def call(self, inputs: Any) -> Any:
            return ops.matmul(inputs, self.kernel) * 2.0 + self.bias

    layer = Doubled(4)
    plain = keras.layers.Dense(4)
    plain.build((None, 3))
    layer.build((None, 3))
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 4)))
    plain.set_weights([array(layer.kernel), array(layer.bias)])
    np.testing.assert_allclose(
        outputs(layer, ROWS), 2 * outputs(plain, ROWS), atol=1e-5
    )


def test_taking_a_weight_away(backend: str) -> None:
    layer = keras.layers.Dense(4)
    layer(ROWS)
    del layer.kernel
    assert not hasattr(layer, "kernel") and not hasattr(layer, "_kernel")
    assert [w.name for w in layer.weights] == ["bias"]


@pytest.mark.parametrize("change", ["set", "lora", "lora_alpha"])
def test_models_notice(training_backend: str, change: str) -> None:
    dense = keras.layers.Dense(4, use_bias=False)
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile("sgd", "mse")
    x = ROWS[0]
    if change == "lora_alpha":
        dense.enable_lora(1)
        dense.lora_kernel_b.assign(np.ones((1, 4)))
    for _ in range(3):
        model(x)
        model.predict(x, verbose=0)
        model.evaluate(x, np.zeros((5, 4)), verbose=0)
    if change == "set":
        dense.kernel = keras.Variable(np.ones((3, 4), "float32"))
    elif change == "lora":
        dense.enable_lora(1)
        dense.lora_kernel_b.assign(np.ones((1, 4)))
    else:
        dense.lora_alpha = 7.0
    expected = x @ array(dense.kernel)
    for _ in range(3):
        np.testing.assert_allclose(array(model(x)), expected, atol=1e-5)
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-5)
    loss = model.evaluate(x, np.zeros((5, 4)), verbose=0)
    assert loss == pytest.approx(np.mean(expected**2), rel=1e-4)


def test_the_plain_form_is_an_ordinary_attribute(backend: str) -> None:
    layer = keras.layers.Dense(4)
    layer(ROWS)
    assert layer.__dict__["kernel"] is layer.kernel
    assert type(layer._kernel_form) is PlainForm


def test_torch_names_and_tracing() -> None:
    torch = pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        layer = keras.layers.Dense(4)
        x = torch.as_tensor(ROWS)
        expected = layer(x)
        assert [name for name, _ in layer.named_parameters()] == ["kernel", "bias"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python numbers in the trace
            traced = torch.jit.trace(layer, (x,))
        torch.testing.assert_close(traced(x), expected)
        layer.kernel = keras.Variable(np.zeros((3, 4), "float32"), name="kernel")
        assert sorted(name for name, _ in layer.named_parameters()) == [
            "bias",
            "kernel",
        ]
        compiled = torch.compile(layer, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(x), layer(x))


def test_a_layer_says_what_its_files_hold(backend: str) -> None:
    """The names that Keras has for it, in the order of the numbers in files."""
    scalings = ("inputs", "kernel", "outputs_grad")
    history = [f"{x}_{end}" for x in scalings for end in ("scale", "amax_history")]
    wanted = {
        None: ["kernel", "bias"],
        "int8": ["kernel", "bias", "kernel_scale"],
        "int4": ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"],
        "float8": ["kernel", "bias", *history],
        "gptq": ["bias", "quantized_kernel", "kernel_scale", "kernel_zero", "g_idx"],
    }
    first, index = wanted["gptq"][:-1], "g_idx"
    wanted["awq"] = [*first, "awq_scales", index]
    for layer in (keras.layers.Dense(2), keras.layers.EinsumDense("ab,bc->ac", 2)):
        said = layer.variable_serialization_spec
        assert {mode: said[mode] for mode in wanted} == wanted  # beside one from here
    both = keras.layers.ReversibleEmbedding(4, 2, tie_weights=False)
    scales = ["embeddings", "embeddings_scale"]
    assert both.variable_serialization_spec["int8"] == [
        *scales,
        *(f"reverse_{name}" for name in scales),
    ]
    tied = keras.layers.ReversibleEmbedding(4, 2).variable_serialization_spec
    assert tied[None] == ["embeddings"]
    assert tied["int4"] == [*scales, "embeddings_zero", "g_idx"]


@pytest.mark.parametrize("mode", ["int8", "int4/2", "float8", "gptq/4/2", "awq/4/2"])
def test_what_it_says_is_what_it_writes(mode: str, backend: str) -> None:
    """Each variable of its file by its name, in that order."""
    layer = keras.layers.Dense(2, dtype=f"{mode}_from_float32")
    layer.build((None, 4))
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    said = layer.variable_serialization_spec[mode.split("/")[0]]
    written = [x.name for x in store.values()]
    assert [name.removeprefix("quantized_") for name in said] == written
