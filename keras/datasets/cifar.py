"""What CIFAR-10 and CIFAR-100 share: batches of pictures in pickled dicts."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from keras.core.config import standardize_data_format
from keras.datasets.arrays import read_pickle


def read_batches(
    folder: str, names: Sequence[str], label_key: str
) -> tuple[np.ndarray, list[int]]:
    """The images and labels of some files.

    Args:
        folder: where they are.
        names: of the files.
        label_key: the key of the labels in their dicts.

    Returns:
        Images `(samples, 32, 32, 3)`, or with channels first where that is configured,
        and a list of labels.
    """
    images, labels = [], []
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            batch = read_pickle(file)
        images.append(batch[b"data"])
        labels += list(batch[label_key.encode()])
    found = np.concatenate(images).reshape(-1, 3, 32, 32)
    if standardize_data_format(None) == "channels_last":
        found = found.transpose(0, 2, 3, 1)
    return found, labels
