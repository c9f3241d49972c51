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
    # Numbers of a row are one after the other, and so are their places: NumPy takes
    # single ones quicker than runs of three.
    down, along = down[:, None], np.repeat(along, channels)
    each = np.arange(channels)
    left, right = ((p[:, None] * channels + each).reshape(-1) for p in (left, right))
    for image, into in zip(images, found, strict=True):  # each fits into the cache
        flat = image.reshape(height, -1)
        rows = _between(flat[top], flat[bottom], down)
        first, second = (rows.take(places, axis=1) for places in (left, right))
        _between(first, second, along, into.reshape(size[0], -1))
    return found


def _between(first: Any, second: Any, part: np.ndarray, out: Any = None) -> np.ndarray:
    found = np.subtract(second, first, out=out, dtype="float32")
    found *= part
    found += first
    return found
