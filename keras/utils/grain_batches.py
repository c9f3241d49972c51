"""Batches as a data set of grain. Importing this needs grain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grain


class GrainBatches(grain.IterDataset):
    """Batches that grain's transformations apply to, in a new order each epoch.

    An iterator has the state that grain's checkpoints keep.

    Args:
        batches: the batches, in an order that `on_epoch_end` changes and `snapshot()`
            keeps.
    """

    def __init__(self, batches: Any) -> None:
        super().__init__()
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Any]:
        # Each iterator has an order of its own, whatever others do meanwhile.
        batches = self._batches.snapshot()
        self._batches.on_epoch_end()
        return iter(grain.MapDataset.source(batches).to_iter_dataset())
