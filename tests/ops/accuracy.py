"""How far an op's numbers are from those of float64, in one dtype.

The inputs of the table's rows are rounded to the dtype first, so that only the op's own
error is seen. It is measured against the row's reference in float64, in units of the
dtype's epsilon times the largest number of the output: 0.5 is a correctly rounded
result, and a sum of n numbers may honestly reach several.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

from keras import ops
from keras.backends import current
from tests.ops import exemptions
from tests.ops.compilation import compiled
from tests.ops.rows import Row, all_rows, flatten, map_arrays

DTYPES = ("float16", "bfloat16", "float32", "float64")
_NOT_COMPARED = {"ctc_decode", "shuffle"}  # choose, and draw


def _turned(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _lu(outputs: list[Any], x: Any) -> tuple[Any, Any]:
    lu, pivots = outputs
    size = x.shape[-1]
    product = (np.tril(lu, -1) + np.eye(size)) @ np.triu(lu)
    for matrix, exchanges in zip(product, pivots.astype(int), strict=True):
        for row, other in reversed(list(enumerate(exchanges))):
            matrix[[row, other]] = matrix[[other, row]]
    return product, x


def _svd(outputs: list[Any], x: Any, *_: Any) -> tuple[Any, Any]:
    u, s, v = outputs
    count = s.shape[-1]
    return (u[..., :count] * s[..., None, :]) @ v[..., :count, :], x


# Decompositions are unique up to signs only: what they decompose is put together again,
# in float64, and compared. op -> from its outputs and inputs: what came, what should.
REBUILT: dict[str, Any] = {
    "qr": lambda outputs, x, *_: (outputs[0] @ outputs[1], x),
    "svd": _svd,
    "eigh": lambda outputs, x: (
        (outputs[1] * outputs[0][..., None, :]) @ _turned(outputs[1]),
        x,
    ),
    "eig": lambda outputs, x: (
        np.abs(x @ outputs[1] - outputs[1] * outputs[0][..., None, :])
        + np.linalg.norm(x, axis=(-1, -2), keepdims=True),
        np.linalg.norm(x, axis=(-1, -2), keepdims=True) + np.zeros_like(x),
    ),
    "lu_factor": _lu,
}


def rows() -> dict[str, Row]:
    """One row of each op with float tensors and a reference: the plainest one."""
    found: dict[str, Row] = {}
    for row in all_rows():
        arrays = [x for x in flatten([row.args, row.kwargs]) if _is_float(x)]
        if not arrays or row.op in _NOT_COMPARED:
            continue
        if row.reference is None and row.op not in REBUILT:
            continue
        if row.op == "svd" and row.args[2:] == (False,):
            continue
        if not all(np.isfinite(x).all() for x in arrays):
            continue
        found.setdefault(row.op, row)
    return dict(sorted(found.items()))


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def numpy_dtype(dtype: str) -> Any:
    """NumPy's dtype of a name; bfloat16 comes from ml_dtypes."""
    return np.dtype(getattr(ml_dtypes, dtype, dtype))


def inputs(row: Row, dtype: str) -> list[Any]:
    """The row's arguments, rounded to the dtype: positional ones, and those by name."""
    kind = numpy_dtype(dtype)
    return map_arrays(
        lambda x: x.astype(kind) if _is_float(x) else x, [list(row.args), row.kwargs]
    )


@cache
def expected(op: str, dtype: str) -> list[np.ndarray]:
    """What the row's reference gives in float64, for inputs rounded to the dtype."""
    row, kind = _ROWS[op], numpy_dtype(dtype)
    args, kwargs = map_arrays(
        lambda x: x.astype("float64") if x.dtype == kind else x, inputs(row, dtype)
    )
    assert row.reference is not None
    with np.errstate(all="ignore"):
        return [np.asarray(x) for x in flatten(row.reference(*args, **kwargs))]


def outputs(row: Row, dtypes: tuple[str, ...]) -> list[list[Any]]:
    """The op's results in each dtype; on JAX out of one compiled function.

    JAX would compile each step of each op by itself, which takes minutes.
    """
    given = [inputs(row, dtype) for dtype in dtypes]

    def results(*tensors: Any) -> list[list[Any]]:
        feed = iter(tensors)
        calls = map_arrays(lambda _: next(feed), given)
        op = getattr(ops, row.op)
        return [flatten(op(*args, **kwargs)) for args, kwargs in calls]

    tensors = [ops.convert_to_tensor(x) for x in flatten(given) if _is_array(x)]
    if current().name != "jax" or exemptions.reason("jit", row.id, "jax"):
        return results(*tensors)
    return compiled("jax", results)(*tensors)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def errors(row: Row, dtypes: tuple[str, ...]) -> dict[str, float | None]:
    """The largest error on the current backend; None where no output is of the dtype.

    Wide results of narrow inputs (`linalg` works in float32) count in their own dtype.
    """
    found = zip(dtypes, outputs(row, dtypes), strict=True)
    return {dtype: _largest(row, dtype, results) for dtype, results in found}


def _largest(row: Row, dtype: str, results: list[Any]) -> float | None:
    if row.op in REBUILT:
        args, kind = inputs(row, dtype)[0], numpy_dtype(dtype)
        exact = [x.astype("float64") if _is_array(x) else x for x in args]
        name = current().dtype_of(results[-1 if row.op == "svd" else 0])
        arrays = [np.asarray(ops.convert_to_numpy(x)) for x in results]
        wide = [
            x.astype("complex128" if x.dtype.kind == "c" else "float64") for x in arrays
        ]
        got, want = REBUILT[row.op](wide, *exact)
        name = {"complex64": "float32", "complex128": "float64"}.get(name, name)
        return _apart(got, want, name) if kind else None
    largest: float | None = None
    for output, want in zip(results, expected(row.op, dtype), strict=True):
        one = _distance(output, want)
        if one is not None:
            largest = one if largest is None else max(largest, one)
    return largest


def _distance(output: Any, want: np.ndarray) -> float | None:
    if not hasattr(output, "dtype") or want.dtype.kind != "f":
        return None
    name = current().dtype_of(output)
    if name not in DTYPES:
        return None
    return _apart(
        np.asarray(ops.convert_to_numpy(output)).astype("float64"), want, name
    )


def _apart(got: np.ndarray, want: np.ndarray, name: str) -> float | None:
    """The largest distance, in epsilons of the dtype at the largest number."""
    assert got.shape == want.shape
    finite = np.isfinite(want) & np.isfinite(got)
    if not finite.any():
        return None
    scale = max(np.abs(want[finite]).max(), float(ml_dtypes.finfo(name).tiny))
    apart = np.abs(got[finite] - want[finite]).max()
    return float(apart / (scale * float(ml_dtypes.finfo(name).eps)))


_ROWS = rows()
