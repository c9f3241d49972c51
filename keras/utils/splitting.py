"""A data set in two parts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keras.backends import current, load
from keras.backends.foreign import framework_of, host_array
from keras.core import tree
from keras.core.typing import Data
from keras.utils.batches import Batches, as_dataset
from keras.utils.py_dataset import PyDataset


class Samples(NamedTuple):
    """A data set in memory.

    Args:
        columns: a structure of arrays, whose first axes are the samples.
        batch_size: how many of them made a batch; None for single samples.
    """

    columns: Any
    batch_size: int | None

    def __len__(self) -> int:
        return len(tree.flatten(self.columns)[0])

    def take(self, indices: Any) -> Any:
        """The samples of these numbers, or the one of a number."""
        return tree.map_structure(lambda column: column[indices], self.columns)


def _samples(dataset: Data) -> Samples:
    if isinstance(dataset, np.ndarray):
        return Samples(dataset, None)
    if isinstance(dataset, (tuple, list)) and all(hasattr(x, "shape") for x in dataset):
        arrays = tuple(np.asarray(x) for x in dataset)
        counts = {len(x) for x in arrays}
        if len(counts) != 1:
            raise ValueError(
                "`split_dataset` expects arrays of one length. Received: lengths "
                f"{[len(x) for x in arrays]}."
            )
        return Samples(arrays, None)
    by_number = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
    is_data = by_number or hasattr(dataset, "__iter__")
    if isinstance(dataset, (dict, str, bytes)) or not is_data:
        raise TypeError(
            "`split_dataset` expects an array, a tuple of arrays, or a data set. "
            f"Received: {type(dataset).__name__}."
        )
    items: Any = dataset
    if not hasattr(dataset, "__iter__"):
        items = map(dataset.__getitem__, range(len(dataset)))
    return _joined([_as_arrays(item) for item in items], _gives_batches(dataset))


def _as_arrays(item: Any) -> Any:
    found = tree.map_structure(host_array, item)
    # A list of numbers is a sample of several parts, as a tuple is.
    return tuple(found) if isinstance(found, list) else found


def _gives_batches(dataset: Data) -> bool:
    """Whether a data set says that what it gives are batches."""
    if isinstance(dataset, Batches):
        return dataset.batch_size is not None
    if isinstance(dataset, PyDataset):
        return True
    framework = framework_of(dataset)
    if framework not in ("torch", "tensorflow"):
        return False
    return load(framework).data.gives_batches(dataset)


def _joined(items: list[Any], batched: bool) -> Samples:
    """Samples, or batches of them, as one."""
    if not items:
        raise ValueError("`split_dataset` received no samples: the data set is empty.")
    parts = [tree.flatten(item) for item in items]
    shapes = [[part.shape for part in item] for item in parts]
    sizes = [_rows_of(item) for item in shapes]
    # All but the last have as many rows; other axes have to agree in any case.
    whole = None not in sizes and {sizes[0]} >= set(sizes[:-1])
    batched = batched and whole and (sizes[-1] or 0) <= (sizes[0] or 0)
    if batched:
        shapes = [[shape[1:] for shape in item] for item in shapes]
    for number, found in enumerate(shapes):
        if found != shapes[0]:
            raise ValueError(
                "`split_dataset` expects samples of one structure and shape. Received: "
                f"sample 0 of {_told(shapes[0])}, sample {number} of {_told(found)}."
            )
    join = np.concatenate if batched else np.stack
    columns = [join(column) for column in zip(*parts, strict=True)]
    packed = tree.pack_sequence_as(items[0], columns)
    return Samples(packed, sizes[0] if batched else None)


def _told(shapes: list[Any]) -> str:
    return ", ".join(map(str, shapes))


def _rows_of(shapes: list[tuple[int, ...]]) -> int | None:
    """How many rows all arrays of these shapes have; None if they do not agree."""
    rows = {shape[0] if shape else None for shape in shapes}
    return rows.pop() if len(rows) == 1 else None


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
            Batches are taken apart, and samples are counted.
        left_size: samples of the first part: how many, or which part of all.
        right_size: those of the second part; what is left by default.
        shuffle: whether samples are mixed before.
        seed: of the mixing.
        preferred_backend: whose data sets the parts are: `"torch"` or `"tensorflow"`;
            by default torch's if that is the current backend, or the data set is one.

    Returns:
        Two data sets: of `torch.utils.data`, of single samples that are tuples of
        tensors, or of `tf.data`, of batches if the data set gave some; without
        TensorFlow two `keras.utils.PyDataset`s. Dictionaries stay what they are.

    Raises:
        ValueError: for sizes that do not fit or would leave a part empty, samples of
            unequal shapes, or another backend.
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
    samples = _samples(dataset)
    total = len(samples)
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
    if not (left and right):
        raise ValueError(
            f"One of the parts would be empty: of {total} samples, left_size="
            f"{left_size} and right_size={right_size} are {left} and {right}."
        )
    order = np.arange(total)
    if shuffle:
        np.random.default_rng(seed).shuffle(order)

    first, second = order[:left], order[left : left + right]
    if framework == "torch":
        columns = samples.columns
        columns = (columns,) if isinstance(columns, np.ndarray) else columns
        of_first, of_second = load("torch").data.subsets_of(columns, first, second)
        return of_first, of_second

    def part(chosen: np.ndarray) -> Any:
        size = samples.batch_size

        def take(i: Any) -> Any:
            return samples.take(chosen[i])

        return as_dataset(Batches(take, len(chosen), size, False, None), "tf")

    return part(first), part(second)
