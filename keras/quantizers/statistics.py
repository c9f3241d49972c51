"""`InputStatistics`: what GPTQ and AWQ know of the inputs of a weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import ops
from keras.core.typing import Tensor


class InputStatistics:
    """Sums over all inputs that a weight was multiplied by.

    Args:
        size: the number of values that the product sums over.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self._products: Any = None
        self._sizes: Any = None

    def add(self, inputs: Tensor) -> None:
        """Counts more inputs, `(..., size)`, or with the size in several axes."""
        rows = ops.reshape(ops.stop_gradient(inputs), (-1, self.size))
        rows = ops.cast(rows, "float32")
        products = ops.matmul(ops.transpose(rows), rows)
        sizes = ops.sum(ops.absolute(rows), axis=0)
        self.count += int(rows.shape[0])
        if self._products is None:
            self._products, self._sizes = products, sizes
        else:
            self._products = ops.add(self._products, products)
            self._sizes = ops.add(self._sizes, sizes)

    def hessian(self) -> np.ndarray:
        """The sum of the products of the inputs, `(size, size)`."""
        return ops.convert_to_numpy(self._products)

    def mean_sizes(self) -> np.ndarray:
        """The mean absolute value of each input, `(size,)`."""
        return ops.convert_to_numpy(self._sizes) / max(self.count, 1)
