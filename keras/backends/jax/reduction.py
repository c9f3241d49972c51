"""Functions over axes, on the JAX backend."""

from __future__ import annotations

import builtins
import math
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends import arguments
from keras.backends.arguments import axis_tuple
from keras.backends.jax.core import native_dtype
from keras.backends.jax.derivatives import root
from keras.core.typing import DType, TensorLike


def sum(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.sum(x, axis=axis_tuple(axis), keepdims=keepdims)


def prod(
    x: TensorLike, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> jax.Array:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return jnp.prod(x, axis=axis_tuple(axis), keepdims=keepdims)


def mean(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.mean(x, axis=axis_tuple(axis), keepdims=keepdims)


def var(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.var(x, axis=axis_tuple(axis), keepdims=keepdims)


def std(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return root(jnp.var(x, axis=axis_tuple(axis), keepdims=keepdims))


def max(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> jax.Array:
    return jnp.max(x, axis=axis_tuple(axis), keepdims=keepdims, initial=initial)


def min(
    x: TensorLike, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> jax.Array:
    return jnp.min(x, axis=axis_tuple(axis), keepdims=keepdims, initial=initial)


def any(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.any(x, axis=axis_tuple(axis), keepdims=keepdims)


def all(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.all(x, axis=axis_tuple(axis), keepdims=keepdims)


def argmax(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


def argmin(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


def count_nonzero(x: TensorLike, axis: Any = None) -> jax.Array:
    return jnp.count_nonzero(x, axis=axis_tuple(axis)).astype("int32")


def cumsum(x: TensorLike, axis: Any = None, dtype: DType = None) -> jax.Array:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return jnp.cumsum(x, axis=axis, dtype=x.dtype)


def cumprod(x: TensorLike, axis: Any = None, dtype: DType = None) -> jax.Array:
    x = x if dtype is None else x.astype(native_dtype(dtype))
    return jnp.cumprod(x, axis=axis, dtype=x.dtype)


def median(x: TensorLike, axis: Any = None, keepdims: bool = False) -> jax.Array:
    return jnp.median(x, axis=axis_tuple(axis), keepdims=keepdims)


def quantile(
    x: TensorLike,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
) -> jax.Array:
    if type(q) in (int, float):
        fine = 0 <= q <= 1
        q = float(q)
    else:
        fine = isinstance(q, jax.core.Tracer) or bool(((q >= 0) & (q <= 1)).all())
    if not fine:
        raise ValueError("Quantiles lie between 0 and 1.")
    if method == "nearest":
        # JAX rounds halves down; NumPy rounds them to the even place.
        last = math.prod(x.shape[a] for a in arguments.normal_axes(axis, x.ndim)) - 1
        q = jnp.round(q * last) / builtins.max(last, 1)
    result = jnp.quantile(x, q, axis=axis_tuple(axis), method=method, keepdims=keepdims)
    return result.astype(x.dtype)
