"""LoRA: the numbers, what is trained, files, and the ways to get it wrong."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

IMAGES = np.random.default_rng(0).standard_normal((2, 6, 6, 4)).astype("float32")
ROWS = np.random.default_rng(1).standard_normal((2, 5, 3)).astype("float32")
IDS = np.array([[1, 2, 3], [4, 0, 1]], "int32")
LAYERS: dict[str, tuple[Any, Any]] = {
    "Dense": (lambda **k: keras.layers.Dense(4, activation="tanh", **k), ROWS),
    "Dense, no bias": (lambda **k: keras.layers.Dense(4, use_bias=False, **k), ROWS),
    "EinsumDense": (
        lambda **k: keras.layers.EinsumDense(
            "abc,cde->abde", (None, 2, 4), bias_axes="de", **k
        ),
        ROWS,
    ),
    "EinsumDense, einsum": (
        lambda **k: keras.layers.EinsumDense("abc,bd->adc", (7, 3), **k),
        ROWS,
    ),
    "Embedding": (lambda **k: keras.layers.Embedding(9, 4, **k), IDS),
    "Conv1D": (lambda **k: keras.layers.Conv1D(4, 3, padding="causal", **k), ROWS),
    "Conv2D": (lambda **k: keras.layers.Conv2D(4, 3, groups=2, **k), IMAGES),
    "Conv3D": (lambda **k: keras.layers.Conv3D(2, 2, **k), IMAGES[..., None]),
}
EACH = pytest.mark.parametrize("name", LAYERS)


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


def adapted(name: str, **arguments: Any) -> Any:
    """A layer with LoRA of rank 2 and random small weights."""
    make, x = LAYERS[name]
    layer = make(**arguments)
    layer(x)
    layer.enable_lora(2, lora_alpha=6.0)
    generator = np.random.default_rng(3)
    for variable in pair(layer):
        variable.assign(generator.standard_normal(variable.shape) * 0.3)
    return layer


def name_of(layer: Any) -> str:
    return "embeddings" if hasattr(layer, "embeddings") else "kernel"


def target(layer: Any) -> Any:
    """The merged weight."""
    return getattr(layer, name_of(layer))


def frozen(layer: Any) -> Any:
    """The variable that is adapted."""
    return getattr(layer, f"_{name_of(layer)}")


def pair(layer: Any) -> list[Any]:
    """The small weights."""
    return [getattr(layer, f"lora_{name_of(layer)}_{letter}") for letter in "ab"]


@EACH
def test_it_changes_nothing_at_first(backend: str, name: str) -> None:
    make, x = LAYERS[name]
    layer = make()
    before = array(layer(x))
    layer.enable_lora(2)
    np.testing.assert_allclose(array(layer(x)), before, atol=1e-6)
    assert layer.lora_enabled and layer.lora_rank == 2 and layer.lora_alpha == 2


@EACH
def test_outputs_are_those_of_the_merged_weight(backend: str, name: str) -> None:
    make, x = LAYERS[name]
    layer = adapted(name)
    a, b = (array(v) for v in pair(layer))
    merged = array(frozen(layer)) + 6.0 / 2 * (a @ b)
    np.testing.assert_allclose(array(target(layer)), merged, atol=1e-5)
    plain = make()
    plain(x)
    plain.set_weights([merged, *[w.numpy() for w in layer.weights[1:-2]]])
    np.testing.assert_allclose(array(layer(x)), array(plain(x)), atol=1e-4)


@EACH
def test_what_is_trained(training_backend: str, name: str) -> None:
    layer = adapted(name)
    x = LAYERS[name][1]
    kind = name_of(layer)
    names = [v.name for v in layer.trainable_weights]
    assert names[-2:] == [f"lora_{kind}_a", f"lora_{kind}_b"]
    assert kind not in names
    assert [v.name for v in layer.non_trainable_weights] == [kind]
    shape = array(layer(x)).shape
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    before = array(frozen(layer)).copy()
    small = [array(v).copy() for v in pair(layer)]
    losses = [model.train_on_batch(x, np.zeros(shape, "float32")) for _ in range(4)]
    assert float(losses[-1]) < float(losses[0])
    np.testing.assert_array_equal(array(frozen(layer)), before)
    for variable, start in zip(pair(layer), small, strict=True):
        assert np.abs(array(variable) - start).max() > 0


def test_switching_training_off_and_on_keeps_the_weight_frozen(backend: str) -> None:
    layer = adapted("Dense")
    layer.trainable = False
    assert layer.trainable_weights == []
    layer.trainable = True
    names = [v.name for v in layer.trainable_weights]
    assert names == ["bias", "lora_kernel_a", "lora_kernel_b"]


@EACH
def test_constructor_and_config(backend: str, name: str) -> None:
    make, x = LAYERS[name]
    layer = make(lora_rank=2, lora_alpha=3.0)
    assert not layer.lora_enabled
    layer(x)
    assert layer.lora_enabled and layer.lora_alpha == 3.0
    again = type(layer).from_config(layer.get_config())
    again(x)
    assert [w.name for w in again.weights] == [w.name for w in layer.weights]
    assert again.lora_alpha == 3.0
    assert make().get_config().keys() == layer.get_config().keys() - {
        "lora_rank",
        "lora_alpha",
    }


@EACH
def test_enabling_it_shows_in_the_config(backend: str, name: str) -> None:
    config = adapted(name).get_config()
    assert config["lora_rank"] == 2 and config["lora_alpha"] == 6.0


@EACH
def test_names_and_shapes(backend: str, name: str) -> None:
    layer = adapted(name)
    kind = name_of(layer)
    shape = tuple(frozen(layer).shape)
    bias = [f"{layer.name}/bias"] * (layer.weights[1].name == "bias")
    first, last = f"{layer.name}/{kind}", f"{layer.name}/lora_{kind}"
    paths = [first, *bias, f"{last}_a", f"{last}_b"]
    assert [w.path for w in layer.weights] == paths
    assert [tuple(w.shape) for w in pair(layer)] == [(*shape[:-1], 2), (2, shape[-1])]
    assert layer.get_weights()[-1].shape == (2, shape[-1])


def test_weights_that_come_later_have_the_path_of_the_first(backend: str) -> None:
    dense = keras.layers.Dense(2, name="inner")
    model = keras.Sequential([keras.Input((3,)), dense], name="outer")
    dense.enable_lora(1)
    assert {w.path for w in model.weights} == {
        "outer/inner/kernel",
        "outer/inner/bias",
        "outer/inner/lora_kernel_a",
        "outer/inner/lora_kernel_b",
    }
    with dense._tracker.unlocked():
        assert dense.add_weight((1,), name="later").path == "outer/inner/later"


@pytest.mark.parametrize("ending", ["keras", "weights.h5"])
def test_files_hold_the_merged_weight(
    training_backend: str, tmp_path: Path, ending: str
) -> None:
    def model(**lora: Any) -> Any:
        return keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(4, name="d", **lora)]
        )

    x = ROWS[0]
    first = model(lora_rank=2)
    for variable in pair(first.layers[0]):
        variable.assign(np.full(variable.shape, 0.5))
    expected = array(first(x))
    path = tmp_path / f"m.{ending}"
    if ending == "keras":
        first.save(path)
        same = keras.saving.load_model(path)
    else:
        first.save_weights(path)
        same = model(lora_rank=2)
        same.load_weights(path)
        plain = model()
        plain.load_weights(path)
        np.testing.assert_allclose(array(plain(x)), expected, atol=1e-5)
    np.testing.assert_allclose(array(same(x)), expected, atol=1e-5)
    # b is zeros and a is not, so that the loaded model can be trained further.
    a, b = (array(v) for v in pair(same.layers[0]))
    assert not b.any() and a.any()
    same.compile("sgd", "mse")
    same.train_on_batch(x, np.zeros((5, 4), "float32"))
    assert array(pair(same.layers[0])[1]).any()


def test_a_model_that_was_called_before_sees_it(backend: str) -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(4, name="d")(inputs))
    before = array(model(ROWS[0]))
    model.predict(ROWS[0], verbose=0)
    layer = model.get_layer("d")
    layer.enable_lora(1)
    for variable in pair(layer):
        variable.assign(np.ones(variable.shape))
    change = ROWS[0].sum(-1, keepdims=True)
    np.testing.assert_allclose(array(model(ROWS[0])), before + change, atol=1e-4)
    model.compile("sgd", "mse")
    np.testing.assert_allclose(
        model.predict(ROWS[0], verbose=0), before + change, atol=1e-4
    )


def test_copies_keep_it(backend: str) -> None:
    layer = adapted("Dense")
    expected = array(layer(ROWS))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.lora_enabled
        np.testing.assert_allclose(array(other(ROWS)), expected, atol=1e-6)
        pair(other)[1].assign(np.zeros((2, 4)))
        np.testing.assert_allclose(array(layer(ROWS)), expected, atol=1e-6)


def test_mixed_precision(backend: str) -> None:
    layer = adapted("Dense", dtype="mixed_bfloat16")
    assert keras.ops.dtype(layer(ROWS)) == "bfloat16"
    assert {w.dtype for w in layer.weights} == {"float32"}


def test_regularizer_is_that_of_the_small_weights(backend: str) -> None:
    layer = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.5))
    layer(ROWS)
    layer.enable_lora(2)
    a, b = pair(layer)
    a.assign(np.ones(a.shape))
    assert sum(float(array(loss)) for loss in layer.losses) == pytest.approx(3.0)


def test_alpha_counts_when_it_is_set_by_hand(backend: str) -> None:
    layer = adapted("Dense, no bias")
    plain = array(ROWS @ array(frozen(layer)))
    change = array(layer(ROWS)) - plain
    layer.lora_alpha = 12.0
    np.testing.assert_allclose(array(layer(ROWS)) - plain, 2 * change, atol=1e-5)
    layer.lora_enabled = False
    np.testing.assert_allclose(array(layer(ROWS)), plain, atol=1e-6)
    np.testing.assert_allclose(array(layer.kernel), array(frozen(layer)))
    layer.lora_enabled = True
    np.testing.assert_allclose(array(layer(ROWS)) - plain, 2 * change, atol=1e-5)
    with pytest.raises(ValueError, match="no LoRA to enable"):
        keras.layers.Dense(2).lora_enabled = True


def test_a_layer_without_it_has_no_small_weights(backend: str) -> None:
    layer = keras.layers.Dense(4)
    assert not hasattr(layer, "lora_kernel_a")
    with pytest.raises(AttributeError, match="has no LoRA.*enable_lora"):
        _ = layer.lora_kernel_b


def test_reading_the_weight_before_it_is_there() -> None:
    layer = keras.layers.Dense(4, name="early")
    with pytest.raises(AttributeError, match="kernel"):
        _ = layer.kernel
    assert not hasattr(layer, "kernel")


def test_misuse_says_what_to_do() -> None:
    layer = keras.layers.Dense(4, name="d")
    with pytest.raises(ValueError, match="not built.*lora_rank"):
        layer.enable_lora(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match="`rank` to be a positive integer.*rank=0"):
        layer.enable_lora(0)
    layer.enable_lora(2)
    with pytest.raises(ValueError, match="already enabled.*rank 2"):
        layer.enable_lora(2)
    with pytest.raises(ValueError, match="`kernel_constraint` at once"):
        keras.layers.Dense(4, kernel_constraint="non_neg", lora_rank=2)
    embedding = keras.layers.Embedding(4, 2, embeddings_constraint="non_neg")
    embedding.build()
    with pytest.raises(ValueError, match="`embeddings_constraint` at once"):
        embedding.enable_lora(2)
    with pytest.raises(ValueError, match="`quantization_config` to be a keras.quan"):
        keras.layers.Dense(4, quantization_config={"mode": "int8"})


def test_torch_state_and_graphs() -> None:
    torch = pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        layer = adapted("Dense")
        assert set(layer.state_dict()) == {
            "kernel",
            "bias",
            "lora_kernel_a",
            "lora_kernel_b",
        }
        wants = {name for name, p in layer.named_parameters() if p.requires_grad}
        assert wants == {"bias", "lora_kernel_a", "lora_kernel_b"}
        compiled = torch.compile(layer, fullgraph=True, backend="eager")
        x = torch.as_tensor(ROWS)
        torch.testing.assert_close(compiled(x), layer(x))
