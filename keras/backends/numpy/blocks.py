"""Windows and blocks of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as _np

from keras.backends import windows as _windows
from keras.backends.arguments import check_layout as _check_layout


def unfold(
    x: _np.ndarray,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> _np.ndarray:
    batch, channels, *sizes = _np.shape(x)
    (p, q), counts, places = _windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = _np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = _np.stack([x[:, :, a, b] for a, b in places], 2)
    rows = channels * len(places)
    return _np.reshape(parts, (batch, rows, counts[0] * counts[1]))


def fold(
    x: _np.ndarray,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> _np.ndarray:
    sizes = _windows.tuple_of(output_size, 2)
    (p, q), counts, places = _windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, windows = _np.shape(x)
    if rows % len(places) or windows != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = _np.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    total = _np.zeros((batch, rows // len(places), height, width), x.dtype)
    for place, (a, b) in enumerate(places):
        total[:, :, a, b] += parts[:, :, place]
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def space_to_depth(
    x: _np.ndarray, block_size: int, data_format: str = "channels_last"
) -> _np.ndarray:
    _check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _np.shape(x)
        x = _np.reshape(x, (b, c, h // n, n, w // n, n))
        x = _np.transpose(x, (0, 1, 3, 5, 2, 4))
        return _np.reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = _np.shape(x)
    x = _np.reshape(x, (b, h // n, n, w // n, n, c))
    x = _np.transpose(x, (0, 1, 3, 2, 4, 5))
    return _np.reshape(x, (b, h // n, w // n, n * n * c))


def depth_to_space(
    x: _np.ndarray, block_size: int, data_format: str = "channels_last"
) -> _np.ndarray:
    _check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _np.shape(x)
        x = _np.reshape(x, (b, c // (n * n), n, n, h, w))
        x = _np.transpose(x, (0, 1, 4, 2, 5, 3))
        return _np.reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = _np.shape(x)
    x = _np.reshape(x, (b, h, w, n, n, c // (n * n)))
    x = _np.transpose(x, (0, 1, 3, 2, 4, 5))
    return _np.reshape(x, (b, h * n, w * n, c // (n * n)))


def complex_from(real: _np.ndarray, imaginary: Any) -> _np.ndarray:
    complex_type = "complex128" if real.dtype == "float64" else "complex64"
    return (real + 1j * imaginary.astype(real.dtype)).astype(complex_type)
