"""Image kernels of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends.numpy.gradients import is_traced
from keras.backends.resizing import between, weights


def resize_bilinear(images: np.ndarray, size: Any, antialias: bool = False) -> Any:
    batch, height, width, channels = images.shape
    if antialias or is_traced(images):  # products have slopes
        for axis, new in ((1, size[0]), (2, size[1])):
            old = images.shape[axis]
            matrix = weights(old, new, new / old, 0.0, "bilinear", antialias, np)
            turned = np.moveaxis(images, axis, -1) @ matrix.astype("float32")
            images = np.moveaxis(turned, -1, axis)
        return images
    found = np.empty((batch, *size, channels), "float32")
    top, bottom, down = between(height, size[0])
    left, right, along = between(width, size[1])
    # Numbers of a row are one after the other: so channels need no axis of their own.
    down, along = down[:, None], np.repeat(along, channels)
    for image, into in zip(images, found, strict=True):  # each fits into the cache
        flat = image.reshape(height, -1)
        rows = _between(flat[top], flat[bottom], down)
        rows = rows.reshape(size[0], width, channels)
        first, second = (
            rows.take(places, axis=1).reshape(size[0], -1) for places in (left, right)
        )
        into[:] = _between(first, second, along).reshape(into.shape)
    return found


def _between(first: np.ndarray, second: np.ndarray, part: np.ndarray) -> np.ndarray:
    found = np.subtract(second, first, dtype="float32")
    found *= part
    found += first
    return found
