"""Grad-CAM: which part of an image a network looked at.

    python examples/grad_cam.py --backend jax

A convnet learns to tell digits that lie somewhere in a larger picture. For pictures
that it has not seen, the gradient of the score with respect to the last feature maps
says which places count (Selvaraju et al., 2016, https://arxiv.org/abs/1610.02391).
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops

SIDE = 24
SHADES = " .:-=+*#%@"


def make_data(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures with a digit each, the digits, and their upper left corners."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(seed)
    digits = load_digits()
    which = rng.integers(0, len(digits.images), count)
    corners = rng.integers(0, SIDE - 8 + 1, (count, 2))
    pictures = rng.uniform(0, 0.2, (count, SIDE, SIDE, 1))
    for picture, index, (row, column) in zip(pictures, which, corners, strict=True):
        picture[row : row + 8, column : column + 8, 0] += digits.images[index] / 16
    return pictures.astype("float32"), digits.target[which].astype("int32"), corners


def make_model() -> keras.Model:
    """A convnet; its last feature maps are the layer `features`."""
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1))])
    for filters in (16, 32):
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Conv2D(64, 3, padding="same", activation="relu", name="features"))
    model.add(layers.GlobalMaxPooling2D(name="pool"))
    model.add(layers.Dense(10, name="scores"))
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def heat_maps(
    model: keras.Model, pictures: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """How much each place speaks for a class, `(pictures, height, width)`, 0 to 1."""
    last = model.get_layer("features").output
    body = keras.Model(model.inputs, last)
    rest = keras.Input(last.shape[1:])
    head = keras.Model(rest, model.get_layer("scores")(model.get_layer("pool")(rest)))
    wanted = ops.one_hot(classes, 10)

    def score(features: keras.KerasTensor) -> keras.KerasTensor:
        return ops.sum(head(features) * wanted)

    features = body(pictures)
    gradients = keras.grad(score)(features)
    importance = ops.mean(gradients, axis=(1, 2), keepdims=True)
    heat = ops.relu(ops.sum(features * importance, axis=-1))
    heat = heat / (ops.max(heat, axis=(1, 2), keepdims=True) + 1e-8)
    large = ops.image.resize(heat[..., None], (SIDE, SIDE))
    return ops.convert_to_numpy(large)[..., 0]


def inside(heat: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The share of the heat that lies on the digit, of each picture."""
    shares = []
    for map_, (row, column) in zip(heat, corners, strict=True):
        on_digit = map_[row : row + 8, column : column + 8].sum()
        shares.append(on_digit / (map_.sum() + 1e-8))
    return np.array(shares)


def draw(picture: np.ndarray, heat: np.ndarray) -> None:
    """Print a picture beside its heat map."""
    for left, right in zip(picture[..., 0], heat, strict=True):
        halves = []
        for line in (left, right):
            shades = (np.clip(line, 0, 1) * (len(SHADES) - 1)).round().astype(int)
            halves.append("".join(SHADES[shade] * 2 for shade in shades))
        print("  |  ".join(halves))


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    model = make_model()
    pictures, labels, _ = make_data(4000, seed=0)
    model.fit(pictures, labels, epochs=options.epochs, batch_size=64)
    pictures, labels, corners = make_data(200, seed=1)
    _, accuracy = model.evaluate(pictures, labels, verbose=0)
    heat = heat_maps(model, pictures, labels)
    print(f"Test accuracy: {accuracy:.4f}")
    draw(pictures[0], heat[0])
    share = (8 / SIDE) ** 2
    print(
        f"{inside(heat, corners).mean():.0%} of the heat lies on the digit, which is "
        f"{share:.0%} of the picture."
    )


if __name__ == "__main__":
    main()
