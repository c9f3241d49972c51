"""Models that have nothing to train: `fit` says so, and computes losses and metrics."""

from __future__ import annotations

import numpy as np
import pytest

import keras

X, Y = np.ones((4, 2), "float32"), np.zeros((4, 2), "float32")


class AddsLoss(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(keras.ops.mean(inputs))
        return inputs


def model_of(kind: str) -> keras.Model:
    layer = {
        "no weights": keras.layers.Flatten(),
        "frozen": keras.layers.Dense(2, kernel_initializer="ones"),
        "adds a loss": AddsLoss(),
        "moving averages": keras.layers.BatchNormalization(center=False, scale=False),
    }[kind]
    model = keras.Sequential([keras.Input((2,)), layer])
    model.trainable = kind != "frozen"
    return model


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("no weights", {"loss": "mse", "metrics": ["mae"]}, {"loss": 1, "mae": 1}),
        ("no weights", {"metrics": ["mae"]}, {"loss": 0, "mae": 1}),
        ("no weights", {"loss": "mse", "optimizer": None}, {"loss": 1}),
        ("frozen", {"loss": "mse"}, {"loss": 4}),
        ("adds a loss", {}, {"loss": 1}),
        ("adds a loss", {"loss": "mse"}, {"loss": 2}),
        ("moving averages", {"loss": "mse"}, {"loss": 0}),
    ],
)
def test_fit_and_train_on_batch(backend, kind, options, expected):
    model = model_of(kind)
    model.compile(**options)
    y = Y if "loss" in options or "metrics" in options else None
    with pytest.warns(UserWarning, match="no trainable weights"):
        history = model.fit(X, y, epochs=2, verbose=0, validation_data=(X, y)).history
    for name, value in expected.items():
        assert history[name] == pytest.approx([value, value], abs=1e-3)
    with pytest.warns(UserWarning, match="no trainable weights"):
        logs = model.train_on_batch(X, y, return_dict=True)
    assert logs == pytest.approx(expected, abs=1e-3)


def test_training_mode_and_state(backend):
    """The step is one of training: averages move, and `training` is True."""
    model = model_of("moving averages")
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="no trainable weights"):
        model.fit(X, Y, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [0.01, 0.01], rtol=1e-5)


def test_frozen_after_compiling_and_thawed_again(training_backend):
    """The discriminator of the classic adversarial training."""
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)], name="inner")
    inner.compile("sgd", "mse")
    inner.trainable = False
    first = keras.layers.Dense(2)
    inputs = keras.Input((2,))
    outer = keras.Model(inputs, inner(first(inputs)))
    outer.compile("sgd", "mse")
    before = [inner.get_weights(), first.get_weights()]
    outer.train_on_batch(X, Y)
    assert np.array_equal(before[0][0], inner.get_weights()[0])
    assert not np.array_equal(before[1][0], first.get_weights()[0])
    inner.trainable = True
    inner.train_on_batch(X, Y)
    assert not np.array_equal(before[0][0], inner.get_weights()[0])


def test_recompiled_after_freezing(training_backend):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        model.fit(X, Y, verbose=0)
    assert np.array_equal(before[0], model.get_weights()[0])


def test_frozen_between_two_trainings(training_backend):
    """A compiled step notices, without another `compile`."""
    layers = [keras.layers.Dense(2), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert np.array_equal(before[0], model.get_weights()[0])
    assert not np.array_equal(before[2], model.get_weights()[2])
    # What the optimizer was not made for needs a new one.
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    layers[0].trainable = True
    with pytest.raises(ValueError, match="does not know the variable"):
        model.fit(X, Y, verbose=0)
