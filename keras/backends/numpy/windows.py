"""Convolution and pooling of the NumPy backend: windows as views, sums over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import windows
from keras.core.config import standardize_data_format
from keras.core.typing import Sizes, TensorLike


def _channels_last(x: np.ndarray, data_format: str | None) -> tuple[Any, bool]:
    """The input with channels last, and whether they were in front."""
    if standardize_data_format(data_format) == "channels_last":
        return x, False
    return np.moveaxis(x, 1, -1), True


def _restore(x: np.ndarray, was_first: bool) -> np.ndarray:
    return np.moveaxis(x, -1, 1) if was_first else x


def _views(
    x: TensorLike, window: Any, strides: Any, dilation: Any, padding: str, value: Any
) -> Any:
    """`(batch, *output, channels, *window)`: each window of a channels-last input."""
    pads = windows.paddings(x.shape[1:-1], window, strides, dilation, padding)
    if padding.lower() == "same":
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    axes = tuple(range(1, x.ndim - 1))
    views = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    places = tuple(slice(None, None, s) for s in strides)
    inside = tuple(slice(None, None, d) for d in dilation)
    return views[(slice(None), *places, slice(None), *inside)]


def conv(
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> np.ndarray:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.ndim - 2
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    views = _views(wide, kernel.shape[:-2], strides, dilation, padding, 0)
    groups = x.shape[-1] // kernel.shape[-2]
    channels = np.split(views, groups, axis=1 + rank)
    filters = np.split(kernel.astype(wide.dtype), groups, axis=-1)
    inner = tuple(range(rank + 1, 2 * rank + 2))
    parts = [
        np.tensordot(view, own, (inner, (rank, *range(rank))))
        for view, own in zip(channels, filters, strict=True)
    ]
    y = np.concatenate(parts, -1).astype(x.dtype, copy=False)
    return _restore(y, was_first)


def depthwise_conv(
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> np.ndarray:
    channels, multiplier = kernel.shape[-2:]
    kernel = kernel.reshape(*kernel.shape[:-2], 1, channels * multiplier)
    return conv(inputs, kernel, strides, padding, data_format, dilation_rate)


def conv_transpose(
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> np.ndarray:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.ndim - 2
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    extra = windows.tuple_of(output_padding, rank)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    sizes, window = x.shape[1:-1], kernel.shape[:-2]
    axes = list(zip(sizes, window, strides, dilation, strict=True))
    full = [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in axes]
    crops = [
        windows.transposed_crop(*axis, padding, e)
        for axis, e in zip(axes, extra, strict=True)
    ]
    longest = [max(f, c + size) for f, (c, size) in zip(full, crops, strict=True)]
    y = np.zeros((x.shape[0], *longest, kernel.shape[-2]), wide.dtype)
    for place in np.ndindex(*window):  # each place of the window adds its product
        at = tuple(
            slice(j * d, j * d + (n - 1) * s + 1, s)
            for j, (n, _, s, d) in zip(place, axes, strict=True)
        )
        y[(slice(None), *at)] += wide @ kernel[place].astype(wide.dtype).T
    cut = tuple(slice(c, c + size) for c, size in crops)
    y = y[(slice(None), *cut)].astype(x.dtype, copy=False)
    return _restore(y, was_first)


def max_pool(
    inputs: np.ndarray,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> np.ndarray:
    kind = inputs.dtype.kind
    if kind in "iu":
        least: Any = np.iinfo(inputs.dtype).min
    else:
        least = False if kind == "b" else -np.inf
    return _pool(np.max, least, inputs, pool_size, strides, padding, data_format)


def average_pool(
    inputs: np.ndarray,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> np.ndarray:
    wide = inputs.astype("float32") if inputs.dtype.itemsize == 2 else inputs
    arguments = (pool_size, strides, padding, data_format)
    total = _pool(np.sum, 0, wide, *arguments)
    count = _pool(np.sum, 0, np.ones_like(wide), *arguments)
    return (total / count).astype(inputs.dtype, copy=False)


def _pool(
    reduce: Any,
    value: Any,
    inputs: np.ndarray,
    pool_size: Sizes,
    strides: Sizes,
    padding: str,
    data_format: str | None,
) -> np.ndarray:
    x, was_first = _channels_last(inputs, data_format)
    rank = x.ndim - 2
    if rank < 1:
        raise ValueError("Three dimensions are needed.")
    window = windows.tuple_of(pool_size, rank)
    strides = window if strides is None else windows.tuple_of(strides, rank)
    views = _views(x, window, strides, (1,) * rank, padding, value)
    return _restore(reduce(views, tuple(range(rank + 2, 2 * rank + 2))), was_first)


def _adaptive(
    x: np.ndarray, output_size: Sizes, data_format: str | None, reduce: Any
) -> np.ndarray:
    if not 3 <= x.ndim <= 5:
        raise ValueError("Three to five dimensions are needed.")
    first = 1 if standardize_data_format(data_format) == "channels_last" else 2
    sizes = windows.adaptive_size(output_size, x.ndim - 2)
    for axis, count in enumerate(sizes, first):
        bins = windows.adaptive_bins(x.shape[axis], count)
        parts = [reduce(x.take(range(*one), axis), axis) for one in bins]
        x = np.stack(parts, axis)
    return x


def adaptive_max_pool(
    inputs: np.ndarray, output_size: Sizes, data_format: str | None = None
) -> np.ndarray:
    return _adaptive(inputs, output_size, data_format, np.max)


def adaptive_average_pool(
    inputs: np.ndarray, output_size: Sizes, data_format: str | None = None
) -> np.ndarray:
    wide = inputs.astype("float32") if inputs.dtype.itemsize == 2 else inputs
    y = _adaptive(wide, output_size, data_format, np.mean)
    return y.astype(inputs.dtype, copy=False)
