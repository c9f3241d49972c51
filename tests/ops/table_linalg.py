"""The table of linear algebra.

Decompositions that are unique up to signs are tested by what they multiply to, in
`test_linalg.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.spatial

from tests.ops.rows import Row

_random = np.random.default_rng(3)
ROWS: list[Row] = []


def _floats(*shape: int) -> np.ndarray:
    return _random.normal(size=shape).astype("float32")


def _row(op: str, *args: Any, **options: Any) -> None:
    options = {"rtol": 2e-3, "atol": 2e-4, **options}
    ROWS.append(Row(op, args, **options))


def _turned(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _cholesky(x: Any) -> Any:
    """Of a symmetric matrix: no derivative tells the two triangles apart."""
    return np.linalg.cholesky((x + _turned(x)) / 2)


def _from_lower(x: Any) -> Any:
    return np.linalg.inv(np.tril(x) @ _turned(np.tril(x)))


SQUARE = _floats(2, 4, 4) + 2 * np.eye(4, dtype="float32")
POSITIVE = SQUARE @ _turned(SQUARE) + np.eye(4, dtype="float32")
LOWER = np.linalg.cholesky(POSITIVE)
WIDE, TALL = _floats(2, 3, 5), _floats(2, 5, 3)
FLAT = np.ones((4, 3), "float32")  # of rank 1

_row("cholesky", POSITIVE, reference=_cholesky)
_row("cholesky", POSITIVE, True, reference=lambda x, _: _turned(_cholesky(x)),
     note="upper")  # fmt: skip
_row("cholesky_inverse", LOWER, reference=_from_lower)
_row("cholesky_inverse", _turned(LOWER).copy(), True, note="upper",
     reference=lambda x, _: _from_lower(_turned(x)))  # fmt: skip
_row("det", SQUARE, reference=np.linalg.det)
_row("logdet", POSITIVE, reference=lambda x: np.log(np.linalg.det(x)))
_row("slogdet", SQUARE, reference=lambda x: tuple(np.linalg.slogdet(x)))
_row("inv", SQUARE, reference=np.linalg.inv)
_row("eigh", POSITIVE)
_row("eig", SQUARE)
_row("qr", TALL)
_row("qr", TALL, "complete", note="complete")
_row("qr", WIDE, note="wide")
_row("svd", TALL)
_row("svd", TALL, False, note="thin")
_row(
    "svd",
    TALL,
    True,
    False,
    reference=lambda x, _, __: np.linalg.svd(x, compute_uv=False),
    note="values",
)
_row(
    "lu_factor",
    SQUARE,
    reference=lambda x: tuple(
        np.stack(parts)
        for parts in zip(*(scipy.linalg.lu_factor(one) for one in x), strict=True)
    ),
)
_orders: list[tuple[Any, Any]] = [
    (None, None), (None, (0, 2)), (None, 1), (1, 1), (2, -1), (3, 1), (0, 1),
    (np.inf, 1), (-np.inf, 1), ("fro", (1, 2)), ("nuc", (1, 2)), (1, (1, 2)),
    (-1, (0, 2)), (2, (0, 2)), (-2, (1, 2)), (np.inf, (1, 2)), (-np.inf, (2, 0)),
]  # fmt: skip
for _order, _axis in _orders:
    for _keep in (False, True):
        _row("norm", TALL, _order, _axis, _keep, reference=np.linalg.norm,
             note=f"{_order}-{_axis}-{_keep}")  # fmt: skip
_row("solve", SQUARE, _floats(2, 4, 3), reference=np.linalg.solve)
_row("solve", SQUARE, _floats(2, 4), note="vector",
     reference=lambda a, b: np.linalg.solve(a, b[..., None])[..., 0])  # fmt: skip
_row("solve_triangular", SQUARE, _floats(2, 4, 3),
     reference=lambda a, b: np.linalg.solve(np.triu(a), b))  # fmt: skip
_row("solve_triangular", SQUARE, _floats(2, 4), True, note="lower",
     reference=lambda a, b, _: np.linalg.solve(
         np.tril(a), b[..., None])[..., 0])  # fmt: skip
for _note, _a in (("tall", TALL[0]), ("wide", WIDE[0]), ("flat", FLAT)):
    for _shape in ((len(_a),), (len(_a), 2)):
        _row("lstsq", _a, _floats(*_shape), note=f"{_note}-{len(_shape)}",
             reference=lambda a, b: np.linalg.lstsq(a, b)[0],
             )  # fmt: skip
_row("pinv", TALL, reference=np.linalg.pinv)
_row("pinv", FLAT, reference=np.linalg.pinv, note="flat")
_row("pinv", TALL, 0.5, reference=np.linalg.pinv, note="cut")
_row("matrix_rank", np.stack([FLAT, _floats(4, 3)]), reference=np.linalg.matrix_rank)
_row("matrix_rank", TALL, 1.5, reference=np.linalg.matrix_rank, note="given")
_row("cdist", TALL[0], TALL[1], reference=scipy.spatial.distance.cdist)
