"""`Reshape`: samples in another shape."""

from __future__ import annotations

import math
from typing import Any, Unpack

from keras import ops
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape, Tensor
from keras.layers.arguments import integers
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Reshape(Layer):
    """Gives samples another shape.

    Args:
        target_shape: the new shape, without batch axis; one size may be -1, which
            stands for what is left.
        **kwargs: `name`, `dtype`: see `Layer`.

    Raises:
        ValueError: if the numbers of values differ.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Reshape((3, -1))(keras.ops.ones((2, 12))).shape)
    (2, 3, 4)
    """

    _has_nothing_to_build = True

    def __init__(self, target_shape: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        sizes = integers(self, "target_shape", target_shape, least=-1)
        if sizes.count(-1) > 1:
            raise ValueError(
                "Reshape expects `target_shape` to hold at most one -1, which stands "
                f"for what is left. Received: target_shape={target_shape!r}."
            )
        self.target_shape = sizes

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs as `(batch, *target_shape)`."""
        if not hasattr(inputs, "shape"):  # a list of numbers
            inputs = ops.convert_to_tensor(inputs)
        sizes = self.compute_output_shape(tuple(inputs.shape))[1:]
        if None not in sizes and 0 not in sizes:
            return ops.reshape(inputs, (-1, *sizes))
        sizes = self.target_shape if None in sizes else sizes
        return ops.reshape(inputs, (ops.shape(inputs)[0], *sizes))

    def compute_output_spec(self, inputs: KerasTensor) -> KerasTensor:
        """The shape of the output, and the dtype of the inputs."""
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, inputs.dtype, sparse=inputs.sparse)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, *target_shape)`, with -1 worked out where it can be."""
        if not input_shape:
            raise ShapeError("Reshape expects a batch of samples. Received: a scalar.")
        batch, *sizes = input_shape
        target = self.target_shape
        if None in sizes:
            return (batch, *(None if n == -1 else n for n in target))
        total = math.prod([n for n in sizes if n is not None])
        given = math.prod([n for n in target if n != -1])
        open_size = -1 in target
        fits = given and total % given == 0 if open_size else total == given
        if not fits:
            raise ValueError(
                f"Reshape layer {self.name!r} cannot make {target} of {total} values. "
                f"Received: samples of shape {tuple(sizes)}. One size may be -1, which "
                "stands for what is left."
            )
        return (batch, *(total // given if n == -1 else n for n in target))
