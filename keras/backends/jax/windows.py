"""Convolution and pooling of the JAX backend."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from keras.backends import windows
from keras.core.config import standardize_data_format
from keras.core.typing import Sizes, TensorLike

_SPATIAL = {1: "W", 2: "HW", 3: "DHW"}


def _layout(
    x: TensorLike, data_format: str | None
) -> tuple[str, bool, tuple[int, ...]]:
    """The spatial letters, whether channels are last, and the spatial sizes."""
    last = standardize_data_format(data_format) == "channels_last"
    sizes = x.shape[1:-1] if last else x.shape[2:]
    return _SPATIAL[x.ndim - 2], last, sizes


def _numbers(letters: str, last: bool, kernel: str) -> tuple[str, str, str]:
    side = f"N{letters}C" if last else f"NC{letters}"
    return side, f"{letters}{kernel}", side


def _convolve(
    inputs: TensorLike,
    kernel: TensorLike,
    groups: int,
    strides: Sizes,
    padding: str,
    data_format: str | None,
    dilation_rate: Sizes,
) -> TensorLike:
    letters, last, sizes = _layout(inputs, data_format)
    rank = len(letters)
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    pads = windows.paddings(sizes, kernel.shape[:-2], strides, dilation, padding)
    numbers = _numbers(letters, last, "IO")
    return _in_groups(inputs, kernel, groups, strides, pads, dilation, numbers)


def _on_a_grid(array: TensorLike) -> bool:
    """Whether an array lies on a mesh with devices along several axes."""
    mesh = getattr(jax.typeof(array).sharding, "mesh", None)
    return mesh is not None and sum(size > 1 for size in mesh.axis_sizes) > 1


def _in_groups(
    inputs: TensorLike,
    kernel: TensorLike,
    groups: int,
    strides: tuple[int, ...],
    pads: Any,
    dilation: tuple[int, ...],
    numbers: tuple[str, str, str],
) -> TensorLike:
    """A convolution of groups of channels.

    Where batches are split over one axis of a mesh that has others, XLA sums the
    gradient of a grouped kernel over all of them, as many times too large. There it is
    a product with patches.
    """
    if groups == 1 or not (_on_a_grid(inputs) or _on_a_grid(kernel)):
        return lax.conv_general_dilated(
            inputs,
            kernel,
            strides,
            pads,
            rhs_dilation=dilation,
            dimension_numbers=numbers,
            feature_group_count=groups,
        )
    patches = lax.conv_general_dilated_patches(
        inputs,
        kernel.shape[:-2],
        strides,
        pads,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
    )
    last = numbers[0].endswith("C")
    patches = patches if last else jnp.moveaxis(patches, 1, -1)
    taps, filters = math.prod(kernel.shape[:-1]), kernel.shape[-1]
    patches = patches.reshape(*patches.shape[:-1], groups, taps)
    kernel = jnp.moveaxis(kernel, -2, 0).reshape(taps, groups, filters // groups)
    y = jnp.einsum("...gt,tgo->...go", patches, kernel)
    y = y.reshape(*y.shape[:-2], filters)
    return y if last else jnp.moveaxis(y, -1, 1)


def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorLike:
    last = standardize_data_format(data_format) == "channels_last"
    groups = inputs.shape[-1 if last else 1] // kernel.shape[-2]
    return _convolve(
        inputs, kernel, groups, strides, padding, data_format, dilation_rate
    )


def causal_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    bias: TensorLike | None = None,
    strides: int = 1,
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> TensorLike:
    """Padded by the convolution: a pad of its own costs XLA a copy each way."""
    last = standardize_data_format(data_format) == "channels_last"
    y = _in_groups(
        inputs,
        kernel,
        inputs.shape[-1 if last else 1] // kernel.shape[-2],
        (strides,),
        [((kernel.shape[0] - 1) * dilation_rate, 0)],
        (dilation_rate,),
        _numbers("W", last, "IO"),
    )
    if bias is None:
        return y
    return y + (bias if last else bias.reshape(1, -1, 1))


def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorLike:
    channels, multiplier = kernel.shape[-2:]
    kernel = kernel.reshape(*kernel.shape[:-2], 1, channels * multiplier)
    return _convolve(
        inputs, kernel, channels, strides, padding, data_format, dilation_rate
    )


def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorLike:
    letters, last, sizes = _layout(inputs, data_format)
    rank = len(letters)
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    extra = windows.tuple_of(output_padding, rank)
    pads = []
    for n, k, s, d, e in zip(
        sizes, kernel.shape[:-2], strides, dilation, extra, strict=True
    ):
        crop, size = windows.transposed_crop(n, k, s, d, padding, e)
        spread = 0 if n == 0 else (n - 1) * s + 1
        pads.append(((k - 1) * d - crop, size + crop - spread))
    return lax.conv_general_dilated(
        inputs,
        jnp.flip(kernel, range(rank)),
        (1,) * rank,
        pads,
        lhs_dilation=strides,
        rhs_dilation=dilation,
        dimension_numbers=_numbers(letters, last, "OI"),
    )


def _reduce_windows(
    x: TensorLike,
    start: TensorLike,
    function: Callable[..., Any],
    pool_size: Sizes,
    strides: Sizes,
    padding: str,
    data_format: str | None,
) -> TensorLike:
    letters, last, sizes = _layout(x, data_format)
    rank = len(letters)
    window = windows.tuple_of(pool_size, rank)
    strides = window if strides is None else windows.tuple_of(strides, rank)
    pads = windows.paddings(sizes, window, strides, (1,) * rank, padding)

    def whole(values: TensorLike, other: TensorLike) -> tuple[Any, ...]:
        return (other, *values, other) if last else (other, other, *values)

    return lax.reduce_window(
        x, start, function, whole(window, 1), whole(strides, 1), whole(pads, (0, 0))
    )


def max_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> TensorLike:
    if jnp.issubdtype(inputs.dtype, jnp.floating):
        least: Any = -np.inf
    elif inputs.dtype == bool:
        least = False
    else:
        least = jnp.iinfo(inputs.dtype).min
    start = np.asarray(least, inputs.dtype)
    return _reduce_windows(
        inputs, start, lax.max, pool_size, strides, padding, data_format
    )


def average_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> TensorLike:
    zero = np.asarray(0, inputs.dtype)
    arguments = (lax.add, pool_size, strides, padding, data_format)
    total = _reduce_windows(inputs, zero, *arguments)
    if padding.lower() == "valid":
        return total / math.prod(windows.tuple_of(pool_size, inputs.ndim - 2))
    _, last, sizes = _layout(inputs, data_format)
    shape = (1, *sizes, 1) if last else (1, 1, *sizes)
    return total / _reduce_windows(jnp.ones(shape, inputs.dtype), zero, *arguments)


def _adaptive(
    x: TensorLike, output_size: Sizes, data_format: str | None, reduce: Any
) -> TensorLike:
    _, last, sizes = _layout(x, data_format)
    first = 1 if last else 2
    output = windows.adaptive_size(output_size, len(sizes))
    if (parts := windows.even_parts(sizes, output)) is not None:
        shape = (*x.shape[:first], *parts, *x.shape[first + len(sizes) :])
        inner = range(first + 1, first + len(parts), 2)
        return reduce(x.reshape(shape), tuple(inner))
    for axis, (size, count) in enumerate(zip(sizes, output, strict=True), first):
        bins = windows.adaptive_bins(size, count)
        parts = [
            reduce(lax.slice_in_dim(x, start, end, axis=axis), axis)
            for start, end in bins
        ]
        x = jnp.stack(parts, axis)
    return x


def adaptive_max_pool(
    inputs: TensorLike, output_size: Sizes, data_format: str | None = None
) -> TensorLike:
    return _adaptive(inputs, output_size, data_format, jnp.max)


def adaptive_average_pool(
    inputs: TensorLike, output_size: Sizes, data_format: str | None = None
) -> TensorLike:
    return _adaptive(inputs, output_size, data_format, jnp.mean)
