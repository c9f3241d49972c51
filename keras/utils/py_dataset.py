"""`PyDataset`: a dataset written as a Python class with numbered batches.

Only the class that users derive from lives here; the machinery that fetches its
batches in order, with threads or processes, is `keras.training.data.workers`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """A dataset whose batch `i` is `dataset[i]`.

    Derive from it and write `__getitem__`, which returns batch number `index` as
    `x`, `(x, y)` or `(x, y, sample_weight)`, and `__len__`, the number of batches.
    Without `__len__` the dataset is endless and `fit` needs `steps_per_epoch`.
    `on_epoch_end` is the place to change the dataset between epochs.

    Args:
        workers: How many batches are prepared at the same time. 0 or 1 prepares
            each one where it is needed, with no thread.
        use_multiprocessing: Whether the workers are processes rather than
            threads. The dataset is then copied (pickled, where the platform
            does not fork), so its state must not depend on shared objects.
        max_queue_size: At most so many batches are held ready.

    Example:

    >>> from keras.utils import PyDataset
    >>> import numpy as np
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.arange(4 * index, 4 * index + 4)
    ...         return x, x**2
    >>> Squares(workers=2).num_batches
    3
    """

    # Class-level defaults: a subclass may forget `super().__init__()`.
    _workers = 1
    _use_multiprocessing = False
    _max_queue_size = 10

    def __init__(
        self,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """How many batches are prepared at the same time."""
        return self._workers

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = _count(self, "workers", value, 0)

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._use_multiprocessing

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self) -> int:
        """How many batches are held ready at most."""
        return self._max_queue_size

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = _count(self, "max_queue_size", value, 1)

    @property
    def num_batches(self) -> int | None:
        """The number of batches per epoch, `None` for an endless dataset."""
        try:
            return len(self)  # pyright: ignore[reportArgumentType]
        except TypeError:
            if hasattr(type(self), "__len__"):
                raise
            return None

    def __getitem__(self, index: int) -> Any:
        """Batch number `index`."""
        raise NotImplementedError(
            f"{type(self).__name__} is a PyDataset and must implement "
            "`__getitem__(self, index)`, which returns batch number `index`."
        )

    def __iter__(self) -> Iterator[Any]:
        """One pass over the batches, one by one; without end where there is none."""
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called before the first batch of each epoch."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of each epoch."""


def _count(owner: PyDataset, name: str, value: int, least: int) -> int:
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(
            f"`{name}` of {type(owner).__name__} must be an integer of at least "
            f"{least}. Received: {value!r}"
        )
    return int(value)


Sequence = PyDataset
