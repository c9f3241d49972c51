"""`PReLU`: a leaky rectifier that learns its slopes."""

from __future__ import annotations

from typing import Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Constraint, Initializer, Regularizer, Shape, Tensor
from keras.layers.arguments import integers
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import options, set_options


@public_class("keras.layers", pure=True)
class PReLU(Layer):
    """Parametric rectifier: `x` above 0, `alpha * x` below, with `alpha` learned.

    Source: He et al., 2015 (https://arxiv.org/abs/1502.01852).

    Args:
        alpha_initializer: first values of the slopes.
        alpha_regularizer: penalty on the slopes.
        alpha_constraint: projection of the slopes after each update.
        shared_axes: axes of the inputs, from 1, along which one slope serves all
            places: `[1, 2]` gives an image one slope for each channel. None for a
            slope of its own for each value of a sample.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.PReLU(alpha_initializer="ones", shared_axes=[1, 2])
    >>> keras.ops.convert_to_numpy(layer(-keras.ops.ones((1, 1, 1, 2)))).tolist()
    [[[[-1.0, -1.0]]]]
    >>> tuple(layer.alpha.shape)
    (1, 1, 2)
    """

    def __init__(
        self,
        alpha_initializer: Initializer = "Zeros",
        alpha_regularizer: Regularizer = None,
        alpha_constraint: Constraint = None,
        shared_axes: int | list[int] | tuple[int, ...] | None = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        set_options(
            self,
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )
        self.shared_axes: list[int] | None = None
        if shared_axes is not None:
            self.shared_axes = list(integers(self, "shared_axes", shared_axes))
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Makes `alpha`, of the shape of a sample, 1 along the shared axes."""
        rank = len(input_shape)
        shared = self.shared_axes or []
        if any(axis >= rank for axis in shared):
            raise ValueError(
                f"{self.name} (PReLU) shares its slopes along axes {shared}. "
                f"Received inputs of shape {tuple(input_shape)}."
            )
        own = {i: input_shape[i] for i in range(1, rank) if i not in shared}
        if None in own.values():
            raise ValueError(
                f"{self.name} (PReLU) needs known sizes along all axes that are not "
                f"in `shared_axes`. Received: input_shape={tuple(input_shape)}, "
                f"shared_axes={self.shared_axes}."
            )
        shape = tuple(own.get(i, 1) for i in range(1, rank))
        self.alpha = self.add_weight(shape, name="alpha", **options(self, "alpha"))
        self.input_spec = InputSpec(ndim=rank, axes=own)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The rectified inputs."""
        below = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), below)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
