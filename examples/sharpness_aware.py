"""An optimizer of two steps, in 20 lines: sharpness-aware minimization.

    python examples/sharpness_aware.py --backend jax

Each step first goes uphill to where the loss around the weights is worst, takes the
gradient there, and applies it to the weights as they were. The training step is
compiled on every backend, though it moves the weights twice. (Foret et al.,
"Sharpness-Aware Minimization for Efficiently Improving Generalization", 2021.)
"""

from __future__ import annotations

import argparse

import numpy as np

import keras
from keras import ops


class SharpnessAware(keras.Sequential):
    """A model whose steps look for flat minima."""

    radius = 0.05

    def train_step(self, data):
        x, y = data
        weights = self.trainable_variables

        def loss():
            return self.compute_loss(x, y, self(x, training=True))

        gradients_here = keras.value_and_grad(loss, weights)
        _, grads = gradients_here()
        length = ops.sqrt(sum(ops.sum(ops.square(g)) for g in grads))
        uphill = [g * (self.radius / (length + 1e-12)) for g in grads]
        for weight, shift in zip(weights, uphill, strict=True):
            weight.assign_add(shift)
        value, grads = gradients_here()
        for weight, shift in zip(weights, uphill, strict=True):
            weight.assign_sub(shift)
        self.optimizer.apply(grads, weights)
        return {"loss": value, **self.compute_metrics(x, y, self(x))}


def load_data(noise: float = 0.3) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The handwritten digits, some of those for training with a wrong label."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    random = np.random.default_rng(0)
    order = random.permutation(len(digits.target))
    x = (digits.data[order] / 16.0).astype("float32")
    y = digits.target[order].astype("int32")
    wrong = random.random(900) < noise
    noisy = np.where(wrong, random.integers(0, 10, 900), y[:900]).astype("int32")
    return (x[:900], noisy), (x[900:], y[900:])


def accuracy(kind: type[keras.Sequential], epochs: int) -> float:
    """The share of digits that a model of this class tells, trained on noisy labels."""
    keras.utils.set_random_seed(0)
    (x, y), test = load_data()
    layers = keras.layers
    model = kind(
        [keras.Input((64,)), layers.Dense(128, activation="relu"), layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, verbose=0)
    return float(model.evaluate(*test, verbose=0)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    keras.config.set_backend(arguments.backend)
    for kind in (keras.Sequential, SharpnessAware):
        print(f"{kind.__name__}: {accuracy(kind, arguments.epochs):.1%} of new digits")


if __name__ == "__main__":
    main()
