"""`TimeDistributed`: one layer applied to every time step."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import tree
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Shape, Structure, Tensor, TensorLike
from keras.layers.core.wrapper import Wrapper
from keras.layers.input_spec import InputSpec, describe
from keras.layers.options import AllLayerOptions
from keras.layers.rnn.step_masks import checked_mask


@public_class("keras.layers", pure=True)
class TimeDistributed(Wrapper):
    """Applies a layer to each time step, with the same weights.

    Steps are treated as samples: the layer sees one batch of `batch * time`.

    Args:
        layer: the layer.
        **kwargs: `name`, `dtype`: see `Layer`.

    A layer that takes a mask gets the part of the mask that belongs to its step.

    Call arguments: `inputs`, `(batch, time, ...)`; `training`; `mask`, booleans of
    shape `(batch, time)`, or `(batch, time, ...)` where the layer takes a mask with
    further axes.

    Example:

    >>> import keras
    >>> layer = keras.layers.TimeDistributed(keras.layers.Dense(4))
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 5, 4)
    """

    def __init__(self, layer: Any, **kwargs: Unpack[AllLayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=3)

    def build(self, input_shape: Shape) -> None:
        """Builds the layer for one step."""
        super().build(self._step_shape(input_shape))

    def _step_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        of_one = all(n is None or isinstance(n, int) for n in input_shape)
        if not of_one or len(input_shape) < 3:
            raise ValueError(
                f"{describe(self)} expects one tensor of shape (batch, time, ...), of "
                f"rank 3 or more. Received: shape {input_shape}."
            )
        return (input_shape[0], *input_shape[2:])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shapes of the layer's outputs with a time axis."""
        shape = self.layer.compute_output_shape(self._step_shape(input_shape))
        return tree.map_shape_structure(lambda s: (s[0], input_shape[1], *s[1:]), shape)

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: TensorLike = None
    ) -> Tensor:
        """The layer's output for each step."""
        del training  # reaches the layer as it reaches every layer inside another
        shape = tuple(ops.shape(inputs))
        if mask is not None:
            mask = checked_mask(self, mask, inputs.shape)
            if not self.layer._keras_plan.has_mask:
                mask = None
        if getattr(self.layer, "stateful", False):
            return self._one_by_one(inputs, mask)
        outputs = self._of_steps(_joined(inputs, shape), _joined(mask, shape))
        return tree.map_structure(
            lambda y: ops.reshape(y, (*shape[:2], *tuple(ops.shape(y))[1:])), outputs
        )

    def _of_steps(self, steps: Tensor, mask: TensorLike) -> Any:
        return self.layer(steps) if mask is None else self.layer(steps, mask=mask)

    def _one_by_one(self, inputs: Tensor, mask: TensorLike) -> Any:
        """Step after step: a layer that keeps states expects the batch as it is."""
        masks = () if mask is None else ops.unstack(mask, axis=1)
        outputs = [
            self._of_steps(step, masks[i] if len(masks) else None)
            for i, step in enumerate(ops.unstack(inputs, axis=1))
        ]
        return tree.map_structure(lambda *ys: ops.stack(ys, axis=1), *outputs)

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> Structure:
        """The mask, `(batch, time)` where the layer ends what it says of each step."""
        if mask is None or len(mask.shape) < 3:
            return mask
        if self.layer.compute_mask(inputs, mask) is not None:
            return mask
        return ops.any(mask, axis=tuple(range(2, len(mask.shape))))

    def compute_output_spec(self, inputs: TensorLike, **more: Any) -> Structure:
        """From the layer's own, with a time axis."""
        shape = self._step_shape(inputs.shape)
        step = self.layer.compute_output_spec(KerasTensor(shape, inputs.dtype))
        return tree.map_structure(
            lambda y: KerasTensor((*inputs.shape[:2], *y.shape[1:]), y.dtype), step
        )


def _joined(x: TensorLike, shape: tuple[Any, ...]) -> Any:
    """Batch and time as one axis."""
    if x is None:
        return None
    known = isinstance(shape[0], int) and isinstance(shape[1], int)
    count = shape[0] * shape[1] if known else -1
    return ops.reshape(x, (count, *tuple(ops.shape(x))[2:]))
