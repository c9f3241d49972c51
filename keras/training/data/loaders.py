"""Data that comes in batches already: datasets, loaders, generators.

Recognised by the class that defines it, with no framework imported. Batches are
handed on as the tuple `(x, y, sample_weight)` with NumPy leaves, except that the
tensors of the framework named by `native` stay what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from keras.backends.foreign import framework_of
from keras.core import config
from keras.core.typing import Data
from keras.training.data.class_weights import class_weight_to_sample_weights
from keras.training.data.host import to_host
from keras.training.data.packing import as_batch
from keras.training.data.source import DataSource
from keras.training.data.structure import map_leaves
from keras.training.data.workers import fetch
from keras.utils.py_dataset import PyDataset

# `len()` of a dataset that repeats for ever, as grain reports it.
_ENDLESS = 2**62


class IterableSource(DataSource):
    """Batches from anything that can be iterated once per epoch.

    Args:
        data: The iterable.
        steps: Batches per epoch, where it shall differ from one pass.
        class_weight: Weight of each class, turned into sample weights.
        native: The framework whose tensors are kept.
    """

    def __init__(
        self,
        data: Data,
        steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
        native: str | None = None,
    ) -> None:
        super().__init__(steps)
        self.data: Any = data
        self._class_weight = class_weight
        self._native = native
        if steps is None:
            self.num_batches = self._count()

    def _count(self) -> int | None:
        """Batches of one pass, also setting `infinite` where that is known."""
        try:
            count = len(self.data)
        except TypeError:
            return None
        self.infinite = count >= _ENDLESS
        return None if self.infinite else count

    def raw_batches(self) -> Iterator[Any]:
        """One fresh pass over the data as it comes."""
        return iter(self.data)

    def batches(self) -> Iterator[tuple[Any, ...]]:
        """One fresh pass, as host arrays or native tensors."""
        floatx, native = config.floatx(), self._native

        def leaf(value: Any) -> Any:
            if type(value) is np.ndarray:
                kept = value.dtype.char not in "dO"
                return value if kept else to_host(value, floatx)
            if native is not None and framework_of(value) == native:
                return value
            array = to_host(value)
            return array.astype(floatx) if array.dtype == np.float64 else array

        raw = self.raw_batches()
        try:
            for data in raw:
                self.bare = not isinstance(data, (list, tuple))
                batch = map_leaves(leaf, as_batch(data))
                del data  # a paused generator keeps no batch alive
                if self._class_weight is not None:
                    batch = _weighted(batch, self._class_weight)
                yield batch
                del batch
        finally:
            self.end_pass(raw)

    def end_pass(self, raw: Iterator[Any]) -> None:
        """Called when a pass ends or is given up."""


def _weighted(
    batch: tuple[Any, ...], class_weight: Mapping[int, float]
) -> tuple[Any, ...]:
    if len(batch) != 2:
        raise ValueError(
            "`class_weight` needs batches `(x, y)`, without sample weights. "
            f"Received a batch of {len(batch)} parts. Multiply the class "
            "weights into the sample weights that the data yields."
        )
    return (*batch, class_weight_to_sample_weights(batch[1], class_weight))


class GeneratorSource(IterableSource):
    """Batches from a generator or iterator, which can be passed over only once."""

    single_pass = True

    def _count(self) -> int | None:
        return None


class TFDatasetSource(IterableSource):
    """Batches from a `tf.data.Dataset`."""

    def _count(self) -> int | None:
        cardinality = getattr(self.data, "cardinality", None)
        count = -2 if cardinality is None else int(cardinality())
        self.infinite = count == -1
        return count if count >= 0 else None

    def raw_batches(self) -> Iterator[Any]:
        """One fresh pass, as tensors for TensorFlow, as NumPy for any other."""
        if self._native == "tensorflow" or not hasattr(self.data, "as_numpy_iterator"):
            return iter(self.data)
        return self.data.as_numpy_iterator()


class TorchLoaderSource(IterableSource):
    """Batches from a torch `DataLoader`."""

    def _count(self) -> int | None:
        loader = self.data
        self.batch_size = getattr(loader, "batch_size", None)
        try:
            self.num_samples = len(loader.dataset)
        except (TypeError, AttributeError):
            self.num_samples = None
        return super()._count()


class PyDatasetSource(IterableSource):
    """Batches from a `PyDataset`, prepared by its workers where it wants some.

    Args:
        data: The dataset.
        steps: Batches per epoch, where it shall differ from one pass.
        class_weight: Weight of each class, turned into sample weights.
        native: The framework whose tensors are kept.
        shuffle: Whether each epoch visits the batches in a new order.
        seed: Of the shuffle; drawn from NumPy's global state where `None`.
    """

    def __init__(
        self,
        data: PyDataset,
        steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
        native: str | None = None,
        shuffle: bool | str = False,
        seed: int | None = None,
    ) -> None:
        super().__init__(data, steps, class_weight, native)
        self._shuffle = bool(shuffle)
        self._seed = seed
        self._random: np.random.Generator | None = None
        self._fetching: Iterator[Any] | None = None

    def _count(self) -> int | None:
        count = self.data.num_batches
        self.infinite = count is None
        return count

    def raw_batches(self) -> Iterator[Any]:
        """One fresh pass, with the workers that the dataset asks for."""
        dataset = self.data
        self._stop_workers()
        self._fetching = fetch(
            dataset,
            self._order(),
            dataset.workers,
            dataset.use_multiprocessing,
            dataset.max_queue_size,
        )
        return self._fetching

    def _order(self) -> Iterable[int]:
        count = self.data.num_batches
        if count is None:
            return itertools.count()
        if not self._shuffle:
            return range(count)
        if self._random is None:
            seed = self._seed
            if seed is None:
                seed = int(np.random.randint(2**31 - 1))
            self._random = np.random.default_rng(seed)
        return self._random.permutation(count).tolist()

    def end_pass(self, raw: Iterator[Any]) -> None:
        """End the workers of this pass."""
        if raw is self._fetching:
            self._stop_workers()

    def on_epoch_begin(self) -> None:
        """Forwarded to the dataset."""
        self.data.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Forwarded to the dataset."""
        self.data.on_epoch_end()

    def close(self) -> None:
        """End the workers, if any are running."""
        super().close()
        self._stop_workers()

    def _stop_workers(self) -> None:
        fetching, self._fetching = self._fetching, None
        close = getattr(fetching, "close", None)
        if close is not None:
            close()
