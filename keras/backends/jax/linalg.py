"""Linear algebra of the JAX backend."""

from __future__ import annotations

from functools import partial as _partial
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends import arguments as _arguments
from keras.backends.jax.derivatives import root as _root
from keras.core.typing import Axis

_linalg = _jnp.linalg
_WITHOUT_ROOT = (0, 1, float("inf"), float("-inf"))
det = _linalg.det
inv = _linalg.inv


def cholesky(x: _jax.Array, upper: bool = False) -> _jax.Array:
    result = _linalg.cholesky(x, upper=upper)
    if not isinstance(result, _jax.core.Tracer) and bool(_jnp.isnan(result).any()):
        raise ValueError(_arguments.NOT_DEFINITE)
    return result


def cholesky_inverse(x: _jax.Array, upper: bool = False) -> _jax.Array:
    eye = _jnp.broadcast_to(_jnp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    root = solve_triangular(x, eye, not upper)
    turned = _jnp.swapaxes(root, -1, -2)
    return root @ turned if upper else turned @ root


def logdet(x: _jax.Array) -> _jax.Array:
    sign, logarithm = _linalg.slogdet(x)
    return _jnp.log(sign) + logarithm  # nan for -1


def slogdet(x: _jax.Array) -> tuple[Any, Any]:
    sign, logarithm = _linalg.slogdet(x)
    return sign, logarithm


def eig(x: _jax.Array) -> tuple[Any, Any]:
    values, vectors = _linalg.eig(x)
    return values, vectors


def eigh(x: _jax.Array) -> tuple[Any, Any]:
    values, vectors = _linalg.eigh(x)
    return values, vectors


def lu_factor(x: _jax.Array) -> tuple[Any, Any]:
    lu, pivots, _ = _jax.lax.linalg.lu(x)
    return lu, pivots


def norm(
    x: _jax.Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> _jax.Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _norm(x, ord, axis, keepdims)


@_partial(_jax.jit, static_argnums=(1, 2, 3))
def _norm(x: _jax.Array, ord: Any, axis: Axis, keepdims: bool) -> _jax.Array:
    """JAX's norm, with derivatives of 0 at 0 where it takes a root: JAX has NaN."""
    one = isinstance(axis, int) or (x.ndim if axis is None else len(axis)) == 1
    if ord is None or ord == ("fro", 2)[one]:
        square = _jnp.real(x * _jnp.conj(x))
        return _root(_jnp.sum(square, axis=axis, keepdims=keepdims))
    if not one or ord in _WITHOUT_ROOT or not _jnp.issubdtype(x.dtype, _jnp.inexact):
        return _linalg.norm(x, ord, axis, keepdims)
    size = _linalg.norm(_jax.lax.stop_gradient(x), ord, axis, True)
    safe = _jnp.where(size == 0, _jnp.ones((), x.dtype), x)
    found = _linalg.norm(safe, ord, axis, keepdims)
    zero = _jnp.reshape(size, found.shape) == 0
    return _jnp.where(zero, _jnp.zeros((), found.dtype), found)


def qr(x: _jax.Array, mode: str = "reduced") -> tuple[Any, Any]:
    if mode not in ("reduced", "complete"):
        raise ValueError("Unknown mode.")
    q, r = _linalg.qr(x, mode)
    return q, r


def solve(a: _jax.Array, b: _jax.Array) -> _jax.Array:
    if b.ndim == a.ndim - 1:
        return _linalg.solve(a, b[..., None])[..., 0]
    return _linalg.solve(a, b)


def solve_triangular(a: _jax.Array, b: _jax.Array, lower: bool = False) -> _jax.Array:
    vector = b.ndim == a.ndim - 1
    b = b[..., None] if vector else b
    batch = _jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = _jnp.broadcast_to(a, (*batch, *a.shape[-2:]))
    b = _jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
    x = _jax.lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)
    return x[..., 0] if vector else x


def svd(x: _jax.Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _linalg.svd(x, compute_uv=False)
    u, s, v = _linalg.svd(x, full_matrices)
    return u, s, v


def lstsq(a: _jax.Array, b: _jax.Array, rcond: float | None = None) -> _jax.Array:
    return _linalg.lstsq(a, b, rcond)[0]


def pinv(x: _jax.Array, rcond: float | None = None) -> _jax.Array:
    return _linalg.pinv(x, _precision(x) if rcond is None else float(rcond))


def _precision(x: _jax.Array) -> float:
    return float(_jnp.finfo(x.dtype).eps) * max(x.shape[-2:])


def matrix_rank(x: _jax.Array, tol: float | None = None) -> _jax.Array:
    if x.ndim < 2:
        raise ValueError("Matrices are needed.")
    if tol is None:
        return _linalg.matrix_rank(x).astype("int32")
    return _jnp.sum(svd(x, compute_uv=False) > tol, -1).astype("int32")
