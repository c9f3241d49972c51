"""Small pictures of 100 classes: `keras.datasets.cifar100`."""

from __future__ import annotations

import os

import numpy as np

from keras.core.surface import listing
from keras.datasets.cifar import read_batches
from keras.datasets.source import Arrays, Source

__all__ = ["load_data"]
__dir__ = listing(globals())

FILE = Source(
    "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
)


def load_data(label_mode: str = "fine") -> tuple[Arrays, Arrays]:
    """50,000 small pictures of 100 classes for training and 10,000 for the test.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html

    Args:
        label_mode: `"fine"` for the 100 classes, `"coarse"` for the 20 groups of them.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images `(samples, 32, 32, 3)` of uint8
        from 0 to 255, and classes `(samples, 1)` of int64.

    Raises:
        ValueError: for another mode.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.cifar100.load_data()  # doctest: +SKIP
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            "`label_mode` must be 'fine' or 'coarse'. Received: "
            f"label_mode={label_mode!r}."
        )
    path = FILE.path("cifar-100-python-target", extract=True)
    folder, key = os.path.join(path, "cifar-100-python"), f"{label_mode}_labels"
    parts = [read_batches(folder, [name], key) for name in ("train", "test")]
    train, test = ((x, np.array(y, "int64").reshape(-1, 1)) for x, y in parts)
    return train, test
