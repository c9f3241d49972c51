"""What layers that make one tensor of several share: shapes, ranks and masks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Unpack

from keras import ops
from keras.core.typing import Tensor
from keras.layers.arguments import class_name
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.ops import rules
from keras.ops.operation import infer_spec


class Merge(Layer):
    """Base of layers that combine a list of tensors value by value.

    Inputs of lower rank are broadcast along axes after the batch.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.
    """

    def __init__(self, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """The combination of tensors that broadcast to each other."""
        return reduce(self.combine, inputs)

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The combination of two tensors."""
        raise NotImplementedError(f"{class_name(self)} must define `combine`.")

    def build(self, input_shape: Any) -> None:
        """Checks that the shapes fit."""
        self._check_list(input_shape)
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The combination of the list of tensors."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(self._wants_list(f"a {type(inputs).__name__}"))
        ranks = {len(x.shape) for x in inputs}
        if len(ranks) > 1:
            inputs = [_raised(x, max(ranks)) for x in inputs]
        return self.merge(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shape of the output, and the dtype of the inputs."""
        return infer_spec(self.call, (inputs,), {})

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The shape that the inputs broadcast to."""
        self._check_list(input_shape)
        rank = max(len(shape) for shape in input_shape)
        shapes = [
            (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:])
            for shape in input_shape
        ]
        try:
            return tuple(rules.broadcast(*shapes))
        except ValueError as error:
            raise ValueError(
                f"The inputs of {self.name} ({class_name(self)}) must broadcast to "
                f"each other. Received: shapes {[tuple(s) for s in input_shape]}. "
                f"{error}"
            ) from None

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor | None:
        """True where an input is not masked; None if one has no mask."""
        if mask is None or any(m is None for m in mask):
            return None
        return reduce(ops.logical_or, mask)

    def _check_list(self, input_shape: Any) -> None:
        good = isinstance(input_shape, (list, tuple)) and all(
            isinstance(shape, (list, tuple)) for shape in input_shape
        )
        if not good or not input_shape:
            raise ValueError(self._wants_list(f"shape {input_shape}"))

    def _wants_list(self, received: str) -> str:
        return (
            f"{self.name} ({class_name(self)}) must be called on a list of tensors. "
            f"Received: {received}."
        )


def _raised(x: Tensor, rank: int) -> Tensor:
    """`x` with axes of size 1 after the batch axis."""
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    return x
