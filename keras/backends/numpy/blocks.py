"""Windows and blocks of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends import windows
from keras.backends.numpy.gradients import differentiable
from keras.core.typing import TensorLike


def _fold_rule(
    out: TensorLike, x: TensorLike, output_size: Any, kernel_size: Any,
    dilation: Any = 1, padding: Any = 0, stride: Any = 1,
) -> Any:  # fmt: skip
    sizes = windows.tuple_of(output_size, 2)
    (p, q), _, places = windows.sliding(sizes, kernel_size, dilation, padding, stride)

    def back(g: TensorLike) -> TensorLike:
        g = np.pad(g, [(0, 0), (0, 0), (p, p), (q, q)])
        parts = [g[:, :, a, b] for a, b in places]
        return np.reshape(np.stack(parts, 2), x.shape)

    return (back,)


@differentiable(_fold_rule)
def fold(
    x: np.ndarray,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> np.ndarray:
    sizes = windows.tuple_of(output_size, 2)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    batch, rows, count = np.shape(x)
    if rows % len(places) or count != counts[0] * counts[1]:
        raise ValueError("The sizes do not fit.")
    parts = np.reshape(x, (batch, rows // len(places), len(places), *counts))
    height, width = sizes[0] + 2 * p, sizes[1] + 2 * q
    total = np.zeros((batch, rows // len(places), height, width), x.dtype)
    for place, (a, b) in enumerate(places):
        total[:, :, a, b] += parts[:, :, place]
    return total[:, :, p : p + sizes[0], q : q + sizes[1]]


def complex_from(real: np.ndarray, imaginary: Any) -> np.ndarray:
    complex_type = "complex128" if real.dtype == "float64" else "complex64"
    return (real + 1j * imaginary.astype(real.dtype)).astype(complex_type)
