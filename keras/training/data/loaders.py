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
from keras.core.plain_data import plain_part
from keras.core.typing import Data
from keras.random.seed import set_random_state
from keras.training.data.class_weights import class_weight_to_sample_weights
from keras.training.data.columns import numbers_of, parts_of
from keras.training.data.host import to_host
from keras.training.data.journal import PASS, Journal
from keras.training.data.packing import as_batch
from keras.training.data.source import DataSource, checked_batch_size
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

    # Whether passes before the running one must be done again, to be where they lead.
    replays_passes = True

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
        self._raw: Any = None
        self._journal: Journal | None = None
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

    def keep_journal(self) -> None:
        """Note from now on what `position` has to know; costs a little at each pass."""
        if self._journal is None:
            self._journal = Journal(all_passes=self.replays_passes)

    def new_pass(self) -> Iterator[tuple[Any, ...]]:
        """One fresh pass, noted."""
        if self._journal is not None:
            self._journal.note(PASS)
        return super().new_pass()

    def position(self, done: int) -> dict[str, Any]:
        """Where a training is: what was done with the data, or what its iterator says.

        An iterator with `get_state` and `set_state`, such as those of grain, knows.
        """
        position = super().position(done)
        if self._journal is not None:
            position["journal"] = self._journal.entries()
        if hasattr(self._raw, "get_state") and hasattr(self._raw, "set_state"):
            position["iterator"] = plain_part({"state": self._raw.get_state()})
        return position

    def go_to(self, position: dict[str, Any]) -> None:
        """Go on from a position: do what was done before, or ask the iterator."""
        if "journal" not in position:
            return
        within = bool(position["taken"] or position["midway"])
        self._midway, self._taken = position["midway"], position["taken"]
        running, self._running = self._running, None
        if "state" in position.get("iterator", {}):
            running = self.batches_of(self.raw_batches())
            self._raw.set_state(position["iterator"]["state"])
            self._journal = Journal(position["journal"], self.replays_passes)
        else:
            running = self._done_again(position["journal"], running)
            for _ in itertools.islice(running or (), self._taken):
                pass
        self._running = running if within else None

    def _done_again(self, entries: list[Any], first: Any) -> Any:
        """Do what is in a journal; returns the last pass, at its start.

        Args:
            entries: The journal of the other training.
            first: The pass that has begun here, if one has.
        """
        own = self._journal
        self._journal = Journal(entries, self.replays_passes)
        if own is None or not self._goes_on_with_first(own):
            first = None
        running = None
        for kind, state in entries:
            if state is not None:
                set_random_state(state)
            if kind != PASS:
                getattr(self.data, f"on_epoch_{kind}")()
                continue
            if running is not None:
                next(running, None)  # some count a pass when it yields
            running = self.batches() if first is None else first
            first = None
        return running

    def _goes_on_with_first(self, own: Journal) -> bool:
        """Whether the pass that has begun here is the one that began there."""
        there = self._journal
        return self.replays_passes and there is not None and own.begins_like(there)

    def batches(self) -> Iterator[tuple[Any, ...]]:
        """One fresh pass, as host arrays or native tensors."""
        return self.batches_of(self.raw_batches())

    def batches_of(self, raw: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
        """The batches of a pass, as host arrays or native tensors."""
        self._raw = raw
        return self._converted(raw)

    def _converted(self, raw: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
        floatx, native = config.floatx(), self._native

        def leaf(value: Any) -> Any:
            if type(value) is np.ndarray:
                kept = value.dtype.char not in "dO"
                return value if kept else to_host(value, floatx)
            if native is not None and framework_of(value) == native:
                return value
            array = to_host(value)
            return array.astype(floatx) if array.dtype == np.float64 else array

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

    def _goes_on_with_first(self, own: Journal) -> bool:
        return True  # there is no other

    def _count(self) -> int | None:
        return None


class TFDatasetSource(IterableSource):
    """Batches from a `tf.data.Dataset`."""

    def _goes_on_with_first(self, own: Journal) -> bool:
        return True  # its random numbers are its own

    def _count(self) -> int | None:
        cardinality = getattr(self.data, "cardinality", None)
        count = -2 if cardinality is None else int(cardinality())
        self.infinite = count == -1
        return count if count >= 0 else None


class StreamSource(IterableSource):
    """Batches from a `datasets.IterableDataset` of Hugging Face.

    Args:
        data: The data set. The columns that `y` and `sample_weight` do not name are
            the inputs.
        y: The name of a column, or a structure of them.
        sample_weight: Likewise.
        batch_size: Samples per batch; 32 where `None`.
        steps: Batches per epoch, where it shall differ from one pass.
        class_weight: Weight of each class, turned into sample weights.
    """

    def __init__(
        self,
        data: Any,
        y: Data,
        sample_weight: Data,
        batch_size: int | None,
        steps: int | None,
        class_weight: Mapping[int, float] | None,
    ) -> None:
        super().__init__(numbers_of(data), steps, class_weight)
        self._roles = (y, sample_weight)
        self.batch_size = checked_batch_size(batch_size)
        self._passes = 0

    def raw_batches(self) -> Iterator[Any]:
        """One fresh pass, in another order if the stream is shuffled."""
        self.data.set_epoch(self._passes)
        self._passes += 1
        for batch in self.data.iter(batch_size=self.batch_size):
            yield parts_of(batch, *self._roles)


class TorchLoaderSource(IterableSource):
    """Batches from a torch `DataLoader`."""

    # A pass depends on nothing but random states.
    replays_passes = False

    def new_pass(self) -> Iterator[tuple[Any, ...]]:
        """One fresh pass, noted with the state of the loader's own generator."""
        self._generator_state = self._state_of_generator()
        return super().new_pass()

    def position(self, done: int) -> dict[str, Any]:
        """Where a training is, with the state of the loader's own generator."""
        position = super().position(done)
        states = (self._generator_state, self._state_of_generator())
        return {**position, "generator": states}

    def go_to(self, position: dict[str, Any]) -> None:
        """Go on from a position."""
        before, now = position["generator"]
        if before is not None:
            self._running = None
            self.data.generator.set_state(self.data.generator.get_state().new(before))
        super().go_to(position)
        if now is not None:
            self.data.generator.set_state(self.data.generator.get_state().new(now))

    def _state_of_generator(self) -> Any:
        generator = getattr(self.data, "generator", None)
        return None if generator is None else generator.get_state().tolist()

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

    # Where a pass goes is the order that this source gives it.
    replays_passes = False

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
        self._random_of_pass: Any = None
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
        self._random_of_pass = self._random.bit_generator.state
        return self._random.permutation(count).tolist()

    def end_pass(self, raw: Iterator[Any]) -> None:
        """End the workers of this pass."""
        if raw is self._fetching:
            self._stop_workers()

    def position(self, done: int) -> dict[str, Any]:
        """Where a training is, with the state that gives the order of the batches."""
        position = super().position(done)
        if self._random is not None:
            states = (self._random_of_pass, self._random.bit_generator.state)
            position["random"] = states
        return position

    def go_to(self, position: dict[str, Any]) -> None:
        """Go on from a position."""
        of_pass, now = position.get("random", (None, None))
        if now is not None:
            self._random = np.random.default_rng(0)
            self._random.bit_generator.state = of_pass
        super().go_to(position)
        if self._random is not None and now is not None:
            self._random.bit_generator.state = now

    def on_epoch_begin(self) -> None:
        """Forwarded to the dataset."""
        self._note_hook("begin")
        self.data.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Forwarded to the dataset."""
        self._note_hook("end")
        self.data.on_epoch_end()

    def _note_hook(self, moment: str) -> None:
        own = getattr(type(self.data), f"on_epoch_{moment}", None)
        if self._journal is not None and own is not getattr(
            PyDataset, f"on_epoch_{moment}"
        ):
            self._journal.note(moment)

    def close(self) -> None:
        """End the workers, if any are running."""
        super().close()
        self._stop_workers()

    def _stop_workers(self) -> None:
        fetching, self._fetching = self._fetching, None
        close = getattr(fetching, "close", None)
        if close is not None:
            close()
