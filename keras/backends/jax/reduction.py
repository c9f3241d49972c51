"""Functions over axes, on the JAX backend."""

from __future__ import annotations

import builtins as _builtins
import math as _math
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends import arguments as _arguments
from keras.backends.jax.core import native_dtype as _native
from keras.backends.jax.derivatives import root as _root
from keras.core.typing import Axis, DType


def _axis(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.sum(x, axis=_axis(axis), keepdims=keepdims)


def prod(
    x: Any, axis: Any = None, keepdims: bool = False, dtype: DType = None
) -> _jax.Array:
    x = x if dtype is None else x.astype(_native(dtype))
    return _jnp.prod(x, axis=_axis(axis), keepdims=keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.mean(x, axis=_axis(axis), keepdims=keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.var(x, axis=_axis(axis), keepdims=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _root(_jnp.var(x, axis=_axis(axis), keepdims=keepdims))


def max(
    x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> _jax.Array:
    return _jnp.max(x, axis=_axis(axis), keepdims=keepdims, initial=initial)


def min(
    x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> _jax.Array:
    return _jnp.min(x, axis=_axis(axis), keepdims=keepdims, initial=initial)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.any(x, axis=_axis(axis), keepdims=keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.all(x, axis=_axis(axis), keepdims=keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


def count_nonzero(x: Any, axis: Any = None) -> _jax.Array:
    return _jnp.count_nonzero(x, axis=_axis(axis)).astype("int32")


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> _jax.Array:
    x = x if dtype is None else x.astype(_native(dtype))
    return _jnp.cumsum(x, axis=axis, dtype=x.dtype)


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> _jax.Array:
    x = x if dtype is None else x.astype(_native(dtype))
    return _jnp.cumprod(x, axis=axis, dtype=x.dtype)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> _jax.Array:
    return _jnp.median(x, axis=_axis(axis), keepdims=keepdims)


def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> _jax.Array:
    if type(q) in (int, float):
        fine = 0 <= q <= 1
        q = float(q)
    else:
        fine = isinstance(q, _jax.core.Tracer) or bool(((q >= 0) & (q <= 1)).all())
    if not fine:
        raise ValueError("Quantiles lie between 0 and 1.")
    if method == "nearest":
        # JAX rounds halves down; NumPy rounds them to the even place.
        last = _math.prod(x.shape[a] for a in _arguments.normal_axes(axis, x.ndim)) - 1
        q = _jnp.round(q * last) / _builtins.max(last, 1)
    result = _jnp.quantile(x, q, axis=_axis(axis), method=method, keepdims=keepdims)
    return result.astype(x.dtype)
