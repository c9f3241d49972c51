"""`Dot`: products of samples, summed along one axis of each."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.arguments import integer
from keras.layers.merging.base import Merge
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Dot(Merge):
    """Multiplies two tensors sample by sample, summing along an axis of each.

    Args:
        axes: the axis of both tensors, or a tuple with one for each. Axis 0, the
            batch, is not among them.
        normalize: whether to scale both tensors to length 1 along the axis first, which
            makes the products cosines of angles.
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of two tensors. The output has the batch axis, the other axes of
    the first tensor, and those of the second; of two vectors it has shape
    `(batch, 1)`.

    Example:

    >>> import keras
    >>> x, y = keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 3))
    >>> tuple(keras.layers.Dot(axes=(1, 2))([x, y]).shape)
    (2, 4, 5)
    """

    def __init__(
        self,
        axes: int | list[int] | tuple[int, int],
        normalize: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        if len(pair) != 2 or any(integer(axis) is None for axis in pair):
            error = ValueError if isinstance(axes, (list, tuple)) else TypeError
            raise error(
                "Dot expects `axes` to be an integer or a tuple of two. "
                f"Received: axes={axes!r}."
            )
        if 0 in map(integer, pair):
            raise ValueError(
                "Dot expects `axes` to name axes of the samples, and 0 is that of the "
                f"batch. Received: axes={axes!r}."
            )
        self.axes = axes
        self.normalize = normalize

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The products of the two tensors."""
        shapes = [tuple(x.shape) for x in inputs]
        self._check_list(shapes)
        axes = self._fitting_axes(shapes)
        first, second = inputs
        if self.normalize:
            first = ops.normalize(first, axis=axes[0])
            second = ops.normalize(second, axis=axes[1])
        letters = ascii_letters[2:]
        a, b = len(first.shape), len(second.shape)
        # `a` is the batch and `b` the axis of the sum.
        left = ["a", *letters[: a - 1]]
        right = ["a", *letters[a - 1 : a + b - 2]]
        left[axes[0]] = right[axes[1]] = "b"
        rest = [x for x in (*left, *right) if x not in "ab"]
        equation = f"{''.join(left)},{''.join(right)}->a{''.join(rest)}"
        product = ops.einsum(equation, first, second)
        return product if rest else ops.expand_dims(product, -1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The batch, then the axes of both tensors that are not summed."""
        self._check_list(input_shape)
        axes = self._fitting_axes(input_shape)
        rest = [
            size
            for shape, axis in zip(input_shape, axes, strict=True)
            for i, size in enumerate(shape)
            if i not in (0, axis)
        ]
        known = [shape[0] for shape in input_shape if shape[0] is not None]
        return (known[0] if known else None, *(rest or [1]))

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> None:
        """None: the steps of the inputs are summed or paired."""
        del inputs, mask

    def _fitting_axes(self, shapes: Sequence[Shape]) -> list[int]:
        """The axis of each tensor, from 1, if the tensors fit together there."""
        pair = self.axes if isinstance(self.axes, (list, tuple)) else [self.axes] * 2
        axes = []
        for shape, axis in zip(shapes, pair, strict=True):
            rank = len(shape)
            if not -rank <= axis < rank or axis % rank == 0:
                raise ValueError(
                    f"{self.name} (Dot) sums along axes {self.axes}: they must be axes "
                    "of its inputs, and not the batch axis. Received: shapes "
                    f"{[tuple(shape) for shape in shapes]}."
                )
            axes.append(axis % rank)
        first, second = shapes
        differ = _differ(first[0], second[0])
        if differ or _differ(first[axes[0]], second[axes[1]]):
            raise ValueError(
                f"The inputs of {self.name} (Dot) must have the same batch size, and "
                f"the same size along the axes {self.axes}. Received: shapes "
                f"{[tuple(shape) for shape in shapes]}."
            )
        return axes

    def _check_list(self, input_shape: Any) -> None:
        super()._check_list(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"{self.name} (Dot) must be called on exactly 2 tensors. "
                f"Received: {len(input_shape)} of shapes {list(input_shape)}."
            )


def _differ(first: int | None, second: int | None) -> bool:
    """Whether two sizes are known and not equal."""
    return first is not None and second is not None and first != second
