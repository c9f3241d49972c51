"""Special functions of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as _tf

erf = _tf.math.erf
erfc = _tf.math.erfc
rsqrt = _tf.math.rsqrt


def erfinv(x: Any) -> Any:
    if x.dtype.size == 2:
        return _tf.cast(_tf.math.erfinv(_tf.cast(x, "float32")), x.dtype)
    return _tf.math.erfinv(x)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _tf.reduce_logsumexp(x, axis, keepdims)
