"""Windows and blocks of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras.backends import windows
from keras.backends.arguments import check_layout
from keras.backends.tensorflow.core import shape


def unfold(
    x: tf.Tensor,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> tf.Tensor:
    batch, channels, *sizes = shape(x)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = tf.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = tf.stack([x[:, :, a, b] for a, b in places], 2)
    rows = channels * len(places)
    return tf.reshape(parts, (batch, rows, counts[0] * counts[1]))


def fold(
    x: tf.Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> tf.Tensor:
    sizes = windows.tuple_of(output_size, 2)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, count = shape(x)
    if rows % len(places) or count != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = tf.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    # Scattered by position: TensorFlow's tensors cannot be added to in part.
    rows_of = tf.reshape(tf.range(height * width), (height, width))
    index = tf.stack([rows_of[a, b] for a, b in places])
    flat = tf.reshape(parts, (batch, rows // len(places), -1))
    flat = tf.transpose(flat, (2, 0, 1))
    total = tf.math.unsorted_segment_sum(flat, tf.reshape(index, (-1,)), height * width)
    total = tf.transpose(total, (1, 2, 0))
    total = tf.reshape(total, (batch, rows // len(places), height, width))
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def space_to_depth(
    x: tf.Tensor, block_size: int, data_format: str = "channels_last"
) -> tf.Tensor:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = shape(x)
        x = tf.reshape(x, (b, c, h // n, n, w // n, n))
        x = tf.transpose(x, (0, 1, 3, 5, 2, 4))
        return tf.reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = shape(x)
    x = tf.reshape(x, (b, h // n, n, w // n, n, c))
    x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
    return tf.reshape(x, (b, h // n, w // n, n * n * c))


def depth_to_space(
    x: tf.Tensor, block_size: int, data_format: str = "channels_last"
) -> tf.Tensor:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = shape(x)
        x = tf.reshape(x, (b, c // (n * n), n, n, h, w))
        x = tf.transpose(x, (0, 1, 4, 2, 5, 3))
        return tf.reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = shape(x)
    x = tf.reshape(x, (b, h, w, n, n, c // (n * n)))
    x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
    return tf.reshape(x, (b, h * n, w * n, c // (n * n)))


def complex_from(real: tf.Tensor, imaginary: Any) -> tf.Tensor:
    if real.dtype.size == 2:
        real, imaginary = tf.cast(real, "float32"), tf.cast(imaginary, "float32")
    return tf.complex(real, imaginary)
