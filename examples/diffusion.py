"""Denoising diffusion: a network that draws digits out of noise.

    python examples/diffusion.py --backend tensorflow

It learns to tell the noise in a digit of 8 x 8 pixels, of any strength. To draw, it
begins with noise alone and takes a little of it away at a time (Ho et al., 2020,
https://arxiv.org/abs/2006.11239; the steps are those of Song et al., 2020,
https://arxiv.org/abs/2010.02502). It draws with weights that are averages over the last
steps, which single batches do not shake. The training step is written once for all
backends.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops

SHADES = " .:-=+*#%@"


def load_data() -> np.ndarray:
    """The digits of scikit-learn, `(digits, 8, 8, 1)`, from -1 to 1."""
    from sklearn.datasets import load_digits

    images = load_digits().images[..., np.newaxis]
    return (images / 8 - 1).astype("float32")


def make_network(filters: int = 32) -> keras.Model:
    """The noise in images, as a function of the images and of its share in them."""
    images = keras.Input((8, 8, 1))
    share = keras.Input((1, 1, 1))
    waves = ops.concatenate([ops.cos(share * f) for f in (1.5, 3, 6, 12)], axis=-1)
    strength = layers.Dense(2 * filters, activation="silu")(waves)

    def block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        y = layers.Conv2D(width, 3, padding="same")(x) + layers.Dense(width)(strength)
        y = layers.Activation("silu")(layers.GroupNormalization(4)(y))
        y = layers.Conv2D(width, 3, padding="same", activation="silu")(y)
        return y + layers.Conv2D(width, 1)(x)

    fine = block(images, filters)
    coarse = block(layers.AveragePooling2D(2)(fine), 2 * filters)
    coarse = block(coarse, 2 * filters)
    x = layers.Concatenate()([fine, layers.UpSampling2D(2)(coarse)])
    noise = layers.Conv2D(1, 1, kernel_initializer="zeros")(block(x, filters))
    return keras.Model([images, share], noise, name="network")


class Diffusion(keras.Model):
    """Learns to find noise in images, and draws with what it learnt."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network
        self.seeds = keras.random.SeedGenerator(1)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.network(inputs, training=training)

    @staticmethod
    def mixed(images: Any, noise: Any, share: Any) -> Any:
        """Images with a share of noise from 0 to 1; the variance stays."""
        angle = share * (np.pi / 2)
        return ops.cos(angle) * images + ops.sin(angle) * noise

    def train_step(self, images: Any) -> dict[str, Any]:
        noise = keras.random.normal(ops.shape(images), seed=self.seeds)
        shape = (ops.shape(images)[0], 1, 1, 1)
        share = keras.random.uniform(shape, seed=self.seeds)
        noisy = self.mixed(images, noise, share)

        def loss() -> Any:
            found = self.network([noisy, share], training=True)
            return ops.mean(ops.square(found - noise))

        value, gradients = keras.value_and_grad(loss, self.trainable_variables)()
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(value)
        return {"loss": self.loss_tracker.result()}

    def draw(self, count: int, steps: int = 20, seed: int = 0) -> np.ndarray:
        """New images, `(count, 8, 8, 1)`."""

        def step(images: Any, share: Any, following: Any) -> Any:
            shares = ops.full((count, 1, 1, 1), share)
            noise = self.network([images, shares], training=False)
            angle = share * (np.pi / 2)
            clean = (images - ops.sin(angle) * noise) / ops.cos(angle)
            clean = ops.clip(clean, -1, 1)
            noise = (images - ops.cos(angle) * clean) / ops.sin(angle)
            return self.mixed(clean, noise, following)

        run = keras.jit(step)
        images = keras.random.normal((count, 8, 8, 1), seed=seed)
        shares = np.linspace(0.98, 0, steps + 1).astype("float32")
        for share, following in zip(shares[:-1], shares[1:], strict=True):
            images = run(images, np.asarray(share), np.asarray(following))
        return ops.convert_to_numpy(images)


def distance(drawn: np.ndarray, digits: np.ndarray) -> float:
    """The mean square by which images differ from the nearest digit, on average."""
    flat, known = drawn.reshape(len(drawn), -1), digits.reshape(len(digits), -1)
    squares = ((flat[:, None] - known[None]) ** 2).mean(-1)
    return float(squares.min(1).mean())


def show(images: np.ndarray) -> None:
    """Print images side by side."""
    for row in range(images.shape[1]):
        lines = np.clip(images[:, row, :, 0] / 2 + 0.5, 0, 1) * (len(SHADES) - 1)
        print("   ".join("".join(SHADES[int(s)] * 2 for s in line) for line in lines))


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    digits = load_data()
    model = Diffusion(make_network())
    # At the end of `fit` the weights become their moving averages.
    model.compile(keras.optimizers.Adam(2e-3, use_ema=True, ema_momentum=0.98))
    model.fit(digits, epochs=options.epochs, batch_size=64)
    drawn = model.draw(64)
    show(drawn[:4])
    noise = np.random.default_rng(0).standard_normal(drawn.shape)
    print(
        f"Mean square to the nearest digit: {distance(drawn, digits):.3f}; of noise "
        f"{distance(noise, digits):.3f}."
    )


if __name__ == "__main__":
    main()
