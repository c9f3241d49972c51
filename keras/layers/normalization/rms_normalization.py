"""`RMSNormalization`: divides each sample by its root mean square."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Axis, Shape, Tensor
from keras.layers.arguments import axes, number
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class RMSNormalization(Layer):
    """Divides samples by their root mean square, then scales them.

    Source: Zhang and Sennrich, 2019 (https://arxiv.org/abs/1910.07467).

    Args:
        axis: the axis or axes to normalize along.
        epsilon: what is added to the mean square.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.RMSNormalization()
    >>> y = layer(keras.ops.convert_to_tensor([[1.0, 7.0]]))
    >>> [round(float(v), 2) for v in y[0]]
    [0.2, 1.4]
    """

    def __init__(
        self,
        axis: Axis = -1,
        epsilon: float = 1e-6,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        found = axes(self, "axis", axis)
        self.axis: Any = sorted(found) if isinstance(found, list) else found
        if epsilon is not None:
            epsilon = number(self, "epsilon", epsilon, least=0)
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        """Makes `scale`, of the sizes of the normalized axes."""
        rank = len(input_shape)
        if not isinstance(self.axis, list):
            self.axis = [self.axis]
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"{self.name} (RMSNormalization) normalizes axis {self.axis}. "
                f"Received inputs of shape {tuple(input_shape)}."
            )
        shape = tuple(input_shape[i] for i in sorted(axis % rank for axis in self.axis))
        if None in shape:
            raise ValueError(
                f"{self.name} (RMSNormalization) needs known sizes along axis "
                f"{self.axis}. Received: input_shape={tuple(input_shape)}."
            )
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        """The normalized inputs."""
        return ops.rms_normalization(
            x, self.scale, axis=self.axis, epsilon=self.epsilon
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
