"""Special functions of the NumPy backend; SciPy is loaded for the inverse only."""

from __future__ import annotations

import math as _math

import numpy as _np

from keras.core.typing import Axis


def _wide(x: _np.ndarray) -> _np.ndarray:
    return x.astype("float32") if x.dtype.itemsize == 2 else x


_erf = _np.vectorize(_math.erf, otypes=["float64"])
_erfc = _np.vectorize(_math.erfc, otypes=["float64"])


def erf(x: _np.ndarray) -> _np.ndarray:
    return _np.asarray(_erf(x)).astype(x.dtype, copy=False)


def erfc(x: _np.ndarray) -> _np.ndarray:
    return _np.asarray(_erfc(x)).astype(x.dtype, copy=False)


def erfinv(x: _np.ndarray) -> _np.ndarray:
    from scipy.special import erfinv as inverse

    return _np.asarray(inverse(_wide(x))).astype(x.dtype, copy=False)


def rsqrt(x: _np.ndarray) -> _np.ndarray:
    with _np.errstate(divide="ignore", invalid="ignore"):
        return _np.asarray(1 / _np.sqrt(_wide(x))).astype(x.dtype, copy=False)


def logsumexp(x: _np.ndarray, axis: Axis = None, keepdims: bool = False) -> _np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    wide = _wide(x)
    greatest = _np.max(wide, axis, keepdims=True, initial=-_np.inf)
    greatest = _np.where(_np.isfinite(greatest), greatest, 0).astype(wide.dtype)
    with _np.errstate(divide="ignore", over="ignore"):
        total = _np.log(_np.sum(_np.exp(wide - greatest), axis, keepdims=keepdims))
    greatest = greatest if keepdims else _np.squeeze(greatest, axis)
    return _np.asarray(total + greatest).astype(x.dtype, copy=False)
