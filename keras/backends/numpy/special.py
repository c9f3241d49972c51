"""Special functions of the NumPy backend; SciPy is loaded for the inverse only."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends.numpy.gradients import as_array, differentiable
from keras.backends.numpy.gradients.shaping import kept
from keras.backends.numpy.half import widened
from keras.core.typing import Axis, TensorLike

_ROOT = math.sqrt(math.pi)


def _slope(derivative: Callable[[Any, Any], Any]) -> Any:
    """The rule of a function of each element."""

    def rule(out: Any, x: Any) -> Any:
        return (lambda g: widened(g) * derivative(widened(out), widened(x)),)

    return rule


_erf = np.vectorize(math.erf, otypes=["float64"])
_erfc = np.vectorize(math.erfc, otypes=["float64"])


@differentiable(_slope(lambda out, x: 2 / _ROOT * np.exp(-x * x)))
def erf(x: np.ndarray) -> np.ndarray:
    return np.asarray(_erf(x)).astype(x.dtype, copy=False)


@differentiable(_slope(lambda out, x: -2 / _ROOT * np.exp(-x * x)))
def erfc(x: np.ndarray) -> np.ndarray:
    return np.asarray(_erfc(x)).astype(x.dtype, copy=False)


@differentiable(_slope(lambda out, x: _ROOT / 2 * np.exp(out * out)))
def erfinv(x: np.ndarray) -> np.ndarray:
    from scipy.special import erfinv as inverse

    return np.asarray(inverse(widened(x))).astype(x.dtype, copy=False)


def rsqrt(x: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return as_array(1 / np.sqrt(widened(x))).astype(x.dtype, copy=False)


def _logsumexp_rule(
    out: TensorLike, x: TensorLike, axis: Axis = None, keepdims: bool = False
) -> Any:
    def back(g: TensorLike) -> TensorLike:
        full, g = (out, g) if keepdims else (kept(v, axis, x.ndim) for v in (out, g))
        full = np.where(np.isfinite(full), full, np.zeros_like(full))
        return g * np.exp(x - full)

    return (back,)


@differentiable(_logsumexp_rule)
def logsumexp(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    wide = widened(x)
    greatest = np.max(wide, axis, keepdims=True, initial=-np.inf)
    greatest = np.where(np.isfinite(greatest), greatest, 0).astype(wide.dtype)
    with np.errstate(divide="ignore", over="ignore"):
        total = np.log(np.sum(np.exp(wide - greatest), axis, keepdims=keepdims))
    greatest = greatest if keepdims else np.squeeze(greatest, axis)
    return np.asarray(total + greatest).astype(x.dtype, copy=False)
