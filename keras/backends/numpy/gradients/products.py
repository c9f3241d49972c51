"""Rules of NumPy's products and linear algebra, and of its Fourier transforms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.shaping import axes_of, kept
from keras.backends.numpy.gradients.tape import (
    composed,
    differentiable,
    primal,
    rule_of,
)

_linalg = np.linalg


def _conj(x: Any) -> Any:
    return np.conj(x) if x.dtype.kind == "c" else x


def _turned(x: Any) -> Any:
    """The conjugate transpose of matrices."""
    return np.swapaxes(_conj(x), -1, -2)


# Products -----------------------------------------------------------------------------


@rule_of(np.matmul)
def _matmul(out: Any, a: Any, b: Any, **options: Any) -> Any:
    def first(g: Any) -> Any:
        if b.ndim == 1:
            return g[..., None] * _conj(b) if a.ndim > 1 else g * _conj(b)
        if a.ndim == 1:
            return _vector(np.matmul(b, g[..., None])[..., 0] if b.dtype.kind != "c"
                           else np.matmul(_conj(b), g[..., None])[..., 0])  # fmt: skip
        return np.matmul(g, _turned(b))

    def second(g: Any) -> Any:
        if a.ndim == 1:
            return _conj(a)[:, None] * g[..., None, :] if b.ndim > 1 else g * _conj(a)
        if b.ndim == 1:
            return _vector(np.matmul(_turned(a), g[..., None])[..., 0])
        return np.matmul(_turned(a), g)

    return first, second


def _vector(x: Any) -> Any:
    return np.sum(x, axis=tuple(range(x.ndim - 1))) if x.ndim > 1 else x


@composed(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if isinstance(axes, (int, np.integer)):
        own, other = range(a.ndim - int(axes), a.ndim), range(int(axes))
    else:
        own, other = axes
    own, other = axes_of(_list(own), a.ndim), axes_of(_list(other), b.ndim)
    rows = [i for i in range(a.ndim) if i not in own]
    columns = [i for i in range(b.ndim) if i not in other]
    inner = math.prod(a.shape[i] for i in own)
    left = np.reshape(np.transpose(a, (*rows, *own)), (-1, inner))
    right = np.reshape(np.transpose(b, (*other, *columns)), (inner, -1))
    sizes = [a.shape[i] for i in rows] + [b.shape[i] for i in columns]
    return np.reshape(np.matmul(left, right), sizes)


def _list(axes: Any) -> Any:
    return list(axes) if isinstance(axes, (tuple, list, range)) else [axes]


@composed(np.dot)
def _dot(a: Any, b: Any) -> Any:
    if not a.ndim or not b.ndim:
        return a * b
    return np.tensordot(a, b, ([-1], [-2 if b.ndim > 1 else 0]))


@composed(np.einsum)
def _einsum(subscripts: str, *operands: Any, **options: Any) -> Any:
    inputs, output = _labels(subscripts, operands)
    pairs = [_diagonals(*pair) for pair in zip(inputs, operands, strict=True)]
    text = ",".join(labels for labels, _ in pairs) + "->" + output
    return _contracted(text, *(x for _, x in pairs), **options)


def _diagonals(labels: str, x: Any) -> tuple[str, Any]:
    """An operand in which no label comes twice."""
    for label in labels:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = np.diagonal(x, 0, first, second)
            labels = labels.replace(label, "", 2) + label
    return labels, x


def _contracted_rule(out: Any, text: str, *operands: Any, **options: Any) -> Any:
    left, _, output = text.partition("->")
    inputs = left.split(",")

    def of(place: int) -> Any:
        own, x = inputs[place], operands[place]
        others = [x for i, x in enumerate(operands) if i != place]
        labels = [t for i, t in enumerate(inputs) if i != place]
        known = set(output).union(*labels)
        for label, size in zip(own, x.shape, strict=True):
            if label not in known:  # it was summed away alone
                others.append(np.ones(size, x.dtype))
                labels.append(label)

        def back(g: Any) -> Any:
            text = ",".join([output, *labels]) + "->" + own
            parts = [_conj(each) for each in others]
            return np.einsum(text, g, *parts, optimize=len(parts) > 0)

        return back

    return None, *(of(place) for place in range(len(operands)))


@differentiable(_contracted_rule)
def _contracted(text: str, *operands: Any, **options: Any) -> Any:
    return np.einsum(text, *operands, **options)


def _labels(subscripts: str, operands: Any) -> tuple[list[str], str]:
    """Subscripts of each operand and of the output, with labels for dots."""
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    unused = [c for c in map(chr, range(65, 123)) if c.isalpha() and c not in text]
    counts = [
        x.ndim - len(t.replace("...", ""))
        for t, x in zip(inputs, operands, strict=True)
    ]
    dots = "".join(unused[: max(counts, default=0)])
    inputs = [
        t.replace("...", dots[len(dots) - n :] if n else "")
        for t, n in zip(inputs, counts, strict=True)
    ]
    if not arrow:
        together = "".join(inputs)
        once = sorted(c for c in set(together) - set(dots) if together.count(c) == 1)
        return inputs, dots + "".join(once)
    return inputs, output.replace("...", dots)


# Linear algebra -----------------------------------------------------------------------


@rule_of(_linalg.inv)
def _inv(out: Any, x: Any) -> Any:
    return (lambda g: -np.matmul(np.matmul(_turned(out), g), _turned(out)),)


@rule_of(_linalg.det)
def _det(out: Any, x: Any) -> Any:
    def back(g: Any) -> Any:
        return (g * _conj(out))[..., None, None] * _turned(_linalg.inv(x))

    return (back,)


@rule_of(_linalg.slogdet)
def _slogdet(out: Any, x: Any) -> Any:
    def back(g: Any) -> Any:
        return g[1][..., None, None] * _turned(_linalg.inv(x))

    return (lambda g: None if g[1] is None else back(g),)


@composed(_linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return _solved(a, b[..., None])[..., 0]
    return _solved(a, b)


def _solved_rule(out: Any, a: Any, b: Any) -> Any:
    def second(g: Any) -> Any:
        return _solved(_turned(a), g)

    return lambda g: -np.matmul(second(g), _turned(out)), second


@differentiable(_solved_rule)
def _solved(a: Any, b: Any) -> Any:
    return _linalg.solve(a, b)


@rule_of(_linalg.cholesky)
def _cholesky(out: Any, x: Any, upper: bool = False) -> Any:
    def back(g: Any) -> Any:
        root, g = (_turned(out), _turned(g)) if upper else (out, g)
        inner = _half(np.matmul(_turned(root), g))
        inverse = _linalg.inv(root)
        found = np.matmul(np.matmul(_turned(inverse), inner), inverse)
        return (found + _turned(found)) / 2

    return (back,)


def _half(x: Any) -> Any:
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return np.tril(x) * (1 - np.eye(n, dtype=x.dtype) / 2)


@rule_of(_linalg.eigh)
def _eigh(out: Any, x: Any, *unused: Any) -> Any:
    values, vectors = out

    def back(g: Any) -> Any:
        of_values, of_vectors = g
        n = x.shape[-1]
        inner = np.zeros_like(x)
        if of_values is not None:
            inner = inner + np.eye(n, dtype=x.dtype) * of_values[..., None, :]
        if of_vectors is not None:
            gaps = values[..., None, :] - values[..., :, None]
            none = np.eye(n, dtype=bool)
            weights = np.where(none, 0, 1 / np.where(none, 1, gaps))
            inner = inner + weights * np.matmul(_turned(vectors), of_vectors)
        found = np.matmul(np.matmul(vectors, inner), _turned(vectors))
        return (found + _turned(found)) / 2

    return (back,)


@rule_of(_linalg.qr)
def _qr(out: Any, x: Any, mode: str = "reduced") -> Any:
    q, r = out
    if q.shape[-1] != r.shape[-1] or mode == "complete" != q.shape[-1] == x.shape[-2]:
        raise ValueError(
            "The numpy backend has a gradient of a QR decomposition of matrices that "
            f"are at least as high as wide, reduced. Received: shape {x.shape}, "
            f"mode={mode!r}."
        )

    def back(g: Any) -> Any:
        of_q = np.zeros_like(q) if g[0] is None else g[0]
        of_r = np.zeros_like(r) if g[1] is None else g[1]
        m = np.matmul(r, _turned(of_r)) - np.matmul(_turned(of_q), q)
        low = np.tril(m, -1)
        both = low + _turned(low) + np.eye(m.shape[-1], dtype=m.dtype) * m
        return np.matmul(of_q + np.matmul(q, both), _turned(_linalg.inv(r)))

    return (back,)


@composed(_linalg.svd)
def _svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
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


def _thin_svd_rule(out: Any, x: Any) -> Any:
    u, s, v = out

    def back(g: Any) -> Any:
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
            m = weights * np.matmul(_turned(u), of_u)
            inner = inner + (m + _turned(m)) * columns
            rest = of_u - np.matmul(u, np.matmul(_turned(u), of_u))
            found = found + np.matmul(rest / divisors, v)
        if of_v is not None:
            wide = _turned(of_v)
            m = weights * np.matmul(v, wide)
            inner = inner + rows * (m + _turned(m))
            rest = wide - np.matmul(_turned(v), np.matmul(v, wide))
            found = found + np.matmul(u, _turned(rest / divisors))
        return found + np.matmul(np.matmul(u, inner), v)

    return (back,)


@differentiable(_thin_svd_rule)
def _thin_svd(x: Any) -> Any:
    return tuple(_linalg.svd(x, full_matrices=False))


def _pinv_rule(out: Any, x: Any, *rest: Any) -> Any:
    """Golub and Pereyra, 1973."""

    def back(g: Any) -> Any:
        turned = _turned(out)
        rows = np.eye(x.shape[-2], dtype=x.dtype) - np.matmul(x, out)
        columns = np.eye(x.shape[-1], dtype=x.dtype) - np.matmul(out, x)
        first = np.matmul(np.matmul(np.matmul(out, turned), g), rows)
        second = np.matmul(np.matmul(columns, g), np.matmul(turned, out))
        return _turned(first + second) - np.matmul(np.matmul(turned, g), turned)

    return (back,)


@differentiable(_pinv_rule)
def _full_pinv(x: Any, rcond: float) -> Any:
    return _linalg.pinv(x, rcond)


@composed(_linalg.pinv)
def _pinv(x: Any, rcond: float) -> Any:
    values = _linalg.svd(primal(x), compute_uv=False)
    keeps = values > rcond * np.max(values, axis=-1, keepdims=True)
    if keeps.all():
        return _full_pinv(x, rcond)
    u, s, v = _thin_svd(x)
    inverse = np.where(keeps, 1 / np.where(keeps, s, np.ones_like(s)), np.zeros_like(s))
    return np.matmul(_turned(v) * inverse[..., None, :], _turned(u))




@composed(_linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    cut = float(np.finfo(a.dtype).eps) * max(a.shape) if rcond is None else rcond
    return (np.matmul(_linalg.pinv(a, cut), b),)


@composed(_linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
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


def _squares(x: Any) -> Any:
    return np.square(np.real(x)) + np.square(np.imag(x)) if x.dtype.kind == "c" else (
        np.square(x)
    )


def root_of(x: Any, power: float = 0.5) -> Any:
    """Of 0 it is 0, and has no slope."""
    none = primal(x) == 0
    safe = np.where(none, np.ones((), x.dtype), x)
    return np.where(none, np.zeros((), x.dtype), np.power(safe, x.dtype.type(power)))


def _vector_norm(x: Any, order: Any, axis: int) -> Any:
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


def _matrix_norm(x: Any, order: Any) -> Any:
    if order in (None, "fro"):
        return root_of(np.sum(_squares(x), axis=(-2, -1)))
    if order in (2, -2, "nuc"):
        values = _linalg.svd(x, compute_uv=False)
        reduce = {2: np.max, -2: np.min, "nuc": np.sum}[order]
        return reduce(values, axis=-1)
    sums = np.sum(np.absolute(x), axis=-2 if abs(order) == 1 else -1)
    return (np.max if order > 0 else np.min)(sums, axis=-1)


# Fourier transforms -------------------------------------------------------------------


@rule_of(np.fft.fft)
def _fft(out: Any, x: Any) -> Any:
    return (lambda g: np.fft.ifft(g) * x.shape[-1],)


@rule_of(np.fft.ifft)
def _ifft(out: Any, x: Any) -> Any:
    return (lambda g: np.fft.fft(g) / x.shape[-1],)


@rule_of(np.fft.fft2)
def _fft2(out: Any, x: Any) -> Any:
    return (lambda g: np.fft.ifft2(g) * math.prod(x.shape[-2:]),)


@rule_of(np.fft.ifft2)
def _ifft2(out: Any, x: Any) -> Any:
    return (lambda g: np.fft.fft2(g) / math.prod(x.shape[-2:]),)


@composed(np.fft.rfft)
def _rfft(x: Any, n: int | None = None) -> Any:
    n = x.shape[-1] if n is None else n
    return np.fft.fft(_of_length(x, n))[..., : n // 2 + 1]


@composed(np.fft.irfft)
def _irfft(x: Any, n: int | None = None) -> Any:
    """The real part of a sum of waves: each one inside stands for two."""
    n = 2 * (x.shape[-1] - 1) if n is None else n
    x = _of_length(x, n // 2 + 1)
    twice = np.full(n // 2 + 1, 2.0)
    twice[0] = 1
    if n % 2 == 0:
        twice[-1] = 1
    return np.real(np.fft.ifft(_of_length(x * twice.astype(x.real.dtype), n)))


def _of_length(x: Any, size: int) -> Any:
    missing = size - x.shape[-1]
    if missing <= 0:
        return x[..., :size]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])


