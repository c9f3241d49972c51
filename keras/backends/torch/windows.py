"""Convolution and pooling of the PyTorch backend.

torch wants channels in front. A channels-last input is handed over as a permuted view:
its memory layout is exactly torch's `channels_last`, so no copy is made and the
output is laid out the same way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from keras.backends import windows
from keras.backends.torch.remembering import remembering
from keras.core.config import settings, standardize_data_format
from keras.core.typing import ShapeLike, Sizes, TensorLike

_CONV: Any = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_CONV_TRANSPOSE: Any = {
    1: torch.conv_transpose1d,
    2: torch.conv_transpose2d,
    3: torch.conv_transpose3d,
}
_MAX_POOL: Any = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def _average_pool3d(x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """torch's own, which has no kernel for half precision on the CPU."""
    if x.dtype in (torch.float16, torch.bfloat16) and not x.is_cuda:
        return F.avg_pool3d(x.float(), *args, **kwargs).to(x.dtype)
    return F.avg_pool3d(x, *args, **kwargs)


_AVERAGE_POOL: Any = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: _average_pool3d}
_TO_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
_TO_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_KERNEL = {3: (2, 1, 0), 4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}
_DEPTHWISE_KERNEL = {3: (1, 2, 0), 4: (2, 3, 0, 1), 5: (3, 4, 0, 1, 2)}
_permute, _pad = torch.permute, torch.constant_pad_nd


class _Plan(NamedTuple):
    """What is done to inputs of one shape, worked out once."""

    first: tuple[int, ...] | None  # how the channels come to the front, if they must
    last: tuple[int, ...] | None  # and back
    added: tuple[int, ...] | None  # what is padded beforehand, as `torch` counts it
    pad: Any  # what is left to the kernel to pad, alike at both ends of an axis
    groups: int = 1


def _layout(rank: int, data_format: str) -> tuple[Any, Any]:
    if standardize_data_format(data_format) == "channels_last":
        return _TO_FIRST[rank], _TO_LAST[rank]
    return None, None


@remembering
def _plan(
    shape: Any,
    window: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    data_format: str,
    depth: int = 0,
) -> _Plan:
    """How a window runs over inputs; `depth` is the number of channels it takes in."""
    first, last = _layout(len(shape), data_format)
    sizes = shape[2:] if first is None else shape[1:-1]
    groups = (shape[1] if first is None else shape[-1]) // depth if depth else 1
    if padding.lower() == "valid":
        return _Plan(first, last, None, 0, groups)
    rank = len(sizes)
    window = windows.tuple_of(window, rank)
    pairs = windows.paddings(
        sizes,
        window,
        windows.tuple_of(strides, rank),
        windows.tuple_of(dilation, rank),
        padding,
    )
    # For means of volumes, torch asks if the window fits before it has padded them.
    fits = rank < 3 or all(n >= k for n, k in zip(sizes, window, strict=True))
    if fits and all(before == after for before, after in pairs):
        return _Plan(first, last, None, tuple(pair[0] for pair in pairs), groups)
    added = tuple(n for pair in reversed(pairs) for n in pair)
    return _Plan(first, last, added, (0,) * rank, groups)


@remembering
def _conv_plan(
    shape: ShapeLike,
    kernel: torch.Tensor,
    strides: Sizes,
    dilation: Sizes,
    padding: str,
    data_format: str,
) -> _Plan:
    window, depth = tuple(kernel[:-2]), kernel[-2]
    return _plan(shape, window, strides, dilation, padding, data_format, depth)


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> torch.Tensor:
    return conv_with_bias(
        inputs, kernel, None, strides, padding, data_format, dilation_rate
    )


def conv_with_bias(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    bias: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> torch.Tensor:
    shape, form = inputs.shape, data_format or settings.image_data_format
    first, last, added, pad, groups = _conv_plan(
        shape, kernel.shape, strides, dilation_rate, padding, form
    )
    rank = len(shape)
    weight = _permute(kernel, _KERNEL[rank])
    if first is None:
        x = inputs
    elif rank == 4 and shape[0] == shape[3] == 1:
        # One image of one channel lies alike in both layouts. Told as rows, torch
        # takes its plain kernel, which needs half the time for one image.
        x, weight = inputs.reshape(1, 1, *shape[1:3]), weight.contiguous()
    else:
        x = _permute(inputs, first)
    if added is not None:
        x = _pad(x, added)
    if groups == strides == dilation_rate == 1 and pad == 0:
        y = _CONV[rank - 2](x, weight, bias)
    else:
        y = _CONV[rank - 2](x, weight, bias, strides, pad, dilation_rate, groups)
    return y if last is None else _permute(y, last)


def depthwise_conv_with_bias(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    bias: torch.Tensor | None,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> torch.Tensor:
    shape, form = kernel.shape, data_format or settings.image_data_format
    first, last, added, pad, _ = _conv_plan(
        inputs.shape, shape, strides, dilation_rate, padding, form
    )
    *window, channels, multiplier = shape
    rank = len(shape)
    weight = _permute(kernel, _DEPTHWISE_KERNEL[rank])
    if multiplier != 1:
        weight = weight.reshape(channels * multiplier, 1, *window)
    x = inputs if first is None else _permute(inputs, first)
    x = x if added is None else _pad(x, added)
    y = _CONV[rank - 2](x, weight, bias, strides, pad, dilation_rate, channels)
    return y if last is None else _permute(y, last)


def depthwise_conv(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> torch.Tensor:
    return depthwise_conv_with_bias(
        inputs, kernel, None, strides, padding, data_format, dilation_rate
    )


def conv_transpose(
    inputs: torch.Tensor,
    kernel: torch.Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> torch.Tensor:
    shape, form = inputs.shape, data_format or settings.image_data_format
    first, last, places, crops, more, ends = _transposed_plan(
        shape, kernel.shape, strides, dilation_rate, padding, output_padding, form
    )
    rank = len(shape)
    x = inputs if first is None else _permute(inputs, first)
    if places is not None:
        x = _pad(x, places)
    weight = _permute(kernel, _KERNEL[rank])
    y = _CONV_TRANSPOSE[rank - 2](
        x, weight, None, strides, crops, more, 1, dilation_rate
    )
    if ends is not None:
        y = _pad(y, ends)
    return y if last is None else _permute(y, last)


@remembering
def _transposed_plan(
    shape: Any,
    kernel: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    extra: Any,
    data_format: str,
) -> tuple[Any, ...]:
    """The layouts; what is padded before; what torch crops and lengthens; what after.

    torch crops alike at both ends and lengthens at the end, by less than a stride. It
    wants a place on each axis: where there is none a zero is one, and is cut off again.
    """
    first, last = _layout(len(shape), data_format)
    before, crops, more, ends = [], [], [], []
    rank = len(shape) - 2
    for n, k, s, d, e in zip(
        shape[2:] if first is None else shape[1:-1],
        kernel[:-2],
        windows.tuple_of(strides, rank),
        windows.tuple_of(dilation, rank),
        windows.tuple_of(extra, rank),
        strict=True,
    ):
        crop, size = windows.transposed_crop(n, k, s, d, padding, e)
        before.append(0 if n else 1)
        n, crop = (n, crop) if n else (1, 0)
        missing = size - ((n - 1) * s + (k - 1) * d + 1 - 2 * crop)
        longer = missing if 0 < missing < max(s, d) else 0
        crops.append(crop)
        more.append(longer)
        ends.append(missing - longer)
    return first, last, _ends(before), tuple(crops), tuple(more), _ends(ends)


def _ends(sizes: list[int]) -> tuple[int, ...] | None:
    """What torch's padding calls these sizes at the ends of axes; None for none."""
    return (
        tuple(n for size in reversed(sizes) for n in (0, size)) if any(sizes) else None
    )


def _pool_plan(
    x: torch.Tensor,
    pool_size: Sizes,
    strides: Sizes,
    padding: str,
    data_format: str | None,
) -> _Plan:
    form = data_format or settings.image_data_format
    strides = pool_size if strides is None else strides
    return _plan(x.shape, pool_size, strides, 1, padding, form)


def max_pool(
    inputs: torch.Tensor,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> torch.Tensor:
    dtype = inputs.dtype
    if dtype is torch.bool:
        y = max_pool(inputs.int(), pool_size, strides, padding, data_format)
        return y.bool()
    first, last, added, pad, _ = _pool_plan(
        inputs, pool_size, strides, padding, data_format
    )
    x = inputs if first is None else _permute(inputs, first)
    floats = dtype.is_floating_point
    if added is not None:
        x = _pad(x, added, float("-inf") if floats else torch.iinfo(dtype).min)
    rank = x.ndim - 2
    if rank == 1 and not floats:  # only the kernel for two axes knows integers
        window = (1, *windows.tuple_of(pool_size, 1))
        steps = None if strides is None else (1, *windows.tuple_of(strides, 1))
        pad = (0, *windows.tuple_of(pad, 1))
        y = F.max_pool2d(x[:, :, None], window, steps, pad)[:, :, 0]
    else:
        y = _MAX_POOL[rank](x, pool_size, strides, pad)
    return y if last is None else _permute(y, last)


def average_pool(
    inputs: torch.Tensor,
    pool_size: Sizes,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> torch.Tensor:
    first, last, added, pad, _ = _pool_plan(
        inputs, pool_size, strides, padding, data_format
    )
    x = inputs if first is None else _permute(inputs, first)
    pool = _AVERAGE_POOL[x.ndim - 2]
    if added is None:
        y = pool(x, pool_size, strides, pad, count_include_pad=False)
    else:  # the zeros that are added do not count
        ones = _pad(x.new_ones((1, 1, *x.shape[2:])), added)
        y = pool(_pad(x, added), pool_size, strides) / pool(ones, pool_size, strides)
    return y if last is None else _permute(y, last)


_ADAPTIVE_MAX = {
    1: F.adaptive_max_pool1d,
    2: F.adaptive_max_pool2d,
    3: F.adaptive_max_pool3d,
}
_ADAPTIVE_AVERAGE = {
    1: F.adaptive_avg_pool1d,
    2: F.adaptive_avg_pool2d,
    3: F.adaptive_avg_pool3d,
}


def adaptive_max_pool(
    inputs: torch.Tensor, output_size: Sizes, data_format: str | None = None
) -> torch.Tensor:
    first, last = _layout(inputs.ndim, data_format or settings.image_data_format)
    x = inputs if first is None else _permute(inputs, first)
    size = windows.adaptive_size(output_size, x.ndim - 2)
    wide = x if x.dtype.is_floating_point else x.to(torch.float64)
    y = _ADAPTIVE_MAX[x.ndim - 2](wide, size).to(x.dtype)
    return y if last is None else _permute(y, last)


def adaptive_average_pool(
    inputs: torch.Tensor, output_size: Sizes, data_format: str | None = None
) -> torch.Tensor:
    first, last = _layout(inputs.ndim, data_format or settings.image_data_format)
    x = inputs if first is None else _permute(inputs, first)
    size = windows.adaptive_size(output_size, x.ndim - 2)
    y = _ADAPTIVE_AVERAGE[x.ndim - 2](x, size)
    return y if last is None else _permute(y, last)
