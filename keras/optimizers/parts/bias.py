"""How much of a running mean that started at zero has been filled."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.typing import TensorLike


def correction(beta: float, step: TensorLike, dtype: str) -> Any:
    """`1 - beta ** step`, without the digits that a subtraction from 1 would lose.

    Args:
        beta: how much of the mean stays with each step, from 0 to below 1.
        step: number of the step, from 1, an integer tensor.
        dtype: dtype of the result.
    """
    if beta <= 0:
        return ops.cast(1.0, dtype)
    power = ops.multiply(ops.cast(step, "float32"), math.log(beta))
    return ops.cast(ops.negative(ops.expm1(power)), dtype)
