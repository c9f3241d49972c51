"""Convolution and pooling of the NumPy backend: windows as views, sums over them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from keras.backends import windows
from keras.backends.numpy.gradients import differentiable, primal
from keras.backends.numpy.gradients.shaping import scatter_sum
from keras.backends.numpy.gradients.traced import place_of
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
    return _strided(x, window, strides, dilation)


def _strided(x: Any, window: Any, strides: Any, dilation: Any) -> Any:
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    axes = tuple(range(1, x.ndim - 1))
    views = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    places = tuple(slice(None, None, s) for s in strides)
    inside = tuple(slice(None, None, d) for d in dilation)
    return views[(slice(None), *places, slice(None), *inside)]


# Three functions that are linear in two arrays each, of which the third is the result:
# what is slid over, channels last, the kernel, and what comes out. Each one's gradients
# are the other two. `steps` has a stride and a dilation for each axis.


def _places(sizes: Any, window: Any, steps: Any) -> Any:
    """Each place of the window, and the part of the input that it meets."""
    for place in np.ndindex(*window):
        yield (
            place,
            tuple(
                slice(j * d, j * d + max((n - 1) * s + 1, 0), s)
                for j, n, (s, d) in zip(place, sizes, steps, strict=True)
            ),
        )


def _correlated_rule(
    out: TensorLike, x: TensorLike, kernel: TensorLike, steps: Any
) -> Any:
    sizes, window = x.shape[1:-1], kernel.shape[:-2]
    return (
        lambda g: _spread(g, kernel, steps, sizes),
        lambda g: _kernel_between(x, g, steps, window),
    )


@differentiable(_correlated_rule)
def _correlated(x: np.ndarray, kernel: np.ndarray, steps: Any) -> np.ndarray:
    rank = x.ndim - 2
    views = _strided(x, kernel.shape[:-2], *zip(*steps, strict=True))
    inner = tuple(range(rank + 1, 2 * rank + 2))
    return np.tensordot(views, kernel, (inner, (rank, *range(rank))))


def _spread_rule(
    out: TensorLike, y: TensorLike, kernel: TensorLike, steps: Any, sizes: Any
) -> Any:
    window, own = kernel.shape[:-2], y.shape[1:-1]

    def met(
        g: TensorLike,
    ) -> TensorLike:  # what lies beyond the last window is met by none
        axes = zip(own, window, steps, strict=True)
        ends = [(n - 1) * s + (k - 1) * d + 1 for n, k, (s, d) in axes]
        return g[(slice(None), *map(slice, ends))]

    return (
        lambda g: _correlated(met(g), kernel, steps),
        lambda g: _kernel_between(g, y, steps, window),
    )


@differentiable(_spread_rule)
def _spread(y: np.ndarray, kernel: np.ndarray, steps: Any, sizes: Any) -> np.ndarray:
    """Each place of the window adds its product."""
    x = np.zeros((y.shape[0], *sizes, kernel.shape[-2]), y.dtype)
    for place, part in _places(y.shape[1:-1], kernel.shape[:-2], steps):
        x[(slice(None), *part)] += y @ kernel[place].T
    return x


def _kernel_rule(
    out: TensorLike, x: TensorLike, y: TensorLike, steps: Any, window: Any
) -> Any:
    sizes = x.shape[1:-1]

    def second(g: TensorLike) -> TensorLike:
        axes = zip(y.shape[1:-1], window, steps, strict=True)
        ends = [(n - 1) * s + (k - 1) * d + 1 for n, k, (s, d) in axes]
        return _correlated(x[(slice(None), *map(slice, ends))], g, steps)

    return lambda g: _spread(y, g, steps, sizes), second


@differentiable(_kernel_rule)
def _kernel_between(x: Any, y: Any, steps: Any, window: Any) -> np.ndarray:
    kernel = np.empty((*window, x.shape[-1], y.shape[-1]), y.dtype)
    columns = y.reshape(-1, y.shape[-1])
    for place, part in _places(y.shape[1:-1], window, steps):
        rows = x[(slice(None), *part)].reshape(len(columns), -1)
        kernel[place] = rows.T @ columns
    return kernel


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
    window = kernel.shape[:-2]
    pads = windows.paddings(x.shape[1:-1], window, strides, dilation, padding)
    if padding.lower() == "same":
        wide = np.pad(wide, [(0, 0), *pads, (0, 0)])
    groups = x.shape[-1] // kernel.shape[-2]
    channels = np.split(wide, groups, axis=-1)
    filters = np.split(kernel.astype(wide.dtype), groups, axis=-1)
    steps = tuple(zip(strides, dilation, strict=True))
    parts = [
        _correlated(own, each, steps)
        for own, each in zip(channels, filters, strict=True)
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
    steps = tuple(zip(strides, dilation, strict=True))
    y = _spread(wide, kernel.astype(wide.dtype), steps, tuple(longest))
    cut = tuple(slice(c, c + size) for c, size in crops)
    y = y[(slice(None), *cut)].astype(x.dtype, copy=False)
    return _restore(y, was_first)


def _max_pool_rule(
    out: TensorLike, inputs: TensorLike, pool_size: Any, strides: Any = None,
    padding: str = "valid", data_format: str | None = None,
) -> Any:  # fmt: skip
    def flat(views: Any, axes: Any) -> TensorLike:
        return views.reshape(*views.shape[: axes[0]], prod(views.shape[axes[0] :]))

    def back(g: TensorLike) -> TensorLike:
        x, was_first = _channels_last(primal(inputs), data_format)
        options = pool_size, strides, padding, "channels_last"
        chosen = np.argmax(_pool(flat, -np.inf, x, *options), -1)[..., None]
        places = _pool(flat, 0, place_of(x), *options)
        places = np.take_along_axis(places, chosen, -1)[..., 0]
        found = scatter_sum(_channels_last(g, data_format)[0], places, x.shape)
        return _restore(found, was_first)

    return (back,)


@differentiable(_max_pool_rule)
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
