"""Pooling over 1, 2 or 3 spatial axes."""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Sizes, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn import shapes
from keras.ops.nn.shapes import check_padding, check_rank, per_axis


def _pooled(
    op_name: str,
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes,
    padding: str,
    data_format: str | None,
) -> tuple[Any, ...]:
    check_rank(op_name, "inputs", inputs.shape, 3, 4, 5)
    check_padding(op_name, padding)
    rank = len(inputs.shape) - 2
    window = per_axis(op_name, "pool_size", pool_size, rank)
    strides = window if strides is None else per_axis(op_name, "strides", strides, rank)
    last = shapes.layout(op_name, data_format)
    spatial, channels = shapes.split(inputs.shape, last)
    sizes = shapes.window_sizes(op_name, spatial, window, strides, padding, (1,) * rank)
    return shapes.join(inputs.shape[0], sizes, channels, last)


@op(real=True)
def max_pool(
    inputs: TensorLike,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The greatest value in each window.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        pool_size: size of the window, one integer or one for each axis.
        strides: step of the window; `pool_size` by default.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, *new_spatial, channels)`, in the same layout.

    Raises:
        ShapeError: if the window does not fit.

    Example:

    >>> import keras
    >>> keras.ops.max_pool(keras.ops.ones((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 3)
    """
    shape = _pooled("max_pool", inputs, pool_size, strides, padding, data_format)
    return KerasTensor(shape, inputs.dtype)


@op(promote="float", real=True)
def average_pool(
    inputs: TensorLike,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window; what lies outside the input does not count.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        pool_size: size of the window, one integer or one for each axis.
        strides: step of the window; `pool_size` by default.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, *new_spatial, channels)`, in the same layout.

    Raises:
        ShapeError: if the window does not fit.

    Example:

    >>> import keras
    >>> keras.ops.average_pool(keras.ops.ones((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 3)
    """
    shape = _pooled("average_pool", inputs, pool_size, strides, padding, data_format)
    return KerasTensor(shape, inputs.dtype)


def _adapted(
    op_name: str, inputs: TensorLike, output_size: Sizes, data_format: Any
) -> Any:
    check_rank(op_name, "inputs", inputs.shape, 3, 4, 5)
    sizes = per_axis(op_name, "output_size", output_size, len(inputs.shape) - 2)
    last = shapes.layout(op_name, data_format)
    spatial, channels = shapes.split(inputs.shape, last)
    if None in spatial or 0 in spatial:
        raise shapes.fail(
            op_name,
            "known spatial sizes of 1 or more: they decide the windows",
            inputs=inputs.shape,
        )
    return shapes.join(inputs.shape[0], sizes, channels, last)


def _is_full(inputs: TensorLike, *rest: Any, **options: Any) -> bool:
    """Whether there is a place for each window: some frameworks fill in NaN."""
    return 0 not in inputs.shape


@op(real=True, check=_is_full)
def adaptive_max_pool(
    inputs: TensorLike, output_size: Any, data_format: str | None = None
) -> Tensor:
    """The greatest value in windows chosen so that the output has a given size.

    Window `i` of `n` covers places `floor(i * size / n)` up to
    `ceil((i + 1) * size / n)`.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        output_size: one integer or one for each axis.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, *output_size, channels)`, in the same layout.

    Raises:
        ShapeError: if a spatial size is unknown.

    Example:

    >>> import keras
    >>> keras.ops.adaptive_max_pool(keras.ops.ones((1, 5, 7, 3)), 2).shape
    (1, 2, 2, 3)
    """
    shape = _adapted("adaptive_max_pool", inputs, output_size, data_format)
    return KerasTensor(shape, inputs.dtype)


@op(promote="float", real=True, check=_is_full)
def adaptive_average_pool(
    inputs: TensorLike, output_size: Any, data_format: str | None = None
) -> Tensor:
    """The mean of windows chosen so that the output has a given size.

    Window `i` of `n` covers places `floor(i * size / n)` up to
    `ceil((i + 1) * size / n)`.

    Args:
        inputs: `(batch, *spatial, channels)`, see `data_format`.
        output_size: one integer or one for each axis.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, *output_size, channels)`, in the same layout.

    Raises:
        ShapeError: if a spatial size is unknown.

    Example:

    >>> import keras
    >>> keras.ops.adaptive_average_pool(keras.ops.ones((1, 5, 7, 3)), 2).shape
    (1, 2, 2, 3)
    """
    shape = _adapted("adaptive_average_pool", inputs, output_size, data_format)
    return KerasTensor(shape, dtypes.float_result(inputs.dtype))
