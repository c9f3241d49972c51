"""Half precision, which NumPy computes slowly or not at all: it is done in single."""

from __future__ import annotations

from typing import Any

from keras.core.typing import TensorLike


def widened(x: TensorLike) -> Any:
    """Half precision as float32, all else as it is."""
    return x.astype("float32") if x.dtype.itemsize == 2 else x
