"""`SeparableConv1D` and `SeparableConv2D`: depthwise, then across channels."""

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
from keras.layers.arguments import integer_or_later, positive_integer
from keras.layers.convolutional.base import WindowLayer
from keras.layers.options import LayerOptions
from keras.layers.weight_options import options, set_options
from keras.ops.nn.linear import conv_with_bias


class BaseSeparableConv(WindowLayer):
    """What separable convolutions of any number of spatial axes share."""

    _outputs_first_in_torch = ("depthwise_kernel", "pointwise_kernel")
    _config_excluded = ("rank",)

    def __init__(
        self,
        rank: int | None = None,
        depth_multiplier: int = 1,
        filters: int | None = None,
        kernel_size: Sizes | None = None,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_rank(rank)
        self.filters = integer_or_later(self, "filters", filters)
        self.depth_multiplier = positive_integer(
            self, "depth_multiplier", depth_multiplier
        )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_output(activation, use_bias)
        set_options(
            self,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )

    def _shape_in_torch(self, name: str, shape: Shape) -> Shape:
        """Torch counts outputs alone, one group of them for each channel."""
        if name == "depthwise_kernel":
            return (*shape[:-2], 1, shape[-2] * shape[-1])  # type: ignore[operator]
        return shape

    def build(self, input_shape: Shape) -> None:
        """Makes the two kernels and the bias."""
        channels = self._input_channels(input_shape)
        self.filters = positive_integer(self, "filters", self.filters)
        between = channels * self.depth_multiplier
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            **options(self, "depthwise"),
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, between, self.filters),
            **options(self, "pointwise"),
        )
        self._order_depthwise(self.depthwise_kernel)
        self._order_kernel(self.pointwise_kernel)
        self._add_bias(self.filters)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The layer's output."""
        layout, kernel = self.data_format, self.pointwise_kernel
        depthwise = ops.depthwise_conv(
            inputs,
            self.depthwise_kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=layout,
            dilation_rate=self.dilation_rate,
        )
        if self.bias is None:
            return self._activated(ops.conv(depthwise, kernel, data_format=layout))
        return self._activated(
            conv_with_bias(depthwise, kernel, self.bias, data_format=layout)
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        return self._output_shape(input_shape, self.filters)


@public_class("keras.layers", pure=True)
class SeparableConv1D(BaseSeparableConv):
    """Convolution of each channel, then a mix of the channels, over sequences.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: step of the window.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points.
        depth_multiplier: number of depthwise filters for each channel.
        activation: function of the result; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: first values of the depthwise kernel.
        pointwise_initializer: first values of the kernel that mixes the channels.
        bias_initializer: first values of the bias.
        depthwise_regularizer: penalty on the depthwise kernel.
        pointwise_regularizer: penalty on the pointwise kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        depthwise_constraint: projection of the depthwise kernel after each update.
        pointwise_constraint: projection of the pointwise kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, steps, channels)` give outputs of that form with `filters`
    channels.

    Example:

    >>> import keras
    >>> layer = keras.layers.SeparableConv1D(4, 3)
    >>> tuple(layer(keras.ops.ones((1, 8, 3))).shape)
    (1, 6, 4)
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
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
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )


@public_class("keras.layers", pure=True)
class SeparableConv2D(BaseSeparableConv):
    """Convolution of each channel, then a mix of the channels, over images.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: step of the window.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points.
        depth_multiplier: number of depthwise filters for each channel.
        activation: function of the result; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: first values of the depthwise kernel.
        pointwise_initializer: first values of the kernel that mixes the channels.
        bias_initializer: first values of the bias.
        depthwise_regularizer: penalty on the depthwise kernel.
        pointwise_regularizer: penalty on the pointwise kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        depthwise_constraint: projection of the depthwise kernel after each update.
        pointwise_constraint: projection of the pointwise kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form with `filters`
    channels.

    Example:

    >>> import keras
    >>> layer = keras.layers.SeparableConv2D(4, 3)
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 6, 6, 4)
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
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
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
