"""`LayerNormalization`: normalizes each sample by itself."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.typing import (
    Axis,
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
)
from keras.layers.arguments import axes, integer, number
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import options, set_options


@public_class("keras.layers", pure=True)
class LayerNormalization(Layer):
    """Normalizes samples to mean 0 and variance 1, then scales and shifts them.

    Source: Ba et al., 2016 (https://arxiv.org/abs/1607.06450).

    Args:
        axis: the axis or axes to normalize along.
        epsilon: what is added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer: first values of `beta`.
        gamma_initializer: first values of `gamma`.
        beta_regularizer: penalty on `beta`.
        gamma_regularizer: penalty on `gamma`.
        beta_constraint: projection of `beta` after each update.
        gamma_constraint: projection of `gamma` after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`. And `rms_scaling`, of older
            Keras: whether only to divide by the standard deviation and to scale by
            `gamma`; new code uses `keras.ops.rms_normalization`.

    Example:

    >>> import keras
    >>> layer = keras.layers.LayerNormalization()
    >>> y = layer(keras.ops.convert_to_tensor([[1.0, 3.0]]))
    >>> [round(float(v), 2) for v in y[0]]
    [-1.0, 1.0]
    """

    def __init__(
        self,
        axis: Axis = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        self.rms_scaling = bool(kwargs.pop("rms_scaling", False))
        super().__init__(**kwargs)
        if not isinstance(axis, (list, tuple)) and integer(axis) is None:
            raise TypeError(
                "LayerNormalization expects `axis` to be an integer or a list of "
                f"them. Received: axis={axis!r}."
            )
        self.axis: Any = axes(self, "axis", axis)
        if epsilon is not None:
            epsilon = number(self, "epsilon", epsilon, least=0)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        set_options(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Makes `gamma` and `beta`, of the sizes of the normalized axes."""
        rank = len(input_shape)
        if not isinstance(self.axis, list):
            self.axis = [self.axis]
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"{self.name} (LayerNormalization) normalizes axis {self.axis}. "
                f"Received inputs of shape {tuple(input_shape)}."
            )
        shape = tuple(input_shape[i] for i in sorted(axis % rank for axis in self.axis))
        if None in shape:
            raise ValueError(
                f"{self.name} (LayerNormalization) needs known sizes along axis "
                f"{self.axis}. Received: input_shape={tuple(input_shape)}."
            )
        self.gamma = self.beta = None
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight(
                name="gamma", shape=shape, **options(self, "gamma")
            )
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight(
                name="beta", shape=shape, **options(self, "beta")
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The normalized inputs."""
        if self.rms_scaling:
            return self._keras_scaled(inputs)
        return ops.layer_normalization(
            inputs, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon
        )

    def _keras_scaled(self, inputs: Tensor) -> Tensor:
        """The inputs over their standard deviation, times `gamma`."""
        wide = ops.cast(inputs, dtypes.result_type(ops.dtype(inputs), "float32"))
        variance = ops.var(wide, axis=self.axis, keepdims=True)
        wide = ops.multiply(wide, ops.rsqrt(ops.add(variance, self.epsilon)))
        rank = len(inputs.shape)
        reduced = {axis % rank for axis in self.axis}
        shape = tuple(inputs.shape[i] if i in reduced else 1 for i in range(rank))
        gamma = ops.reshape(ops.cast(self.gamma, ops.dtype(wide)), shape)
        return ops.cast(ops.multiply(wide, gamma), ops.dtype(inputs))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> Config:
        """The arguments, `rms_scaling` among them."""
        return {**super().get_config(), "rms_scaling": self.rms_scaling}
