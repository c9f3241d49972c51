"""Products of layers with the bias in one step. Internal; layers are built on them.

Every backend has a kernel that adds the bias while it multiplies or convolves, which
`keras.ops` cannot say.
"""

from __future__ import annotations

from typing import Any

from keras.core import config
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.arithmetic import add, divide, multiply
from keras.ops.control import custom_gradient
from keras.ops.core import cast
from keras.ops.declare import composite, op
from keras.ops.nn.convolution import conv, depthwise_conv
from keras.ops.nn.quantized import abs_max_rounded, as_floats
from keras.ops.nn.shapes import fail
from keras.ops.shaping import expand_dims, pad, reshape, squeeze, transpose


@op(promote="same")
def linear(
    x: TensorLike,
    kernel: TensorLike,
    bias: TensorLike | None = None,
    axes: int = 1,
) -> Tensor:
    """The product over the last axes of `x` and the first of `kernel`, plus bias.

    Args:
        x: `(..., *features)`.
        kernel: `(*features, *units)`.
        bias: `(*units,)` or None.
        axes: how many axes `features` are.

    Returns:
        `(..., *units)`.
    """
    if len(kernel.shape) <= axes or len(x.shape) < axes:
        raise fail(
            "linear",
            f"`x` of rank {axes} or more and `kernel` of rank {axes + 1} or more",
            x=x.shape,
            kernel=kernel.shape,
        )
    lead, features = x.shape[: len(x.shape) - axes], x.shape[len(x.shape) - axes :]
    units = kernel.shape[axes:]
    for size, wanted in zip(features, kernel.shape, strict=False):
        if size is not None and wanted is not None and size != wanted:
            raise fail(
                "linear",
                "the last size of `x` to equal the first of `kernel`"
                if axes == 1
                else f"the last {axes} sizes of `x` to equal the first of `kernel`",
                x=x.shape,
                kernel=kernel.shape,
            )
    if bias is not None and bias.shape != units:
        raise fail("linear", f"`bias` of shape {units}", bias=bias.shape)
    return KerasTensor((*lead, *units), x.dtype)


@composite
def integer_linear(x: TensorLike, kernel: TensorLike, axes: int = 1) -> Tensor:
    """`linear` of integers of 8 bits, without bias.

    Args:
        x: `(..., *features)`, int8.
        kernel: `(*features, *units)`, int8.
        axes: how many axes `features` are.

    Returns:
        `(..., *units)`, numbers of a dtype that holds the sums: float32, in which they
        are exact up to some thousand features, or int32.
    """
    x, kernel = as_floats(x, "float32"), as_floats(kernel, "float32")
    return linear(x, kernel, None, axes)


@composite(keep=("kernel",))
def rounded_linear(
    x: TensorLike,
    kernel: TensorLike,
    scale: TensorLike,
    bias: TensorLike | None = None,
    axes: int = 1,
    high: int = 127,
    epsilon: float = 1e-7,
) -> Tensor:
    """`linear` of inputs that are rounded to 8 bits and a kernel of 8 bits.

    Each row of the inputs has its own scale. The gradient passes the rounding.

    Args:
        x: `(..., *features)`, floats.
        kernel: `(*features, *units)`, int8.
        scale: `(*units,)`, by which the products are divided.
        bias: `(*units,)` or None.
        axes: how many axes `features` are.
        high: the integer of a row's largest absolute value.
        epsilon: added to that value, so that zeros can be scaled.

    Returns:
        `(..., *units)`, of the dtype of `x`.
    """
    rank, units = len(x.shape), len(kernel.shape) - axes
    dtype = x.dtype
    last = tuple(range(rank - axes, rank))

    def product_and_gradient(x: Tensor) -> tuple[Tensor, Any]:
        integers, per_row = abs_max_rounded(x, last, -high, high, epsilon, "int8")
        summed = cast(integer_linear(integers, kernel, axes), dtype)
        if axes > units:
            per_row = squeeze(per_row, last[units:])
        elif axes < units:
            per_row = expand_dims(per_row, tuple(range(rank, rank + units - axes)))

        def grad(*upstream: Any) -> Tensor:
            back = (*range(axes, axes + units), *range(axes))
            weight = transpose(cast(kernel, dtype), back)
            return linear(divide(upstream[0], scale), weight, None, units)

        return divide(summed, multiply(per_row, scale)), grad

    outputs = custom_gradient(product_and_gradient)(x)
    return outputs if bias is None else add(outputs, bias)


@composite(promote="float")
def conv_with_bias(
    inputs: TensorLike,
    kernel: TensorLike,
    bias: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """`conv`, with `bias` of shape `(filters,)` added.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        kernel: `(*window, channels / groups, filters)`.
        bias: `(filters,)`.
        strides: step of the window, one integer or one for each axis.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window, one integer or one for each axis.

    Returns:
        `(batch, *new_spatial, filters)`, in the same layout.
    """
    outputs = conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    if config.standardize_data_format(data_format) == "channels_first":
        bias = reshape(bias, (1, -1, *(1,) * (len(inputs.shape) - 2)))
    return add(outputs, bias)


@composite(promote="float")
def causal_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    bias: TensorLike | None = None,
    strides: int = 1,
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Tensor:
    """A convolution over steps, none of which sees later ones.

    Args:
        inputs: `(batch, steps, channels)`, see `data_format`.
        kernel: `(window, channels / groups, filters)`.
        bias: `(filters,)` or None.
        strides: step of the window.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window.

    Returns:
        `(batch, steps / strides, filters)`, in the same layout.
    """
    last = config.standardize_data_format(data_format) == "channels_last"
    pads = [(0, 0), (0, 0), (0, 0)]
    pads[1 if last else 2] = (dilation_rate * (kernel.shape[0] - 1), 0)
    padded = pad(inputs, pads)
    if bias is None:
        return conv(padded, kernel, strides, "valid", data_format, dilation_rate)
    return conv_with_bias(
        padded, kernel, bias, strides, "valid", data_format, dilation_rate
    )


@composite(promote="float")
def depthwise_conv_with_bias(
    inputs: TensorLike,
    kernel: TensorLike,
    bias: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """`depthwise_conv`, with `bias` of shape `(channels * multiplier,)` added.

    Args:
        inputs: `(batch, *positions, channels)`, or with the channels first.
        kernel: `(*window, channels, multiplier)`.
        bias: `(channels * multiplier,)`.
        strides: step of the window, one integer or one for each axis.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the setting.
        dilation_rate: distance of the window's elements.

    Returns:
        The convolution of each channel, plus the bias.
    """
    outputs = depthwise_conv(
        inputs, kernel, strides, padding, data_format, dilation_rate
    )
    if config.standardize_data_format(data_format) == "channels_first":
        bias = reshape(bias, (1, -1, *(1,) * (len(inputs.shape) - 2)))
    return add(outputs, bias)
