"""Special functions of the JAX backend."""

from __future__ import annotations

import jax

from keras.core.typing import Axis

erf = jax.lax.erf
erfc = jax.lax.erfc
erfinv = jax.lax.erf_inv
rsqrt = jax.lax.rsqrt


def logsumexp(x: jax.Array, axis: Axis = None, keepdims: bool = False) -> jax.Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jax.nn.logsumexp(x, axis, keepdims=keepdims)
