"""A data set in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import current, load
from keras.core.typing import Data
from keras.utils.batches import Batches, as_dataset


def _samples(dataset: Data) -> tuple[tuple[np.ndarray, ...], bool]:
    """The samples as arrays, and whether one is a tuple of a part of each."""
    if isinstance(dataset, np.ndarray):
        return (dataset,), False
    if isinstance(dataset, (tuple, list)) and all(hasattr(x, "shape") for x in dataset):
        arrays = tuple(np.asarray(x) for x in dataset)
        counts = {len(x) for x in arrays}
        if len(counts) != 1:
            raise ValueError(
                "`split_dataset` expects arrays of one length. Received: lengths "
                f"{[len(x) for x in arrays]}."
            )
        return arrays, True
    by_number = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
    if isinstance(dataset, dict) or not (by_number or hasattr(dataset, "__iter__")):
        raise TypeError(
            "`split_dataset` expects an array, a tuple of arrays, or a data set. "
            f"Received: {type(dataset).__name__}."
        )
    if not hasattr(dataset, "__iter__"):
        dataset = map(dataset.__getitem__, range(len(dataset)))
    items = [
        tuple(np.asarray(part) for part in item)
        if isinstance(item, (tuple, list))
        else np.asarray(item)
        for item in dataset
    ]
    if not items:
        raise ValueError("`split_dataset` received no samples: the data set is empty.")
    if isinstance(items[0], tuple):
        return tuple(np.stack(column) for column in zip(*items, strict=True)), True
    return (np.stack(items),), False


def _framework(preferred: str | None, dataset: Data) -> str:
    """Whose data sets the parts are."""
    if preferred not in (None, "tensorflow", "torch"):
        raise ValueError(
            "`preferred_backend` of `split_dataset` must be 'tensorflow', 'torch' or "
            f"None. Received: preferred_backend={preferred!r}."
        )
    if preferred is not None:
        return preferred
    modules = (base.__module__ for base in type(dataset).__mro__)
    of_torch = any(module.startswith("torch.utils.data") for module in modules)
    return "torch" if of_torch or current().name == "torch" else "tensorflow"


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
        preferred_backend: whose data sets the parts are: `"torch"` or `"tensorflow"`;
            by default torch's if that is the current backend, or the data set is one.

    Returns:
        Two data sets of single samples: of `torch.utils.data`, whose samples are tuples
        of tensors, or of `tf.data`; without TensorFlow two `keras.utils.PyDataset`s.

    Raises:
        ValueError: for sizes that do not fit, or another backend.
        TypeError: for what is no data set.

    Example:

    >>> import keras, numpy as np
    >>> left, right = keras.utils.split_dataset(
    ...     np.arange(4), left_size=0.75, preferred_backend="tensorflow"
    ... )
    >>> [int(x) for x in left], [int(x) for x in right]
    ([0, 1, 2], [3])
    """
    framework = _framework(preferred_backend, dataset)
    arrays, are_tuples = _samples(dataset)
    total = len(arrays[0])
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

    first, second = order[:left], order[left : left + right]
    if framework == "torch":
        of_first, of_second = load("torch").data.subsets_of(arrays, first, second)
        return of_first, of_second

    def part(chosen: np.ndarray) -> Any:
        def take(i: Any) -> Any:
            found = tuple(x[chosen[i]] for x in arrays)
            return found if are_tuples else found[0]

        return as_dataset(Batches(take, len(chosen), None, False, None), "tf")

    return part(first), part(second)
