"""`Permute`: samples with their axes in another order."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Tensor
from keras.layers.arguments import integers
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Permute(Layer):
    """Puts the axes of samples in another order.

    Args:
        dims: the new order, counted from 1; axis 0, the batch, stays.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> tuple(keras.layers.Permute((2, 1))(keras.ops.ones((2, 3, 4))).shape)
    (2, 4, 3)
    """

    def __init__(self, dims: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.dims = integers(self, "dims", dims, least=None)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Permute expects `dims` to hold each axis from 1 on once, as (2, 1). "
                f"Received: dims={dims!r}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with permuted axes."""
        return ops.transpose(inputs, (0, *self.dims))
