"""`BatchNormalization`: normalizes with statistics of the batch, or of those seen."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import dtypes
from keras.core.facts import public_class
from keras.core.typing import (
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
    TensorLike,
)
from keras.layers import arguments
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer
from keras.layers.normalization import renormalization
from keras.layers.options import AllLayerOptions
from keras.layers.weight_options import options, set_options
from keras.ops.nn.normalization import batch_statistics_normalization
from keras.ops.operation import any_symbolic


@public_class("keras.layers", pure=True)
class BatchNormalization(Layer):
    """Normalizes each channel to mean 0 and variance 1, then scales and shifts it.

    In training the statistics are those of the batch, and running means of them are
    kept; otherwise the running means are used. A layer with `trainable=False` always
    uses the running means.

    Source: Ioffe and Szegedy, 2015 (https://arxiv.org/abs/1502.03167).

    Args:
        axis: the axis of the channels.
        momentum: how much of the running means remains at each step.
        epsilon: what is added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer: first values of `beta`.
        gamma_initializer: first values of `gamma`.
        moving_mean_initializer: first values of the running mean.
        moving_variance_initializer: first values of the running variance.
        beta_regularizer: penalty on `beta`.
        gamma_regularizer: penalty on `gamma`.
        beta_constraint: projection of `beta` after each update.
        gamma_constraint: projection of `gamma` after each update.
        renorm: whether batches are corrected towards the running statistics in
            training (https://arxiv.org/abs/1702.03275), which helps small batches.
        renorm_clipping: bounds of the correction: a dict of some of `"rmax"`,
            `"rmin"` (of its factor) and `"dmax"` (of its shift).
        renorm_momentum: how much of the statistics of the correction stays with each
            batch.
        synchronized: whether statistics are those of the batches of all replicas: the
            processes of `torch.distributed`, those of a `tf.distribute` strategy, or
            along the axis that `jax.pmap` or `jax.shard_map` names. Under `jax.jit`
            they always are.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments: `inputs`; `training`; `mask`, False for places that are not to
    count in the statistics.

    Example:

    >>> import keras
    >>> layer = keras.layers.BatchNormalization()
    >>> y = layer(keras.ops.convert_to_tensor([[1.0], [3.0]]), training=True)
    >>> [round(float(v), 2) for v in y[:, 0]]
    [-1.0, 1.0]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        moving_mean_initializer: Initializer = "zeros",
        moving_variance_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        # Keras 2 wrote the axis as a list.
        self.axis = arguments.integers(self, "axis", axis, 1, least=None)[0]
        self.momentum = arguments.rate(self, "momentum", momentum)
        self.epsilon = arguments.number(self, "epsilon", epsilon, least=0)
        self.center = center
        self.scale = scale
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        if renorm:
            clipping = renormalization.checked_clipping(self, renorm_clipping)
            self.renorm_clipping = clipping
        self.renorm_momentum = arguments.rate(self, "renorm_momentum", renorm_momentum)
        self.synchronized = synchronized
        set_options(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Makes `gamma`, `beta` and the running statistics."""
        rank = len(input_shape)
        if not -rank <= self.axis < rank or input_shape[self.axis] is None:
            raise ValueError(
                f"{self.name} (BatchNormalization) needs inputs whose axis "
                f"{self.axis} has a known size. Received: input_shape="
                f"{tuple(input_shape)}."
            )
        channels = (input_shape[self.axis],)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=channels, **options(self, "gamma")
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta", shape=channels, **options(self, "beta")
            )
        self.moving_mean = self._statistic("moving_mean", channels)
        self.moving_variance = self._statistic("moving_variance", channels)
        if self.renorm:
            renormalization.add_statistics(self, channels)
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: channels[0]})
        self.built = True

    def _statistic(self, name: str, shape: tuple[Any, ...]) -> Any:
        """A running mean; never read in half precision."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The normalized inputs."""
        if not (training and self.trainable) or 0 in inputs.shape:  # no statistics
            return self._normalized(inputs, self.moving_mean, self.moving_variance)
        if self.renorm:
            mean, variance = self._moments(inputs, mask)
            return renormalization.normalized(self, inputs, mean, variance)
        if mask is None and not self.synchronized:
            outputs, mean, variance = batch_statistics_normalization(
                inputs, self.beta, self.gamma, self.axis, self.epsilon
            )
        else:
            mean, variance = self._moments(inputs, mask)
            outputs = self._normalized(inputs, mean, variance)
        self._update(self.moving_mean, mean)
        self._update(self.moving_variance, variance)
        return outputs

    def _normalized(
        self, inputs: Tensor, mean: TensorLike, variance: TensorLike, *affine: Any
    ) -> Tensor:
        """Normalized, scaled and shifted: by `gamma` and `beta` where not told."""
        scale, offset = affine or (self.gamma, self.beta)
        outputs = ops.batch_normalization(
            inputs,
            mean,
            variance,
            axis=self.axis,
            offset=offset,
            scale=scale,
            epsilon=self.epsilon,
        )
        dtype = ops.dtype(inputs)
        if dtypes.is_float(dtype) and ops.dtype(outputs) != dtype:
            outputs = ops.cast(outputs, dtype)
        return outputs

    def _moments(self, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and variance of the places that the mask keeps."""
        rank = len(inputs.shape)
        axes = tuple(axis for axis in range(rank) if axis != self.axis % rank)
        if mask is None:
            return ops.moments(inputs, axes, synchronized=self.synchronized)
        inputs = ops.cast(inputs, dtypes.result_type(ops.dtype(inputs), "float32"))
        weights = ops.cast(mask, ops.dtype(inputs))
        while len(weights.shape) < rank:
            weights = ops.expand_dims(weights, -1)
        weights = ops.multiply(ops.ones_like(inputs), weights)
        count = ops.maximum(self._sum(weights, axes), 1e-7)
        mean = ops.divide(self._sum(ops.multiply(inputs, weights), axes), count)
        squares = ops.multiply(ops.square(ops.subtract(inputs, mean)), weights)
        variance = ops.divide(self._sum(squares, axes), count)
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)

    def _sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """The sum over axes, which stay; that of all replicas, if synchronized."""
        total = ops.sum(x, axes, keepdims=True)
        if not self.synchronized or any_symbolic((total,), {}):
            return total
        return self._keras_backend.sum_over_replicas(total)

    def _update(
        self, running: Any, value: Tensor, momentum: float | None = None
    ) -> None:
        """Moves a running mean towards the value of this batch."""
        momentum = self.momentum if momentum is None else momentum
        value = ops.cast(ops.stop_gradient(value), running.dtype)
        running._move_towards(value, 1.0 - momentum)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)
