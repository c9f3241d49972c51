"""Linear algebra of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras.backends import arguments
from keras.backends.tensorflow.derivatives import root
from keras.core.typing import Axis, TensorLike

_linalg = tf.linalg
det = _linalg.det
inv = _linalg.inv
eigh = arguments.plain_tuples(_linalg.eigh)
eig = arguments.plain_tuples(_linalg.eig)
slogdet = arguments.plain_tuples(_linalg.slogdet)


def cholesky(x: tf.Tensor, upper: bool = False) -> tf.Tensor:
    try:
        lower = _linalg.cholesky(x)
    except tf.errors.InvalidArgumentError as error:
        if x.shape[-1] != x.shape[-2]:
            raise
        raise ValueError(arguments.NOT_DEFINITE) from error
    if tf.executing_eagerly() and bool(tf.reduce_any(lower != lower)):
        raise ValueError(arguments.NOT_DEFINITE)
    return _linalg.adjoint(lower) if upper else lower


def cholesky_inverse(x: tf.Tensor, upper: bool = False) -> tf.Tensor:
    eye = tf.eye(tf.shape(x)[-1], dtype=x.dtype)
    inverse = _linalg.triangular_solve(x, tf.broadcast_to(eye, tf.shape(x)), not upper)
    if upper:
        return tf.matmul(inverse, inverse, transpose_b=True)
    return tf.matmul(inverse, inverse, transpose_a=True)


def logdet(x: tf.Tensor) -> tf.Tensor:
    sign, logarithm = _linalg.slogdet(x)
    return tf.math.log(sign) + logarithm  # nan for -1


def lu_factor(x: tf.Tensor) -> tuple[Any, Any]:
    if x.shape[-2] != x.shape[-1]:
        raise ValueError(
            "keras.ops.lu_factor takes square matrices only on the tensorflow backend. "
            f"Received: shape {tuple(x.shape)}."
        )
    lu, order = _linalg.lu(x)
    return lu, _pivots(order)


def _pivots(order: Any) -> tf.Tensor:
    """The exchanges of rows that lead to an order of them."""
    size = order.shape[-1]
    found = []
    for k in range(size):
        # Where the row wanted at place k has been moved to by the exchanges so far.
        wanted = order[..., k]
        place = wanted
        for earlier, pivot in enumerate(found):
            place = tf.where(
                tf.equal(place, earlier),
                pivot,
                tf.where(tf.equal(place, pivot), earlier, place),
            )
        found.append(place)
    if not found:
        return order
    return tf.stack(found, -1)


def norm(
    x: tf.Tensor, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> tf.Tensor:
    rank = x.shape.rank
    if axis is None:
        axes = list(range(rank))
        if ord is None:
            return _euclidean(x, axes, keepdims)
    else:
        axes = [axis] if isinstance(axis, int) else list(axis)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError("Expected one axis or two.")
    return _matrix_norm(x, ord, [a % rank for a in axes], keepdims)


def _euclidean(x: tf.Tensor, axes: Axis, keepdims: bool) -> tf.Tensor:
    x = tf.abs(x) if x.dtype.is_complex else x
    return root(tf.reduce_sum(tf.square(x), axes, keepdims))


def _vector_norm(x: tf.Tensor, order: Any, axis: int, keepdims: bool) -> tf.Tensor:
    if order is None or order == 2:
        return _euclidean(x, axis, keepdims)
    size = tf.abs(x)
    if isinstance(order, str):
        raise ValueError("Unknown norm of vectors.")
    if order == float("inf"):
        return tf.reduce_max(size, axis, keepdims)
    if order == float("-inf"):
        return tf.reduce_min(size, axis, keepdims)
    if order == 0:
        return tf.reduce_sum(tf.cast(size != 0, size.dtype), axis, keepdims)
    if order == 1:
        return tf.reduce_sum(size, axis, keepdims)
    total = tf.reduce_sum(size**order, axis, keepdims)
    zero = total == 0  # where a root has no derivative
    safe = tf.where(zero, tf.ones_like(total), total)
    return tf.where(zero, total, safe ** (1 / order))


def _matrix_norm(
    x: tf.Tensor, order: Any, axes: list[int], keepdims: bool
) -> tf.Tensor:
    if order in (None, "fro"):
        return _euclidean(x, axes, keepdims)
    if order in (2, -2, "nuc"):
        rank = x.shape.rank
        others = [a for a in range(rank) if a not in axes]
        values = _linalg.svd(tf.transpose(x, [*others, *axes]), compute_uv=False)
        reduce = {2: tf.reduce_max, -2: tf.reduce_min, "nuc": tf.reduce_sum}[order]
        found = reduce(values, -1)
        for axis in sorted(axes) if keepdims else ():
            found = tf.expand_dims(found, axis)
        return found
    infinity = float("inf")
    if order not in (1, -1, infinity, -infinity):
        raise ValueError("Unknown norm of matrices.")
    summed, kept = axes if order in (1, -1) else axes[::-1]
    sums = tf.reduce_sum(tf.abs(x), summed, keepdims=True)
    reduce = tf.reduce_max if order > 0 else tf.reduce_min
    found = reduce(sums, kept, keepdims=True)
    return found if keepdims else tf.squeeze(found, axes)


def qr(x: tf.Tensor, mode: str = "reduced") -> tuple[Any, Any]:
    if mode not in ("reduced", "complete"):
        raise ValueError("Unknown mode.")
    q, r = _linalg.qr(x, full_matrices=mode == "complete")
    return q, r


def _as_columns(a: tf.Tensor, b: Any) -> tuple[Any, bool]:
    vector = b.shape.rank == a.shape.rank - 1
    return (b[..., None] if vector else b), vector


def _together(a: tf.Tensor, b: tf.Tensor) -> tuple[Any, Any, bool]:
    """Matrices and right sides with their leading axes broadcast."""
    b, vector = _as_columns(a, b)
    if a.shape[:-2] != b.shape[:-2]:
        batch = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
        a = tf.broadcast_to(a, tf.concat([batch, tf.shape(a)[-2:]], 0))
        b = tf.broadcast_to(b, tf.concat([batch, tf.shape(b)[-2:]], 0))
    return a, b, vector


def solve(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    a, b, vector = _together(a, b)
    x = _linalg.solve(a, b)
    return x[..., 0] if vector else x


def solve_triangular(a: tf.Tensor, b: tf.Tensor, lower: bool = False) -> tf.Tensor:
    a, b, vector = _together(a, b)
    x = _linalg.triangular_solve(a, b, lower=lower)
    return x[..., 0] if vector else x


def svd(x: tf.Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _linalg.svd(x, compute_uv=False)
    s, u, v = _linalg.svd(x, full_matrices=full_matrices)
    return u, s, _linalg.adjoint(v)


def lstsq(a: tf.Tensor, b: tf.Tensor, rcond: float | None = None) -> tf.Tensor:
    if a.shape.rank != 2:
        raise ValueError("One matrix is needed.")
    if b.shape.rank == 1:
        return _linalg.matvec(pinv(a, rcond), b)
    return tf.matmul(pinv(a, rcond), b)


def pinv(x: tf.Tensor, rcond: float | None = None) -> tf.Tensor:
    s, u, v = _linalg.svd(x)
    if rcond is None:
        epsilon = 2.0**-52 if x.dtype in (tf.float64, tf.complex128) else 2.0**-23
        sizes = tf.cast(tf.reduce_max(tf.shape(x)[-2:]), s.dtype)
        cut = epsilon * sizes
    else:
        cut = tf.cast(rcond, s.dtype)
    kept = s > cut * tf.reduce_max(s, -1, keepdims=True)
    inverse = tf.where(kept, 1 / tf.where(kept, s, 1), 0)
    scaled = v * tf.cast(tf.expand_dims(inverse, -2), x.dtype)
    return tf.matmul(scaled, u, adjoint_b=True)


def matrix_rank(x: TensorLike, tol: float | None = None) -> tf.Tensor:
    if not x.dtype.is_complex:
        return tf.cast(_linalg.matrix_rank(x, tol=tol), "int32")
    s = _linalg.svd(x, compute_uv=False)
    if tol is None:
        epsilon = 2.0**-52 if x.dtype == tf.complex128 else 2.0**-23
        tol = epsilon * max(x.shape[-2:]) * tf.reduce_max(s, -1, keepdims=True)
    return tf.reduce_sum(tf.cast(s > tol, "int32"), -1)
