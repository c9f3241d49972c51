"""Segmentation with a U-Net: which pixels belong to a digit, and to which.

    python examples/unet.py --backend jax

Digits lie in noise, one left and one right. The network sees the whole picture coarsely
on its way down, and joins what it saw on each level on its way up (Ronneberger et al.,
2015, https://arxiv.org/abs/1505.04597).
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

SIDE = 16
# Background, then digits below 5, then those from 5 on.
CLASSES = 3
SHADES = " o#"


def make_data(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures `(count, 16, 16, 1)` and the class of each pixel, `(count, 16, 16)`."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(seed)
    digits = load_digits()
    pictures = rng.uniform(0, 0.4, (count, SIDE, SIDE, 1))
    masks = np.zeros((count, SIDE, SIDE), "int32")
    for picture, mask in zip(pictures, masks, strict=True):
        for left in (0, 8):
            index, top = rng.integers(len(digits.images)), rng.integers(SIDE - 8 + 1)
            ink = digits.images[index] / 16
            place = slice(top, top + 8), slice(left, left + 8)
            picture[(*place, 0)] += ink
            mask[place] = np.where(ink > 0.4, 1 + (digits.target[index] >= 5), 0)
    return pictures.astype("float32"), masks


def convolved(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Two convolutions, each normalized."""
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
    return x


def make_model(
    image_shape: tuple[int, int, int] = (SIDE, SIDE, 1),
    filters: tuple[int, ...] = (16, 32, 64),
    classes: int = CLASSES,
) -> keras.Model:
    """Logits of the class of each pixel; a level for each number of filters."""
    images = keras.Input(image_shape)
    x, seen = images, []
    for count in filters[:-1]:
        x = convolved(x, count)
        seen.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = convolved(x, filters[-1])
    for count, same_level in zip(filters[-2::-1], reversed(seen), strict=True):
        x = layers.Conv2DTranspose(count, 2, strides=2)(x)
        x = convolved(layers.Concatenate()([same_level, x]), count)
    return keras.Model(images, layers.Conv2D(classes, 1)(x), name="unet")


def compile_model(model: keras.Model) -> None:
    """Crossentropy of each pixel; how much the true and found areas share."""
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.MeanIoU(CLASSES, sparse_y_pred=False, name="mean_iou"),
        ],
    )


def draw(truth: np.ndarray, found: np.ndarray) -> None:
    """Print the true classes of pixels beside those that were found."""
    for halves in zip(truth, found, strict=True):
        print("  |  ".join("".join(SHADES[c] * 2 for c in line) for line in halves))


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    model = make_model()
    compile_model(model)
    model.fit(*make_data(2000, seed=0), epochs=options.epochs)
    pictures, masks = make_data(200, seed=1)
    results = model.evaluate(pictures, masks, verbose=0, return_dict=True)
    found = model.predict(pictures[:1], verbose=0).argmax(-1)
    draw(masks[0], found[0])
    print(f"Mean intersection over union of unseen pictures: {results['mean_iou']:.3f}")


if __name__ == "__main__":
    main()
