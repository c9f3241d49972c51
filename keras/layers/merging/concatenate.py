"""`Concatenate`: tensors one after the other along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Structure, Tensor, TensorLike
from keras.layers.arguments import integers
from keras.layers.merging.base import Merge
from keras.layers.options import AllLayerOptions
from keras.ops import rules


@public_class("keras.layers", pure=True)
class Concatenate(Merge):
    """Joins tensors along an axis.

    Args:
        axis: the axis; the tensors' other sizes must be equal.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 3))
    >>> tuple(keras.layers.Concatenate()([x, x]).shape)
    (2, 6)
    """

    def __init__(self, axis: int = -1, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = integers(self, "axis", axis, 1, least=None)[0]

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The joined tensors."""
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The inputs' shape, their sizes along the axis added up."""
        self._check_list(input_shape)
        try:
            return tuple(rules.concatenate([tuple(s) for s in input_shape], self.axis))
        except ValueError as error:
            raise ValueError(
                f"The inputs of {self.name} (Concatenate) must have equal shapes but "
                f"for axis {self.axis}. Received: shapes "
                f"{[tuple(s) for s in input_shape]}. {error}"
            ) from None

    def compute_mask(
        self, inputs: Sequence[Tensor], mask: TensorLike = None
    ) -> Structure:
        """The masks joined likewise; inputs without mask count as not masked.

        Along the features, a step is masked where it is masked in every input.
        """
        self._check_masks(inputs, mask)
        if mask is None or all(m is None for m in mask):
            return None
        axis = self.axis % len(inputs[0].shape)
        wide = [_wide(x, m) for x, m in zip(inputs, mask, strict=True)]
        joined = ops.concatenate(wide, axis=axis)
        ranks = {len(m.shape) for m in mask if m is not None}
        for _ in range(max(1, len(inputs[0].shape) - max(ranks))):
            joined = ops.any(joined, axis=-1)
        return joined


def _wide(x: Tensor, mask: TensorLike) -> Tensor:
    """A mask of the shape of its tensor."""
    full = ops.ones_like(x, dtype="bool")
    if mask is None:
        return full
    while len(mask.shape) < len(x.shape):
        mask = ops.expand_dims(mask, -1)
    return ops.logical_and(full, mask)
