"""What convolutions of any number of spatial axes share."""

from __future__ import annotations

from typing import Any

from keras import activations, ops
from keras.backends.variable import Variable
from keras.core.errors import ShapeError
from keras.core.serialization import serialize_keras_object
from keras.core.typing import (
    Activation,
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Sizes,
    Tensor,
    TensorLike,
)
from keras.layers import arguments
from keras.layers.arguments import (
    class_name,
    integer_or_later,
    integers,
    interpreted,
    interpreted_config,
    one_of,
    positive_integer,
)
from keras.layers.input_spec import InputSpec, describe
from keras.layers.layer import Layer
from keras.layers.weight_options import options, set_options
from keras.layers.weights.channels import Channels
from keras.layers.weights.lora import LoraLayer
from keras.layers.weights.plain import PlainForm
from keras.layers.weights.weight_layer import Weight
from keras.ops.nn import shapes
from keras.ops.nn.linear import conv_with_bias


class WindowLayer(Layer):
    """Base of layers that slide a window with weights over `rank` spatial axes.

    Subclasses make the weights in `build` and apply them in `call`. Our own layers say
    their rank in the class; what packages derive from the bases of Keras passes it.
    """

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")

    def _set_rank(self, rank: int | None) -> None:
        if rank is not None:
            self.rank = positive_integer(self, "rank", rank)
        elif not hasattr(self, "rank"):
            raise ValueError(
                f"{class_name(self)} must be told its `rank`, the number of spatial "
                "axes: pass it, or say it in the class."
            )

    def _set_window(
        self,
        kernel_size: Sizes | None,
        strides: Sizes,
        padding: str,
        data_format: str | None,
        dilation_rate: Sizes,
    ) -> None:
        """Checks and keeps the arguments that describe the window."""
        rank = self.rank
        self.kernel_size = integers(self, "kernel_size", kernel_size, rank)
        self.strides = integers(self, "strides", strides, rank)
        self.dilation_rate = integers(self, "dilation_rate", dilation_rate, rank)
        self.data_format = arguments.data_format(self, data_format)
        padding = str(padding).lower()
        self.padding = one_of(self, "padding", padding, self.paddings)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{class_name(self)} cannot have strides and a dilation rate at once. "
                f"Received: strides={self.strides}, dilation_rate="
                f"{self.dilation_rate}. Leave one of them 1."
            )
        self.input_spec = InputSpec(min_ndim=rank + 2)

    def _set_output(self, activation: Activation, use_bias: bool) -> None:
        self.activation = interpreted(self, "activation", activations.get, activation)
        self.use_bias = use_bias

    def _input_channels(self, input_shape: Shape) -> int:
        """The number of input channels, which must be known."""
        axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[axis]
        if not channels:
            raise ValueError(
                f"The channels of the inputs of {self.name} ({class_name(self)}) must "
                "be known, and at least one, to make its kernel: axis "
                f"{axis} with data_format={self.data_format!r}. Received: "
                f"input_shape={tuple(input_shape)}."
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_bias(self, filters: int) -> None:
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(filters,), **options(self, "bias")
            )

    def _order_kernel(self, kernel: Variable) -> None:
        """Lays `(*window, inputs, outputs)` so that what one output is made of lies
        together, its channels innermost where they are at the end of the inputs."""
        *window, inputs, outputs = range(self.rank + 2)
        last = self.data_format == "channels_last"
        within = (*window, inputs) if last else (inputs, *window)
        kernel.order_in_memory((outputs, *within))

    def _order_depthwise(self, kernel: Variable) -> None:
        """Lays `(*window, channels, multiplier)` so that each window lies together."""
        *window, channels, multiplier = range(self.rank + 2)
        kernel.order_in_memory((channels, multiplier, *window))

    def get_config(self) -> Config:
        """The arguments that make an equal layer, as plain Python data."""
        config = super().get_config()
        config.pop("quantization_config", None)
        if self.quantization_config is None:
            return config
        small = serialize_keras_object(self.quantization_config)
        return {**config, "quantization_config": small}

    def _finish(self, outputs: Tensor) -> Tensor:
        """Adds the bias and applies the activation."""
        return self._activated(self._with_bias(outputs))

    def _activated(self, outputs: Tensor) -> Tensor:
        return outputs if self.activation is None else self.activation(outputs)

    def _with_bias(self, outputs: Tensor) -> Tensor:
        bias = self.bias
        if bias is None:
            return outputs
        if self.data_format == "channels_first":
            bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
        return ops.add(outputs, bias)

    def _output_shape(self, input_shape: Shape, filters: int) -> tuple[Any, ...]:
        last = self.data_format == "channels_last"
        spatial, _ = shapes.split(tuple(input_shape), last)
        if len(spatial) != self.rank:
            raise ShapeError(
                f"{describe(self)} expects inputs of rank {self.rank + 2}: batch, "
                f"{self.rank} spatial axes and channels. Received: shape "
                f"{tuple(input_shape)}."
            )
        padding = "same" if self.padding == "causal" else self.padding
        sizes = shapes.window_sizes(
            describe(self),
            spatial,
            self.kernel_size,
            self.strides,
            padding,
            self.dilation_rate,
        )
        return shapes.join(input_shape[0], sizes, filters, last)


class BaseConv(WindowLayer, LoraLayer):
    """Base of Conv1D, Conv2D and Conv3D: filters that see all channels of a group."""

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
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        **kwargs: Any,
    ) -> None:
        small = kwargs.pop("quantization_config", None)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_rank(rank)
        self.quantization_config = interpreted_config(self, small)
        self.filters = integer_or_later(self, "filters", filters)
        self.groups = positive_integer(self, "groups", groups)
        if self.filters is not None and self.filters % self.groups:
            raise ValueError(
                f"{class_name(self)} expects `filters` to be a multiple of `groups`. "
                f"Received: filters={filters}, groups={groups}."
            )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
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
        self._set_lora(lora_rank, lora_alpha)

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel, `(*kernel_size, channels / groups, filters)`, and bias."""
        channels = self._input_channels(input_shape)
        self.filters = positive_integer(self, "filters", self.filters)
        if channels % self.groups:
            raise ValueError(
                f"The channels of the inputs of {self.name} must be a multiple of its "
                f"groups, {self.groups}. Received: {channels} channels in "
                f"input_shape={tuple(input_shape)}."
            )
        self._add_form(
            "kernel", (*self.kernel_size, channels // self.groups, self.filters)
        )
        if isinstance(self._kernel_form, PlainForm):
            self._order_kernel(self._kernel_form.direct)
        self._add_bias(self.filters)
        self.built = True
        self._start_lora()

    def _keras_channels(self, name: str) -> Channels:
        del name
        return Channels(reduced=tuple(range(self.rank + 1)))

    def convolution_op(self, inputs: Tensor, kernel: TensorLike) -> Tensor:
        """The inputs convolved with a kernel; subclasses may change either."""
        return self._convolved(inputs, kernel, None)

    def call(self, inputs: Tensor) -> Tensor:
        """The layer's output."""
        form = self._kernel_form
        plain = type(self).convolution_op is BaseConv.convolution_op
        if self.bias is None or not plain:
            return self._finish(form.convolve(inputs, self.convolution_op))
        return self._activated(form.convolve(inputs, self._convolution_with_bias))

    def _convolution_with_bias(self, inputs: Tensor, kernel: TensorLike) -> Tensor:
        """The inputs convolved with a kernel, and the bias added, in one step."""
        return self._convolved(inputs, kernel, self.bias)

    def _convolved(self, inputs: Tensor, kernel: TensorLike, bias: Any) -> Tensor:
        options = self.strides, self.padding, self.data_format, self.dilation_rate
        if bias is None:
            return ops.conv(inputs, kernel, *options)
        return conv_with_bias(inputs, kernel, bias, *options)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The shape of the output."""
        return self._output_shape(input_shape, self.filters)
