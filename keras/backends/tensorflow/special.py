"""Special functions of the TensorFlow backend."""

from __future__ import annotations

import tensorflow as tf

from keras.core.typing import Axis

erf = tf.math.erf
erfc = tf.math.erfc
rsqrt = tf.math.rsqrt


def erfinv(x: tf.Tensor) -> tf.Tensor:
    if x.dtype.size == 2:
        return tf.cast(tf.math.erfinv(tf.cast(x, "float32")), x.dtype)
    return tf.math.erfinv(x)


def logsumexp(x: tf.Tensor, axis: Axis = None, keepdims: bool = False) -> tf.Tensor:
    return tf.reduce_logsumexp(x, axis, keepdims)
