"""Making, shaping and joining tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from toy_keras_backend.core import native_dtype
from toy_keras_backend.tensor import ToyTensor, array_of, lifted


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    return ToyTensor(np.full(shape, array_of(fill_value), native_dtype(dtype)))


reshape = lifted(np.reshape)
transpose = lifted(np.transpose)
broadcast_to = lifted(np.broadcast_to)
concatenate = lifted(np.concatenate)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return [ToyTensor(part) for part in np.split(x.array, indices_or_sections, axis)]
