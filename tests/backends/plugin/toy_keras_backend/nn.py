"""What Dense, Conv2D and MultiHeadAttention compute."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from keras.backends import windows
from keras.core.config import standardize_data_format
from toy_keras_backend.tensor import ToyTensor, lifted

relu = lifted(lambda x: np.maximum(x, 0))
sigmoid = lifted(lambda x: 1 / (1 + np.exp(-x)))


def _softmax(x: np.ndarray, axis: Any = -1) -> np.ndarray:
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


softmax = lifted(_softmax)


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """A sum over the places of the kernel, each a matrix product of a shifted input."""
    x, window = inputs.array, kernel.array
    first = standardize_data_format(data_format) == "channels_first"
    x = np.moveaxis(x, 1, -1) if first else x
    rank = x.ndim - 2
    strides = windows.tuple_of(strides, rank)
    dilation = windows.tuple_of(dilation_rate, rank)
    sizes = window.shape[:rank]
    around = windows.paddings(x.shape[1:-1], sizes, strides, dilation, padding)
    x = np.pad(x, [(0, 0), *around, (0, 0)])
    counts = [
        (n - (k - 1) * d - 1) // s + 1
        for n, k, d, s in zip(x.shape[1:-1], sizes, dilation, strides, strict=True)
    ]
    total: Any = 0
    for place in itertools.product(*map(range, sizes)):
        cut = [
            slice(i * d, i * d + (count - 1) * s + 1, s)
            for i, d, s, count in zip(place, dilation, strides, counts, strict=True)
        ]
        total = total + x[(slice(None), *cut)] @ window[place]
    return ToyTensor(np.moveaxis(total, -1, 1) if first else total)


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    q, k, v = query.array, key.array, value.array
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    logits = np.einsum("bqhd,bkhd->bhqk", q * np.asarray(scale, q.dtype), k)
    if attn_logits_soft_cap is not None:
        logits = np.tanh(logits / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        logits = logits + bias.array
    seen = np.tri(*logits.shape[-2:], dtype=bool) if is_causal else np.array(True)
    seen = seen if mask is None else seen & mask.array
    logits = np.where(seen, logits, np.finfo(logits.dtype).min / 2)
    return ToyTensor(np.einsum("bhqk,bkhd->bqhd", _softmax(logits), v))
