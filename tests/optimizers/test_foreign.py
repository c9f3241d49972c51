"""Optimizers of the frameworks in `compile`: torch.optim on torch, optax on JAX."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import keras
from keras.core.errors import BackendError
from tests.conftest import TRAINING_BACKENDS

torch = pytest.importorskip("torch")
optax = pytest.importorskip("optax")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
T = (X @ RNG.normal(size=(3, 1))).astype("float32")

# What is passed to compile, and the Keras optimizer that does the same.
ROWS = {
    "class": ("torch", lambda m: torch.optim.SGD, "SGD", {"learning_rate": 1e-3}),
    "partial": (
        "torch",
        lambda m: functools.partial(torch.optim.Adamax, lr=0.1),
        "Adamax",
        {"learning_rate": 0.1, "epsilon": 1e-8},
    ),
    "instance": (
        "torch",
        lambda m: torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9),
        None,
        {},
    ),
    "transform": ("jax", lambda m: optax.sgd(0.1), "SGD", {"learning_rate": 0.1}),
    "chain": (
        "jax",
        lambda m: optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.1)),
        "Adam",
        {"learning_rate": 0.1, "global_clipnorm": 0.5, "epsilon": 1e-8},
    ),
    "injected": (
        "jax",
        lambda m: optax.inject_hyperparams(optax.adam)(learning_rate=0.1),
        "Adam",
        {"learning_rate": 0.1, "epsilon": 1e-8},
    ),
}


def made(row, native=True):
    backend, make, name, options = ROWS[row]
    if backend not in TRAINING_BACKENDS:
        pytest.skip(f"{backend} is not tested")
    with keras.backend_scope(backend):
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        own = None if native else getattr(keras.optimizers, name)(**options)
        model.compile(own or make(model), "mse")
    return model


def fitted(model, epochs=3):
    model.fit(X, T, 8, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("row", [row for row in ROWS if ROWS[row][2]])
def test_it_updates_as_the_optimizer_of_keras_does(row):
    for a, b in zip(fitted(made(row)), fitted(made(row, native=False)), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.filterwarnings("ignore:The optimizer")
@pytest.mark.parametrize("name", ["half.weights.h5", "half.keras"])
@pytest.mark.parametrize("row", ["partial", "instance", "chain"])
def test_its_state_is_in_files(row, name, tmp_path):
    whole = fitted(made(row), 6)
    first, second = made(row), made(row)
    fitted(first)
    if name.endswith(".keras"):
        first.save(tmp_path / name)
        with keras.backend_scope(ROWS[row][0]):
            second = keras.saving.load_model(tmp_path / name)
        second.compile(ROWS[row][1](second), "mse")
    else:
        first.save_weights(tmp_path / name)
    second.optimizer.build(second.trainable_variables)
    second.load_weights(tmp_path / name)
    assert int(second.optimizer.iterations) == 9
    for a, b in zip(whole, fitted(second), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("row", ["partial", "injected"])
def test_callbacks_set_its_learning_rate(row):
    model = made(row)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    history = model.fit(X, T, epochs=2, callbacks=[schedule], verbose=0).history
    np.testing.assert_allclose(history["learning_rate"], [0.05, 0.025], rtol=1e-6)


def test_a_rate_that_cannot_be_read_says_how():
    model = made("chain")
    with pytest.raises(AttributeError, match="inject_hyperparams"):
        _ = model.optimizer.learning_rate


def test_saving_a_model_says_that_it_is_not_compiled(tmp_path):
    model = made("transform")
    fitted(model)
    with pytest.warns(UserWarning, match="Compile it again"):
        model.save(tmp_path / "model.keras")
    with keras.backend_scope("jax"):
        loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    expected = model.predict(X, verbose=0)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)


@pytest.mark.parametrize(
    ("given", "of"),
    [(torch.optim.Adam, "torch"), (optax.adam(0.1), "jax")],
    ids=["torch", "optax"],
)
def test_other_backends_refuse_it(backend, given, of):
    if backend == of:
        return
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(BackendError, match=f"{of} backend, but the current one is"):
        model.compile(given, "mse")


def test_parameters_of_another_model():
    with keras.backend_scope("torch"):
        other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(torch.optim.SGD(other.parameters(), lr=0.1), "mse")
    with pytest.raises(ValueError, match="not made for these weights"):
        model.fit(X, T, verbose=0)


def test_an_optimizer_that_needs_the_loss_again():
    with keras.backend_scope("torch"), pytest.raises(ValueError, match="LBFGS"):
        keras.optimizers.get(torch.optim.LBFGS)
