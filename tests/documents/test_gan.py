"""A generative adversarial network: one custom loop, written once, on every backend.

Two models, two optimizers, random numbers and a metric, with `keras.value_and_grad`;
as plain Python and under `keras.jit`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

LATENT = 4


class Gan:
    """Everything that the step reads and writes."""

    def __init__(self) -> None:
        self.generator = keras.Sequential(
            [keras.Input((LATENT,)), layers.Dense(16, "relu"), layers.Dense(2)]
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((2,)),
                layers.Dense(16, "leaky_relu"),
                layers.Dropout(0.1, seed=7),
                layers.Dense(1),
            ]
        )
        self.g_optimizer = keras.optimizers.Adam(0.02, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(0.02, beta_1=0.5)
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        self.seeds = keras.random.SeedGenerator(3)
        self.d_loss = keras.metrics.Mean(name="d_loss")

    def step(self, real: Any) -> tuple[Any, Any]:
        count = ops.shape(real)[0]
        noise = keras.random.normal((count, LATENT), seed=self.seeds)
        fake = self.generator(noise, training=True)
        both = ops.concatenate([fake, real], axis=0)
        labels = ops.concatenate([ops.zeros((count, 1)), ops.ones((count, 1))])

        def d_loss() -> Any:
            return self.loss_fn(labels, self.discriminator(both, training=True))

        weights = self.discriminator.trainable_variables
        loss, grads = keras.value_and_grad(d_loss, weights)()
        self.d_optimizer.apply(grads, weights)
        self.d_loss.update_state(loss)

        def g_loss() -> tuple[Any, Any]:
            images = self.generator(noise, training=True)
            verdict = self.discriminator(images, training=True)
            return self.loss_fn(ops.ones((count, 1)), verdict), images

        weights = self.generator.trainable_variables
        (g_value, images), grads = keras.value_and_grad(g_loss, weights, has_aux=True)()
        self.g_optimizer.apply(grads, weights)
        return g_value, images


def real_points() -> np.ndarray:
    rng = np.random.default_rng(2)
    return (np.array([3.0, -2.0]) + 0.2 * rng.standard_normal((32, 2))).astype(
        "float32"
    )


def run(compiled: bool, steps: int) -> tuple[Gan, list[float], Any]:
    keras.utils.set_random_seed(11)
    gan, real, losses, images = Gan(), real_points(), [], None
    step = keras.jit(gan.step) if compiled else gan.step
    for _ in range(steps):
        value, images = step(ops.convert_to_tensor(real))
        losses.append(float(ops.convert_to_numpy(value)))
    return gan, losses, ops.convert_to_numpy(images)


@pytest.mark.parametrize("compiled", [False, True])
def test_both_players_learn(training_backend: str, compiled: bool) -> None:
    steps = 120 if compiled or training_backend == "torch" else 12
    gan, losses, images = run(compiled, steps)
    assert np.isfinite(losses).all()
    assert int(gan.g_optimizer.iterations.numpy()) == steps
    assert int(gan.d_optimizer.iterations.numpy()) == steps
    assert 0 < float(gan.d_loss.result()) < 2
    if steps > 100:  # what is generated moves to where the real points are
        assert np.abs(images.mean(0) - [3.0, -2.0]).max() < 1.5


def test_compiled_equals_plain(training_backend: str) -> None:
    plain, plain_losses, _ = run(False, 4)
    fast, fast_losses, _ = run(True, 4)
    np.testing.assert_allclose(fast_losses, plain_losses, rtol=1e-3)
    for mine, theirs in zip(plain.generator.weights, fast.generator.weights):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), atol=1e-3)
    assert plain.seeds.state.numpy().tolist() == fast.seeds.state.numpy().tolist()


class GanModel(keras.Model):
    """The documents' other form: the same loop as a model's `train_step`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.generator = keras.Sequential(
            [keras.Input((LATENT,)), layers.Dense(16, "relu"), layers.Dense(2)]
        )
        self.discriminator = keras.Sequential(
            [keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(1)]
        )
        self.seed_generator = keras.random.SeedGenerator(1337)
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.built = True

    def compile(self, d_optimizer: Any, g_optimizer: Any, loss_fn: Any) -> None:
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self) -> list[Any]:
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, data: Any) -> dict[str, Any]:
        real = data[0] if isinstance(data, tuple) else data
        count = ops.shape(real)[0]
        noise = keras.random.normal((count, LATENT), seed=self.seed_generator)
        both = ops.concatenate([self.generator(noise), real])
        labels = ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))])

        def d_loss() -> Any:
            return self.loss_fn(labels, self.discriminator(both))

        def g_loss() -> Any:
            verdict = self.discriminator(self.generator(noise))
            return self.loss_fn(ops.zeros((count, 1)), verdict)

        results = {}
        for loss, model, optimizer, tracker in (
            (d_loss, self.discriminator, self.d_optimizer, self.d_loss_tracker),
            (g_loss, self.generator, self.g_optimizer, self.g_loss_tracker),
        ):
            weights = model.trainable_weights
            value, grads = keras.value_and_grad(loss, weights)()
            optimizer.apply(grads, weights)
            tracker.update_state(value)
            results[tracker.name] = tracker.result()
        return results


def test_as_a_train_step(training_backend: str) -> None:
    gan = GanModel()
    gan.compile(
        d_optimizer=keras.optimizers.Adam(0.02, beta_1=0.5),
        g_optimizer=keras.optimizers.Adam(0.02, beta_1=0.5),
        loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    before = [w.numpy().copy() for w in gan.weights]
    history = gan.fit(real_points(), epochs=3, batch_size=16, verbose=0).history
    assert set(history) == {"d_loss", "g_loss"}
    assert np.isfinite(list(history.values())).all()
    trained = zip(before, gan.weights)
    assert all(
        not np.allclose(old, new.numpy()) for old, new in trained if old.ndim == 2
    )
    assert int(gan.g_optimizer.iterations.numpy()) == 6
