"""Arithmetic of sliding windows that every backend shares: paddings and sizes.

Sizes here are Python integers, known when the backend runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core.typing import Padding, Sizes


def tuple_of(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each of `rank` axes.

    Raises:
        ValueError: if there is another number of values.
    """
    if not isinstance(value, (tuple, list)):
        return (value,) * rank
    if len(value) not in (1, rank):
        raise ValueError("Expected one value for each axis.")
    return tuple(value) * rank if len(value) == 1 else tuple(value)


def adaptive_size(value: Any, rank: int) -> tuple[int, ...]:
    """The output size of an adaptive pool.

    Raises:
        ValueError: if a size is not positive.
    """
    sizes = tuple_of(value, rank)
    if min(sizes) < 1:
        raise ValueError("Expected positive sizes.")
    return sizes


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
    padding = padding.lower()
    if padding == "valid":
        for n, k, d in zip(sizes, window, dilation, strict=True):
            if n < (k - 1) * d + 1:
                raise ValueError("The window does not fit into the input.")
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
    padding = padding.lower()
    reach = (window - 1) * dilation + 1
    if extra is None:
        if padding == "same":
            return size * stride
        return size * stride + max(reach - stride, 0)
    if size == 0:  # asked so, as a size may be a symbol that has no order
        return max(0, reach - stride - (padding == "same") * 2 * (reach // 2) + extra)
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
    padding = padding.lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"Unknown padding: {padding!r}.")
    output = transposed_size(size, window, stride, dilation, padding, extra)
    if padding == "valid":
        return 0, output
    full = (size - 1) * stride + (window - 1) * dilation + 1
    return max(full - output, 0) // 2, output


def adaptive_bins(size: int, output: int) -> list[tuple[int, int]]:
    """Start and end of each window of an adaptive pool along one axis."""
    return [(i * size // output, -(-(i + 1) * size // output)) for i in range(output)]


def even_parts(sizes: Sequence[int], output: Sequence[int]) -> list[int] | None:
    """`(count, length)` of each axis, one after the other, where all windows of an
    adaptive pool are of one length; None where they are not."""
    if any(size % count for size, count in zip(sizes, output, strict=True)):
        return None
    pairs = zip(sizes, output, strict=True)
    return [part for size, count in pairs for part in (count, size // count)]


def sliding(
    sizes: Sequence[int],
    kernel_size: Sizes,
    dilation: Sizes,
    padding: Padding,
    stride: Sizes,
) -> tuple[tuple[int, int], tuple[int, int], list[tuple[slice, slice]]]:
    """For `unfold` and `fold`: padding, number of places, and slices of the image.

    There is one pair of slices for each element of the kernel: where the padded image
    holds that element, for all places of the kernel.

    Raises:
        ValueError: if the kernel does not fit.
    """
    pads = tuple_of(padding, 2)
    spans, counts = [], []
    for n, k, d, p, s in zip(
        sizes,
        tuple_of(kernel_size, 2),
        tuple_of(dilation, 2),
        pads,
        tuple_of(stride, 2),
        strict=True,
    ):
        count = (n + 2 * p - d * (k - 1) - 1) // s + 1
        if count < 1:
            raise ValueError("The window does not fit.")
        counts.append(count)
        spans.append([slice(i * d, i * d + (count - 1) * s + 1, s) for i in range(k)])
    return pads, tuple(counts), [(a, b) for a in spans[0] for b in spans[1]]
