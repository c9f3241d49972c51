"""Windows and blocks of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import windows
from keras.backends.arguments import check_layout


def unfold(
    x: np.ndarray,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> np.ndarray:
    batch, channels, *sizes = np.shape(x)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = np.stack([x[:, :, a, b] for a, b in places], 2)
    rows = channels * len(places)
    return np.reshape(parts, (batch, rows, counts[0] * counts[1]))


def fold(
    x: np.ndarray,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> np.ndarray:
    sizes = windows.tuple_of(output_size, 2)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, count = np.shape(x)
    if rows % len(places) or count != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = np.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    total = np.zeros((batch, rows // len(places), height, width), x.dtype)
    for place, (a, b) in enumerate(places):
        total[:, :, a, b] += parts[:, :, place]
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def space_to_depth(
    x: np.ndarray, block_size: int, data_format: str = "channels_last"
) -> np.ndarray:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = np.shape(x)
        x = np.reshape(x, (b, c, h // n, n, w // n, n))
        x = np.transpose(x, (0, 1, 3, 5, 2, 4))
        return np.reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = np.shape(x)
    x = np.reshape(x, (b, h // n, n, w // n, n, c))
    x = np.transpose(x, (0, 1, 3, 2, 4, 5))
    return np.reshape(x, (b, h // n, w // n, n * n * c))


def depth_to_space(
    x: np.ndarray, block_size: int, data_format: str = "channels_last"
) -> np.ndarray:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = np.shape(x)
        x = np.reshape(x, (b, c // (n * n), n, n, h, w))
        x = np.transpose(x, (0, 1, 4, 2, 5, 3))
        return np.reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = np.shape(x)
    x = np.reshape(x, (b, h, w, n, n, c // (n * n)))
    x = np.transpose(x, (0, 1, 3, 2, 4, 5))
    return np.reshape(x, (b, h * n, w * n, c // (n * n)))


def complex_from(real: np.ndarray, imaginary: Any) -> np.ndarray:
    complex_type = "complex128" if real.dtype == "float64" else "complex64"
    return (real + 1j * imaginary.astype(real.dtype)).astype(complex_type)
