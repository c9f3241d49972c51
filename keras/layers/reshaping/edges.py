"""What layers that cut off or add at the edges of spatial axes share."""

from __future__ import annotations

from typing import Any

from keras.core.typing import Shape
from keras.layers import arguments
from keras.layers.arguments import class_name, integers
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer

Edges = tuple[tuple[int, int], ...]


class EdgeLayer(Layer):
    """Base of layers with two numbers for each of `rank` spatial axes.

    They are the attribute named by `argument`: a pair where there is one axis, else a
    tuple of pairs.
    """

    rank: int
    argument: str

    def _set_edges(self, value: Any, data_format: str | None = "channels_last") -> None:
        """Checks and keeps the numbers, and where the spatial axes stand."""
        edges = _edges(self, value)
        setattr(self, self.argument, edges[0] if self.rank == 1 else edges)
        self.data_format = arguments.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _around(self) -> list[tuple[int, int]]:
        """The numbers of all axes, which are 0 for those that are not spatial."""
        edges = getattr(self, self.argument)
        edges = [edges] if self.rank == 1 else list(edges)
        if self.data_format == "channels_last":
            return [(0, 0), *edges, (0, 0)]
        return [(0, 0), (0, 0), *edges]

    def _resized(self, input_shape: Shape, sign: int) -> tuple[int | None, ...]:
        """The shape with each spatial axis longer, or shorter, by its numbers."""
        return tuple(
            None if size is None else size + sign * sum(edges)
            for size, edges in zip(input_shape, self._around(), strict=True)
        )


def _edges(layer: EdgeLayer, value: Any) -> Edges:
    """Numbers before and after, for each spatial axis.

    They are given as one integer, one for each axis, or a pair for each axis; where
    there is one axis, as an integer or a pair.
    """
    rank, argument = layer.rank, layer.argument
    if rank == 1:
        before, after = integers(layer, argument, value, 2, least=0)
        return ((before, after),)
    try:
        items = list(value)
    except TypeError:
        items = [value] * rank
    if isinstance(value, str) or len(items) != rank:
        raise ValueError(
            f"{class_name(layer)} expects `{argument}` to be an integer, {rank} of "
            f"them, or {rank} pairs of them. Received: {argument}={value!r}."
        )
    pairs = (integers(layer, argument, item, 2, least=0) for item in items)
    return tuple((before, after) for before, after in pairs)
