"""Train a small convnet on scikit-learn's handwritten digits.

    python examples/digits.py --backend torch

It trains, shows the accuracy on digits that it has not seen, draws a few of them with
its answers, saves the model, and reloads the file on another installed backend in the
same process, where it predicts the same.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
from pathlib import Path

# A model this small is fastest on one thread, above all beside other programs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras

BACKENDS = {
    "jax": "jax",
    "torch": "torch",
    "tensorflow": "tensorflow",
    "numpy": "numpy",
}
SHADES = " .:-=+*#%@"


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The digits as images from 0 to 1, 1437 for training and 360 for the test."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[..., np.newaxis]
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order], digits.target[order].astype("int32")
    return (images[:-360], labels[:-360]), (images[-360:], labels[-360:])


def make_model() -> keras.Model:
    """A convnet of two blocks."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def draw(images: np.ndarray, answers: np.ndarray, labels: np.ndarray) -> None:
    """Print images side by side, each over its answer."""
    for row in range(images.shape[1]):
        shades = (images[:, row, :, 0] * (len(SHADES) - 1)).round().astype(int)
        print("   ".join("".join(SHADES[s] * 2 for s in line) for line in shades))
    texts = [f"{a} (truly {t})" for a, t in zip(answers, labels, strict=True)]
    print("   ".join(text.ljust(16) for text in texts))


def other_backend(used: str) -> str | None:
    """Another installed backend; one that has a framework of its own if possible."""
    for name in BACKENDS:
        if name != used and importlib.util.find_spec(name):
            return name
    return None


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=[n for n in BACKENDS if n != "numpy"])
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    used = keras.config.backend()
    keras.utils.set_random_seed(1)

    (x_train, y_train), (x_test, y_test) = load_data()
    model = make_model()
    print(f"Training on {used}: {len(x_train)} digits of 8 x 8 pixels")
    model.fit(x_train, y_train, epochs=options.epochs, validation_split=0.1)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test accuracy: {accuracy:.4f}")

    predictions = model.predict(x_test, verbose=0)
    draw(x_test[:4], predictions[:4].argmax(1), y_test[:4])

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.keras"
        model.save(path)
        print(f"Saved {path.name}: {path.stat().st_size / 1024:.0f} KiB")
        other = other_backend(used)
        if other is None:
            print("No second backend is installed: it is reloaded on the same one.")
        with keras.backend_scope(other or used):
            reloaded = keras.saving.load_model(path)
        difference = np.abs(reloaded.predict(x_test, verbose=0) - predictions).max()
    print(f"Reloaded on {other or used}: largest difference {difference:.1e}")
    if difference > 1e-4:
        raise SystemExit("The reloaded model predicts something else.")


if __name__ == "__main__":
    main()
