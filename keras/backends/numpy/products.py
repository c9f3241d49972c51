"""Products of arrays, on the NumPy backend.

Half precision operands are multiplied in float32, as the other backends do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.core.typing import TensorLike


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype("float32") if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x


@np.errstate(all="ignore")
def matmul(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    return np.matmul(_wide(x1), _wide(x2)).astype(x1.dtype, copy=False)


@np.errstate(all="ignore")
def tensordot(x1: TensorLike, x2: TensorLike, axes: Any = 2) -> Any:
    if isinstance(axes, int) and axes < 0:
        raise ValueError("The number of axes is negative.")
    return np.tensordot(_wide(x1), _wide(x2), axes).astype(x1.dtype, copy=False)


@np.errstate(all="ignore")
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> np.ndarray:
    result = np.einsum(subscripts, *map(_wide, operands), optimize=len(operands) > 1)
    return result.astype(operands[0].dtype, copy=False)


@np.errstate(all="ignore")
def dot(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    if x1.dtype == "int8" and 0 < x1.ndim <= 2 and 0 < x2.ndim <= 2:
        x1, x2 = x1.astype("int32"), x2.astype("int32")
    return np.dot(_wide(x1), _wide(x2)).astype(x1.dtype, copy=False)
