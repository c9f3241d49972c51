"""Layers that combine tensors value by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.merging.base import Merge, MergeSeen


@public_class("keras.layers", pure=True)
class Add(Merge):
    """The sum of tensors.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Add()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    4.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The combination of two tensors."""
        return ops.add(a, b)


@public_class("keras.layers", pure=True)
class Multiply(MergeSeen):
    """The product of tensors; masked values are left out.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Multiply()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    3.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The combination of two tensors."""
        return ops.multiply(a, b)

    def of_nothing(self, first: Tensor) -> Tensor:
        """0 where every input is masked."""
        return ops.zeros_like(first)


@public_class("keras.layers", pure=True)
class Maximum(MergeSeen):
    """The largest of the values at each place; masked values are left out.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Maximum()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    3.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The combination of two tensors."""
        return ops.maximum(a, b)


@public_class("keras.layers", pure=True)
class Minimum(MergeSeen):
    """The least of the values at each place; masked values are left out.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Minimum()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    1.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The combination of two tensors."""
        return ops.minimum(a, b)


@public_class("keras.layers", pure=True)
class Average(Merge):
    """The mean of tensors.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Average()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    2.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum of two tensors."""
        return ops.add(a, b)

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """The sum over the number of tensors."""
        return ops.divide(super().merge(inputs), len(inputs))


@public_class("keras.layers", pure=True)
class Subtract(Merge):
    """The first tensor minus the second.

    Args:
        **kwargs: `name`, `dtype`: see `Layer`.

    Called on a list of tensors whose shapes broadcast to each other.

    Example:

    >>> import keras
    >>> float(keras.layers.Subtract()([keras.ops.ones(1), keras.ops.full(1, 3.0)])[0])
    -2.0
    """

    def combine(self, a: Tensor, b: Tensor) -> Tensor:
        """The difference of two tensors."""
        return ops.subtract(a, b)

    def _check_list(self, input_shape: Any) -> None:
        super()._check_list(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"{self.name} (Subtract) must be called on exactly 2 tensors. "
                f"Received: {len(input_shape)} of shapes {list(input_shape)}."
            )
