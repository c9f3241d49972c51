"""`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: they enlarge."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.backends.windows import transposed_size
from keras.core.facts import public_class
from keras.core.typing import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Sizes,
    Tensor,
    TensorLike,
)
from keras.layers.arguments import (
    class_name,
    integer_or_later,
    integers,
    interpreted_config,
    positive_integer,
)
from keras.layers.convolutional.base import WindowLayer
from keras.layers.options import LayerOptions
from keras.layers.weight_options import set_options
from keras.layers.weights.channels import Channels
from keras.layers.weights.weight_layer import Weight, WeightLayer


class BaseConvTranspose(WindowLayer, WeightLayer):
    """What transposed convolutions of any number of spatial axes share."""

    _outputs_first_in_torch = ("kernel",)
    _keras_products = ("convolve",)
    _quantized_on_request = True

    _config_excluded = ("rank",)

    kernel = Weight()

    def __init__(
        self,
        rank: int | None = None,
        filters: int | None = None,
        kernel_size: Sizes | None = None,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        small = kwargs.pop("quantization_config", None)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_rank(rank)
        self.quantization_config = interpreted_config(self, small)
        self.filters = integer_or_later(self, "filters", filters)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        if output_padding is not None:
            output_padding = integers(
                self, "output_padding", output_padding, self.rank, least=0
            )
            if any(p >= s for p, s in zip(output_padding, self.strides, strict=True)):
                raise ValueError(
                    f"{class_name(self)} expects `output_padding` to be smaller than "
                    f"the strides. Received: output_padding={output_padding}, "
                    f"strides={self.strides}."
                )
        self.output_padding = output_padding
        self._set_output(activation, use_bias)
        set_options(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel, `(*kernel_size, filters, channels)`, and the bias."""
        channels = self._input_channels(input_shape)
        self.filters = positive_integer(self, "filters", self.filters)
        self._add_form("kernel", (*self.kernel_size, self.filters, channels))
        self._add_bias(self.filters)
        self.built = True

    def _keras_channels(self, name: str) -> Channels:
        del name
        window = range(self.rank)
        return Channels(reduced=(*window, self.rank + 1))

    def call(self, inputs: Tensor) -> Tensor:
        """The layer's output."""
        return self._finish(self._kernel_form.convolve(inputs, self._transposed))

    def _transposed(self, inputs: Tensor, kernel: TensorLike) -> Tensor:
        return ops.conv_transpose(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        extra = self.output_padding or (None,) * self.rank
        first = 1 if self.data_format == "channels_last" else 2
        spatial = tuple(
            None if size is None else transposed_size(size, k, s, d, self.padding, e)
            for size, k, s, d, e in zip(
                input_shape[first : first + self.rank],
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                extra,
                strict=True,
            )
        )
        if first == 1:
            return (input_shape[0], *spatial, self.filters)
        return (input_shape[0], self.filters, *spatial)


@public_class("keras.layers", pure=True)
class Conv1DTranspose(BaseConvTranspose):
    """Transposed convolution over sequences: the gradient of one, used to enlarge.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: how much larger the output is, one integer or one for each axis.
        padding: `"valid"` or `"same"` (output as large as input * stride).
        output_padding: how much longer the output is than the shortest that fits, less
            than the strides; None chooses by `padding` and `strides`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points; 1 where there are strides.
        activation: function of the result; none by default.
        use_bias: whether to add a bias to each filter.
        kernel_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, steps, channels)` give outputs of that form with `filters`
    channels; with `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.Conv1DTranspose(4, 3, strides=2, padding="same")
    >>> tuple(layer(keras.ops.ones((1, 8, 3))).shape)
    (1, 16, 4)
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
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


@public_class("keras.layers", pure=True)
class Conv2DTranspose(BaseConvTranspose):
    """Transposed convolution over images: the gradient of one, used to enlarge.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: how much larger the output is, one integer or one for each axis.
        padding: `"valid"` or `"same"` (output as large as input * stride).
        output_padding: how much longer the output is than the shortest that fits, less
            than the strides; None chooses by `padding` and `strides`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        dilation_rate: spacing of the window's points; 1 where there are strides.
        activation: function of the result; none by default.
        use_bias: whether to add a bias to each filter.
        kernel_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, height, width, channels)` give outputs of that form with `filters`
    channels; with `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")
    >>> tuple(layer(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 16, 16, 4)
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
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


@public_class("keras.layers", pure=True)
class Conv3DTranspose(BaseConvTranspose):
    """Transposed convolution over volumes: the gradient of one, used to enlarge.

    Args:
        filters: number of filters, the output's channels.
        kernel_size: size of the window, one integer or one for each axis.
        strides: how much larger the output is, one integer or one for each axis.
        padding: `"valid"` or `"same"` (output as large as input * stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the configured
            one.
        output_padding: how much longer the output is than the shortest that fits, less
            than the strides; None chooses by `padding` and `strides`.
        dilation_rate: spacing of the window's points; 1 where there are strides.
        activation: function of the result; none by default.
        use_bias: whether to add a bias to each filter.
        kernel_initializer: first values of the kernel.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: projection of the kernel after each update.
        bias_constraint: projection of the bias after each update.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Inputs `(batch, depth, height, width, channels)` give outputs of that form with
    `filters` channels; with `"channels_first"`, channels come second.

    Example:

    >>> import keras
    >>> layer = keras.layers.Conv3DTranspose(4, 3, strides=2, padding="same")
    >>> tuple(layer(keras.ops.ones((1, 4, 4, 4, 3))).shape)
    (1, 8, 8, 8, 4)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Sizes = (1, 1, 1),
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
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
