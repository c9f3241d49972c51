"""Image kernels of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends.resizing import between, weights


def resize_bilinear(images: np.ndarray, size: Any, antialias: bool = False) -> Any:
    for axis, new in ((1, size[0]), (2, size[1])):
        old = images.shape[axis]
        if old == new:
            continue
        if antialias:
            matrix = weights(old, new, new / old, 0.0, "bilinear", True, np)
            turned = np.moveaxis(images, axis, -1) @ matrix.astype("float32")
            images = np.moveaxis(turned, -1, axis)
            continue
        low, high, part = between(old, new)
        first, second = (np.take(images, i, axis=axis) for i in (low, high))
        # In place, and bytes are taken as bytes: half the time goes into memory.
        images = np.subtract(second, first, dtype="float32")
        images *= part.reshape((-1, *[1] * (3 - axis)))
        images += first
    return images
