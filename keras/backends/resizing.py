"""What resizing images counts with, for ops and the backends that have kernels of it.

A place of the output, taken back to the input, lies between pixels; a kernel says how
much each pixel counts. Pixel centres are at half-integers; the weights of what lies
inside the image are scaled to sum to 1. With `antialias`, kernels are widened when the
image shrinks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.core.typing import Sizes, TensorLike


def _kernel(name: str, x: TensorLike, xp: Any) -> Any:
    """The weight of a pixel at distance `x` (non-negative)."""
    if name == "bilinear":
        return xp.maximum(1 - x, 0)
    if name == "bicubic":  # Keys, 1981, with a = -1/2
        near = ((1.5 * x - 2.5) * x) * x + 1
        far = ((-0.5 * x + 2.5) * x - 4) * x + 2
        return xp.where(x < 1, near, xp.where(x < 2, far, x * 0))
    radius = 3 if name == "lanczos3" else 5
    safe = xp.where(x > 1e-3, x, x * 0 + 1)
    sines = xp.sin(math.pi * safe) * xp.sin(math.pi * safe / radius)
    window = radius * sines / (math.pi**2 * safe * safe)
    return xp.where(x > 1e-3, xp.where(x > radius, x * 0, window), x * 0 + 1)


def between(size: int, output: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For bilinear places: the pixel before each, the one behind, and how far it is."""
    places = (np.arange(output) + 0.5) * (size / output) - 0.5
    places = np.clip(places, 0, size - 1)
    low = np.floor(places).astype("int32")
    high = np.minimum(low + 1, size - 1).astype("int32")
    return low, high, (places - low).astype("float32")


def weights(
    size: Sizes | TensorLike,
    output: int,
    scale: TensorLike,
    translation: Any,
    method: str,
    antialias: bool,
    xp: Any,
) -> Any:
    """`(size, output)`: how much each pixel counts for each place of the output.

    `xp` is NumPy, or has functions of these names where sizes or scales are tensors.
    """
    inverse = 1.0 / scale
    places = (xp.arange(output, dtype="float32") + 0.5) * inverse
    places = places - translation * inverse - 0.5
    pixels = xp.arange(size, dtype="float32")
    distance = xp.abs(places[None, :] - pixels[:, None])
    if antialias:
        distance = distance / xp.maximum(inverse, 1.0)
    found = _kernel(method, distance, xp)
    total = xp.sum(found, axis=0, keepdims=True)
    enough = xp.abs(total) > 1000 * 2.0**-23
    found = xp.where(enough, found / xp.where(enough, total, total * 0 + 1), found * 0)
    inside = xp.logical_and(places >= -0.5, places <= pixels[-1] + 0.5)
    return xp.where(inside[None, :], found, found * 0)
