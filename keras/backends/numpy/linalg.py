"""Linear algebra of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import arguments
from keras.backends.numpy.gradients import as_array, is_traced, primal
from keras.core.typing import TensorLike

_linalg = np.linalg
det = _linalg.det
inv = _linalg.inv
eigh = arguments.plain_tuples(_linalg.eigh)


def cholesky(x: np.ndarray, upper: bool = False) -> np.ndarray:
    try:
        return _linalg.cholesky(x, upper=upper)
    except _linalg.LinAlgError as error:
        if x.shape[-1] != x.shape[-2]:
            raise
        raise ValueError(arguments.NOT_DEFINITE) from error


def cholesky_inverse(x: np.ndarray, upper: bool = False) -> np.ndarray:
    if x.shape[-1] != x.shape[-2]:
        raise ValueError("Square matrices are needed.")
    root = np.triu(x) if upper else np.tril(x)
    turned = np.swapaxes(root, -1, -2)
    return inv(turned @ root if upper else root @ turned)


def logdet(x: np.ndarray) -> np.ndarray:
    sign, logarithm = _linalg.slogdet(x)
    with np.errstate(all="ignore"):
        return as_array(np.log(sign) + logarithm)  # nan for -1


def slogdet(x: np.ndarray) -> tuple[Any, Any]:
    sign, logarithm = _linalg.slogdet(x)
    return as_array(sign), as_array(logarithm)


def eig(x: np.ndarray) -> tuple[Any, Any]:
    values, vectors = _linalg.eig(x)
    dtype = "complex128" if x.dtype in ("float64", "complex128") else "complex64"
    return values.astype(dtype), vectors.astype(dtype)


def lu_factor(x: np.ndarray) -> tuple[Any, Any]:
    """Gaussian elimination, column by column, for all matrices at once."""
    if is_traced(x):
        return _traced_lu(x)
    rows, columns = x.shape[-2:]
    batch = x.shape[:-2]
    lu = np.array(x).reshape(-1, rows, columns)
    least = min(rows, columns)
    pivots = np.zeros((len(lu), least), "int32")
    each = np.arange(len(lu))
    for k in range(least):
        chosen = k + np.argmax(np.abs(lu[:, k:, k]), -1)
        pivots[:, k] = chosen
        upper = lu[each, k].copy()
        lu[each, k] = lu[each, chosen]
        lu[each, chosen] = upper
        pivot = lu[:, k, k][:, None]
        below = lu[:, k + 1 :, k]
        safe = np.where(pivot == 0, 1, pivot)
        below[...] = np.where(pivot == 0, below, below / safe)
        lu[:, k + 1 :, k + 1 :] -= below[:, :, None] * lu[:, k, None, k + 1 :]
    return lu.reshape(x.shape), pivots.reshape(*batch, least)


def _traced_lu(x: Any) -> tuple[Any, Any]:
    """The same with the rows in their order, and without writing to an array."""
    _, pivots = lu_factor(primal(x))
    order = np.broadcast_to(np.arange(x.shape[-2]), x.shape[:-1]).copy()
    for k in range(pivots.shape[-1]):
        chosen = pivots[..., k, None].astype("int64")
        upper = order[..., k, None].copy()
        order[..., k] = np.take_along_axis(order, chosen, -1)[..., 0]
        np.put_along_axis(order, chosen, upper, -1)
    rest, steps = np.take_along_axis(x, order[..., None], -2), []
    for _ in range(pivots.shape[-1]):
        top, pivot = rest[..., :1, :], rest[..., :1, :1]
        below = rest[..., 1:, :1] / np.where(pivot == 0, np.ones_like(pivot), pivot)
        rest = rest[..., 1:, 1:] - below * top[..., 1:]
        steps.append((top, below))
    for top, below in reversed(steps):
        rest = np.concatenate([top, np.concatenate([below, rest], -1)], -2)
    return rest, pivots


def norm(
    x: TensorLike, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    if isinstance(axis, float):
        raise TypeError("An axis is an integer.")
    axis = tuple(axis) if isinstance(axis, list) else axis
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    found = as_array(_linalg.norm(wide, ord, axis, keepdims))
    return found.astype(x.dtype) if wide is not x else found


def qr(x: np.ndarray, mode: str = "reduced") -> tuple[Any, Any]:
    if mode not in ("reduced", "complete"):
        raise ValueError("Unknown mode.")
    q, r = _linalg.qr(x, mode)
    return q, r


def solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if b.ndim == a.ndim - 1:
        return _linalg.solve(a, b[..., None])[..., 0]
    return _linalg.solve(a, b)


def solve_triangular(a: np.ndarray, b: np.ndarray, lower: bool = False) -> np.ndarray:
    return solve(np.tril(a) if lower else np.triu(a), b)


def svd(x: np.ndarray, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _linalg.svd(x, compute_uv=False)
    u, s, v = _linalg.svd(x, full_matrices)
    return u, s, v


def lstsq(a: np.ndarray, b: np.ndarray, rcond: float | None = None) -> np.ndarray:
    return _linalg.lstsq(a, b, rcond)[0]


def pinv(x: np.ndarray, rcond: float | None = None) -> np.ndarray:
    if rcond is None:
        return _linalg.pinv(x, float(np.finfo(x.dtype).eps) * max(x.shape[-2:]))
    return _linalg.pinv(x, float(rcond))


def matrix_rank(x: np.ndarray, tol: float | None = None) -> np.ndarray:
    if x.ndim < 2:
        raise ValueError("Matrices are needed.")
    tol = None if tol is None else float(tol)
    return np.asarray(_linalg.matrix_rank(x, tol)).astype("int32")
