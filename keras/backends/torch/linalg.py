"""Linear algebra of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch

from keras.backends import arguments

_linalg = torch.linalg
det = _linalg.det
inv = _linalg.inv
eigh = arguments.plain_tuples(_linalg.eigh)
eig = arguments.plain_tuples(_linalg.eig)
slogdet = arguments.plain_tuples(_linalg.slogdet)


def cholesky(x: torch.Tensor, upper: bool = False) -> torch.Tensor:
    try:
        return _linalg.cholesky(x, upper=upper)
    except _linalg.LinAlgError as error:
        raise ValueError(arguments.NOT_DEFINITE) from error


def cholesky_inverse(x: torch.Tensor, upper: bool = False) -> torch.Tensor:
    # The other triangle is not read; torch's gradient does not know it.
    half = x.triu() if upper else x.tril()
    try:
        return torch.cholesky_inverse(half, upper=upper)
    except _linalg.LinAlgError as error:
        raise ValueError(
            "keras.ops.cholesky_inverse: a factor has 0 on its diagonal, so its matrix "
            "has no inverse."
        ) from error


logdet = torch.logdet


def lu_factor(x: torch.Tensor) -> tuple[Any, Any]:
    lu, pivots = _linalg.lu_factor(x)
    return lu, pivots - 1  # LAPACK counts from 1


def norm(
    x: torch.Tensor, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> torch.Tensor:
    if isinstance(ord, int):
        ord = float(ord)
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _linalg.norm(x, ord, axis, keepdims)


def qr(x: torch.Tensor, mode: str = "reduced") -> tuple[Any, Any]:
    q, r = _linalg.qr(x, mode)
    return q, r


def solve(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    if b.ndim == a.ndim - 1:
        return _linalg.solve(a, b.unsqueeze(-1)).squeeze(-1)
    return _linalg.solve(a, b)


def solve_triangular(
    a: torch.Tensor, b: torch.Tensor, lower: bool = False
) -> torch.Tensor:
    if b.ndim == a.ndim - 1:
        x = _linalg.solve_triangular(a, b.unsqueeze(-1), upper=not lower)
        return x.squeeze(-1)
    return _linalg.solve_triangular(a, b, upper=not lower)


def svd(x: torch.Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _linalg.svdvals(x)
    u, s, v = _linalg.svd(x, full_matrices)
    return u, s, v


def lstsq(a: torch.Tensor, b: torch.Tensor, rcond: float | None = None) -> torch.Tensor:
    if a.ndim != 2:
        raise ValueError("One matrix is needed.")
    column = b.unsqueeze(-1) if b.ndim == 1 else b
    # Through the pseudo-inverse: the solver for GPUs wants matrices of full rank.
    x = pinv(a, rcond) @ column
    return x.squeeze(-1) if b.ndim == 1 else x


def pinv(x: torch.Tensor, rcond: float | None = None) -> torch.Tensor:
    return _linalg.pinv(x, rtol=rcond)


def matrix_rank(x: torch.Tensor, tol: float | None = None) -> torch.Tensor:
    return _linalg.matrix_rank(x, atol=tol, rtol=None if tol is None else 0.0).int()
