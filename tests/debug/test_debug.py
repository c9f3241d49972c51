"""`keras.debug`: where numbers break down, what is compiled, what takes time."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras import layers, ops
from tests.conftest import FRAMEWORK_BACKENDS, TRAINING_BACKENDS

X = np.array([[1.0, 2.0], [0.5, 1.0], [0.0, 3.0], [2.0, 2.0]], "float32")
T = np.ones((4, 1), "float32")


@pytest.fixture(params=TRAINING_BACKENDS)
def trains(request):
    """A backend that trains, as the current one."""
    with keras.backend_scope(request.param):
        keras.utils.set_random_seed(1)
        yield request.param


@keras.saving.register_keras_serializable("tests")
class Root(layers.Layer):
    """Its gradient is infinite at 0, where its value is not."""

    def call(self, x):
        return ops.sqrt(x)


def model_of(*between, loss="mse"):
    model = keras.Sequential(
        [keras.Input((2,)), *between, layers.Dense(1, name="head")]
    )
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


def with_a_bad_gradient():
    """A weight stands before the root, whose gradient is 0 times infinity."""
    scale = layers.Dense(2, use_bias=False, name="scale", kernel_initializer="identity")
    return model_of(scale, Root(name="root"))


def logarithm():
    return layers.Lambda(ops.log, name="logarithm")


def test_the_first_output(trains):
    model = model_of(layers.Dense(2, kernel_initializer="identity"), logarithm())
    found = keras.debug.find_nonfinite(model, X, T)
    assert found.layer == "logarithm"
    assert (found.nan, found.inf, found.size) == (0, 1, 8)
    assert "output of layer 'logarithm'" in str(found)


def test_the_first_gradient_on_the_way_back(trains):
    found = keras.debug.find_nonfinite(with_a_bad_gradient(), X, T)
    assert found.layer == "scale"
    assert "gradient of the output of layer 'scale'" in str(found)


def test_data_weights_and_loss():
    with keras.backend_scope("torch"):
        model = model_of()
        bad = np.where(X == 0, np.nan, X)
        assert "input" in str(keras.debug.find_nonfinite(model, bad, T))
        assert "target" in str(keras.debug.find_nonfinite(model, X, T * np.inf))
        assert keras.debug.find_nonfinite(model, X, T) is None
        model.layers[0].bias.assign([np.nan])
        found = str(keras.debug.find_nonfinite(model, X, T))
        assert "weight" in found
        assert "head/bias" in found
        model = model_of(loss=lambda y, p: ops.log(-ops.abs(p)))
        assert "The loss" in str(keras.debug.find_nonfinite(model, X, T))


def test_looking_changes_nothing():
    with keras.backend_scope("torch"):
        model = model_of(layers.BatchNormalization(), layers.Dropout(0.5))
        before = [v.numpy() for v in model.variables]
        keras.debug.find_nonfinite(model, X, T)
        after = [v.numpy() for v in model.variables]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    assert all("call" not in vars(layer) for layer in model.layers)


@pytest.mark.parametrize("several", [1, 2])
def test_a_compiled_training_says_which_layer(trains, several):
    layer = logarithm()
    model = model_of(layer)
    model.compile("sgd", "mse", steps_per_execution=several)
    expected = "batch 2: the output of layer 'logarithm'"
    with pytest.raises(keras.debug.NonFiniteError, match=expected):
        model.fit(
            X,
            T,
            batch_size=2,
            shuffle=False,
            callbacks=[keras.debug.CheckNumerics()],
            verbose=0,
        )
    assert "call" not in vars(layer)


def test_a_compiled_training_says_which_gradient(trains):
    model = with_a_bad_gradient()
    check = keras.debug.CheckNumerics()
    with pytest.raises(keras.debug.NonFiniteError, match="batch 1.*scale/kernel"):
        model.fit(X, T, callbacks=[check], verbose=0)
    assert "apply" not in vars(model.optimizer)


def test_a_training_without_faults_goes_on(trains):
    model = model_of()
    check = keras.debug.CheckNumerics()
    history = model.fit(X, T, epochs=2, callbacks=[check], verbose=0).history
    assert history["loss"][1] < history["loss"][0]


def test_a_table_of_time_and_memory(backend):
    inner = keras.Sequential([layers.Dense(8, activation="relu")], name="inner")
    model = keras.Sequential([keras.Input((2,)), inner, layers.Dropout(0.5)])
    table = keras.debug.profile(model, X, repeats=2)
    assert [row.kind for row in table.rows] == ["Dense", "Dropout"]
    assert [row.output_bytes for row in table.rows] == [4 * 8 * 4] * 2
    assert [row.weight_bytes for row in table.rows] == [(2 * 8 + 8) * 4, 0]
    assert table.seconds > 0
    assert all(row.seconds > 0 for row in table.rows)
    lines = str(table).splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["layer", "time", "share", "output", "weights"]


# What is compiled ---------------------------------------------------------------------


COMPILING = [name for name in FRAMEWORK_BACKENDS if name != "torch"]


@pytest.fixture(params=COMPILING)
def compiling(request):
    """A backend that compiles, as the current one."""
    with keras.backend_scope(request.param):
        yield request.param


def steps_in(found):
    return [each for each in found if each.function.startswith("train_step")]


def test_what_is_compiled_and_why(compiling):
    model = model_of(layers.Dense(3, name="first"))
    with keras.debug.compiles() as found:
        model.fit(X, T, batch_size=4, epochs=2, verbose=0)
        model.fit(X, T, batch_size=4, verbose=0)
        (step,) = steps_in(found)
        assert step.function == f"train_step of model {model.name!r}"
        assert (step.arguments, step.reason) == (
            "float32(4, 2), float32(4, 1)",
            "first call",
        )
        model.fit(X[:3], T[:3], verbose=0)
        assert "float32(4, 2) -> float32(" in steps_in(found)[1].reason
        model.get_layer("first").trainable = False
        model.compile("sgd", "mse")
        model.fit(X, T, batch_size=4, epochs=2, verbose=0)
        third = steps_in(found)[2:]
        assert [each.reason for each in third] == [
            "`trainable` of layers: first = False"
        ]
        model.get_layer("head").activation = ops.tanh
        model.fit(X, T, batch_size=4, verbose=0)
        assert "attribute of a layer was set" in steps_in(found)[3].reason
    count = len(found)
    model.fit(X[:2], T[:2], verbose=0)
    assert len(found) == count  # it looks no more
    lines = str(found).splitlines()
    assert len(lines) == count
    assert lines[0].endswith("(float32(4, 2), float32(4, 1)): first call")


def test_a_compiled_function_and_steps_at_once(compiling):
    @keras.jit
    def scaled(x, factor):
        return x * factor

    with keras.debug.compiles() as found:
        for x, factor in ((X, 2), (X, 2), (X, 3)):
            scaled(x, factor)
        assert [each.reason for each in found] == [
            "first call",
            "other values: [2] -> [3]",
        ]
        model = model_of()
        model.compile("sgd", "mse", steps_per_execution=2)
        model.fit(X, T, batch_size=1, epochs=2, verbose=0)
        names = [each.function for each in found]
    assert f"several times train_step of model {model.name!r}" in names
    assert not steps_in(found)


def test_changing_lengths_are_compiled_once_each(compiling):
    """A trace for a length on JAX; on TensorFlow one of a length that is open."""
    model = keras.Sequential(
        [keras.Input((None, 2)), layers.GlobalMaxPooling1D(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")

    def batches():
        for _ in range(4):
            for length in (3, 5, 4, 6):
                yield np.ones((2, length, 2), "float32"), np.ones((2, 1), "float32")

    with keras.debug.compiles() as found:
        model.fit(batches(), verbose=0)
        model.fit(batches(), verbose=0)
    assert len(steps_in(found)) == (4 if compiling == "jax" else 2)
