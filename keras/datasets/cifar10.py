"""Small pictures of 10 classes: `keras.datasets.cifar10`."""

from __future__ import annotations

import os

import numpy as np

from keras.core.surface import listing
from keras.datasets.cifar import read_batches
from keras.datasets.source import Arrays, Source

__all__ = ["load_data"]
__dir__ = listing(globals())

FILE = Source(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)


def load_data() -> tuple[Arrays, Arrays]:
    """50,000 small pictures of 10 classes for training and 10,000 for the test.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images `(samples, 32, 32, 3)` of uint8
        from 0 to 255, and classes `(samples, 1)` of uint8: 0 airplane, 1 automobile, 2
        bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.cifar10.load_data()  # doctest: +SKIP
    """
    path = FILE.path("cifar-10-batches-py-target", extract=True)
    folder = os.path.join(path, "cifar-10-batches-py")
    names = [f"data_batch_{number}" for number in range(1, 6)]
    parts = [read_batches(folder, part, "labels") for part in (names, ["test_batch"])]
    train, test = ((x, np.array(y, "uint8").reshape(-1, 1)) for x, y in parts)
    return train, test
