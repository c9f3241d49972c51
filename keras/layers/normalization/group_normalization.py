"""`GroupNormalization`: normalizes groups of channels, each sample by itself."""

from __future__ import annotations

from typing import Unpack

from keras.core.facts import public_class
from keras.core.typing import Constraint, Initializer, Regularizer, Shape, Tensor
from keras.layers.arguments import integer, number
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import options, set_options
from keras.ops.nn.normalization import group_normalization


@public_class("keras.layers", pure=True)
class GroupNormalization(Layer):
    """Normalizes groups of channels to mean 0 and variance 1, then scales and shifts.

    Mean and variance are those of all places and channels of a group in one sample.

    Source: Wu and He, 2018 (https://arxiv.org/abs/1803.08494).

    Args:
        groups: number of groups; it divides the number of channels. 1 is layer
            normalization over all axes but the first, and -1, a group for each channel,
            is instance normalization.
        axis: the axis of the channels.
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
    >>> layer = keras.layers.GroupNormalization(groups=2)
    >>> y = layer(keras.ops.convert_to_tensor([[1.0, 3.0, 10.0, 30.0]]))
    >>> [round(float(v), 2) for v in y[0]]
    [-1.0, 1.0, -1.0, 1.0]
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        super().__init__(**kwargs)
        count, place = integer(groups), integer(axis)
        if count is None or (count < 1 and count != -1):
            raise ValueError(
                "GroupNormalization expects `groups` to be a positive integer, or -1 "
                f"for a group for each channel. Received: groups={groups!r}."
            )
        if place is None or place == 0:
            raise ValueError(
                "GroupNormalization expects `axis` to be an integer, and not 0: that "
                f"is the axis of the samples. Received: axis={axis!r}."
            )
        self.groups = count
        self.axis = place
        self.epsilon = number(self, "epsilon", epsilon, least=0)
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
        """Makes `gamma` and `beta`, one value for each channel."""
        rank = len(input_shape)
        inside = -rank < self.axis < rank
        channels = input_shape[self.axis] if inside else None
        if not channels:
            raise ValueError(
                f"{self.name} (GroupNormalization) needs a known number of channels, "
                f"at least one, along axis {self.axis}. Received: input_shape="
                f"{tuple(input_shape)}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels % self.groups:
            raise ValueError(
                f"{self.name} (GroupNormalization) divides the channels along axis "
                f"{self.axis} into groups of one size, so `groups` must divide their "
                f"number. Received: groups={self.groups} and {channels} channels."
            )
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: channels})
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=(channels,), **options(self, "gamma")
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta", shape=(channels,), **options(self, "beta")
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The normalized inputs."""
        return group_normalization(
            inputs, self.groups, self.beta, self.gamma, self.axis, self.epsilon
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
