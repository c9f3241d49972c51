"""Which targets see which sources: the masks of an attention, joined to one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from keras import ops
from keras.core.typing import Tensor, TensorLike


def distances(query: Tensor, value: Tensor, axis: int) -> Tensor:
    """How many places each target is behind each source, `(targets, sources)`.

    Args:
        query: the tensor of the targets.
        value: the tensor of the sources.
        axis: the axis of the places in both.
    """
    rows = ops.expand_dims(ops.arange(ops.shape(query)[axis]), 1)
    columns = ops.expand_dims(ops.arange(ops.shape(value)[axis]), 0)
    return ops.subtract(rows, columns)


class AttentionMask:
    """Collects masks in the layout of attention scores.

    Scores have the axes `(batch axes, heads, target axes, source axes)`.

    Args:
        rank: the rank of query and value.
        axes: the axes that attention runs along.
    """

    def __init__(self, rank: int, axes: Sequence[int]) -> None:
        self.rank = rank
        self.axes = tuple(axes)
        self.parts: list[Any] = []

    @property
    def _score_rank(self) -> int:
        return self.rank + len(self.axes)  # one axis for the heads, none for features

    def add_whole(self, mask: TensorLike) -> None:
        """A mask of targets and sources; axes of batch and heads may lack before them.

        Where the batch is there and the heads are not, it counts for all heads.
        """
        if mask is None:
            return
        mask = ops.cast(mask, "bool")
        before = -2 * len(self.axes) - 1
        for _ in range(self._score_rank - len(mask.shape)):
            mask = ops.expand_dims(mask, before)
        self.parts.append(mask)

    def add_targets(self, mask: TensorLike) -> None:
        """A mask of the query, `(batch, ...)`: what is masked sees nothing."""
        self._add_places(mask, of_sources=False)

    def add_sources(self, mask: TensorLike) -> None:
        """A mask of key or value, `(batch, ...)`: what is masked is not seen."""
        self._add_places(mask, of_sources=True)

    def _add_places(self, mask: TensorLike, of_sources: bool) -> None:
        if mask is None:
            return
        mask = ops.cast(mask, "bool")
        while len(mask.shape) < self.rank - 1:
            mask = ops.expand_dims(mask, -1)
        batch = [axis for axis in range(self.rank - 1) if axis not in self.axes]
        mask = ops.transpose(mask, (*batch, *self.axes))
        # One axis for the heads, and those of the other side: before or behind.
        other = tuple(range(len(batch) + 1, len(batch) + 1 + len(self.axes)))
        if not of_sources:
            other = tuple(axis + len(self.axes) for axis in other)
        self.parts.append(ops.expand_dims(mask, (len(batch), *other)))

    def add_distances(
        self, query: Tensor, value: Tensor, causal: bool, window: int | None
    ) -> None:
        """No sources behind the target, or none that are `window` places away.

        Raises:
            ValueError: if attention runs along several axes, which have no order.
        """
        if not causal and window is None:
            return
        if len(self.axes) > 1:
            raise ValueError(
                "`use_causal_mask` and `sliding_window` need places in one row, so one "
                f"attention axis. Received: attention_axes={self.axes}. Pass the mask "
                "as `attention_mask`."
            )
        behind = distances(query, value, max(self.axes))  # there is but one
        if causal:
            self.add_whole(ops.greater_equal(behind, 0))
        if window is not None:
            self.add_whole(ops.less(ops.absolute(behind), window))

    def joined(self) -> Any:
        """The places that every mask leaves; None if there is no mask."""
        return reduce(ops.logical_and, self.parts) if self.parts else None
