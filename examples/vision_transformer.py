"""A Vision Transformer that reads handwritten digits.

    python examples/vision_transformer.py --backend torch

A picture becomes a sequence of patches, which a transformer encoder reads as it would
words (Dosovitskiy et al., 2020, https://arxiv.org/abs/2010.11929).
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers


def load_data() -> tuple[np.ndarray, np.ndarray]:
    """The digits of scikit-learn as `(digits, 8, 8, 1)`, and their classes."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    images = (digits.images[order, ..., np.newaxis] / 16).astype("float32")
    return images, digits.target[order].astype("int32")


class Positions(layers.Layer):
    """Adds a learned vector to each place of a sequence `(batch, places, width)`."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.vectors = self.add_weight(
            shape=input_shape[1:], initializer="random_normal", name="vectors"
        )

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x + self.vectors


def block(x: keras.KerasTensor, heads: int, dropout: float) -> keras.KerasTensor:
    """One block of the encoder: attention, then two dense layers, each added."""
    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-6)(x)
    y = layers.MultiHeadAttention(heads, width // heads, dropout=dropout)(y, y)
    x = layers.Add()([x, y])
    y = layers.LayerNormalization(epsilon=1e-6)(x)
    y = layers.Dense(4 * width, activation="gelu")(y)
    y = layers.Dropout(dropout)(layers.Dense(width)(y))
    return layers.Add()([x, y])


def make_model(
    image_shape: tuple[int, int, int] = (8, 8, 1),
    patch: int = 2,
    width: int = 48,
    depth: int = 3,
    heads: int = 4,
    classes: int = 10,
    dropout: float = 0.1,
) -> keras.Model:
    """Logits of the classes of images; the sides are multiples of `patch`."""
    images = keras.Input(image_shape)
    x = layers.Conv2D(width, patch, strides=patch, name="patches")(images)
    x = Positions(name="positions")(layers.Reshape((-1, width))(x))
    for _ in range(depth):
        x = block(x, heads, dropout)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(images, layers.Dense(classes)(x), name="vision_transformer")


def compile_model(model: keras.Model, steps: int) -> None:
    """AdamW with a rate that warms up, then falls along a cosine."""
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps, warmup_target=3e-3, warmup_steps=steps // 10
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    images, labels = load_data()
    model = make_model()
    compile_model(model, options.epochs * (len(images) - 360) // 32)
    model.fit(images[:-360], labels[:-360], epochs=options.epochs)
    _, accuracy = model.evaluate(images[-360:], labels[-360:], verbose=0)
    print(f"Test accuracy: {accuracy:.4f}")


if __name__ == "__main__":
    main()
