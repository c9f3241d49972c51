"""`Batches`: what the functions that make data sets give without TensorFlow."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends import load
from keras.core import tree
from keras.utils.py_dataset import PyDataset


class Spec:
    """Shape and dtype of a batch, in the place of an empty one.

    Args:
        shape: with None for sizes that change from batch to batch.
        dtype: its name.
    """

    def __init__(self, shape: tuple[int | None, ...], dtype: str) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)


class Batches(PyDataset):
    """Batches that are loaded when they are asked for, in a new order each epoch.

    Args:
        load: gives what belongs to an array of indices; of none, arrays or `Spec`s.
        count: how many there are.
        batch_size: how many of them make a batch; None for one by one.
        shuffle: whether each epoch has an order of its own.
        seed: of the orders.
    """

    def __init__(
        self,
        load: Callable[[np.ndarray], Any],
        count: int,
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
    ) -> None:
        super().__init__()
        self._load = load
        self._keras_count = count
        if batch_size is not None:
            batch_size = checked_count("batch_size", batch_size)
        self._batch_size = batch_size
        self._rng = np.random.default_rng(seed) if shuffle else None
        self._order = np.arange(count)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-self._keras_count // (self._batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: {index}.")
        if self._batch_size is None:
            one = self._load(self._order[index : index + 1])
            return tree.map_structure(lambda part: part[0], one)
        start = index * self._batch_size
        return self._load(self._order[start : start + self._batch_size])

    def __iter__(self) -> Any:
        return (self[index] for index in range(len(self)))

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        if self._rng is not None:
            self._rng.shuffle(self._order)

    def order(self) -> np.ndarray:
        """The numbers of all in the order of this epoch."""
        return self._order.astype("int32")

    def snapshot(self) -> Batches:
        """The same batches, whose order stays as it is now."""
        same = copy.copy(self)
        same._order, same._rng = self._order.copy(), None
        return same

    def example(self) -> Any:
        """An empty batch, which says shapes and dtypes."""
        found = self._load(np.arange(0))
        return found

    @property
    def batch_size(self) -> int | None:
        """How many make a batch; None where they come one by one."""
        return self._batch_size


def checked_count(name: str, value: Any, least: int = 1) -> int:
    """A number of things, or the error that says it is none.

    Raises:
        ValueError: for what is no whole number, or is below `least`.
    """
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(
            f"`{name}` must be a whole number, {least} or more. Received: "
            f"{name}={value!r}."
        )
    return int(value)


def as_dataset(
    batches: Batches, format: str, native: Callable[[Any, Batches], Any] | None = None
) -> Any:
    """Batches in the form asked for.

    Args:
        batches: the batches.
        format: `"tf"`: a `tf.data.Dataset`, where TensorFlow is installed, and the
            batches themselves, a `PyDataset`, where it is not; `"grain"`: a
            `grain.IterDataset`.
        native: makes the `tf.data.Dataset` of TensorFlow's means (the module `data` of
            its backend) and the batches, where TensorFlow can load them by itself.

    Raises:
        ValueError: for another form.
        ImportError: without grain, where it is asked for.
    """
    if format == "grain":
        if importlib.util.find_spec("grain") is None:
            raise ImportError(
                "format='grain' needs the package grain: `pip install grain`."
            )
        # It is a class of an optional package that is made there.
        from keras.utils.grain_batches import GrainBatches

        return GrainBatches(batches)
    if format != "tf":
        raise ValueError(
            "`format` must be 'tf': a `tf.data.Dataset`, or without TensorFlow a "
            "`keras.utils.PyDataset`; or 'grain': a `grain.IterDataset`. Received: "
            f"format={format!r}."
        )
    if importlib.util.find_spec("tensorflow") is None:
        return batches
    means = load("tensorflow").data
    if native is not None:
        return native(means, batches)
    return means.dataset_of(batches, batches.example(), batches.batch_size is not None)
