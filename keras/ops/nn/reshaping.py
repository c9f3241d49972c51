"""Windows and blocks moved between space and channels; and two small measures."""

from __future__ import annotations

from typing import Any

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import arithmetic, core, exponential, reduction, trigonometric
from keras.ops.declare import composite, op
from keras.ops.nn.shapes import check_choice, check_rank, fail


def _two(op_name: str, name: str, value: Any, least: int) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    good = all(isinstance(v, int) and v >= least for v in values)
    if len(values) != 2 or not good:
        raise ValueError(
            f"keras.ops.{op_name} expects `{name}` to be an integer of {least} or "
            f"more, or two of them. Received: {name}={value!r}."
        )
    return values


def _positions(
    op_name: str, sizes: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[int, int], int | None]:
    """The kernel's sizes, and how many places it takes."""
    kernel = _two(op_name, "kernel_size", kernel_size, 1)
    spacing = _two(op_name, "dilation", dilation, 1)
    pads = _two(op_name, "padding", padding, 0)
    steps = _two(op_name, "stride", stride, 1)
    total: int | None = 1
    for n, k, d, p, s in zip(sizes, kernel, spacing, pads, steps, strict=True):
        if n is None or total is None:
            total = None
            continue
        count = (n + 2 * p - d * (k - 1) - 1) // s + 1
        if count < 1:
            raise fail(
                op_name,
                "a window that fits into the padded input",
                size=tuple(sizes),
                kernel_size=kernel_size,
            )
        total *= count
    return kernel, total


@op
def unfold(
    x: TensorLike,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Each window of an image as a column ("im2col").

    Args:
        x: `(batch, channels, height, width)`.
        kernel_size: size of the window, one integer or two.
        dilation: spacing of the window.
        padding: zeros added at all sides.
        stride: step of the window.

    Returns:
        `(batch, channels * kernel height * kernel width, windows)`.

    Raises:
        ShapeError: if `x` is not of rank 4 or the window does not fit.

    Example:

    >>> import keras
    >>> keras.ops.unfold(keras.ops.ones((1, 3, 4, 4)), 2).shape == (1, 12, 9)
    True
    """
    check_rank("unfold", "x", x.shape, 4)
    batch, channels, *sizes = x.shape
    kernel, count = _positions("unfold", sizes, kernel_size, dilation, padding, stride)
    rows = None if channels is None else channels * kernel[0] * kernel[1]
    return KerasTensor((batch, rows, count), x.dtype)


@op
def fold(
    x: TensorLike,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Adds up windows given as columns: the transpose of `unfold` ("col2im").

    Args:
        x: `(batch, channels * kernel height * kernel width, windows)`.
        output_size: height and width of the image, one integer or two.
        kernel_size: size of the window, one integer or two.
        dilation: spacing of the window.
        padding: zeros that had been added at all sides.
        stride: step of the window.

    Returns:
        `(batch, channels, height, width)`.

    Raises:
        ShapeError: if the sizes do not fit.

    Example:

    >>> import keras
    >>> keras.ops.fold(keras.ops.ones((1, 12, 9)), (4, 4), 2).shape == (1, 3, 4, 4)
    True
    """
    check_rank("fold", "x", x.shape, 3)
    sizes = _two("fold", "output_size", output_size, 1)
    kernel, count = _positions("fold", sizes, kernel_size, dilation, padding, stride)
    batch, rows, windows = x.shape
    area = kernel[0] * kernel[1]
    if (rows is not None and rows % area) or windows not in (None, count):
        raise fail(
            "fold",
            f"`x` of shape (batch, channels * {area}, {count})",
            x=x.shape,
            output_size=output_size,
            kernel_size=kernel_size,
        )
    channels = None if rows is None else rows // area
    return KerasTensor((batch, channels, *sizes), x.dtype)


def _blocks(op_name: str, x: TensorLike, block_size: int, data_format: str) -> bool:
    check_rank(op_name, "x", x.shape, 4)
    check_choice(
        op_name, "data_format", data_format, ("channels_last", "channels_first")
    )
    if isinstance(block_size, bool) or not isinstance(block_size, int):
        raise fail(op_name, "`block_size` to be an integer", block_size=block_size)
    if block_size < 2:
        raise fail(op_name, "`block_size` of 2 or more", block_size=block_size)
    return data_format == "channels_last"


@op
def space_to_depth(
    x: TensorLike, block_size: int, data_format: str = "channels_last"
) -> Tensor:
    """Moves square blocks of an image into its channels.

    Args:
        x: `(batch, height, width, channels)`, see `data_format`.
        block_size: side of a block; it divides height and width.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        `(batch, height / block, width / block, channels * block**2)`.

    Raises:
        ShapeError: if the block does not divide the sizes.

    Example:

    >>> import keras
    >>> keras.ops.space_to_depth(keras.ops.ones((1, 4, 6, 3)), 2).shape == (1, 2, 3, 12)
    True
    """
    last = _blocks("space_to_depth", x, block_size, data_format)
    batch = x.shape[0]
    height, width, channels = x.shape[1:] if last else (*x.shape[2:], x.shape[1])
    if any(n is not None and n % block_size for n in (height, width)):
        raise fail(
            "space_to_depth",
            "height and width that `block_size` divides",
            x=x.shape,
            block_size=block_size,
        )
    height = None if height is None else height // block_size
    width = None if width is None else width // block_size
    channels = None if channels is None else channels * block_size**2
    if last:
        return KerasTensor((batch, height, width, channels), x.dtype)
    return KerasTensor((batch, channels, height, width), x.dtype)


@op
def depth_to_space(
    x: TensorLike, block_size: int, data_format: str = "channels_last"
) -> Tensor:
    """Moves channels of an image into square blocks: the inverse of `space_to_depth`.

    Args:
        x: `(batch, height, width, channels)`, see `data_format`.
        block_size: side of a block; its square divides the channels.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        `(batch, height * block, width * block, channels / block**2)`.

    Raises:
        ShapeError: if the block's area does not divide the channels.

    Example:

    >>> import keras
    >>> keras.ops.depth_to_space(keras.ops.ones((1, 2, 3, 12)), 2).shape == (1, 4, 6, 3)
    True
    """
    last = _blocks("depth_to_space", x, block_size, data_format)
    batch = x.shape[0]
    height, width, channels = x.shape[1:] if last else (*x.shape[2:], x.shape[1])
    if channels is not None and channels % block_size**2:
        raise fail(
            "depth_to_space",
            "channels that `block_size**2` divides",
            x=x.shape,
            block_size=block_size,
        )
    height = None if height is None else height * block_size
    width = None if width is None else width * block_size
    channels = None if channels is None else channels // block_size**2
    if last:
        return KerasTensor((batch, height, width, channels), x.dtype)
    return KerasTensor((batch, channels, height, width), x.dtype)


@composite
def polar(abs_: TensorLike, angle: TensorLike) -> Tensor:
    """Complex numbers from absolute values and angles.

    Args:
        abs_: absolute values.
        angle: angles in radians, of the same shape.

    Returns:
        A complex tensor.

    Example:

    >>> import keras
    >>> z = keras.ops.polar(2.0, 0.0)
    >>> float(keras.ops.real(z))
    2.0
    """
    angle = core.convert_to_tensor(angle)
    real = arithmetic.multiply(abs_, trigonometric.cos(angle))
    imaginary = arithmetic.multiply(abs_, trigonometric.sin(angle))
    return complex_from(real, imaginary)


@op(promote="float", real=True)
def complex_from(real: TensorLike, imaginary: TensorLike) -> Tensor:
    """A complex tensor from its parts. Internal.

    Args:
        real: real parts.
        imaginary: imaginary parts, of the same shape.

    Returns:
        complex64, or complex128 for float64 parts.
    """
    if real.shape != imaginary.shape:
        raise fail(
            "complex_from", "parts of one shape", real=real.shape, imag=imaginary.shape
        )
    return KerasTensor(
        real.shape, "complex128" if real.dtype == "float64" else "complex64"
    )


@composite
def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> Tensor:
    """Peak signal-to-noise ratio of two signals, in decibels.

    `20 log10(max_val) - 10 log10(mean((x1 - x2)**2))`.

    Args:
        x1: first signal.
        x2: second signal, of the same shape.
        max_val: the greatest value a signal can have.

    Returns:
        A scalar.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 2))
    >>> round(float(keras.ops.psnr(x, x * 0.9, max_val=1.0)), 2)
    20.0
    """
    if core.shape(x1) != core.shape(x2):
        raise fail(
            "psnr", "`x1` and `x2` of one shape", x1=core.shape(x1), x2=core.shape(x2)
        )
    if isinstance(max_val, (tuple, list)):
        raise TypeError("A list is no number.")
    error = reduction.mean(arithmetic.square(arithmetic.subtract(x1, x2)))
    peak = exponential.log10(core.cast(max_val, core.dtype(error)))
    return arithmetic.subtract(
        arithmetic.multiply(peak, 20), arithmetic.multiply(exponential.log10(error), 10)
    )
