"""`linear`: matrix product plus bias in one step. Internal; Dense is built on it."""

from __future__ import annotations

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn.shapes import fail


@op(promote="same")
def linear(x: TensorLike, kernel: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """`matmul(x, kernel) + bias`.

    Args:
        x: `(..., features)`.
        kernel: `(features, units)`.
        bias: `(units,)` or None.

    Returns:
        `(..., units)`.
    """
    if len(kernel.shape) != 2 or not x.shape:
        raise fail(
            "linear",
            "`x` of rank 1 or more and `kernel` of rank 2",
            x=x.shape,
            kernel=kernel.shape,
        )
    features, units = kernel.shape
    if x.shape[-1] is not None and features is not None and x.shape[-1] != features:
        raise fail(
            "linear",
            "the last size of `x` to equal the first of `kernel`",
            x=x.shape,
            kernel=kernel.shape,
        )
    if bias is not None and bias.shape != (units,):
        raise fail("linear", f"`bias` of shape ({units},)", bias=bias.shape)
    return KerasTensor((*x.shape[:-1], units), x.dtype)
