"""A data set in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.typing import Data
from keras.utils.batches import Batches, as_dataset


def _samples(dataset: Data) -> tuple[Any, int]:
    """A function that gives samples by their numbers, and how many there are."""
    if isinstance(dataset, np.ndarray):
        return (lambda chosen: dataset[chosen]), len(dataset)
    if isinstance(dataset, (tuple, list)) and all(hasattr(x, "shape") for x in dataset):
        arrays = tuple(np.asarray(x) for x in dataset)
        counts = {len(x) for x in arrays}
        if len(counts) != 1:
            raise ValueError(
                "`split_dataset` expects arrays of one length. Received: lengths "
                f"{[len(x) for x in arrays]}."
            )
        return (lambda chosen: tuple(x[chosen] for x in arrays)), counts.pop()
    if isinstance(dataset, dict) or not hasattr(dataset, "__iter__"):
        raise TypeError(
            "`split_dataset` expects an array, a tuple of arrays, or a data set. "
            f"Received: {type(dataset).__name__}."
        )
    items = [
        tuple(np.asarray(part) for part in item)
        if isinstance(item, (tuple, list))
        else np.asarray(item)
        for item in dataset
    ]
    if not items:
        raise ValueError("`split_dataset` received no samples: the data set is empty.")
    if isinstance(items[0], tuple):
        columns = tuple(np.stack(column) for column in zip(*items, strict=True))
        return (lambda chosen: tuple(x[chosen] for x in columns)), len(items)
    whole = np.stack(items)
    return (lambda chosen: whole[chosen]), len(items)


def _size(name: str, value: Any, total: int) -> int | None:
    if value is None:
        return None
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    part = isinstance(value, float) and 0 <= value <= 1
    if not part and not (whole and 0 < value < total):
        raise ValueError(
            f"`{name}` must be a number of samples, from 1 to {total - 1}, or a part "
            f"from 0.0 to 1.0. Received: {name}={value!r}."
        )
    return round(value * total) if part else int(value)


def split_dataset(
    dataset: Data,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """A data set in two parts, such as for training and validation.

    Args:
        dataset: an array, a tuple of arrays, or a data set, which is read as a whole.
        left_size: samples of the first part: how many, or which part of all.
        right_size: those of the second part; what is left by default.
        shuffle: whether samples are mixed before.
        seed: of the mixing.
        preferred_backend: accepted for compatibility.

    Returns:
        Two `tf.data.Dataset`s, or without TensorFlow two `keras.utils.PyDataset`s, of
        single samples.

    Raises:
        ValueError: for sizes that do not fit.
        TypeError: for what is no data set.

    Example:

    >>> import keras, numpy as np
    >>> left, right = keras.utils.split_dataset(np.arange(4), left_size=0.75)
    >>> [int(x) for x in left], [int(x) for x in right]
    ([0, 1, 2], [3])
    """
    del preferred_backend
    take, total = _samples(dataset)
    left, right = (
        _size(name, value, total)
        for name, value in (("left_size", left_size), ("right_size", right_size))
    )
    if left is None and right is None:
        raise ValueError("`split_dataset` needs `left_size`, `right_size` or both.")
    left = total - (right or 0) if left is None else left
    right = total - left if right is None else right
    if left + right > total:
        raise ValueError(
            f"`left_size` and `right_size` are {left} and {right} samples, more than "
            f"the {total} there are."
        )
    order = np.arange(total)
    if shuffle:
        np.random.default_rng(seed).shuffle(order)

    def part(chosen: np.ndarray) -> Any:
        batches = Batches(lambda i: take(chosen[i]), len(chosen), None, False, None)
        return as_dataset(batches, "tf")

    return part(order[:left]), part(order[left : left + right])
