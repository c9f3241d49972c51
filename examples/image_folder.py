"""From a folder of images to a classifier, with and without augmentation.

    python examples/image_folder.py --backend torch

Handwritten digits of scikit-learn are drawn on pieces of its two sample photographs and
written to a folder as JPEG files, one folder for each class. The program begins there:
it reads the folder, trains a convnet twice, the second time behind layers that turn,
move and recolour the images in training, and shows the accuracy on images that neither
of the two has seen. The augmenting layers are part of the model and its file, and do
nothing outside of training.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

# A model and images this small are fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

SIDE = 32


def write_folder(folder: Path, count: int, seed: int = 0) -> None:
    """Writes digits on pieces of photographs: `folder/7/0012.jpg` shows a 7."""
    from sklearn.datasets import load_digits, load_sample_images

    rng = np.random.default_rng(seed)
    digits, photos = load_digits(), load_sample_images().images
    for number, chosen in enumerate(rng.permutation(len(digits.images))[:count]):
        photo = photos[rng.integers(len(photos))]
        top, left = (rng.integers(size - SIDE) for size in photo.shape[:2])
        image = photo[top : top + SIDE, left : left + SIDE] * 0.4
        ink = np.kron(digits.images[chosen] / 16, np.ones((3, 3)))[..., None]
        row, column = rng.integers(0, SIDE - 24 + 1, 2)
        part = image[row : row + 24, column : column + 24]
        part[:] = part * (1 - ink) + rng.uniform(150, 255, 3) * ink
        path = folder / str(digits.target[chosen]) / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(path, image, scale=False)


def read_folder(folder: Path, batch_size: int = 32) -> Any:
    """Two data sets of images and labels, for training and for the test."""
    return keras.utils.image_dataset_from_directory(
        folder,
        image_size=(SIDE, SIDE),
        batch_size=batch_size,
        validation_split=0.6,
        subset="both",
        seed=1,
        verbose=False,
    )


def augmentation() -> list[keras.Layer]:
    """What may happen to an image without its digit becoming another one."""
    return [
        layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
        layers.RandomRotation(0.04, fill_mode="nearest"),
        layers.RandomZoom(0.1, fill_mode="nearest"),
        layers.RandomColorJitter(
            brightness_factor=0.2, contrast_factor=0.2, hue_factor=0.5
        ),
    ]


def make_model(augmented: bool, steps: int, filters: int = 8) -> keras.Model:
    """A convnet of three blocks on pixels from 0 to 255, to be trained for some steps.

    What is seen in another form each time takes longer to learn: in 12 epochs at a
    constant rate the augmented images brought nothing.
    """
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3))])
    for layer in augmentation() if augmented else []:
        model.add(layer)
    model.add(layers.Rescaling(1 / 127.5, offset=-1))
    for block in range(3):
        model.add(layers.Conv2D(filters * 2**block, 3, padding="same", use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Activation("relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(10))
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(3e-3, steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    # NumPy can do it, too, but takes minutes over the convolutions.
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--images", type=int, default=900)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)

    with tempfile.TemporaryDirectory() as name:
        write_folder(Path(name), options.images)
        for augmented in (False, True):
            keras.utils.set_random_seed(1)
            train, test = read_folder(Path(name))
            model = make_model(augmented, options.epochs * len(train))
            model.fit(train, epochs=options.epochs, verbose=0)
            _, accuracy = model.evaluate(test, verbose=0)
            kind = "with augmentation" if augmented else "as they are"
            print(f"Images {kind}: test accuracy {accuracy:.3f}", flush=True)


if __name__ == "__main__":
    main()
