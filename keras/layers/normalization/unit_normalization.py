"""`UnitNormalization`: scales each sample to length 1."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.typing import Axis, Shape, Tensor
from keras.layers.arguments import axes
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class UnitNormalization(Layer):
    """Scales samples to an L2 norm of 1. Zeros stay zeros.

    Args:
        axis: the axis or axes to normalize along.
        **kwargs: `name`, `dtype`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.UnitNormalization()
    >>> y = layer(keras.ops.convert_to_tensor([[3.0, 4.0]]))
    >>> [round(float(v), 2) for v in y[0]]
    [0.6, 0.8]
    """

    _has_nothing_to_build = True

    def __init__(self, axis: Axis = -1, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis: Any = axes(self, "axis", axis)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs over their norms."""
        dtype = ops.dtype(inputs)
        # Squares do not fit in half precision.
        wide = ops.cast(inputs, dtypes.result_type(dtype, "float32"))
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        wide = ops.normalize(wide, axis=axis, order=2, epsilon=1e-12)
        return ops.cast(wide, dtype)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
