"""What layers that make one tensor of several share: shapes, ranks and masks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Unpack

from keras import ops
from keras.core.errors import brief
from keras.core.masking import get_mask
from keras.core.typing import Structure, Tensor, TensorLike
from keras.layers.arguments import class_name
from keras.layers.call_plan import CallPlan
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

    def merge_seen(self, inputs: Sequence[Tensor], masks: Sequence[Any]) -> Tensor:
        """The combination of what is not masked.

        Args:
            inputs: tensors that broadcast to each other.
            masks: booleans of the same rank for each; None where all counts.
        """
        del masks
        return self.merge(inputs)

    def build(self, input_shape: Any) -> None:
        """Checks that the shapes fit."""
        self._check_list(input_shape)
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The combination of the list of tensors."""
        rank = max([0, *(len(x.shape) for x in inputs)])  # torch traces no `default=`
        raised = [_raised(x, rank) for x in inputs]
        masks = [get_mask(x) for x in inputs]
        if all(mask is None for mask in masks):
            return self.merge(raised)
        wide = [_aligned(x, m, rank) for x, m in zip(inputs, masks, strict=True)]
        return self.merge_seen(raised, wide)

    def compute_output_spec(self, inputs: TensorLike) -> Structure:
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

    def compute_mask(
        self, inputs: TensorLike, mask: TensorLike = None
    ) -> Tensor | None:
        """True where an input is not masked; None if one has no mask."""
        self._check_masks(inputs, mask)
        if mask is None or any(m is None for m in mask):
            return None
        rank = max(len(m.shape) for m in mask)
        return reduce(ops.logical_or, [_raised(m, rank) for m in mask])

    def _check_masks(self, inputs: TensorLike, mask: TensorLike) -> None:
        if mask is None:
            return
        for argument, value in (("inputs", inputs), ("mask", mask)):
            if not isinstance(value, (list, tuple)):
                raise ValueError(
                    f"compute_mask of {self.name} ({class_name(self)}) expects "
                    f"`{argument}` to be a list. Received: a {type(value).__name__}."
                )
        if len(mask) != len(inputs):
            raise ValueError(
                f"compute_mask of {self.name} ({class_name(self)}) expects a mask or "
                f"None for each input. Received: {len(mask)} for {len(inputs)} inputs."
            )

    def _keras_check(self, arguments: dict[str, Any]) -> None:
        super()._keras_check(arguments)
        inputs = next(value for key, value in arguments.items() if key != "self")
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(self._wants_list(f"a {type(inputs).__name__}"))
        for x in inputs:
            if not hasattr(x, "shape"):
                raise ValueError(self._wants_list(f"a list that holds {brief(x)}"))

    def _build_if_needed(self, plan: CallPlan, arguments: dict[str, Any]) -> None:
        if not self.built:
            self._keras_check(arguments)
        super()._build_if_needed(plan, arguments)

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


class MergeSeen(Merge):
    """Base of combinations in which a masked value would show: it is left out.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.
    """

    def merge_seen(self, inputs: Sequence[Tensor], masks: Sequence[Any]) -> Tensor:
        """The combination of what is not masked; see `of_nothing` for the rest."""
        total, seen = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            new = self.combine(total, x)
            if mask is not None:
                new = ops.where(mask, new, total)
            if seen is not None:
                alone = self.of_nothing(total)
                alone = x if mask is None else ops.where(mask, x, alone)
                new = ops.where(seen, new, alone)
            total = new
            both = seen is not None and mask is not None
            seen = ops.logical_or(seen, mask) if both else None
        return total

    def of_nothing(self, first: Tensor) -> Tensor:
        """What stands where every input is masked: the value of the first."""
        return first


def _aligned(x: Tensor, mask: TensorLike, rank: int) -> Any:
    """A mask of a tensor, `(batch, ...)`, with axes of size 1 up to a rank."""
    if mask is None:
        return None
    while len(mask.shape) < len(x.shape):
        mask = ops.expand_dims(mask, -1)
    return _raised(mask, rank)


def _raised(x: Tensor, rank: int) -> Tensor:
    """`x` with axes of size 1 after the batch axis."""
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    return x
