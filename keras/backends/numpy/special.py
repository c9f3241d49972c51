"""Special functions of the NumPy backend; SciPy is loaded for the inverse only."""

from __future__ import annotations

import math as _math
from typing import Any

import numpy as _np


def _wide(x: Any) -> Any:
    return x.astype("float32") if x.dtype.itemsize == 2 else x


_erf = _np.vectorize(_math.erf, otypes=["float64"])
_erfc = _np.vectorize(_math.erfc, otypes=["float64"])


def erf(x: Any) -> Any:
    return _np.asarray(_erf(x)).astype(x.dtype, copy=False)


def erfc(x: Any) -> Any:
    return _np.asarray(_erfc(x)).astype(x.dtype, copy=False)


def erfinv(x: Any) -> Any:
    from scipy.special import erfinv as inverse

    return _np.asarray(inverse(_wide(x))).astype(x.dtype, copy=False)


def rsqrt(x: Any) -> Any:
    with _np.errstate(divide="ignore", invalid="ignore"):
        return _np.asarray(1 / _np.sqrt(_wide(x))).astype(x.dtype, copy=False)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    axis = tuple(axis) if isinstance(axis, list) else axis
    wide = _wide(x)
    greatest = _np.max(wide, axis, keepdims=True, initial=-_np.inf)
    greatest = _np.where(_np.isfinite(greatest), greatest, 0).astype(wide.dtype)
    with _np.errstate(divide="ignore", over="ignore"):
        total = _np.log(_np.sum(_np.exp(wide - greatest), axis, keepdims=keepdims))
    greatest = greatest if keepdims else _np.squeeze(greatest, axis)
    return _np.asarray(total + greatest).astype(x.dtype, copy=False)
