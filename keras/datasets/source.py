"""Where the files of data sets are, and what is done with all of them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from keras.utils.get_file import get_file

_STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
Arrays = tuple[np.ndarray, np.ndarray]


class Source(NamedTuple):
    """A file in the web."""

    url: str
    hash: str | None = None

    def path(self, name: str | None = None, **options: Any) -> str:
        """The path of the file in the cache.

        Args:
            name: its name there; that in the URL by default.
            **options: of `get_file`.
        """
        return get_file(name, origin=self.url, file_hash=self.hash, **options)

    def read_json(self, name: str) -> Any:
        """What the file holds, as JSON."""
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)


def stored(name: str, hash: str | None = None) -> Source:
    """A file in the store of Keras' data sets."""
    return Source(_STORE + name, hash)


def shuffled(
    x: np.ndarray, y: np.ndarray, seed: int, test_split: float
) -> tuple[Arrays, Arrays]:
    """Samples in a random order, in a part for training and one for the test.

    Raises:
        ValueError: if `test_split` is not from 0 to below 1.
    """
    if not 0 <= test_split < 1:
        raise ValueError(
            "`test_split` is the part of the samples for the test, from 0 to below 1. "
            f"Received: test_split={test_split}."
        )
    order = np.random.RandomState(seed).permutation(len(x))
    return parted(x[order], y[order], test_split)


def parted(x: np.ndarray, y: np.ndarray, test_split: float) -> tuple[Arrays, Arrays]:
    """The first samples for training and the last ones for the test."""
    first = int(len(x) * (1 - test_split))
    return (x[:first], y[:first]), (x[first:], y[first:])
