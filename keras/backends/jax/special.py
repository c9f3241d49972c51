"""Special functions of the JAX backend."""

from __future__ import annotations

import jax as _jax

from keras.core.typing import Axis

erf = _jax.lax.erf
erfc = _jax.lax.erfc
erfinv = _jax.lax.erf_inv
rsqrt = _jax.lax.rsqrt


def logsumexp(x: _jax.Array, axis: Axis = None, keepdims: bool = False) -> _jax.Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _jax.nn.logsumexp(x, axis, keepdims=keepdims)
