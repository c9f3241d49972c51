"""Pictures of clothes: `keras.datasets.fashion_mnist`."""

from __future__ import annotations

import gzip
import math

import numpy as np

from keras.core.surface import listing
from keras.datasets.source import Arrays, Source, stored

__all__ = ["load_data"]
__dir__ = listing(globals())

FILES = {
    "train labels": stored("train-labels-idx1-ubyte.gz"),
    "train images": stored("train-images-idx3-ubyte.gz"),
    "test labels": stored("t10k-labels-idx1-ubyte.gz"),
    "test images": stored("t10k-images-idx3-ubyte.gz"),
}


def load_data() -> tuple[Arrays, Arrays]:
    """60,000 pictures of clothes for training and 10,000 for the test.

    Source: https://github.com/zalandoresearch/fashion-mnist (Zalando SE, MIT license).

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images `(samples, 28, 28)` of uint8 from
        0 to 255, and classes `(samples,)` of uint8: 0 T-shirt, 1 trouser, 2 pullover, 3
        dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.

    Example:

    >>> import keras
    >>> train, test = keras.datasets.fashion_mnist.load_data()  # doctest: +SKIP
    """
    found = {name: _read(source) for name, source in FILES.items()}
    return (
        (found["train images"], found["train labels"]),
        (found["test images"], found["test labels"]),
    )


def _read(source: Source) -> np.ndarray:
    """An array of bytes in the IDX format: its rank, its sizes, then the values."""
    path = source.path(cache_subdir="datasets/fashion-mnist")
    try:
        with gzip.open(path) as file:
            data = file.read()
    except (EOFError, OSError) as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    rank = data[3] if data[:3] == b"\0\0\x08" else 0
    start = 4 + 4 * rank
    shape = tuple(map(int, np.frombuffer(data[4:start], ">u4")))
    if not rank or len(data) - start != math.prod(shape):
        raise ValueError(f"{path} is damaged: it holds no array of bytes in IDX form.")
    return np.frombuffer(bytearray(data[start:]), "uint8").reshape(shape)
