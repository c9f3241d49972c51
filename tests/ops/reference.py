"""Slow, plain references for ops that neither NumPy nor SciPy has."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np


def softmax(x: Any, axis: Any = -1) -> np.ndarray:
    exponentials = np.exp(x - x.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def _spread(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def _same_pads(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = max((int(np.ceil(n / s)) - 1) * s + (k - 1) * d + 1 - n, 0)
    return total // 2, total - total // 2


def windows(
    x: Any, window: Any, strides: Any, padding: str, dilation: Any, value: float
) -> tuple[Any, tuple[int, ...]]:
    """An iterator over (place, (batch, window..., channels)); and the output sizes."""
    rank = len(window)
    if padding == "same":
        pads = [
            _same_pads(*a)
            for a in zip(x.shape[1:-1], window, strides, dilation, strict=True)
        ]
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)
    sizes = tuple(
        (x.shape[1 + a] - (window[a] - 1) * dilation[a] - 1) // strides[a] + 1
        for a in range(rank)
    )

    def each() -> Any:
        for place in itertools.product(*map(range, sizes)):
            cut = tuple(
                slice(p * s, p * s + (k - 1) * d + 1, d)
                for p, s, k, d in zip(place, strides, window, dilation, strict=True)
            )
            yield place, x[(slice(None), *cut)]

    return each(), sizes


def conv(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> np.ndarray:
    """Cross-correlation, place by place and group by group."""
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    strides, dilation = _spread(strides, rank), _spread(dilation_rate, rank)
    each, sizes = windows(x, kernel.shape[:-2], strides, padding, dilation, 0)
    inner, filters = kernel.shape[-2:]
    groups = x.shape[-1] // inner
    y = np.zeros((x.shape[0], *sizes, filters), x.dtype)
    for place, window in each:
        for g in range(groups):
            part = window[..., g * inner : (g + 1) * inner]
            own = kernel[..., g * filters // groups : (g + 1) * filters // groups]
            count = own.shape[-1]
            outputs = (slice(None), *place, slice(g * count, (g + 1) * count))
            y[outputs] = part.reshape(len(x), -1) @ own.reshape(-1, count)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def depthwise_conv(x: Any, kernel: Any, *args: Any, **kwargs: Any) -> np.ndarray:
    channels, multiplier = kernel.shape[-2:]
    kernel = kernel.reshape(*kernel.shape[:-2], 1, channels * multiplier)
    return conv(x, kernel, *args, **kwargs)


def separable_conv(x: Any, depthwise: Any, pointwise: Any, **kwargs: Any) -> np.ndarray:
    return conv(depthwise_conv(x, depthwise, **kwargs), pointwise)


def conv_transpose(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> np.ndarray:
    """The gradient of `conv`: each input spreads its window over the output."""
    rank = x.ndim - 2
    strides, dilation = _spread(strides, rank), _spread(dilation_rate, rank)
    extra = _spread(output_padding, rank)
    axes = list(zip(x.shape[1:-1], kernel.shape[:-2], strides, dilation, strict=True))
    full = [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in axes]
    y = np.zeros((x.shape[0], *full, kernel.shape[-2]), x.dtype)
    for place in itertools.product(*map(range, x.shape[1:-1])):
        for inside in itertools.product(*map(range, kernel.shape[:-2])):
            at = tuple(
                p * s + i * d
                for p, i, (_, _, s, d) in zip(place, inside, axes, strict=True)
            )
            y[(slice(None), *at)] += x[(slice(None), *place)] @ kernel[inside].T
    for axis, ((n, k, s, d), e) in enumerate(zip(axes, extra, strict=True), 1):
        reach = (k - 1) * d + 1
        if padding == "same":
            size = n * s if e is None else (n - 1) * s + reach - 2 * (reach // 2) + e
            front = max(full[axis - 1] - size, 0) // 2
        else:
            size = n * s + max(reach - s, 0) if e is None else full[axis - 1] + e
            front = 0
        y = np.take(y, range(front, min(front + size, y.shape[axis])), axis)
        ends = [(0, 0)] * y.ndim
        ends[axis] = (0, size - y.shape[axis])
        y = np.pad(y, ends)
    return y


def pool(x: Any, size: Any, strides: Any, padding: str, reduce: Any) -> np.ndarray:
    rank = x.ndim - 2
    size = _spread(size, rank)
    strides = size if strides is None else _spread(strides, rank)
    wide = x.astype("float64")
    each, sizes = windows(wide, size, strides, padding, (1,) * rank, np.nan)
    y = np.zeros((x.shape[0], *sizes, x.shape[-1]))
    for place, window in each:
        y[(slice(None), *place)] = reduce(window, tuple(range(1, rank + 1)))
    return y


def max_pool(
    x: Any, pool_size: Any, strides: Any = None, padding: str = "valid"
) -> np.ndarray:
    return pool(x, pool_size, strides, padding, np.nanmax)


def average_pool(
    x: Any, pool_size: Any, strides: Any = None, padding: str = "valid"
) -> np.ndarray:
    return pool(x, pool_size, strides, padding, np.nanmean)


def adaptive_pool(x: Any, output_size: Any, reduce: Any) -> np.ndarray:
    rank = x.ndim - 2
    counts = _spread(output_size, rank)
    y = np.zeros((x.shape[0], *counts, x.shape[-1]))
    for place in itertools.product(*map(range, counts)):
        cut = tuple(
            slice(p * n // c, int(np.ceil((p + 1) * n / c)))
            for p, n, c in zip(place, x.shape[1:-1], counts, strict=True)
        )
        window = x[(slice(None), *cut)]
        y[(slice(None), *place)] = reduce(window, tuple(range(1, rank + 1)))
    return y


def attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    attn_logits_soft_cap: float | None = None,
) -> np.ndarray:
    """Head by head and row by row."""
    batch, length, heads, size = query.shape
    shared = heads // key.shape[2]
    y = np.zeros((batch, length, heads, value.shape[-1]), query.dtype)
    shape = (batch, heads, length, key.shape[1])
    bias = np.broadcast_to(0.0 if bias is None else bias, shape)
    mask = np.broadcast_to(True if mask is None else mask, shape)
    scale = size**-0.5 if scale is None else scale
    for b, h, t in itertools.product(range(batch), range(heads), range(length)):
        logits = key[b, :, h // shared] @ query[b, t, h] * scale
        cap = attn_logits_soft_cap
        logits = logits if cap is None else cap * np.tanh(logits / cap)
        logits = np.where(mask[b, h, t], logits + bias[b, h, t], -np.inf)
        if is_causal:
            logits[t + 1 :] = -np.inf
        y[b, t, h] = softmax(logits) @ value[b, :, h // shared]
    return y


def ctc_loss(
    target: Any,
    output: Any,
    target_length: Any,
    output_length: Any,
    mask_index: int = 0,
) -> np.ndarray:
    """Sums the probabilities of all alignments, one by one."""
    losses = []
    probabilities = softmax(output)
    for p, label, size, steps in zip(
        probabilities, target, target_length, output_length, strict=True
    ):
        total = 0.0
        for path in itertools.product(range(p.shape[1]), repeat=int(steps)):
            merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
            if [c for c in merged if c != mask_index] == list(label[:size]):
                total += np.prod([p[t, c] for t, c in enumerate(path)])
        losses.append(-np.log(total))
    return np.array(losses)


def unfold(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> np.ndarray:
    p, q = _spread(padding, 2)
    x = np.pad(x, [(0, 0), (0, 0), (p, p), (q, q)])
    each, sizes = windows(
        np.moveaxis(x, 1, -1),
        _spread(kernel_size, 2),
        _spread(stride, 2),
        "valid",
        _spread(dilation, 2),
        0,
    )
    columns = [np.moveaxis(w, -1, 1).reshape(len(x), -1) for _, w in each]
    return np.stack(columns, -1)


def segments(data: Any, ids: Any, count: int, reduce: Any, start: float) -> np.ndarray:
    y = np.full((count, *data.shape[1:]), start, dtype="float64")
    for row, one in zip(data, ids, strict=True):
        if 0 <= one < count:
            y[one] = reduce(y[one], row)
    return y


def sparsemax(x: Any, axis: int = -1) -> np.ndarray:
    """By bisection for the threshold that makes the result sum to 1."""
    z = np.moveaxis(x.astype("float64"), axis, -1)
    low, high = z.min(-1, keepdims=True) - 1, z.max(-1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.maximum(z - middle, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.moveaxis(np.maximum(z - low, 0), -1, axis)


def istft(
    x: Any, sequence_length: int, stride: int, fft_length: int, **kwargs: Any
) -> Any:
    """The inverse STFT in float64: frames added up, by their windows' squares."""
    window = getattr(np, {"hann": "hanning"}.get(kwargs["window"], kwargs["window"]))
    weights = window(sequence_length + 1)[:-1]
    left = (fft_length - sequence_length) // 2
    weights = np.pad(weights, (left, fft_length - sequence_length - left))
    frames = np.fft.irfft(x[0] + 1j * x[1], fft_length) * weights
    size = (frames.shape[-2] - 1) * stride + fft_length
    total, weight = np.zeros((*frames.shape[:-2], size)), np.zeros(size)
    for number in range(frames.shape[-2]):
        place = slice(number * stride, number * stride + fft_length)
        total[..., place] += frames[..., number, :]
        weight[place] += weights**2
    y = total / np.where(weight > 1e-10, weight, 1)
    return y[..., fft_length // 2 :][..., : kwargs["length"]]
