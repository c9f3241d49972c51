"""`TimeDistributed`: one layer applied to every time step."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor
from keras.layers.core.wrapper import Wrapper
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class TimeDistributed(Wrapper):
    """Applies a layer to each time step, with the same weights.

    Steps are treated as samples: the layer sees one batch of `batch * time`.

    Args:
        layer: the layer.
        **kwargs: `name`, `dtype`: see `Layer`.

    Call arguments: `inputs`, `(batch, time, ...)`; `training`; `mask`,
    `(batch, time)` booleans.

    Example:

    >>> import keras
    >>> layer = keras.layers.TimeDistributed(keras.layers.Dense(4))
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 5, 4)
    """

    def __init__(self, layer: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Builds the layer for one step."""
        super().build(self._step_shape(input_shape))

    def _step_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        if len(input_shape) < 3:
            raise ValueError(
                f"{self.name} (TimeDistributed) expects inputs of shape (batch, time, "
                f"...), of rank 3 or more. Received: shape {tuple(input_shape)}."
            )
        return (input_shape[0], *input_shape[2:])

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The layer's output shape with a time axis."""
        shape = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (shape[0], input_shape[1], *shape[1:])

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Any = None
    ) -> Tensor:
        """The layer's output for each step."""
        shape = tuple(ops.shape(inputs))
        steps = ops.reshape(inputs, (-1, *shape[2:]))
        outputs = self.layer(steps)
        return ops.reshape(outputs, (-1, shape[1], *tuple(ops.shape(outputs))[1:]))

    def compute_output_spec(self, inputs: Any, **more: Any) -> Any:
        """From the layer's own, with a time axis."""
        from keras.core.keras_tensor import KerasTensor

        shape = self._step_shape(inputs.shape)
        step = self.layer.compute_output_spec(KerasTensor(shape, inputs.dtype))
        return KerasTensor(
            (inputs.shape[0], inputs.shape[1], *step.shape[1:]), step.dtype
        )
