"""Special functions of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax as _jax

erf = _jax.lax.erf
erfc = _jax.lax.erfc
erfinv = _jax.lax.erf_inv
rsqrt = _jax.lax.rsqrt


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _jax.nn.logsumexp(x, axis, keepdims=keepdims)
