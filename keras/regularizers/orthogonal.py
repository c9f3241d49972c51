"""A penalty on rows or columns that point the same way."""

from __future__ import annotations

from keras import ops
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.typing import Tensor, TensorLike
from keras.regularizers.regularizer import Regularizer, factor


@public_class("keras.regularizers")
class OrthogonalRegularizer(Regularizer):
    """The mean absolute cosine between different rows (or columns) of a matrix.

    Args:
        factor: factor on the penalty.
        mode: `"rows"` or `"columns"`: which vectors are to become orthogonal.

    Raises:
        ValueError: for an unknown mode.
        ShapeError: when called on what is no matrix.

    Example:

    >>> import keras
    >>> penalty = keras.regularizers.OrthogonalRegularizer(factor=0.01)
    >>> float(penalty(keras.ops.eye(3)))
    0.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _checked(factor)
        if mode not in ("rows", "columns"):
            raise ValueError(
                "`mode` of OrthogonalRegularizer must be 'rows' or 'columns'. "
                f"Received: mode={mode!r}."
            )
        self.mode = mode

    def __call__(self, inputs: TensorLike) -> Tensor:
        """The penalty for a matrix, a scalar."""
        shape = inputs.shape
        if len(shape) != 2:
            raise ShapeError(
                "OrthogonalRegularizer takes matrices. Received a tensor of shape "
                f"{tuple(shape)}."
            )
        by_rows = self.mode == "rows"
        vectors = ops.normalize(inputs, axis=1 if by_rows else 0, order=2)
        turned = ops.transpose(vectors)
        cosines = (
            ops.matmul(vectors, turned) if by_rows else ops.matmul(turned, vectors)
        )
        size = shape[0 if by_rows else 1]
        between = ops.multiply(
            cosines, ops.subtract(1.0, ops.eye(size, dtype=cosines.dtype))
        )
        pairs = size * (size - 1) / 2
        total = ops.sum(ops.abs(between))
        return ops.multiply(total, self.factor * 0.5 / pairs if pairs else 0.0)


def _checked(value: float) -> float:
    return factor("OrthogonalRegularizer", "factor", value)
