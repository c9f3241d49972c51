"""Mixed precision: half-precision arithmetic on weights of full precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.optimizers import LossScaleOptimizer

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 6)).astype("float32")
LABELS = (X[:, 0] > 0).astype("int32")
POLICIES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


def make(policy: str) -> keras.Model:
    inputs = keras.Input((6,))
    x = layers.Dense(16, activation="relu", dtype=policy)(inputs)
    x = layers.BatchNormalization(dtype=policy)(x)
    outputs = layers.Dense(2, activation="softmax", dtype="float32")(x)
    model = keras.Model(inputs, outputs)
    model.dtype_policy = policy
    return model


@pytest.mark.parametrize("policy", POLICIES)
def test_fit(training_backend: str, policy: str) -> None:
    model = make(policy)
    model.compile(
        keras.optimizers.Adam(0.02),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(X, LABELS, epochs=8, batch_size=16, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.85
    hidden = model.layers[1]
    assert hidden.compute_dtype == POLICIES[policy]
    assert {w.dtype for w in model.weights} == {"float32"}
    half = keras.Model(model.inputs, hidden.output)
    assert ops.dtype(half(X)) == POLICIES[policy]
    assert model.predict(X, verbose=0).dtype == np.float32
    scaled = isinstance(model.optimizer, LossScaleOptimizer)
    assert scaled is (policy == "mixed_float16")


def test_under_the_global_policy(training_backend: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras.Sequential(
            [keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(1)]
        )
    finally:
        keras.config.set_dtype_policy(before)
    model.compile("sgd", "mse")
    target = X[:, :1]
    history = model.fit(X, target, epochs=4, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert isinstance(model.optimizer, LossScaleOptimizer)
    assert model.predict(X, verbose=0).dtype == np.float16


def scaled(scale: float, steps: int = 2000) -> Any:
    """A model whose optimizer starts with a given scale."""
    model = make("mixed_float16")
    model.compile(
        LossScaleOptimizer(
            keras.optimizers.SGD(0.1), initial_scale=scale, dynamic_growth_steps=steps
        ),
        "sparse_categorical_crossentropy",
    )
    return model


def scale_of(model: Any) -> float:
    return float(model.optimizer.dynamic_scale.numpy())


def test_the_scale_is_taken_off_again(training_backend: str) -> None:
    """The update is that of an optimizer without scale."""
    one, many = scaled(1.0), scaled(2.0**10)
    many.set_weights(one.get_weights())
    for model in (one, many):
        model.fit(X, LABELS, batch_size=32, shuffle=False, verbose=0)
    for a, b in zip(one.get_weights(), many.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)


def test_overflow_leaves_the_weights_and_halves_the_scale(
    training_backend: str,
) -> None:
    model = scaled(2.0**40)
    before = [w.numpy().copy() for w in model.trainable_weights]
    model.fit(X, LABELS, batch_size=32, epochs=1, verbose=0)
    assert scale_of(model) == 2.0**38
    assert int(model.optimizer.inner_optimizer.iterations.numpy()) == 0
    for old, weight in zip(before, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
    assert np.isfinite(model.predict(X, verbose=0)).all()


def test_the_scale_grows_while_all_goes_well(training_backend: str) -> None:
    model = scaled(4.0, steps=2)
    model.fit(X, LABELS, batch_size=16, epochs=1, verbose=0)
    assert scale_of(model) == 16.0


def test_losses_in_the_logs_are_not_scaled(training_backend: str) -> None:
    model = scaled(2.0**12)
    logged = model.evaluate(X, LABELS, verbose=0)
    history = model.fit(X, LABELS, batch_size=64, verbose=0).history
    assert history["loss"][0] < 10 * logged


def test_the_scale_in_a_custom_step(training_backend: str) -> None:
    class Custom(keras.Model):
        def train_step(self, data: Any) -> Any:
            x, y = data

            def compute() -> Any:
                loss = self.compute_loss(x, y, self(x, training=True))
                return self.optimizer.scale_loss(loss), loss

            (_, loss), grads = keras.value_and_grad(
                compute, self.trainable_variables, has_aux=True
            )()
            self.optimizer.apply(grads, self.trainable_variables)
            return {"loss": loss}

    graph = make("mixed_float16")
    model = Custom(graph.inputs, graph.outputs)
    model.compile(LossScaleOptimizer(keras.optimizers.Adam(0.02)), graph_loss())
    history = model.fit(X, LABELS, epochs=8, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def graph_loss() -> Any:
    return keras.losses.SparseCategoricalCrossentropy()


def test_half_precision_inference_on_numpy(backend: str) -> None:
    model = make("mixed_float16")
    full = make("float32")
    full.set_weights(model.get_weights())
    np.testing.assert_allclose(
        model.predict(X, verbose=0), full.predict(X, verbose=0), atol=2e-2
    )
