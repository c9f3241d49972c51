"""`Conv1D`: convolution over sequences."""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Sizes,
    Tensor,
    TensorLike,
)
from keras.layers.convolutional.base import BaseConv
from keras.layers.options import ConvOptions
from keras.ops.nn.linear import causal_conv


@public_class("keras.layers", pure=True)
class Conv1D(BaseConv):
    """Convolution over sequences.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: step of the window.
        padding: `"valid"`, `"same"`, or `"causal"`: no output sees later steps.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points.
        groups: number of groups of channels that are convolved separately.
        activation: function of the result; none by default.
        use_bias: whether to add a bias to each filter.
        kernel_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`; `lora_rank` and
            `lora_alpha`, as of `Dense`.

    Inputs `(batch, steps, channels)` give outputs of that form with `filters`
    channels; with `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.Conv1D(4, 3, padding="same")
    >>> tuple(layer(keras.ops.ones((1, 8, 3))).shape)
    (1, 8, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[ConvOptions],
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )

    def _convolved(self, inputs: Tensor, kernel: TensorLike, bias: Any) -> Tensor:
        if self.padding != "causal":
            return super()._convolved(inputs, kernel, bias)
        (stride,), (dilation,) = self.strides, self.dilation_rate
        return causal_conv(inputs, kernel, bias, stride, self.data_format, dilation)
