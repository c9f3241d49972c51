"""Windows and blocks of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as _tf

from keras.backends import windows as _windows
from keras.backends.arguments import check_layout as _check_layout
from keras.backends.tensorflow.core import shape as _shape


def unfold(
    x: _tf.Tensor,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> _tf.Tensor:
    batch, channels, *sizes = _shape(x)
    (p, q), counts, places = _windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = _tf.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = _tf.stack([x[:, :, a, b] for a, b in places], 2)
    rows = channels * len(places)
    return _tf.reshape(parts, (batch, rows, counts[0] * counts[1]))


def fold(
    x: _tf.Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> _tf.Tensor:
    sizes = _windows.tuple_of(output_size, 2)
    (p, q), counts, places = _windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, windows = _shape(x)
    if rows % len(places) or windows != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = _tf.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    # Scattered by position: TensorFlow's tensors cannot be added to in part.
    rows_of = _tf.reshape(_tf.range(height * width), (height, width))
    index = _tf.stack([rows_of[a, b] for a, b in places])
    flat = _tf.reshape(parts, (batch, rows // len(places), -1))
    flat = _tf.transpose(flat, (2, 0, 1))
    total = _tf.math.unsorted_segment_sum(
        flat, _tf.reshape(index, (-1,)), height * width
    )
    total = _tf.transpose(total, (1, 2, 0))
    total = _tf.reshape(total, (batch, rows // len(places), height, width))
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def space_to_depth(
    x: _tf.Tensor, block_size: int, data_format: str = "channels_last"
) -> _tf.Tensor:
    _check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _shape(x)
        x = _tf.reshape(x, (b, c, h // n, n, w // n, n))
        x = _tf.transpose(x, (0, 1, 3, 5, 2, 4))
        return _tf.reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = _shape(x)
    x = _tf.reshape(x, (b, h // n, n, w // n, n, c))
    x = _tf.transpose(x, (0, 1, 3, 2, 4, 5))
    return _tf.reshape(x, (b, h // n, w // n, n * n * c))


def depth_to_space(
    x: _tf.Tensor, block_size: int, data_format: str = "channels_last"
) -> _tf.Tensor:
    _check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _shape(x)
        x = _tf.reshape(x, (b, c // (n * n), n, n, h, w))
        x = _tf.transpose(x, (0, 1, 4, 2, 5, 3))
        return _tf.reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = _shape(x)
    x = _tf.reshape(x, (b, h, w, n, n, c // (n * n)))
    x = _tf.transpose(x, (0, 1, 3, 2, 4, 5))
    return _tf.reshape(x, (b, h * n, w * n, c // (n * n)))


def complex_from(real: _tf.Tensor, imaginary: Any) -> _tf.Tensor:
    if real.dtype.size == 2:
        real, imaginary = _tf.cast(real, "float32"), _tf.cast(imaginary, "float32")
    return _tf.complex(real, imaginary)
