"""Linear algebra of the JAX backend."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from keras.backends import arguments
from keras.backends.jax.derivatives import root
from keras.core.typing import Axis

_linalg = jnp.linalg
_WITHOUT_ROOT = (0, 1, float("inf"), float("-inf"))
det = _linalg.det
inv = _linalg.inv
eigh = arguments.plain_tuples(_linalg.eigh)
eig = arguments.plain_tuples(_linalg.eig)
slogdet = arguments.plain_tuples(_linalg.slogdet)


def cholesky(x: jax.Array, upper: bool = False) -> jax.Array:
    result = _linalg.cholesky(x, upper=upper)
    if not isinstance(result, jax.core.Tracer) and bool(jnp.isnan(result).any()):
        raise ValueError(arguments.NOT_DEFINITE)
    return result


def cholesky_inverse(x: jax.Array, upper: bool = False) -> jax.Array:
    eye = jnp.broadcast_to(jnp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    inverse = solve_triangular(x, eye, not upper)
    turned = jnp.swapaxes(inverse, -1, -2)
    return inverse @ turned if upper else turned @ inverse


def logdet(x: jax.Array) -> jax.Array:
    sign, logarithm = _linalg.slogdet(x)
    return jnp.log(sign) + logarithm  # nan for -1


def lu_factor(x: jax.Array) -> tuple[Any, Any]:
    lu, pivots, _ = jax.lax.linalg.lu(x)
    return lu, pivots


def norm(
    x: jax.Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> jax.Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _norm(x, ord, axis, keepdims)


@partial(jax.jit, static_argnums=(1, 2, 3))
def _norm(x: jax.Array, ord: Any, axis: Axis, keepdims: bool) -> jax.Array:
    """JAX's norm, with derivatives of 0 at 0 where it takes a root: JAX has NaN."""
    one = isinstance(axis, int) or (x.ndim if axis is None else len(axis)) == 1
    if ord is None or ord == ("fro", 2)[one]:
        square = jnp.real(x * jnp.conj(x))
        return root(jnp.sum(square, axis=axis, keepdims=keepdims))
    if not one or ord in _WITHOUT_ROOT or not jnp.issubdtype(x.dtype, jnp.inexact):
        return _linalg.norm(x, ord, axis, keepdims)
    size = _linalg.norm(jax.lax.stop_gradient(x), ord, axis, True)
    safe = jnp.where(size == 0, jnp.ones((), x.dtype), x)
    found = _linalg.norm(safe, ord, axis, keepdims)
    zero = jnp.reshape(size, found.shape) == 0
    return jnp.where(zero, jnp.zeros((), found.dtype), found)


def qr(x: jax.Array, mode: str = "reduced") -> tuple[Any, Any]:
    if mode not in ("reduced", "complete"):
        raise ValueError("Unknown mode.")
    q, r = _linalg.qr(x, mode)
    return q, r


def solve(a: jax.Array, b: jax.Array) -> jax.Array:
    if b.ndim == a.ndim - 1:
        return _linalg.solve(a, b[..., None])[..., 0]
    return _linalg.solve(a, b)


def solve_triangular(a: jax.Array, b: jax.Array, lower: bool = False) -> jax.Array:
    vector = b.ndim == a.ndim - 1
    b = b[..., None] if vector else b
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = jnp.broadcast_to(a, (*batch, *a.shape[-2:]))
    b = jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
    x = jax.lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)
    return x[..., 0] if vector else x


def svd(x: jax.Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _linalg.svd(x, compute_uv=False)
    u, s, v = _linalg.svd(x, full_matrices)
    return u, s, v


def lstsq(a: jax.Array, b: jax.Array, rcond: float | None = None) -> jax.Array:
    return _linalg.lstsq(a, b, rcond)[0]


def pinv(x: jax.Array, rcond: float | None = None) -> jax.Array:
    return _linalg.pinv(x, _precision(x) if rcond is None else float(rcond))


def _precision(x: jax.Array) -> float:
    return float(jnp.finfo(x.dtype).eps) * max(x.shape[-2:])


def matrix_rank(x: jax.Array, tol: float | None = None) -> jax.Array:
    if x.ndim < 2:
        raise ValueError("Matrices are needed.")
    if tol is None:
        return _linalg.matrix_rank(x).astype("int32")
    return jnp.sum(svd(x, compute_uv=False) > tol, -1).astype("int32")
