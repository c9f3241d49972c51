"""Arithmetic of sliding windows that every backend shares: paddings and sizes.

Sizes here are Python integers, known when the backend runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def tuple_of(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each of `rank` axes."""
    if isinstance(value, (tuple, list)):
        return tuple(value) * rank if len(value) == 1 else tuple(value)
    return (value,) * rank


def same_padding(size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    """What "same" adds before and after an axis: the odd one goes after it."""
    total = (-(-size // stride) - 1) * stride + (window - 1) * dilation + 1 - size
    total = max(total, 0)
    return total // 2, total - total // 2


def paddings(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> list[tuple[int, int]]:
    """What is added before and after each axis."""
    if padding == "valid":
        return [(0, 0)] * len(window)
    if padding != "same":
        raise ValueError(f"Unknown padding: {padding!r}.")
    return [
        same_padding(*axis)
        for axis in zip(sizes, window, strides, dilation, strict=True)
    ]


def transposed_size(
    size: int, window: int, stride: int, dilation: int, padding: str, extra: int | None
) -> int:
    """The output size of a transposed convolution along one axis."""
    reach = (window - 1) * dilation + 1
    if extra is None:
        if padding == "same":
            return size * stride
        return size * stride + max(reach - stride, 0)
    if padding == "same":
        return (size - 1) * stride + reach - 2 * (reach // 2) + extra
    return (size - 1) * stride + reach + extra


def transposed_crop(
    size: int, window: int, stride: int, dilation: int, padding: str, extra: int | None
) -> tuple[int, int]:
    """What a transposed convolution cuts off in front, and its output size.

    The full product of window and input is `(size - 1) * stride + reach` long;
    "same" cuts it at both ends, the odd one at the end.
    """
    output = transposed_size(size, window, stride, dilation, padding, extra)
    if padding == "valid":
        return 0, output
    full = (size - 1) * stride + (window - 1) * dilation + 1
    return max(full - output, 0) // 2, output


def adaptive_bins(size: int, output: int) -> list[tuple[int, int]]:
    """Start and end of each window of an adaptive pool along one axis."""
    return [(i * size // output, -(-(i + 1) * size // output)) for i in range(output)]
