"""Rounding to integers of few bits and back, with a gradient: for training with it.

The gradient passes rounding as if it were not there (Bengio et al., 2013,
https://arxiv.org/abs/1308.3432), as quantization-aware training wants it (Jacob et al.,
2017, https://arxiv.org/abs/1712.05877).
"""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core import dtypes
from keras.core.typing import Tensor, TensorLike


def fake_quant_with_min_max_vars(
    inputs: TensorLike,
    min_vals: TensorLike,
    max_vals: TensorLike,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """Rounds values to those that integers of few bits can stand for.

    The range is moved a little where needed, so that 0 stays exactly 0. Gradients with
    respect to the inputs pass inside the range. Those outside it go to `min_vals` and
    `max_vals`, so that these can be trained.

    Args:
        inputs: float tensor.
        min_vals: low end of the range: a scalar, or one value per entry of `axis`.
        max_vals: high end of the range, of the same shape.
        num_bits: number of bits of the integers.
        narrow_range: whether the smallest integer is 1 in place of 0.
        axis: axis of the inputs whose entries have a range each; None for one range.

    Returns:
        A tensor of the shape and dtype of the inputs.

    Raises:
        ValueError: if there are no bits, or too many.

    Example:

    >>> import keras
    >>> x = keras.ops.array([-2.0, 0.3, 0.9])
    >>> y = keras.quantizers.fake_quant_with_min_max_vars(x, -1.0, 1.0, num_bits=2)
    >>> [round(float(value), 2) for value in y]
    [-1.33, 0.0, 0.67]
    """
    if not isinstance(num_bits, int) or not 1 <= num_bits <= 24:
        raise ValueError(
            "fake_quant_with_min_max_vars expects `num_bits` to be an integer from 1 "
            f"to 24. Received: num_bits={num_bits!r}."
        )
    inputs = ops.convert_to_tensor(inputs)
    if not dtypes.is_float(ops.dtype(inputs)):
        inputs = ops.cast(inputs, "float32")
    shape = [1] * len(inputs.shape)
    if axis is not None:
        shape[axis] = -1
    ends = []
    for values in (min_vals, max_vals):
        value = ops.cast(ops.convert_to_tensor(values, "float32"), ops.dtype(inputs))
        ends.append(ops.reshape(value, shape) if axis is not None else value)
    least = int(narrow_range)
    return _rounding(least, 2**num_bits - 1)(inputs, *ends)


def _rounding(least: int, largest: int) -> Any:
    """The function of inputs and range for integers from `least` to `largest`."""

    def rounded(x: Tensor, min_vals: Tensor, max_vals: Tensor) -> tuple[Tensor, Any]:
        span = ops.subtract(max_vals, min_vals)
        empty = ops.less_equal(span, 0.0)
        span = ops.where(empty, 1.0, span)
        scale = ops.divide(span, largest - least)
        zero = ops.subtract(least, ops.divide(min_vals, scale))
        zero = ops.round(ops.clip(zero, least, largest))
        low = ops.multiply(ops.subtract(least, zero), scale)
        high = ops.multiply(ops.subtract(largest, zero), scale)
        low, high = ops.where(empty, 0.0, low), ops.where(empty, 0.0, high)
        per_step = ops.divide(largest - least, span)
        steps = ops.multiply(ops.subtract(ops.clip(x, low, high), low), per_step)
        steps = ops.floor(ops.add(steps, 0.5))
        below, above = ops.less(x, low), ops.greater(x, high)

        def grad(*upstream: Any) -> tuple[Tensor, Tensor, Tensor]:
            given = upstream[0]
            inside = ops.logical_not(ops.logical_or(below, above))
            return (
                ops.where(inside, given, 0.0),
                _summed(ops.where(below, given, 0.0), min_vals),
                _summed(ops.where(above, given, 0.0), max_vals),
            )

        return ops.add(ops.multiply(steps, scale), low), grad

    return ops.custom_gradient(rounded)


def _summed(gradient: Tensor, ends: Tensor) -> Tensor:
    """The gradient of what was broadcast."""
    if not len(ends.shape):
        return ops.sum(gradient)
    axes = [i for i, size in enumerate(ends.shape) if size == 1]
    return ops.sum(gradient, axis=axes, keepdims=True) if axes else gradient
