"""Solve a differential equation with a network: u'' = -pi² sin(pi x), u(0) = u(1) = 0.

    python examples/pinn.py --backend jax

The network never sees the solution, sin(pi x). Its loss is how much the equation fails
at random places, which takes the second derivative of the network by its input, and the
gradient of that by its weights: three derivatives in each other, in the same words on
every backend. (Raissi et al., "Physics-informed neural networks", 2019.)
"""

from __future__ import annotations

import argparse

import numpy as np

import keras
from keras import ops


class Solution(keras.Model):
    """A function of x that is 0 at both ends, whatever its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.network = keras.Sequential(
            [
                keras.layers.Dense(16, activation="tanh"),
                keras.layers.Dense(16, activation="tanh"),
                keras.layers.Dense(1),
            ]
        )

    def call(self, x):
        return x * (1.0 - x) * self.network(x)

    def residual(self, x):
        """How much the equation fails at each place."""
        slope = keras.grad(lambda x: ops.sum(self(x)))
        curvature = keras.grad(lambda x: ops.sum(slope(x)))(x)
        return curvature + np.pi**2 * ops.sin(np.pi * x)

    def train_step(self, data):
        (x,) = data if isinstance(data, tuple) else (data,)

        def loss():
            return ops.mean(ops.square(self.residual(x)))

        value, grads = keras.value_and_grad(loss, self.trainable_variables)()
        self.optimizer.apply(grads, self.trainable_variables)
        return {"loss": value}


def solve(steps: int) -> tuple[Solution, list[float]]:
    """A solution and the loss of each epoch of 100 steps."""
    places = np.random.default_rng(0).uniform(size=(32 * 100, 1)).astype("float32")
    model = Solution()
    model(places[:1])
    model.compile(keras.optimizers.Adam(3e-3))
    history = model.fit(places, epochs=steps // 100, verbose=0).history
    return model, history["loss"]


def error(model: Solution) -> float:
    """The largest difference from the true solution."""
    x = np.linspace(0.0, 1.0, 101, dtype="float32")[:, None]
    return float(np.abs(model.predict(x, verbose=0) - np.sin(np.pi * x)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    keras.config.set_backend(arguments.backend)
    keras.utils.set_random_seed(0)
    model, losses = solve(arguments.steps)
    print(
        f"Residual: {losses[0]:.3g} in the first epoch, {losses[-1]:.3g} in the last."
    )
    print(f"Largest error of the solution: {error(model):.4f}")


if __name__ == "__main__":
    main()
