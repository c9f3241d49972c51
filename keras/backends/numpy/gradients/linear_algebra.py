"""Rules of NumPy's linear algebra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.products import turned
from keras.backends.numpy.gradients.shaping import axes_of, kept
from keras.backends.numpy.gradients.traced import (
    Pullbacks,
    composed,
    conjugate,
    differentiable,
    primal,
    rule_of,
)
from keras.core.typing import TensorLike

_linalg = np.linalg


@rule_of(_linalg.inv)
def _inv(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: -np.matmul(np.matmul(turned(out), g), turned(out)),)


@rule_of(_linalg.det)
def _det(out: TensorLike, x: TensorLike) -> Pullbacks:
    def back(g: TensorLike) -> TensorLike:
        return (g * conjugate(out))[..., None, None] * turned(_linalg.inv(x))

    return (back,)


@rule_of(_linalg.slogdet)
def _slogdet(out: TensorLike, x: TensorLike) -> Pullbacks:
    def back(g: TensorLike) -> TensorLike:
        return g[1][..., None, None] * turned(_linalg.inv(x))

    return (lambda g: None if g[1] is None else back(g),)


@composed(_linalg.solve)
def _solve(a: TensorLike, b: TensorLike) -> TensorLike:
    if b.ndim == 1:
        return _solved(a, b[..., None])[..., 0]
    return _solved(a, b)


def _solved_rule(out: TensorLike, a: TensorLike, b: TensorLike) -> Pullbacks:
    def second(g: TensorLike) -> TensorLike:
        return _solved(turned(a), g)

    return lambda g: -np.matmul(second(g), turned(out)), second


@differentiable(_solved_rule)
def _solved(a: TensorLike, b: TensorLike) -> TensorLike:
    return _linalg.solve(a, b)


@rule_of(_linalg.cholesky)
def _cholesky(out: TensorLike, x: TensorLike, upper: bool = False) -> Pullbacks:
    def back(g: TensorLike) -> TensorLike:
        root, g = (turned(out), turned(g)) if upper else (out, g)
        inner = _half(np.matmul(turned(root), g))
        inverse = _linalg.inv(root)
        found = np.matmul(np.matmul(turned(inverse), inner), inverse)
        return (found + turned(found)) / 2

    return (back,)


def _half(x: TensorLike) -> TensorLike:
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return np.tril(x) * (1 - np.eye(n, dtype=x.dtype) / 2)


@rule_of(_linalg.eigh)
def _eigh(out: TensorLike, x: TensorLike, *unused: Any) -> Pullbacks:
    values, vectors = out

    def back(g: TensorLike) -> TensorLike:
        of_values, of_vectors = g
        n = x.shape[-1]
        inner = np.zeros_like(x)
        if of_values is not None:
            inner = inner + np.eye(n, dtype=x.dtype) * of_values[..., None, :]
        if of_vectors is not None:
            gaps = values[..., None, :] - values[..., :, None]
            none = np.eye(n, dtype=bool)
            weights = np.where(none, 0, 1 / np.where(none, 1, gaps))
            inner = inner + weights * np.matmul(turned(vectors), of_vectors)
        found = np.matmul(np.matmul(vectors, inner), turned(vectors))
        return (found + turned(found)) / 2

    return (back,)


@rule_of(_linalg.qr)
def _qr(out: TensorLike, x: TensorLike, mode: str = "reduced") -> Pullbacks:
    q, r = out
    if q.shape[-1] != r.shape[-1] or mode == "complete" != q.shape[-1] == x.shape[-2]:
        raise ValueError(
            "The numpy backend has a gradient of a QR decomposition of matrices that "
            f"are at least as high as wide, reduced. Received: shape {x.shape}, "
            f"mode={mode!r}."
        )

    def back(g: TensorLike) -> TensorLike:
        of_q = np.zeros_like(q) if g[0] is None else g[0]
        of_r = np.zeros_like(r) if g[1] is None else g[1]
        m = np.matmul(r, turned(of_r)) - np.matmul(turned(of_q), q)
        low = np.tril(m, -1)
        both = low + turned(low) + np.eye(m.shape[-1], dtype=m.dtype) * m
        return np.matmul(of_q + np.matmul(q, both), turned(_linalg.inv(r)))

    return (back,)


@composed(_linalg.svd)
def _svd(
    x: TensorLike, full_matrices: bool = True, compute_uv: bool = True
) -> TensorLike:
    """By that of the smaller square: `x.T @ x` has the right vectors."""
    u, s, v = _thin_svd(x)
    if not compute_uv:
        return s
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise ValueError(
            "The numpy backend has a gradient of a singular value decomposition with "
            f"full_matrices=False. Received: shape {x.shape}, full_matrices=True."
        )
    return u, s, v


def _thin_svd_rule(out: TensorLike, x: TensorLike) -> Pullbacks:
    u, s, v = out

    def back(g: TensorLike) -> TensorLike:
        of_u, of_s, of_v = g
        k = s.shape[-1]
        none = np.eye(k, dtype=bool)
        squares = s[..., None, :] ** 2 - s[..., :, None] ** 2
        weights = np.where(none, 0, 1 / np.where(none, 1, squares))
        rows, columns = s[..., :, None], s[..., None, :]
        divisors = np.where(columns == 0, np.ones_like(columns), columns)
        inner = np.zeros_like(squares)
        found = 0
        if of_s is not None:
            inner = inner + np.eye(k, dtype=x.dtype) * of_s[..., None, :]
        if of_u is not None:
            m = weights * np.matmul(turned(u), of_u)
            inner = inner + (m + turned(m)) * columns
            rest = of_u - np.matmul(u, np.matmul(turned(u), of_u))
            found = found + np.matmul(rest / divisors, v)
        if of_v is not None:
            wide = turned(of_v)
            m = weights * np.matmul(v, wide)
            inner = inner + rows * (m + turned(m))
            rest = wide - np.matmul(turned(v), np.matmul(v, wide))
            found = found + np.matmul(u, turned(rest / divisors))
        return found + np.matmul(np.matmul(u, inner), v)

    return (back,)


@differentiable(_thin_svd_rule)
def _thin_svd(x: TensorLike) -> TensorLike:
    return tuple(_linalg.svd(x, full_matrices=False))


def _pinv_rule(out: TensorLike, x: TensorLike, *rest: Any) -> Pullbacks:
    """Golub and Pereyra, 1973."""

    def back(g: TensorLike) -> TensorLike:
        adjoint = turned(out)
        rows = np.eye(x.shape[-2], dtype=x.dtype) - np.matmul(x, out)
        columns = np.eye(x.shape[-1], dtype=x.dtype) - np.matmul(out, x)
        first = np.matmul(np.matmul(np.matmul(out, adjoint), g), rows)
        second = np.matmul(np.matmul(columns, g), np.matmul(adjoint, out))
        return turned(first + second) - np.matmul(np.matmul(adjoint, g), adjoint)

    return (back,)


@differentiable(_pinv_rule)
def _full_pinv(x: TensorLike, rcond: float) -> TensorLike:
    return _linalg.pinv(x, rcond)


@composed(_linalg.pinv)
def _pinv(x: TensorLike, rcond: float) -> TensorLike:
    values = _linalg.svd(primal(x), compute_uv=False)
    keeps = values > rcond * np.max(values, axis=-1, keepdims=True)
    if keeps.all():
        return _full_pinv(x, rcond)
    u, s, v = _thin_svd(x)
    inverse = np.where(keeps, 1 / np.where(keeps, s, np.ones_like(s)), np.zeros_like(s))
    return np.matmul(turned(v) * inverse[..., None, :], turned(u))


@composed(_linalg.lstsq)
def _lstsq(a: TensorLike, b: TensorLike, rcond: Any = None) -> TensorLike:
    cut = float(np.finfo(a.dtype).eps) * max(a.shape) if rcond is None else rcond
    return (np.matmul(_linalg.pinv(a, cut), b),)


@composed(_linalg.norm)
def _norm(
    x: TensorLike, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> TensorLike:
    whole = axis is None
    axes = axes_of(axis, x.ndim)
    if whole and ord is None:
        found = root_of(np.sum(_squares(x)))
        return kept(found, axes, x.ndim) if keepdims else found
    if len(axes) == 1:
        found = _vector_norm(x, ord, axes[0])
    else:
        matrices = np.moveaxis(x, axes, (-2, -1))
        found = _matrix_norm(matrices, ord)
    return kept(found, axes, x.ndim) if keepdims else found


def _squares(x: TensorLike) -> TensorLike:
    return (
        np.square(np.real(x)) + np.square(np.imag(x))
        if x.dtype.kind == "c"
        else (np.square(x))
    )


def root_of(x: TensorLike, power: float = 0.5) -> TensorLike:
    """Of 0 it is 0, and has no slope."""
    none = primal(x) == 0
    safe = np.where(none, np.ones((), x.dtype), x)
    return np.where(none, np.zeros((), x.dtype), np.power(safe, x.dtype.type(power)))


def _vector_norm(x: TensorLike, order: Any, axis: int) -> TensorLike:
    if order is None or order in (2, "fro"):
        return root_of(np.sum(_squares(x), axis=axis))
    sizes = np.absolute(x)
    if order == 0:
        return np.sum(primal(sizes) != 0, axis=axis).astype(sizes.dtype)
    if abs(order) == math.inf:
        return (np.max if order > 0 else np.min)(sizes, axis=axis)
    if order == 1:
        return np.sum(sizes, axis=axis)
    return root_of(np.sum(root_of(sizes, order), axis=axis), 1 / order)


def _matrix_norm(x: TensorLike, order: Any) -> TensorLike:
    if order in (None, "fro"):
        return root_of(np.sum(_squares(x), axis=(-2, -1)))
    if order in (2, -2, "nuc"):
        values = _linalg.svd(x, compute_uv=False)
        reduce = {2: np.max, -2: np.min, "nuc": np.sum}[order]
        return reduce(values, axis=-1)
    sums = np.sum(np.absolute(x), axis=-2 if abs(order) == 1 else -1)
    return (np.max if order > 0 else np.min)(sums, axis=-1)
