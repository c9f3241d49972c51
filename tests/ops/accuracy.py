"""How far an op's numbers are from those of float64, in one dtype.

The inputs of the table's rows are rounded to the dtype first, so that only the op's own
error is seen. It is measured against the row's reference in float64, in units of the
dtype's epsilon times the largest number of the output: 0.5 is a correctly rounded
result, and a sum of n numbers may honestly reach several.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from keras import ops
from keras.backends import current
from tests.ops.rows import Row, all_rows, flatten, map_arrays

DTYPES = ("float16", "bfloat16", "float32", "float64")
# Decompositions are unique up to signs only, and these draw or order by value.
_NOT_COMPARED = {"eig", "eigh", "svd", "qr", "lu_factor", "ctc_decode", "shuffle"} | {
    "istft"  # a rounded transform is no transform of any signal
}


def rows() -> dict[str, Row]:
    """One row of each op with float tensors and a reference: the plainest one."""
    found: dict[str, Row] = {}
    for row in all_rows():
        arrays = [x for x in flatten([row.args, row.kwargs]) if _is_float(x)]
        if not arrays or row.reference is None or row.op in _NOT_COMPARED:
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


def error(row: Row, dtype: str) -> float | None:
    """The largest error on the current backend; None where no output is of the dtype.

    Wide results of narrow inputs (`linalg` works in float32) count in their own dtype.
    """
    kind = numpy_dtype(dtype)
    rounded = map_arrays(
        lambda x: x.astype(kind) if _is_float(x) else x, [list(row.args), row.kwargs]
    )
    exact = map_arrays(lambda x: x.astype("float64") if x.dtype == kind else x, rounded)
    args, kwargs = map_arrays(ops.convert_to_tensor, rounded)
    outputs = flatten(getattr(ops, row.op)(*args, **kwargs))
    assert row.reference is not None
    with np.errstate(all="ignore"):
        expected = flatten(row.reference(*exact[0], **exact[1]))
    largest: float | None = None
    for output, want in zip(outputs, expected, strict=True):
        one = _distance(output, np.asarray(want))
        if one is not None:
            largest = one if largest is None else max(largest, one)
    return largest


def _distance(output: Any, want: np.ndarray) -> float | None:
    if not hasattr(output, "dtype") or want.dtype.kind != "f":
        return None
    name = current().dtype_of(output)
    if name not in DTYPES:
        return None
    got = np.asarray(ops.convert_to_numpy(output)).astype("float64")
    assert got.shape == want.shape
    finite = np.isfinite(want) & np.isfinite(got)
    if not finite.any():
        return None
    scale = max(np.abs(want[finite]).max(), float(ml_dtypes.finfo(name).tiny))
    apart = np.abs(got[finite] - want[finite]).max()
    return float(apart / (scale * float(ml_dtypes.finfo(name).eps)))
