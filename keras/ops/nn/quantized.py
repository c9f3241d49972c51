"""Between integers of few bits and floats. Internal; weight forms are built on them.

They are ops so that a backend may keep such a weight as it is: an ONNX file has the
integers, and nodes that make floats of them.
"""

from __future__ import annotations

from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops.arithmetic import absolute, add, clip, divide, multiply, subtract
from keras.ops.core import cast
from keras.ops.declare import composite
from keras.ops.indexing import take
from keras.ops.reduction import max as largest_of
from keras.ops.rounding import round as nearest
from keras.ops.shaping import repeat


@composite
def rounded(x: TensorLike, low: int, high: int, dtype: str) -> Tensor:
    """The nearest integers.

    Args:
        x: floats that were scaled so that none is larger than `high`, either way.
        low: smallest integer.
        high: largest integer.
        dtype: dtype of the integers.

    Returns:
        Integers of the shape of `x`.
    """
    return cast(clip(nearest(x), low, high), dtype)


@composite
def abs_max_rounded(
    x: TensorLike,
    axis: Axis,
    low: int,
    high: int,
    epsilon: float,
    dtype: str,
) -> tuple[Tensor, Tensor]:
    """Integers of floats, scaled so that the largest absolute value meets `high`.

    Args:
        x: floats.
        axis: axis or axes that share a scale; None for one scale of all.
        low: smallest integer.
        high: largest integer.
        epsilon: added to the largest absolute value, so that zeros can be scaled.
        dtype: dtype of the integers.

    Returns:
        The integers, and the scale: `x ≈ integers / scale`, of the dtype of `x` and
        size 1 along the axes that share it.
    """
    largest = largest_of(absolute(x), axis=axis, keepdims=True)
    scale = divide(high, add(largest, epsilon))
    return rounded(multiply(x, scale), low, high, dtype), scale


@composite
def as_floats(integers: TensorLike, dtype: str, alone: bool = False) -> Tensor:
    """Integers as floats of the same numbers.

    Args:
        integers: integers of any shape.
        dtype: dtype of the floats.
        alone: whether they meet floats that are no rounded ones.
    """
    return cast(integers, dtype)


@composite
def dequantized(
    integers: TensorLike,
    scale: TensorLike,
    zero: TensorLike | None = None,
    index: TensorLike | None = None,
    axis: int = 0,
    block_size: int | None = None,
    divides: bool = False,
) -> Tensor:
    """The floats that integers stand for: `(integers - zero) * scale`.

    Args:
        integers: integers of any shape.
        scale: floats that broadcast with the integers; with `block_size` one along
            `axis` for each block, of which the last may be shorter, and with `index`
            one for each group.
        zero: what the integer is where the float is 0; shaped like `scale`.
        index: the group of each place along `axis`, int32.
        axis: the axis that is cut into blocks, or grouped.
        block_size: how many integers share a scale.
        divides: whether it is `(integers - zero) / scale`.

    Returns:
        Floats of the shape of the integers and the dtype of the scale.
    """
    values = as_floats(integers, scale.dtype)
    if block_size is not None:
        window = [slice(None)] * len(integers.shape)
        window[axis] = slice(integers.shape[axis])
        scale = repeat(scale, block_size, axis=axis)[tuple(window)]
        if zero is not None:
            zero = repeat(zero, block_size, axis=axis)[tuple(window)]
    if index is not None:
        scale = take(scale, index, axis=axis)
        zero = None if zero is None else take(zero, index, axis=axis)
    if zero is not None:
        values = subtract(values, cast(zero, values.dtype))
    return divide(values, scale) if divides else multiply(values, scale)
