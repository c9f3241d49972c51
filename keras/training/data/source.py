"""What the training loop asks of its data, whatever the data is.

A `DataSource` is a thing that can be passed over once per epoch. It owns no
thread and no pipeline unless the data itself asks for one (a `PyDataset` with
workers), because for arrays in memory nothing may stand between the array and
the step.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

DEFAULT_BATCH_SIZE = 32


class DataSource:
    """Batches for one or more epochs.

    A subclass implements `batches`; this base adds the bookkeeping of
    `steps_per_epoch` and of a batch that was looked at ahead of time.

    Attributes:
        num_batches: Batches per epoch, `None` where nobody knows.
        batch_size: Samples per batch, `None` where nobody knows.
        num_samples: Samples per epoch, `None` where nobody knows.
        infinite: Whether a pass is known never to end; such a source needs
            `steps`.
        single_pass: Whether the data can be passed over only once.
        targets: All targets, where they are in memory.
        weighted: Whether samples have weights, which may leave targets out.
        bare: Whether the data is inputs alone, in no tuple of `(x, y, ...)`.
    """

    num_batches: int | None = None
    batch_size: int | None = None
    num_samples: int | None = None
    infinite: bool = False
    single_pass: bool = False
    targets: Any = None
    weighted: bool = False
    bare: bool = False

    def __init__(self, steps: int | None = None) -> None:
        self.steps = steps
        self._running: Iterator[tuple[Any, ...]] | None = None
        # Of the running pass, where an epoch is cut out of several.
        self._taken = 0
        self._midway = False
        self._limit: int | None = None
        if steps is not None:
            if isinstance(steps, bool) or int(steps) != steps or steps < 1:
                raise ValueError(
                    "The number of steps per epoch must be a positive integer or "
                    f"None. Received: {steps!r}"
                )
            self.num_batches = int(steps)

    @property
    def ends_short(self) -> bool:
        """Whether a pass is known to end with a batch of fewer samples."""
        count, size = self.num_samples, self.batch_size
        return bool(count and size and count > size and count % size)

    def batches(self) -> Iterator[tuple[Any, ...]]:
        """One fresh pass over all data."""
        raise TypeError(f"{type(self).__name__} must implement `batches()`.")

    def new_pass(self) -> Iterator[tuple[Any, ...]]:
        """`batches`, noted as the pass that `position` is about."""
        self._taken = 0
        return self.batches()

    def epoch(self, done: int = 0) -> Iterator[tuple[Any, ...]]:
        """The batches of the next epoch.

        Args:
            done: How many of its batches are behind us, after `go_to`.

        Returns:
            An iterator of `(x,)`, `(x, y)` or `(x, y, sample_weight)`. With
            `steps` it ends after that many, and the following epoch goes on
            where it stopped; otherwise it is one whole fresh pass.
        """
        if self.steps is not None:
            return self._take(self.steps, done)
        running, self._running = self._running, None
        batches = self.new_pass() if running is None else running
        if self._limit is None:
            return batches
        return itertools.islice(batches, self._limit - done)

    def keep_journal(self) -> None:
        """Note from now on what `position` has to know."""

    def position(self, done: int) -> dict[str, Any]:
        """Where in the data a training is, as plain data.

        Args:
            done: Batches of this epoch so far; 0 between two epochs.
        """
        taken = done if self.steps is None else self._taken
        return {"taken": taken, "midway": self._midway}

    def go_to(self, position: dict[str, Any]) -> None:
        """Go on from a position, in this process or another.

        Args:
            position: What `position` returned, of data like this.
        """
        self._midway, self._taken = position["midway"], position["taken"]
        if self._midway or self._taken:
            self._running = self.pass_from(self._taken)

    def pass_from(self, taken: int) -> Iterator[tuple[Any, ...]]:
        """One pass without its first batches."""
        batches = self.batches()
        for _ in itertools.islice(batches, taken):
            pass
        return batches

    def as_given(self, batch: tuple[Any, ...]) -> Any:
        """A batch in the form of the data: inputs that came bare are bare."""
        return batch[0] if self.bare and len(batch) == 1 else batch

    def limit(self, count: int) -> None:
        """End every epoch after so many batches, if it lasts that long."""
        if self.steps is not None:
            self.steps = min(self.steps, count)
        known = self.num_batches
        self._limit, self.infinite = count, False
        self.num_batches = count if known is None else min(known, count)

    def _take(self, steps: int, done: int = 0) -> Iterator[tuple[Any, ...]]:
        """The next `steps` batches.

        An epoch that began within a pass runs on into the next pass. One that
        began with a pass and outlasts it ends early with a warning: to go round
        again would show `evaluate` and `predict` the same samples twice.
        """
        while done < steps:
            fresh = not self._midway
            if self._running is None:
                self._running, fresh = self.new_pass(), True
            self._midway = True
            for batch in itertools.islice(self._running, steps - done):
                done += 1
                self._taken += 1
                yield batch
            if done < steps:
                self._running, self._midway = None, False
                if fresh:
                    break
        if done < steps:
            warnings.warn(
                f"The data ended after {done} of {steps} steps of this epoch. "
                "Provide at least `steps_per_epoch * epochs` batches, for instance "
                "by repeating the dataset or letting the generator loop.",
                stacklevel=2,
            )

    def peek(self) -> tuple[Any, ...]:
        """The first batch of the coming epoch, which still yields it."""
        running = self.new_pass() if self._running is None else self._running
        try:
            first = next(running)
        except StopIteration:
            raise ValueError(
                f"The data of this {type(self).__name__} holds no batch at all. "
                "Check that the dataset is not empty and that the generator was "
                "not consumed before."
            ) from None
        self._running = itertools.chain([first], running)
        return first

    def used_up(self) -> bool:
        """Whether data of a single pass has no batch left."""
        if not self.single_pass:
            return False
        try:
            self.peek()
        except ValueError:
            return True
        return False

    def on_epoch_begin(self) -> None:
        """Called by the trainer before the batches of an epoch are asked for."""

    def on_epoch_end(self) -> None:
        """Called by the trainer after the last batch of an epoch."""

    def close(self) -> None:
        """Stop whatever works ahead for this source; safe to call twice."""
        running, self._running = self._running, None
        self._midway = False
        close = getattr(running, "close", None)
        if close is not None:
            close()


def checked_batch_size(batch_size: int | None) -> int:
    """The number of samples per batch, 32 where `None`."""
    if batch_size is None:
        return DEFAULT_BATCH_SIZE
    integer = isinstance(batch_size, (int, np.integer))
    if not integer or isinstance(batch_size, bool) or batch_size < 1:
        raise ValueError(
            "`batch_size` must be a positive integer or None (which means "
            f"{DEFAULT_BATCH_SIZE}). Received: {batch_size!r}"
        )
    return int(batch_size)
