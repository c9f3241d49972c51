"""Memory of the host that frameworks use as it lies, instead of copying it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

# Bytes: a line of the processor's cache. TensorFlow and JAX want arrays to begin with
# one, and products of matrices are 2 to 3 % slower where a weight does not. NumPy's own
# begin at multiples of 16.
ALIGNMENT = 64


def empty(shape: Sequence[int], dtype: DTypeLike) -> np.ndarray:
    """An array of any values that a framework can use as it lies.

    Its tensor needs none of the copies that are made of others, from which loading a
    large model has its peak of memory.

    Args:
        shape: its shape.
        dtype: its dtype.
    """
    dtype = np.dtype(dtype)
    if dtype == (same := np.dtype(dtype.type)):
        dtype = same  # the very object that NumPy has, not a file's copy of it
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start : start + size].view(dtype).reshape(shape)


def is_aligned(array: np.ndarray) -> bool:
    """Whether a framework can use the memory of an array as it lies."""
    whole = array.flags.c_contiguous and array.flags.writeable and array.size
    return bool(whole) and array.ctypes.data % ALIGNMENT == 0
