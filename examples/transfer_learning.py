"""Teach a network trained on ImageNet to tell handwritten digits.

    python examples/transfer_learning.py --backend torch

A new head is trained on a frozen MobileNetV2; then the whole network is thawed and
trained on with small steps. Batch normalization stays frozen, which is inference
mode, so that the statistics of ImageNet are kept. `--weights none` begins with random
weights, which needs no download.
"""

from __future__ import annotations

import argparse
import os

# Networks and images this small are fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras

BATCH_NORMALIZATION = keras.layers.BatchNormalization


def load_data(side: int) -> tuple[np.ndarray, np.ndarray]:
    """The digits of scikit-learn as pixels from 0 to 255, `(digits, side, side, 3)`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    repeats = -(-side // 8)
    images = np.kron(digits.images, np.ones((1, repeats, repeats)))[:, :side, :side]
    images = np.repeat(images[..., np.newaxis], 3, axis=-1) * (255 / 16)
    order = np.random.default_rng(0).permutation(len(images))
    return images[order].astype("float32"), digits.target[order].astype("int32")


def make_model(side: int, weights: str | None) -> tuple[keras.Model, keras.Model]:
    """The model, and the network in it that was trained before."""
    base = keras.applications.MobileNetV2(
        input_shape=(side, side, 3),
        alpha=0.35,
        include_top=False,
        weights=weights,
        pooling="avg",
    )
    pixels = keras.Input((side, side, 3), name="pixels")
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels)
    x = keras.layers.Dropout(0.2)(base(scaled))
    outputs = keras.layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(pixels, outputs), base


def train(
    model: keras.Model,
    base: keras.Model,
    data: tuple[np.ndarray, np.ndarray],
    epochs: int,
    verbose: int = 1,
) -> None:
    """Trains the head on the frozen network, then both."""
    for trainable, rate in ((False, 1e-2), (True, 1e-3)):
        for layer in base.layers:
            layer.trainable = trainable and not isinstance(layer, BATCH_NORMALIZATION)
        # What is trained is settled when a model is compiled.
        model.compile(
            optimizer=keras.optimizers.Adam(rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
        print(f"{'Whole network' if trainable else 'New head'}: {count:,} weights")
        model.fit(*data, epochs=epochs, batch_size=32, verbose=verbose)


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--weights", default="imagenet", help="or none, or a path")
    parser.add_argument("--side", type=int, default=96, help="of the images")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    images, labels = load_data(options.side)
    weights = None if options.weights == "none" else options.weights
    model, base = make_model(options.side, weights)
    train(model, base, (images[:-360], labels[:-360]), options.epochs)
    _, accuracy = model.evaluate(images[-360:], labels[-360:], verbose=0)
    print(f"Test accuracy: {accuracy:.4f}")


if __name__ == "__main__":
    main()
