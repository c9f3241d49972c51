"""Products of arrays, on the JAX backend."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from keras.core.typing import TensorLike

matmul = jnp.matmul
outer = jnp.outer
inner = jnp.inner
vdot = jnp.vdot


def dot(x1: TensorLike, x2: TensorLike) -> TensorLike:
    if x1.dtype == "int8" and 0 < x1.ndim <= 2 and 0 < x2.ndim <= 2:
        return jnp.dot(x1, x2, preferred_element_type="int32")
    return jnp.dot(x1, x2)


def tensordot(x1: TensorLike, x2: TensorLike, axes: Any = 2) -> TensorLike:
    if isinstance(axes, int) and axes < 0:
        raise ValueError("The number of axes is negative.")
    return jnp.tensordot(x1, x2, axes)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> TensorLike:
    return jnp.einsum(subscripts, *operands)
