"""Products of arrays, on the JAX backend."""

from __future__ import annotations

from typing import Any

import jax.numpy as _jnp

matmul = _jnp.matmul
dot = _jnp.dot
outer = _jnp.outer
inner = _jnp.inner
vdot = _jnp.vdot


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    return _jnp.tensordot(x1, x2, axes)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    return _jnp.einsum(subscripts, *operands)
