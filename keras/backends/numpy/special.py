"""Special functions of the NumPy backend; SciPy is loaded for the inverse only."""

from __future__ import annotations

import math

import numpy as np

from keras.backends.numpy.half import widened
from keras.core.typing import Axis

_erf = np.vectorize(math.erf, otypes=["float64"])
_erfc = np.vectorize(math.erfc, otypes=["float64"])


def erf(x: np.ndarray) -> np.ndarray:
    return np.asarray(_erf(x)).astype(x.dtype, copy=False)


def erfc(x: np.ndarray) -> np.ndarray:
    return np.asarray(_erfc(x)).astype(x.dtype, copy=False)


def erfinv(x: np.ndarray) -> np.ndarray:
    from scipy.special import erfinv as inverse

    return np.asarray(inverse(widened(x))).astype(x.dtype, copy=False)


def rsqrt(x: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 / np.sqrt(widened(x))).astype(x.dtype, copy=False)


def logsumexp(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    wide = widened(x)
    greatest = np.max(wide, axis, keepdims=True, initial=-np.inf)
    greatest = np.where(np.isfinite(greatest), greatest, 0).astype(wide.dtype)
    with np.errstate(divide="ignore", over="ignore"):
        total = np.log(np.sum(np.exp(wide - greatest), axis, keepdims=keepdims))
    greatest = greatest if keepdims else np.squeeze(greatest, axis)
    return np.asarray(total + greatest).astype(x.dtype, copy=False)
