"""Handwritten digits: `keras.datasets.mnist`."""

from __future__ import annotations

from keras.core.surface import listing
from keras.datasets.arrays import read_npz
from keras.datasets.source import Arrays, stored

__all__ = ["load_data"]
__dir__ = listing(globals())

FILE = stored(
    "mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
)


def load_data(path: str = "mnist.npz") -> tuple[Arrays, Arrays]:
    """60,000 handwritten digits for training and 10,000 for the test.

    Source: http://yann.lecun.com/exdb/mnist/

    Args:
        path: name of the file in the cache.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images `(samples, 28, 28)` of uint8 from
        0 to 255, and digits `(samples,)` of uint8 from 0 to 9.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.mnist.load_data()  # doctest: +SKIP
    """
    found = read_npz(FILE.path(path))
    return (
        (found["x_train"], found["y_train"]),
        (found["x_test"], found["y_test"]),
    )
