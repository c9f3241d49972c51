"""Calls of whole models, compiled where that pays: nobody can notice but by speed."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.masking import get_mask


def numpy(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def data(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def small() -> Any:
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(2)]
    )


def repeated(model: Any, x: Any, times: int = 3, **kwargs: Any) -> np.ndarray:
    """The last of several calls: the first ones are plain."""
    for _ in range(times - 1):
        model(x, **kwargs)
    return numpy(model(x, **kwargs))


def compiled(model: Any) -> bool:
    found = model.__dict__.get("_compiled_call")
    return found is not None and bool(found._repeated)


def test_new_weights_count(backend: str) -> None:
    model, x = small(), ops.convert_to_tensor(data(2, 3))
    before = repeated(model, x)
    assert compiled(model) == (backend != "numpy")
    model.set_weights([w * 2 + 1 for w in model.get_weights()])
    after = numpy(model(x))
    plain = numpy(model.layers[1](model.layers[0](x)))
    np.testing.assert_allclose(after, plain, rtol=1e-5, atol=1e-6)
    assert not np.allclose(before, after)


def test_another_activation_counts_from_the_next_call(backend: str) -> None:
    model, x = small(), ops.convert_to_tensor(data(2, 3))
    repeated(model, x)
    model.layers[0].activation = keras.activations.relu
    w1, b1, w2, b2 = model.get_weights()
    expected = np.maximum(data(2, 3) @ w1 + b1, 0) @ w2 + b2
    for _ in range(3):
        np.testing.assert_allclose(numpy(model(x)), expected, rtol=1e-4, atol=1e-5)


def test_another_epsilon_counts_from_the_next_call(backend: str) -> None:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, ops.normalize(inputs))
    x = ops.convert_to_tensor(np.array([[3e-4, 4e-4]], "float32"))
    np.testing.assert_allclose(repeated(model, x), [[0.6, 0.8]], rtol=1e-4)
    usual = keras.config.epsilon()
    keras.config.set_epsilon(1.0)
    try:
        changed = numpy(model(x))
    finally:
        keras.config.set_epsilon(usual)
    assert np.abs(changed).max() < 0.01
    np.testing.assert_allclose(numpy(model(x)), [[0.6, 0.8]], rtol=1e-4)


def test_a_change_inside_a_nested_model_counts(backend: str) -> None:
    inner = small()
    inputs = keras.Input((3,))
    outer = keras.Model(inputs, inner(inputs))
    x = ops.convert_to_tensor(data(2, 3))
    repeated(outer, x)
    inner.layers[0].activation = keras.activations.relu
    np.testing.assert_allclose(numpy(outer(x)), numpy(inner(x)), rtol=1e-5)


def test_another_layer_counts(backend: str) -> None:
    model, x = small(), ops.convert_to_tensor(data(2, 3))
    before = repeated(model, x)
    model.add(layers.Rescaling(3.0))
    np.testing.assert_allclose(repeated(model, x), 3 * before, rtol=1e-5)
    model.pop()
    np.testing.assert_allclose(repeated(model, x), before, rtol=1e-5)


def test_a_model_that_keeps_changing_runs_plainly(backend: str) -> None:
    model, x = small(), ops.convert_to_tensor(data(2, 3))
    names = ["relu", "tanh"] * 6
    for name in names:
        model.layers[0].activation = keras.activations.get(name)
        repeated(model, x, times=2)
    assert not compiled(model)
    w1, b1, w2, b2 = model.get_weights()
    expected = np.tanh(data(2, 3) @ w1 + b1) @ w2 + b2
    np.testing.assert_allclose(numpy(model(x)), expected, rtol=1e-4, atol=1e-5)


def test_frozen_normalization_stays_frozen(backend: str) -> None:
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((3,)), norm])
    x = ops.convert_to_tensor(data(8, 3) + 4)
    repeated(model, x, training=True)
    norm.trainable = False
    frozen = norm.moving_mean.numpy()
    repeated(model, x, training=True)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), frozen)


def test_freezing_in_turn_stays_compiled(backend: str) -> None:
    """As in the training of a GAN; each state has a form, and each is right."""
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((3,)), norm])
    x = ops.convert_to_tensor(data(8, 3) + 4)
    repeated(model, x, training=True)
    frozen, free = [], []
    for _ in range(10):
        model.trainable = False
        frozen.append(numpy(model(x, training=True)))
        model.trainable = True
        free.append(numpy(model(x, training=True)))
    assert compiled(model) == (backend != "numpy")
    if backend != "numpy":
        assert len(model.__dict__["_compiled_call"]._forms) == 2
    np.testing.assert_allclose(free[-1].mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(frozen[-1].mean(0), 0, atol=0.1)
    assert frozen[0].mean() > 0.1 > frozen[5].mean() > frozen[-1].mean()


def test_a_model_with_a_call_of_its_own_is_not_compiled(backend: str) -> None:
    calls = []

    class Noted(keras.Model):
        def call(self, inputs: Any, training: Any = None) -> Any:
            calls.append(training)
            return super().call(inputs, training=training)

    inputs = keras.Input((3,))
    model = Noted(inputs, layers.Dense(2)(inputs))
    calls.clear()
    repeated(model, ops.convert_to_tensor(data(2, 3)), times=4)
    assert len(calls) == 4


def test_structures_of_inputs_and_outputs(backend: str) -> None:
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    joined = layers.Add()([a, b])
    model = keras.Model({"a": a, "b": b}, {"sum": joined, "parts": [a, joined * 2]})
    x = {"a": ops.ones((2, 3)), "b": 2 * ops.ones((2, 3))}
    for _ in range(3):
        found: Any = model(x)
        assert sorted(found) == ["parts", "sum"]
        np.testing.assert_array_equal(numpy(found["sum"]), np.full((2, 3), 3.0))
        np.testing.assert_array_equal(numpy(found["parts"][0]), np.ones((2, 3)))
        np.testing.assert_array_equal(numpy(found["parts"][1]), np.full((2, 3), 6.0))


def test_masks_come_out(backend: str) -> None:
    inputs = keras.Input((4,), dtype="int32")
    model = keras.Model(inputs, layers.Embedding(5, 3, mask_zero=True)(inputs))
    tokens = ops.convert_to_tensor(np.array([[1, 2, 0, 0]], "int32"))
    for _ in range(3):
        mask = get_mask(model(tokens))
        np.testing.assert_array_equal(numpy(mask), [[True, True, False, False]])


def test_every_batch_size_is_right(backend: str) -> None:
    model = small()
    w1, b1, w2, b2 = model.get_weights()
    for _ in range(3):
        for rows in (1, 2, 5):
            expected = np.tanh(data(rows, 3) @ w1 + b1) @ w2 + b2
            found = numpy(model(ops.convert_to_tensor(data(rows, 3))))
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_wrong_input_is_told_as_ever(backend: str) -> None:
    model = small()
    repeated(model, ops.convert_to_tensor(data(2, 3)))
    with pytest.raises(ValueError, match="expected"):
        model(ops.convert_to_tensor(data(2, 5)))


def test_a_deleted_model_is_gone(backend: str) -> None:
    model = small()
    repeated(model, ops.convert_to_tensor(data(2, 3)))
    left = weakref.ref(model)
    kept = model.layers[0]
    del model
    gc.collect()
    assert left() is None
    kept.activation = keras.activations.relu  # tells nobody


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "bool"])
def test_arrays_are_taken_as_they_are(backend: str, dtype: str) -> None:
    model, x = small(), (10 * data(2, 3)).astype(dtype)
    for _ in range(3):
        found = model(x)
        assert ops.is_tensor(found) and ops.dtype(found) == "float32"
        plain = numpy(model._call_uncompiled(x))
        np.testing.assert_allclose(numpy(found), plain, rtol=1e-4, atol=1e-5)
    assert compiled(model) == (backend != "numpy")


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_of_layers_are_watched(backend: str, copied: Any) -> None:
    layer = layers.Dense(2)
    layer.build((None, 3))
    model = keras.Sequential([keras.Input((3,)), copied(layer)])
    x = ops.convert_to_tensor(data(2, 3))
    plain = data(2, 3) @ layer.kernel.numpy()
    np.testing.assert_allclose(repeated(model, x), plain, rtol=1e-4, atol=1e-5)
    model.layers[0].activation = keras.activations.relu
    expected = np.maximum(plain, 0)
    np.testing.assert_allclose(numpy(model(x)), expected, rtol=1e-4, atol=1e-5)
