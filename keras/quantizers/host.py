"""Rounding large weights on the host: in pieces that stay in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from keras.core.typing import Axis

# So many numbers are looked at together.
_NUMBERS = 2**17


def abs_max(
    x: np.ndarray, axis: Axis, low: int, high: int, epsilon: float, dtype: str
) -> tuple[np.ndarray, np.ndarray]:
    """Integers, scaled so that the largest absolute value meets `high`.

    It takes no memory but that of its results.

    Args:
        x: float32 or float64, of any shape.
        axis: axis or axes that share a scale; None for one scale of all.
        low: smallest integer.
        high: largest integer.
        epsilon: added to the largest absolute value, so that zeros can be scaled.
        dtype: dtype of the integers.

    Returns:
        The integers, and the scale, with size 1 along the axes that share it.
    """
    shared: Sequence[int] = (axis,) if isinstance(axis, int) else axis or ()
    axes = tuple(range(x.ndim) if axis is None else (a % x.ndim for a in shared))
    scale = (high / (_largest(x, axes) + x.dtype.type(epsilon))).astype(x.dtype)
    integers = np.empty(x.shape, dtype)
    # Values that are scaled by their largest need no cutting, if both ends are alike.
    is_cut = low > -high or epsilon < 0
    is_first = 0 in axes
    for part, buffer in _parts(x):
        values = np.multiply(x[part], scale if is_first else scale[part], out=buffer)
        np.rint(values, out=values)
        if is_cut:
            np.clip(values, low, high, out=values)
        np.copyto(integers[part], values, casting="unsafe")
    return integers, scale


def _largest(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The largest absolute value, with size 1 along the axes."""
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    found = np.zeros(shape, x.dtype)
    for part, buffer in _parts(x):
        largest = np.abs(x[part], out=buffer).max(axis=axes, keepdims=True)
        if 0 in axes:
            np.maximum(found, largest, out=found)
        else:
            found[part] = largest
    return found


def _parts(x: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Runs of rows, and memory of a run's shape, the same for all of them."""
    rows = max(_NUMBERS * len(x) // max(x.size, 1), 1)
    buffer = np.empty((min(rows, len(x)), *x.shape[1:]), x.dtype)
    for start in range(0, len(x), rows):
        stop = min(start + rows, len(x))
        yield slice(start, stop), buffer[: stop - start]
