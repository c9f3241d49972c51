"""Two models against each other: a generator learns to draw points on a ring.

    python examples/gan.py --backend jax

One `train_step` for all backends trains both: the critic to tell points of the ring
from drawn ones, the generator to be taken for the ring. (Goodfellow et al.,
"Generative Adversarial Nets", 2014.)
"""

from __future__ import annotations

import argparse

import numpy as np

import keras
from keras import layers, ops


class Adversaries(keras.Model):
    """A generator of points in the plane and its critic."""

    def __init__(self, noise: int = 4, units: int = 48) -> None:
        super().__init__()
        self.noise = noise
        self.seeds = keras.random.SeedGenerator(0)
        self.generator = keras.Sequential(
            [
                keras.Input((noise,)),
                layers.Dense(units, activation="relu"),
                layers.Dense(units, activation="relu"),
                layers.Dense(2),
            ],
            name="generator",
        )
        self.critic = keras.Sequential(
            [
                keras.Input((2,)),
                layers.Dense(units, activation="leaky_relu"),
                layers.Dense(units, activation="leaky_relu"),
                layers.Dense(1),
            ],
            name="critic",
        )
        self.tells = keras.losses.BinaryCrossentropy(from_logits=True)
        self.built = True

    def compile(self, learning_rate: float) -> None:
        super().compile(optimizer=None)
        made = [keras.optimizers.Adam(learning_rate, beta_1=0.5) for _ in range(2)]
        self.for_generator, self.for_critic = made
        self.for_generator.build(self.generator.trainable_variables)
        self.for_critic.build(self.critic.trainable_variables)

    def draw(self, count):
        """Points of the generator."""
        noise = keras.random.normal((count, self.noise), seed=self.seeds)
        return self.generator(noise)

    def call(self, points):
        return self.critic(points)

    def train_step(self, data):
        real = data[0] if isinstance(data, tuple) else data
        count = ops.shape(real)[0]
        ones, zeros = ops.ones((count, 1)), ops.zeros((count, 1))

        def of_critic():
            drawn = ops.stop_gradient(self.draw(count))
            return self.tells(ones, self.critic(real)) + self.tells(
                zeros, self.critic(drawn)
            )

        def of_generator():
            return self.tells(ones, self.critic(self.draw(count)))

        logs = {}
        for name, loss, optimizer, model in (
            ("critic_loss", of_critic, self.for_critic, self.critic),
            ("generator_loss", of_generator, self.for_generator, self.generator),
        ):
            weights = model.trainable_variables
            logs[name], grads = keras.value_and_grad(loss, weights)()
            optimizer.apply(grads, weights)
        return logs


def ring(count: int) -> np.ndarray:
    """Points around a circle of radius 1."""
    random = np.random.default_rng(0)
    angle, radius = random.uniform(0, 2 * np.pi, count), random.normal(1, 0.05, count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return points.astype("float32")


def distance(model: Adversaries) -> float:
    """How far drawn points are from the circle, on average."""
    points = keras.ops.convert_to_numpy(model.draw(1000))
    return float(np.abs(np.linalg.norm(points, axis=1) - 1.0).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    keras.config.set_backend(arguments.backend)
    keras.utils.set_random_seed(0)
    model = Adversaries()
    model.compile(2e-3)
    print(f"Distance from the ring before: {distance(model):.3f}")
    model.fit(ring(6400), batch_size=64, epochs=arguments.epochs, verbose=0)
    print(f"Distance from the ring after: {distance(model):.3f}")


if __name__ == "__main__":
    main()
