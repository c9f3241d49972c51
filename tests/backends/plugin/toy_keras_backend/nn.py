"""Convolutions; attention and activations are made of other ops."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from keras.backends import windows
from keras.core.config import standardize_data_format
from toy_keras_backend.tensor import ToyTensor


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
