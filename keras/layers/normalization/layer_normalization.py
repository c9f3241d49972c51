"""`LayerNormalization`: normalizes each sample by itself."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.typing import Shape, Tensor
from keras.layers.layer import Layer
from keras.layers.weight_options import options, set_options


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
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Example:

    >>> import keras
    >>> layer = keras.layers.LayerNormalization()
    >>> y = layer(keras.ops.convert_to_tensor([[1.0, 3.0]]))
    >>> [round(float(v), 2) for v in y[0]]
    [-1.0, 1.0]
    """

    _config_excluded = ("rms_scaling",)

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("rms_scaling", False):  # files of Keras 3 say False
            raise ValueError(
                "LayerNormalization does not support rms_scaling=True. Use "
                "keras.layers.RMSNormalization or keras.ops.rms_normalization."
            )
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)):
            self.axis: Any = list(axis)
        elif isinstance(axis, int):
            self.axis = axis
        else:
            raise TypeError(
                "LayerNormalization expects `axis` to be an integer or a list of "
                f"them. Received: axis={axis!r}."
            )
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
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        if any(not -rank <= axis < rank for axis in axes):
            raise ValueError(
                f"{self.name} (LayerNormalization) normalizes axis {self.axis}. "
                f"Received inputs of shape {tuple(input_shape)}."
            )
        shape = tuple(input_shape[i] for i in sorted(axis % rank for axis in axes))
        if None in shape:
            raise ValueError(
                f"{self.name} (LayerNormalization) needs known sizes along axis "
                f"{self.axis}. Received: input_shape={tuple(input_shape)}."
            )
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=shape, **options(self, "gamma")
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta", shape=shape, **options(self, "beta")
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The normalized inputs."""
        return ops.layer_normalization(
            inputs, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
