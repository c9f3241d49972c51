"""`Flatten`: samples of any shape as vectors."""

from __future__ import annotations

import math
from typing import Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape, Tensor
from keras.layers import arguments
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Flatten(Layer):
    """Makes one axis of all but the batch axis.

    Args:
        data_format: with `"channels_first"`, channels are moved to the end first, so
            that the result does not depend on the layout.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs `(batch, ...)` give outputs `(batch, features)`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Flatten()(keras.ops.ones((2, 3, 4))).shape)
    (2, 12)
    """

    def __init__(
        self, data_format: str | None = None, **kwargs: Unpack[AllLayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(self, data_format)
        self._moves = self.data_format == "channels_first"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs as `(batch, features)`."""
        shape = inputs.shape
        rank = len(shape)
        if self._moves and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        sizes = tuple(shape)[1:]
        if None not in sizes and 0 not in sizes:
            return ops.reshape(inputs, (-1, math.prod(sizes)))
        features = -1 if 0 not in sizes else 0
        return ops.reshape(inputs, (ops.shape(inputs)[0], features))

    def compute_output_spec(self, inputs: KerasTensor) -> KerasTensor:
        """The shape of the output, and the dtype of the inputs."""
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, inputs.dtype, sparse=inputs.sparse)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """`(batch, features)`."""
        sizes = input_shape[1:]
        known = [n for n in sizes if n is not None]
        return (input_shape[0], math.prod(known) if len(known) == len(sizes) else None)
