"""Products of arrays, on the JAX backend."""

from __future__ import annotations

from typing import Any

import jax.numpy as _jnp

from keras.core.typing import TensorLike

matmul = _jnp.matmul
outer = _jnp.outer
inner = _jnp.inner
vdot = _jnp.vdot


def dot(x1: TensorLike, x2: TensorLike) -> TensorLike:
    if x1.dtype == "int8" and 0 < x1.ndim <= 2 and 0 < x2.ndim <= 2:
        return _jnp.dot(x1, x2, preferred_element_type="int32")
    return _jnp.dot(x1, x2)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> TensorLike:
    if isinstance(axes, int) and axes < 0:
        raise ValueError("The number of axes is negative.")
    return _jnp.tensordot(x1, x2, axes)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> TensorLike:
    return _jnp.einsum(subscripts, *operands)
