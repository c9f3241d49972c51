"""Windows and blocks of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras.backends import windows
from keras.backends.tensorflow.core import shape


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


def complex_from(real: tf.Tensor, imaginary: Any) -> tf.Tensor:
    if real.dtype.size == 2:
        real, imaginary = tf.cast(real, "float32"), tf.cast(imaginary, "float32")
    return tf.complex(real, imaginary)
