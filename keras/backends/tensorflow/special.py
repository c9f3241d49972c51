"""Special functions of the TensorFlow backend."""

from __future__ import annotations

import tensorflow as _tf

from keras.core.typing import Axis

erf = _tf.math.erf
erfc = _tf.math.erfc
rsqrt = _tf.math.rsqrt


def erfinv(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype.size == 2:
        return _tf.cast(_tf.math.erfinv(_tf.cast(x, "float32")), x.dtype)
    return _tf.math.erfinv(x)


def logsumexp(x: _tf.Tensor, axis: Axis = None, keepdims: bool = False) -> _tf.Tensor:
    return _tf.reduce_logsumexp(x, axis, keepdims)
