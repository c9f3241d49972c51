"""`Regularizer`, and penalties on the size of single values."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import Tensor, TensorLike


@public_class("keras.regularizers", module="keras")
class Regularizer(Configurable):
    """Base class: a callable from a tensor to a scalar that is added to the loss.

    Subclasses define `__call__(self, x)`.

    Example:

    >>> import keras
    >>> class Peak(keras.Regularizer):
    ...     def __call__(self, x):
    ...         return 0.1 * keras.ops.max(x)
    >>> float(Peak()(keras.ops.ones((2, 2)))) == float(keras.ops.array(0.1))
    True
    """

    def __call__(self, x: TensorLike) -> Any:
        """The penalty for the tensor `x`, a scalar."""
        return 0.0


@public_class("keras.regularizers")
class L1(Regularizer):
    """`l1 * sum(abs(x))`: drives values to zero.

    Args:
        l1: factor, not negative.

    Example:

    >>> import keras
    >>> float(keras.regularizers.L1(0.5)(keras.ops.array([1.0, -3.0])))
    2.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = factor("L1", "l1", 0.01 if l1 is None else l1)

    def __call__(self, x: TensorLike) -> Tensor:
        """The penalty for the tensor `x`, a scalar."""
        return ops.multiply(ops.sum(ops.abs(x)), self.l1)


@public_class("keras.regularizers")
class L2(Regularizer):
    """`l2 * sum(square(x))`: keeps values small.

    Args:
        l2: factor, not negative.

    Example:

    >>> import keras
    >>> float(keras.regularizers.L2(0.5)(keras.ops.array([1.0, -3.0])))
    5.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = factor("L2", "l2", 0.01 if l2 is None else l2)

    def __call__(self, x: TensorLike) -> Tensor:
        """The penalty for the tensor `x`, a scalar."""
        return ops.multiply(ops.sum(ops.square(x)), self.l2)


@public_class("keras.regularizers")
class L1L2(Regularizer):
    """The sum of `L1` and `L2`.

    Args:
        l1: factor on the sum of absolute values, not negative.
        l2: factor on the sum of squares, not negative.

    Example:

    >>> import keras
    >>> float(keras.regularizers.L1L2(1.0, 0.5)(keras.ops.array([1.0, -3.0])))
    9.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = factor("L1L2", "l1", 0.0 if l1 is None else l1)
        self.l2 = factor("L1L2", "l2", 0.0 if l2 is None else l2)

    def __call__(self, x: TensorLike) -> Tensor:
        """The penalty for the tensor `x`, a scalar."""
        if not self.l1:
            return ops.multiply(ops.sum(ops.square(x)), self.l2)
        penalty = ops.multiply(ops.sum(ops.abs(x)), self.l1)
        if self.l2:
            penalty = ops.add(penalty, ops.multiply(ops.sum(ops.square(x)), self.l2))
        return penalty


def factor(owner: str, name: str, value: Any) -> float:
    """A finite, non-negative number, or an error that names the argument."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < 0.0:
        raise ValueError(
            f"`{name}` of {owner} must be a finite number, not negative. "
            f"Received: {name}={value!r}."
        )
    return number
