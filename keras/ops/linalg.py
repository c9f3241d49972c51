"""Linear algebra on matrices, and on batches of them in the last two axes.

`keras.ops.linalg`. Half precision is brought to float32: no framework decomposes it.
"""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.surface import listing
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops import arithmetic, core, rules, shaping
from keras.ops.control import jvp as jvp
from keras.ops.declare import composite, op
from keras.ops.files import InFiles

__all__ = [
    "cdist",
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "logdet",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
]
__dir__ = listing(globals())


def _matrices(op_name: str, x: TensorLike) -> tuple[Any, Any, Any]:
    """Batch shape, rows and columns."""
    if len(x.shape) < 2:
        raise ShapeError(
            f"keras.ops.{op_name} expects matrices: a tensor of rank 2 or more. "
            f"Received: shape {x.shape}."
        )
    return x.shape[:-2], x.shape[-2], x.shape[-1]


def _square(op_name: str, x: TensorLike) -> tuple[Any, Any]:
    """Batch shape and size of square matrices."""
    batch, rows, columns = _matrices(op_name, x)
    if None not in (rows, columns) and rows != columns:
        raise ShapeError(
            f"keras.ops.{op_name} expects square matrices. Received: shape {x.shape}."
        )
    return batch, columns if rows is None else rows


@op(promote="wide")
def cholesky(x: TensorLike, upper: bool = False) -> Tensor:
    """The Cholesky factor of symmetric positive definite matrices.

    Args:
        x: `(..., n, n)`.
        upper: whether to return `R` with `x = R.T @ R` instead of `L` with
            `x = L @ L.T`.

    Returns:
        Triangular matrices, `(..., n, n)`.

    Raises:
        ShapeError: if the matrices are not square.
        ValueError: if they are not positive definite; inside compiled code of JAX and
            TensorFlow the result is NaN.

    Example:

    >>> import keras
    >>> float(keras.ops.cholesky([[4.0]])[0, 0])
    2.0
    """
    _square("cholesky", x)
    return KerasTensor(x.shape, x.dtype)


@op(promote="wide")
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Tensor:
    """The inverse of matrices given by their Cholesky factors.

    Args:
        x: triangular, `(..., n, n)`.
        upper: whether `x` is the upper factor.

    Returns:
        The inverse of the matrix that was factored, `(..., n, n)`.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> float(keras.ops.cholesky_inverse([[2.0]])[0, 0])
    0.25
    """
    _square("cholesky_inverse", x)
    return KerasTensor(x.shape, x.dtype)


@op(promote="wide")
def det(x: TensorLike) -> Tensor:
    """The determinant.

    Args:
        x: `(..., n, n)`.

    Returns:
        `(...,)`.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> round(float(keras.ops.det([[2.0, 0.0], [0.0, 3.0]])), 4)
    6.0
    """
    return KerasTensor(_square("det", x)[0], x.dtype)


@op(promote="wide", in_files=InFiles("math"))
def logdet(x: TensorLike) -> Tensor:
    """The logarithm of the determinant, of positive definite matrices say.

    Args:
        x: `(..., n, n)`.

    Returns:
        `(...,)`; NaN where the determinant is negative.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> round(float(keras.ops.logdet([[1.0, 0.0], [0.0, 1.0]])), 4)
    0.0
    """
    return KerasTensor(_square("logdet", x)[0], x.dtype)


@op(promote="wide", in_files=InFiles("numpy"))
def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Sign, and logarithm of the absolute value, of the determinant.

    Args:
        x: `(..., n, n)`.

    Returns:
        `(sign, logarithm)`, each `(...,)`.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> sign, logarithm = keras.ops.slogdet([[-1.0]])
    >>> float(sign)
    -1.0
    """
    batch, _ = _square("slogdet", x)
    real = rules.real_dtype(x.dtype)
    return KerasTensor(batch, x.dtype), KerasTensor(batch, real)


@op(promote="wide")
def eig(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors.

    Args:
        x: `(..., n, n)`.

    Returns:
        Eigenvalues `(..., n)` in no particular order and eigenvectors `(..., n, n)`
        in columns; both complex.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> values, vectors = keras.ops.eig([[2.0]])
    >>> float(keras.ops.real(values)[0])
    2.0
    """
    batch, size = _square("eig", x)
    dtype = "complex128" if x.dtype in ("float64", "complex128") else "complex64"
    return KerasTensor((*batch, size), dtype), KerasTensor(x.shape, dtype)


@op(promote="wide")
def eigh(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of symmetric (or Hermitian) matrices.

    Args:
        x: `(..., n, n)`; the lower triangle is read.

    Returns:
        Eigenvalues `(..., n)`, ascending, and eigenvectors `(..., n, n)` in columns.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> values, vectors = keras.ops.eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> [round(float(v), 4) for v in values]
    [1.0, 2.0]
    """
    batch, size = _square("eigh", x)
    values = KerasTensor((*batch, size), rules.real_dtype(x.dtype))
    return values, KerasTensor(x.shape, x.dtype)


@op(promote="wide")
def inv(x: TensorLike) -> Tensor:
    """The inverse.

    Args:
        x: `(..., n, n)`.

    Returns:
        `(..., n, n)`.

    Raises:
        ShapeError: if the matrices are not square.

    Example:

    >>> import keras
    >>> float(keras.ops.inv([[2.0]])[0, 0])
    0.5
    """
    _square("inv", x)
    return KerasTensor(x.shape, x.dtype)


@op(promote="wide")
def lu_factor(x: TensorLike) -> tuple[Tensor, Tensor]:
    """The LU decomposition with pivoting, in the compact form of LAPACK.

    Args:
        x: `(..., m, n)`.

    Returns:
        `L` (without its diagonal of ones) and `U` in one matrix, `(..., m, n)`; and
        pivots, `(..., min(m, n))` of int32: row `i` was exchanged with that row.

    Raises:
        ShapeError: for tensors of rank less than 2.

    Example:

    >>> import keras
    >>> lu, pivots = keras.ops.lu_factor([[0.0, 1.0], [2.0, 0.0]])
    >>> keras.ops.convert_to_numpy(pivots).tolist()
    [1, 1]
    """
    batch, rows, columns = _matrices("lu_factor", x)
    least = None if None in (rows, columns) else min(rows, columns)
    return KerasTensor(x.shape, x.dtype), KerasTensor((*batch, least), "int32")


@op(promote="float")
def norm(
    x: TensorLike, ord: Any = None, axis: Axis = None, keepdims: bool = False
) -> Tensor:
    """Norms of vectors or matrices.

    Args:
        x: tensor of any shape.
        ord: for vectors any number, inf or -inf; for matrices `"fro"`, `"nuc"`,
            1, -1, 2, -2, inf or -inf. None is the Euclidean (Frobenius) norm.
        axis: one axis for vectors, two for matrices; None takes all of `x`, which
            `ord` requires to be a vector or a matrix.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A real tensor without those axes.

    Raises:
        ValueError: if there is no such norm.

    Example:

    >>> import keras
    >>> float(keras.ops.norm([3.0, 4.0]))
    5.0
    """
    axes = rules.axes(axis, len(x.shape))
    if ord is not None and len(axes) not in (1, 2):
        raise ValueError(
            "keras.ops.norm expects `ord` with one axis (vectors) or two (matrices). "
            f"Received: ord={ord!r}, axis={axis!r}, shape {x.shape}."
        )
    allowed = ("fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf"))
    if (len(axes) == 2 and ord is not None and ord not in allowed) or (
        len(axes) == 1 and isinstance(ord, str)
    ):
        raise ValueError(
            "keras.ops.norm expects `ord` to be a number for vectors, and 'fro', "
            f"'nuc', 1, -1, 2, -2, inf or -inf for matrices. Received: ord={ord!r}."
        )
    return rules.reduction(x, axis, keepdims, rules.real_dtype(x.dtype))


@op(promote="wide")
def qr(x: TensorLike, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """The QR decomposition.

    Args:
        x: `(..., m, n)`.
        mode: `"reduced"` for `Q` of `(..., m, k)` and `R` of `(..., k, n)` with
            `k = min(m, n)`; `"complete"` for `k = m`.

    Returns:
        `(Q, R)`: orthonormal columns, and an upper triangle.

    Raises:
        ValueError: for an unknown mode.

    Example:

    >>> import keras
    >>> q, r = keras.ops.qr(keras.ops.ones((3, 2)))
    >>> q.shape == (3, 2)
    True
    """
    batch, rows, columns = _matrices("qr", x)
    if mode not in ("reduced", "complete"):
        raise ValueError(
            "keras.ops.qr expects `mode` to be 'reduced' or 'complete'. "
            f"Received: mode={mode!r}."
        )
    inner = rows
    if mode == "reduced":
        inner = None if None in (rows, columns) else min(rows, columns)
    return (
        KerasTensor((*batch, rows, inner), x.dtype),
        KerasTensor((*batch, inner, columns), x.dtype),
    )


def _solved(op_name: str, a: TensorLike, b: TensorLike) -> Tensor:
    _, size = _square(op_name, a)
    vector = len(b.shape) == len(a.shape) - 1
    rows = b.shape[-1] if vector else b.shape[-2] if len(b.shape) > 1 else None
    if len(b.shape) < (1 if vector else 2) or rows not in (None, size):
        if size is not None or not b.shape:
            raise ShapeError(
                f"keras.ops.{op_name} expects `b` of shape (..., n) or (..., n, k) for "
                f"`a` of shape (..., n, n). Received: a.shape={a.shape}, "
                f"b.shape={b.shape}."
            )
    places = 1 if vector else 2
    batch = rules.broadcast(a.shape[:-2], b.shape[:-places])
    return KerasTensor((*batch, *b.shape[-places:]), a.dtype)


@op(promote="wide")
def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Solves `a @ x = b`.

    Args:
        a: `(..., n, n)`, invertible.
        b: `(..., n)`, of rank one less than `a`, or `(..., n, k)`. Leading axes
            broadcast.

    Returns:
        `x`, of the shape of `b` with these axes broadcast.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> float(keras.ops.solve([[2.0]], [4.0])[0])
    2.0
    """
    return _solved("solve", a, b)


@op(promote="wide")
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Tensor:
    """Solves `a @ x = b` for a triangular `a`.

    Args:
        a: `(..., n, n)`.
        b: `(..., n)`, of rank one less than `a`, or `(..., n, k)`.
        lower: whether `a` is the lower triangle; the other one is not read.

    Returns:
        `x`, of the shape of `b`.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> float(keras.ops.solve_triangular([[2.0]], [4.0])[0])
    2.0
    """
    return _solved("solve_triangular", a, b)


@op(promote="wide")
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition `x = U @ diag(S) @ V`.

    Args:
        x: `(..., m, n)`.
        full_matrices: whether `U` and `V` are square.
        compute_uv: whether to compute them at all.

    Returns:
        `(U, S, V)`, `V` being transposed (and conjugated) already; or `S` alone,
        `(..., min(m, n))`, descending.

    Raises:
        ShapeError: for tensors of rank less than 2.

    Example:

    >>> import keras
    >>> s = keras.ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)
    >>> [round(float(v), 4) for v in s]
    [4.0, 3.0]
    """
    batch, rows, columns = _matrices("svd", x)
    least = None if None in (rows, columns) else min(rows, columns)
    values = KerasTensor((*batch, least), rules.real_dtype(x.dtype))
    if not compute_uv:
        return values
    left = (*batch, rows, rows if full_matrices else least)
    right = (*batch, columns if full_matrices else least, columns)
    return KerasTensor(left, x.dtype), values, KerasTensor(right, x.dtype)


@op(promote="wide")
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Tensor:
    """The `x` of least norm that minimizes the norm of `a @ x - b`.

    Args:
        a: `(m, n)`.
        b: `(m,)` or `(m, k)`.
        rcond: singular values below this part of the greatest count as 0; machine
            precision times `max(m, n)` by default.

    Returns:
        `(n,)` or `(n, k)`.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> round(float(keras.ops.lstsq([[1.0], [1.0]], [1.0, 3.0])[0]), 4)
    2.0
    """
    fits = len(a.shape) == 2 and len(b.shape) in (1, 2)
    if not fits or (None not in (a.shape[0], b.shape[0]) and a.shape[0] != b.shape[0]):
        raise ShapeError(
            "keras.ops.lstsq expects `a` of shape (m, n) and `b` of shape (m,) or "
            f"(m, k). Received: a.shape={a.shape}, b.shape={b.shape}."
        )
    return KerasTensor((a.shape[1], *b.shape[1:]), a.dtype)


@op(promote="wide")
def pinv(x: TensorLike, rcond: float | None = None) -> Tensor:
    """The pseudo-inverse of Moore and Penrose.

    Args:
        x: `(..., m, n)`.
        rcond: singular values below this part of the greatest count as 0; machine
            precision times `max(m, n)` by default.

    Returns:
        `(..., n, m)`.

    Raises:
        ShapeError: for tensors of rank less than 2.

    Example:

    >>> import keras
    >>> round(float(keras.ops.pinv([[2.0], [0.0]])[0, 0]), 4)
    0.5
    """
    batch, rows, columns = _matrices("pinv", x)
    return KerasTensor((*batch, columns, rows), x.dtype)


@op(promote="wide")
def matrix_rank(x: TensorLike, tol: float | None = None) -> Tensor:
    """The number of singular values that are not 0.

    Args:
        x: `(..., m, n)`.
        tol: what counts as 0; machine precision times `max(m, n)` times the greatest
            singular value by default.

    Returns:
        `(...,)` of int32.

    Raises:
        ShapeError: for tensors of rank less than 2.

    Example:

    >>> import keras
    >>> int(keras.ops.matrix_rank([[1.0, 1.0], [1.0, 1.0]]))
    1
    """
    batch, _, _ = _matrices("matrix_rank", x)
    return KerasTensor(batch, "int32")


@composite(in_files=InFiles("math"))
def cdist(x: TensorLike, y: TensorLike) -> Tensor:
    """Euclidean distances between all pairs of two sets of points.

    Args:
        x: `(..., m, features)`.
        y: `(..., n, features)`.

    Returns:
        `(..., m, n)`.

    Raises:
        ShapeError: if the points have different numbers of features.

    Example:

    >>> import keras
    >>> float(keras.ops.cdist([[0.0, 0.0]], [[3.0, 4.0]])[0, 0])
    5.0
    """
    target = dtypes.float_result(core.dtype(x), core.dtype(y))
    dtype = dtypes.wide_result(target)
    x = shaping.expand_dims(core.cast(x, dtype), -2)
    y = shaping.expand_dims(core.cast(y, dtype), -3)
    return core.cast(norm(arithmetic.subtract(x, y), axis=-1), target)
