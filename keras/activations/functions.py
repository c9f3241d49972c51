"""The activations whose arguments differ from those of the op of the same name."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.typing import Tensor, TensorLike


def linear(x: TensorLike) -> Any:
    """The input as it is.

    Args:
        x: anything.

    Returns:
        `x`.

    Example:

    >>> import keras
    >>> keras.activations.linear(3.0)
    3.0
    """
    return x


def exponential(x: TensorLike) -> Tensor:
    """`exp(x)`, element by element.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> float(keras.activations.exponential(0.0))
    1.0
    """
    return ops.exp(x)


def relu(
    x: TensorLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """Rectified linear unit, with the choice of slope, bound and threshold.

    `max_value` from there on, `x` above `threshold`, elsewhere
    `negative_slope * (x - threshold)`. With a `max_value` and no slope, negative values
    that pass become 0.

    Args:
        x: tensor of any shape.
        negative_slope: slope below the threshold.
        max_value: upper bound, or None.
        threshold: where values begin to pass.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> float(keras.activations.relu(-2.0)), float(keras.activations.relu(9.0, 0, 6))
    (0.0, 6.0)
    """
    if threshold == 0:
        if negative_slope == 0:
            if max_value is None:
                return ops.relu(x)
            return ops.relu6(x) if max_value == 6 else ops.clip(x, 0, max_value)
        y = ops.leaky_relu(x, negative_slope=negative_slope)
    else:
        below = 0
        if negative_slope != 0:
            below = ops.multiply(ops.subtract(x, threshold), negative_slope)
        y = ops.where(ops.greater(x, threshold), x, below)
    if max_value is None:
        return y
    # Without a slope there is nothing below 0, as in Keras 3.
    return ops.minimum(y, max_value) if negative_slope else ops.clip(y, 0, max_value)


def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """Gaussian error linear unit: `x` times the chance that a normal number is below.

    Source: Hendrycks and Gimpel, 2016 (https://arxiv.org/abs/1606.08415).

    Args:
        x: tensor of any shape.
        approximate: whether to use the tanh approximation (error below 1e-3).

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.activations.gelu(1.0)), 4)
    0.8413
    """
    return ops.gelu(x, approximate=approximate)


def mish(x: TensorLike) -> Tensor:
    """`x * tanh(softplus(x))`: smooth, and not monotonic.

    Source: Misra, 2019 (https://arxiv.org/abs/1908.08681).

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> round(float(keras.activations.mish(1.0)), 4)
    0.8651
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))
