"""Convolutions over 1, 2 or 3 spatial axes.

Inputs are `(batch, *spatial, channels)` or, with `data_format="channels_first"`,
`(batch, channels, *spatial)`; kernels are `(*window, in, out)` in both layouts.
"""

from __future__ import annotations

from typing import Any

from keras.backends.windows import transposed_size
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Sizes, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn import shapes
from keras.ops.nn.shapes import check_padding, check_rank, fail, per_axis


def _checked(
    op_name: str,
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes,
    padding: str,
    dilation: Sizes,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides and dilation for each axis, after the checks common to all."""
    check_rank(op_name, "inputs", inputs.shape, 3, 4, 5)
    if len(kernel.shape) != len(inputs.shape):
        raise fail(
            op_name,
            f"`kernel` of the rank of `inputs`, {len(inputs.shape)}",
            inputs=inputs.shape,
            kernel=kernel.shape,
        )
    check_padding(op_name, padding)
    rank = len(inputs.shape) - 2
    strides = per_axis(op_name, "strides", strides, rank)
    return strides, per_axis(op_name, "dilation_rate", dilation, rank)


@op(promote="float")
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution (a cross-correlation, as everywhere in deep learning).

    Where the kernel has fewer input channels than the input, channels are convolved
    in groups.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        kernel: `(*window, channels / groups, filters)`.
        strides: step of the window, one integer or one for each axis.
        padding: `"valid"` (none) or `"same"` (output as large as input / stride).
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window, one integer or one for each axis.

    Returns:
        `(batch, *new_spatial, filters)`, in the same layout.

    Raises:
        ShapeError: if the shapes do not fit.
        ValueError: for an unknown padding or data format.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.ops.conv(x, keras.ops.ones((3, 3, 3, 16)), padding="same").shape
    (1, 8, 8, 16)
    """
    strides, dilation = _checked(
        "conv", inputs, kernel, strides, padding, dilation_rate
    )
    last = shapes.layout("conv", data_format)
    spatial, channels = shapes.split(inputs.shape, last)
    group, filters = kernel.shape[-2:]
    if channels is not None and group is not None:
        if channels % group or filters is not None and filters % (channels // group):
            raise fail(
                "conv",
                "channels that are a multiple of the kernel's, and as many groups of "
                "filters",
                inputs=inputs.shape,
                kernel=kernel.shape,
                data_format="channels_last" if last else "channels_first",
            )
    sizes = shapes.window_sizes(
        "conv", spatial, kernel.shape[:-2], strides, padding, dilation
    )
    return KerasTensor(shapes.join(inputs.shape[0], sizes, filters, last), inputs.dtype)


@op(promote="float")
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution of each channel by itself.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        kernel: `(*window, channels, multiplier)`.
        strides: step of the window, one integer or one for each axis.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window, one integer or one for each axis.

    Returns:
        `(batch, *new_spatial, channels * multiplier)`, in the same layout.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.ops.depthwise_conv(x, keras.ops.ones((3, 3, 3, 2))).shape
    (1, 6, 6, 6)
    """
    name = "depthwise_conv"
    strides, dilation = _checked(name, inputs, kernel, strides, padding, dilation_rate)
    last = shapes.layout(name, data_format)
    spatial, channels = shapes.split(inputs.shape, last)
    own, multiplier = kernel.shape[-2:]
    if channels is not None and own is not None and channels != own:
        raise fail(
            name,
            "a kernel with the channels of `inputs` in the last place but one",
            inputs=inputs.shape,
            kernel=kernel.shape,
        )
    channels = own if channels is None else channels
    filters = None if channels is None or multiplier is None else channels * multiplier
    sizes = shapes.window_sizes(
        name, spatial, kernel.shape[:-2], strides, padding, dilation
    )
    return KerasTensor(shapes.join(inputs.shape[0], sizes, filters, last), inputs.dtype)


@op(promote="float")
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Depthwise convolution, then one that mixes the channels.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        depthwise_kernel: `(*window, channels, multiplier)`.
        pointwise_kernel: `(1, ..., channels * multiplier, filters)`.
        strides: step of the window, one integer or one for each axis.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window, one integer or one for each axis.

    Returns:
        `(batch, *new_spatial, filters)`, in the same layout.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> depthwise = keras.ops.ones((3, 3, 3, 1))
    >>> pointwise = keras.ops.ones((1, 1, 3, 4))
    >>> keras.ops.separable_conv(x, depthwise, pointwise).shape
    (1, 6, 6, 4)
    """
    between = depthwise_conv.declaration.rule(  # type: ignore[attr-defined]
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return conv.declaration.rule(  # type: ignore[attr-defined]
        between, pointwise_kernel, data_format=data_format
    )


@op(promote="float")
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The gradient of a convolution, used to enlarge.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        kernel: `(*window, filters, channels)`: filters first.
        strides: how much larger the output is, one integer or one for each axis.
        padding: `"valid"` or `"same"` (output as large as input * stride).
        output_padding: how much longer the output is than the shortest that fits;
            None chooses by `padding` and `strides`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.
        dilation_rate: spacing of the window, one integer or one for each axis.

    Returns:
        `(batch, *new_spatial, filters)`, in the same layout.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> kernel = keras.ops.ones((2, 2, 8, 3))
    >>> keras.ops.conv_transpose(x, kernel, strides=2).shape
    (1, 8, 8, 8)
    """
    name = "conv_transpose"
    strides, dilation = _checked(name, inputs, kernel, strides, padding, dilation_rate)
    last = shapes.layout(name, data_format)
    spatial, channels = shapes.split(inputs.shape, last)
    filters, own = kernel.shape[-2:]
    if channels is not None and own is not None and channels != own:
        raise fail(
            name,
            "a kernel with the channels of `inputs` in the last place",
            inputs=inputs.shape,
            kernel=kernel.shape,
        )
    extra = _output_padding(output_padding, len(spatial))
    sizes = tuple(
        None if n is None or k is None else transposed_size(n, k, s, d, padding, e)
        for n, k, s, d, e in zip(
            spatial, kernel.shape[:-2], strides, dilation, extra, strict=True
        )
    )
    return KerasTensor(shapes.join(inputs.shape[0], sizes, filters, last), inputs.dtype)


def _output_padding(value: Any, rank: int) -> tuple[int | None, ...]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    good = all(v is None or (isinstance(v, int) and v >= 0) for v in values)
    if len(values) != rank or not good:
        raise ValueError(
            "keras.ops.conv_transpose expects `output_padding` to be None, an integer "
            f"of 0 or more, or {rank} of them. Received: output_padding={value!r}."
        )
    return values
