"""`DepthwiseConv1D` and `DepthwiseConv2D`: each channel has filters of its own."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Sizes,
    Tensor,
)
from keras.layers.arguments import positive_integer
from keras.layers.convolutional.base import WindowLayer
from keras.layers.options import LayerOptions
from keras.layers.weight_options import options, set_options
from keras.ops.nn.linear import depthwise_conv_with_bias


class BaseDepthwiseConv(WindowLayer):
    """What depthwise convolutions of any number of spatial axes share."""

    _outputs_first_in_torch = ("kernel",)
    _config_excluded = ("rank",)

    def __init__(
        self,
        rank: int | None = None,
        depth_multiplier: int = 1,
        kernel_size: Sizes | None = None,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_rank(rank)
        self.depth_multiplier = positive_integer(
            self, "depth_multiplier", depth_multiplier
        )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_output(activation, use_bias)
        set_options(
            self,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )

    def _shape_in_torch(self, name: str, shape: Shape) -> Shape:
        """Torch counts outputs alone, one group of them for each channel."""
        if name == "kernel":
            return (*shape[:-2], 1, shape[-2] * shape[-1])  # type: ignore[operator]
        return shape

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel, `(*kernel_size, channels, depth_multiplier)`, and bias."""
        channels = self._input_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            **options(self, "depthwise"),
        )
        self._order_depthwise(self.kernel)
        self._add_bias(channels * self.depth_multiplier)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The layer's output."""
        options = {
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }
        if self.bias is None:
            return self._activated(ops.depthwise_conv(inputs, self.kernel, **options))
        return self._activated(
            depthwise_conv_with_bias(inputs, self.kernel, self.bias, **options)
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        axis = -1 if self.data_format == "channels_last" else 1
        return self._output_shape(
            input_shape, (input_shape[axis] or 0) * self.depth_multiplier
        )


@public_class("keras.layers", pure=True)
class DepthwiseConv1D(BaseDepthwiseConv):
    """Convolution of each channel by itself, over sequences.

    Args:
        kernel_size: size of the window, one integer or one for each axis.
        strides: step of the window.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        depth_multiplier: number of filters for each channel.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points.
        activation: function of the result; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        depthwise_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        depthwise_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, steps, channels)` give outputs of that form with
    `channels * depth_multiplier` channels.

    Example:

    >>> import keras
    >>> layer = keras.layers.DepthwiseConv1D(3)
    >>> tuple(layer(keras.ops.ones((1, 8, 3))).shape)
    (1, 6, 3)
    """

    rank = 1

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            depth_multiplier=depth_multiplier,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )


@public_class("keras.layers", pure=True)
class DepthwiseConv2D(BaseDepthwiseConv):
    """Convolution of each channel by itself, over images.

    Args:
        kernel_size: size of the window, one integer or one for each axis.
        strides: step of the window.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        depth_multiplier: number of filters for each channel.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points.
        activation: function of the result; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        depthwise_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        depthwise_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form with
    `channels * depth_multiplier` channels.

    Example:

    >>> import keras
    >>> layer = keras.layers.DepthwiseConv2D(3)
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 6, 6, 3)
    """

    rank = 2

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            depth_multiplier=depth_multiplier,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
