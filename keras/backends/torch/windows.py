"""Convolution and pooling of the PyTorch backend.

torch wants channels in front. A channels-last input is handed over as a permuted view:
its memory layout is exactly torch's `channels_last`, so no copy is made and the
output is laid out the same way.
"""

from __future__ import annotations

from typing import Any

import torch as _torch
import torch.nn.functional as _F

from keras.backends import windows as _windows
from keras.core.config import standardize_data_format as _data_format

_CONV = {1: _F.conv1d, 2: _F.conv2d, 3: _F.conv3d}
_CONV_TRANSPOSE = {
    1: _F.conv_transpose1d,
    2: _F.conv_transpose2d,
    3: _F.conv_transpose3d,
}
_MAX_POOL = {1: _F.max_pool1d, 2: _F.max_pool2d, 3: _F.max_pool3d}
_AVERAGE_POOL = {1: _F.avg_pool1d, 2: _F.avg_pool2d, 3: _F.avg_pool3d}
_TO_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
_TO_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_KERNEL = {3: (2, 1, 0), 4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}


def _channels_first(x: Any, data_format: str | None) -> tuple[Any, bool]:
    """The input with channels in front, and whether they were last."""
    if _data_format(data_format) == "channels_last":
        return x.permute(_TO_FIRST[x.ndim]), True
    return x, False


def _restore(x: Any, was_last: bool) -> Any:
    return x.permute(_TO_LAST[x.ndim]) if was_last else x


def _padded(
    x: Any, pads: list[tuple[int, int]], value: float = 0.0
) -> tuple[Any, tuple[int, ...]]:
    """The input, padded where the ends differ, and the padding left to the kernel."""
    if all(before == after for before, after in pads):
        return x, tuple(before for before, _ in pads)
    flat = [n for pair in reversed(pads) for n in pair]
    return _F.pad(x, flat, value=value), (0,) * len(pads)


def _convolve(
    inputs: Any,
    weight: Any,
    groups: int,
    strides: Any,
    padding: str,
    data_format: str | None,
    dilation_rate: Any,
    bias: Any = None,
) -> Any:
    x, was_last = _channels_first(inputs, data_format)
    rank = x.ndim - 2
    pad: Any = 0
    if padding != "valid":
        steps = _windows.tuple_of(strides, rank)
        spacing = _windows.tuple_of(dilation_rate, rank)
        x, pad = _padded(
            x,
            _windows.paddings(x.shape[2:], weight.shape[2:], steps, spacing, padding),
        )
    y = _CONV[rank](x, weight, bias, strides, pad, dilation_rate, groups)
    return _restore(y, was_last)


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    return conv_with_bias(
        inputs, kernel, None, strides, padding, data_format, dilation_rate
    )


def conv_with_bias(
    inputs: Any,
    kernel: Any,
    bias: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    if data_format == "channels_last" and padding == "valid" and inputs.ndim == 4:
        return _image_conv(inputs, kernel, bias, strides, dilation_rate)
    last = _data_format(data_format) == "channels_last"
    groups = inputs.shape[-1 if last else 1] // kernel.shape[-2]
    weight = kernel.permute(_KERNEL[kernel.ndim])
    return _convolve(
        inputs, weight, groups, strides, padding, data_format, dilation_rate, bias
    )


def _image_conv(
    inputs: Any, kernel: Any, bias: Any, strides: Any, dilation_rate: Any
) -> Any:
    """The everyday case, with nothing to look up: for one image that is noticed."""
    batch, height, width, channels = inputs.shape
    weight = kernel.permute(3, 2, 0, 1)
    if batch == channels == 1:
        # One image of one channel lies alike in both layouts. Told as rows, torch
        # takes its plain kernel, which needs half the time for one image.
        x, weight = inputs.reshape(1, 1, height, width), weight.contiguous()
    else:
        x = inputs.permute(0, 3, 1, 2)
    groups = channels // kernel.shape[2]
    y = _F.conv2d(x, weight, bias, strides, 0, dilation_rate, groups)
    return y.permute(0, 2, 3, 1)


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    channels, multiplier = kernel.shape[-2:]
    rank = kernel.ndim
    weight = kernel.permute(rank - 2, rank - 1, *range(rank - 2))
    weight = weight.reshape(channels * multiplier, 1, *kernel.shape[:-2])
    return _convolve(
        inputs, weight, channels, strides, padding, data_format, dilation_rate
    )


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    y = depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return conv(y, pointwise_kernel, data_format=data_format)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    x, was_last = _channels_first(inputs, data_format)
    rank = x.ndim - 2
    strides = _windows.tuple_of(strides, rank)
    dilation = _windows.tuple_of(dilation_rate, rank)
    extra = _windows.tuple_of(output_padding, rank)
    weight = kernel.permute(_KERNEL[kernel.ndim])
    # torch crops alike at both ends and lengthens at the end; the rest is done after.
    crops, more, ends = [], [], []
    for n, k, s, d, e in zip(
        x.shape[2:], weight.shape[2:], strides, dilation, extra, strict=True
    ):
        crop, size = _windows.transposed_crop(n, k, s, d, padding, e)
        missing = size - ((n - 1) * s + (k - 1) * d + 1 - 2 * crop)
        longer = missing if 0 < missing < max(s, d) else 0
        crops.append(crop)
        more.append(longer)
        ends.append(missing - longer)
    y = _CONV_TRANSPOSE[rank](x, weight, None, strides, crops, more, 1, dilation)
    if any(ends):
        y = _F.pad(y, [n for end in reversed(ends) for n in (0, end)])
    return _restore(y, was_last)


def _pool_padding(
    x: Any, pool_size: Any, strides: Any, padding: str, value: Any
) -> tuple[Any, Any, list[tuple[int, int]]]:
    """The input, padded where the ends differ, and the padding left to the kernel."""
    rank = x.ndim - 2
    window = _windows.tuple_of(pool_size, rank)
    strides = window if strides is None else _windows.tuple_of(strides, rank)
    pads = _windows.paddings(x.shape[2:], window, strides, (1,) * rank, padding)
    return *_padded(x, pads, value), pads


def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    if inputs.dtype is _torch.bool:
        y = max_pool(inputs.int(), pool_size, strides, padding, data_format)
        return y.bool()
    if data_format == "channels_last" and padding == "valid" and inputs.ndim == 4:
        y = _F.max_pool2d(inputs.permute(0, 3, 1, 2), pool_size, strides)
        return y.permute(0, 2, 3, 1)
    x, was_last = _channels_first(inputs, data_format)
    rank = x.ndim - 2
    pad: Any = 0
    floats = x.dtype.is_floating_point
    if padding != "valid":
        least: Any = float("-inf")
        if not floats:
            least = 0 if x.dtype is _torch.bool else _torch.iinfo(x.dtype).min
        x, pad, _ = _pool_padding(x, pool_size, strides, padding, least)
    if rank == 1 and not floats:  # only the kernel for two axes knows integers
        window = (1, *_windows.tuple_of(pool_size, 1))
        steps = None if strides is None else (1, *_windows.tuple_of(strides, 1))
        pad = (0, *_windows.tuple_of(pad, 1))
        return _restore(
            _F.max_pool2d(x[:, :, None], window, steps, pad)[:, :, 0], was_last
        )
    return _restore(_MAX_POOL[rank](x, pool_size, strides, pad), was_last)


def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    x, was_last = _channels_first(inputs, data_format)
    pool = _AVERAGE_POOL[x.ndim - 2]
    if padding == "valid":
        return _restore(pool(x, pool_size, strides), was_last)
    padded, pad, pads = _pool_padding(x, pool_size, strides, padding, 0.0)
    if x.ndim == 5 and any(pad):
        window = _windows.tuple_of(pool_size, 3)
        if any(n < k for n, k in zip(x.shape[2:], window, strict=True)):
            # The kernel compares the window with the input before it is padded.
            padded, pad = _F.pad(x, [n for pair in reversed(pads) for n in pair]), 0
    y = pool(padded, pool_size, strides, pad, count_include_pad=False)
    if padded is not x:  # the zeros that were added do not count
        ones = x.new_ones((1, 1, *x.shape[2:]))
        ones = _F.pad(ones, [n for pair in reversed(pads) for n in pair])
        y = y / pool(ones, pool_size, strides)
    return _restore(y, was_last)


_ADAPTIVE_MAX = {
    1: _F.adaptive_max_pool1d,
    2: _F.adaptive_max_pool2d,
    3: _F.adaptive_max_pool3d,
}
_ADAPTIVE_AVERAGE = {
    1: _F.adaptive_avg_pool1d,
    2: _F.adaptive_avg_pool2d,
    3: _F.adaptive_avg_pool3d,
}


def adaptive_max_pool(
    inputs: Any, output_size: Any, data_format: str | None = None
) -> Any:
    x, was_last = _channels_first(inputs, data_format)
    size = _windows.adaptive_size(output_size, x.ndim - 2)
    wide = x if x.dtype.is_floating_point else x.to(_torch.float64)
    y = _ADAPTIVE_MAX[x.ndim - 2](wide, size).to(x.dtype)
    return _restore(y, was_last)


def adaptive_average_pool(
    inputs: Any, output_size: Any, data_format: str | None = None
) -> Any:
    x, was_last = _channels_first(inputs, data_format)
    size = _windows.adaptive_size(output_size, x.ndim - 2)
    return _restore(_ADAPTIVE_AVERAGE[x.ndim - 2](x, size), was_last)
