"""Products of arrays, on the JAX backend."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from keras.core.typing import Axis, TensorLike

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


# Of few bits; one program also where nothing else is compiled ------------------------


def integer_linear(x: jax.Array, kernel: jax.Array, axes: int = 1) -> jax.Array:
    lead, units = x.shape[: x.ndim - axes], kernel.shape[axes:]
    kernel = kernel.reshape(math.prod(kernel.shape[:axes]), -1)
    flat = x.reshape(-1, kernel.shape[0])
    rows = flat.shape[0]
    if rows == 1:  # XLA's fast kernels on CPUs are those of matrices, not of vectors
        flat = jnp.pad(flat, ((0, 3), (0, 0)))
    y = jax.lax.dot(flat, kernel, preferred_element_type=jnp.int32)[:rows]
    return y.reshape(*lead, *units)


@partial(jax.jit, static_argnames=("axis", "low", "high", "epsilon", "dtype"))
def abs_max_rounded(
    x: jax.Array, axis: Axis, low: int, high: int, epsilon: float, dtype: str
) -> tuple[jax.Array, jax.Array]:
    largest = jnp.max(jnp.abs(x), axis, keepdims=True)
    scale = high / (largest + epsilon)
    return jnp.clip(jnp.round(x * scale), low, high).astype(dtype), scale


@partial(jax.jit, static_argnames=("axes", "high", "epsilon"))
def rounded_linear(
    x: jax.Array,
    kernel: jax.Array,
    scale: jax.Array,
    bias: jax.Array | None = None,
    axes: int = 1,
    high: int = 127,
    epsilon: float = 1e-7,
) -> jax.Array:
    lead, units = x.shape[: x.ndim - axes], kernel.shape[axes:]
    features = math.prod(kernel.shape[:axes])
    rows, kernel = x.reshape(-1, features), kernel.reshape(features, -1)
    y = _rounded_product(rows, kernel, scale.reshape(-1), high, epsilon)
    y = y.reshape(*lead, *units)
    return y if bias is None else y + bias


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _rounded_product(
    rows: jax.Array, kernel: jax.Array, scale: jax.Array, high: int, epsilon: float
) -> jax.Array:
    integers, per_row = abs_max_rounded(rows, -1, -high, high, epsilon, "int8")
    summed = integer_linear(integers, kernel)
    return summed.astype(rows.dtype) / (per_row * scale)


def _forwards(
    rows: jax.Array, kernel: jax.Array, scale: jax.Array, high: int, epsilon: float
) -> tuple[jax.Array, Any]:
    return _rounded_product(rows, kernel, scale, high, epsilon), (kernel, scale)


def _backwards(high: int, epsilon: float, kept: Any, given: jax.Array) -> Any:
    """The gradient passes the rounding, and reaches the inputs alone."""
    kernel, scale = kept
    found = (given / scale) @ kernel.astype(given.dtype).T
    return found, None, None


_rounded_product.defvjp(_forwards, _backwards)
