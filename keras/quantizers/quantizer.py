"""`Quantizer`, and integers that are scaled by the largest absolute value."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import backends, ops
from keras.backends import load
from keras.core import context, dtypes
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.typing import Axis, Config, Tensor, TensorLike
from keras.ops.nn.quantized import abs_max_rounded
from keras.quantizers import host


@public_class("keras.quantizers", module="keras")
class Quantizer(Configurable):
    """Base class: a callable from a tensor to quantized values and their scale.

    Subclasses define `__call__(self, x)`, which returns `(values, scale)` with
    `x ≈ values / scale`, and `get_config`, if they have arguments.

    Args:
        output_dtype: dtype of the values.

    Example:

    >>> import keras
    >>> class Signs(keras.Quantizer):
    ...     def __call__(self, x):
    ...         ones = keras.ops.sign(x)
    ...         return keras.ops.cast(ones, self.output_dtype), keras.ops.ones(())
    >>> values, scale = Signs()(keras.ops.array([0.5, -2.0]))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [1, -1]
    """

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: TensorLike) -> Any:
        """The values and scale of the tensor `x`; the base class returns `x`."""
        return x


@public_class("keras.quantizers")
class AbsMaxQuantizer(Quantizer):
    """Scales so that the largest absolute value meets the largest integer.

    Args:
        axis: axis or axes that share a scale; None for the last, unless a call says
            another.
        value_range: smallest and largest integer.
        epsilon: added to the largest absolute value, so that zeros can be scaled.
        output_dtype: dtype of the integers.

    Example:

    >>> import keras
    >>> quantizer = keras.quantizers.AbsMaxQuantizer(axis=0)
    >>> values, scale = quantizer(keras.ops.array([[0.5], [-2.0]]))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [[32], [-127]]
    """

    def __init__(
        self,
        axis: Axis = None,
        value_range: tuple[int, int] = (-127, 127),
        epsilon: float = 1e-7,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype)
        self.axis = (axis,) if isinstance(axis, int) else axis and tuple(axis)
        low, high = value_range
        self.value_range = (low, high)
        self.epsilon = epsilon

    def __call__(
        self, x: TensorLike, axis: Axis = None, to_numpy: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The integers and their scale.

        Args:
            x: a float tensor.
            axis: axes that share a scale, in place of the quantizer's own.
            to_numpy: whether to compute in NumPy, on the host's memory.
        """
        axes = axis if axis is not None else self.axis
        return abs_max_quantize(
            x,
            -1 if axes is None else axes,
            self.value_range,
            self.output_dtype,
            self.epsilon,
            to_numpy,
        )

    def get_config(self) -> Config:
        """The arguments; the axis where there is one."""
        config = {
            "value_range": self.value_range,
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        return config if self.axis is None else {**config, "axis": self.axis}


def abs_max_quantize(
    inputs: TensorLike,
    axis: Axis,
    value_range: tuple[int, int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor]:
    """Integers of a tensor, scaled so that the largest absolute value meets the range.

    Args:
        inputs: a float tensor.
        axis: axis or axes that share a scale; None for one scale of all.
        value_range: smallest and largest integer.
        dtype: dtype of the integers.
        epsilon: added to the largest absolute value, so that zeros can be scaled.
        to_numpy: whether to compute in NumPy, on the host's memory.

    Returns:
        The integers, and the scale: `inputs ≈ integers / scale`. It has the dtype of
        the inputs, and size 1 along the axes that share it.

    Example:

    >>> import keras
    >>> x = keras.ops.array([[1.0, -2.0], [0.25, 0.0]])
    >>> integers, scale = keras.quantizers.abs_max_quantize(x, axis=0)
    >>> keras.ops.convert_to_numpy(integers).tolist()
    [[127, -127], [32, 0]]
    """
    axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    if to_numpy:
        found = abs_max_on_host(inputs, axis, value_range, dtype, epsilon)
        # Nobody else holds these arrays: a tensor may share their memory.
        integers, scale = (backends.current().borrow(x, x.dtype.name) for x in found)
        return integers, scale
    return abs_max_rounded(_floats(inputs), axis, *value_range, epsilon, dtype)


def abs_max_on_host(
    inputs: TensorLike,
    axis: Axis,
    value_range: tuple[int, int],
    dtype: str,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    """`abs_max_quantize` in NumPy, to arrays of it."""
    seen = backends.current().host_view(inputs)
    if seen.dtype in ("float32", "float64") and seen.ndim:
        return host.abs_max(seen, axis, *value_range, epsilon, dtype)
    with context.Scope("backend", load("numpy")):
        found = abs_max_rounded(_floats(seen), axis, *value_range, epsilon, dtype)
    integers, scale = map(np.asarray, found)
    return integers, scale


def _host(inputs: TensorLike) -> Tensor:
    return _floats(ops.convert_to_numpy(inputs))


def _floats(inputs: TensorLike) -> Tensor:
    inputs = ops.convert_to_tensor(inputs)
    return inputs if dtypes.is_float(ops.dtype(inputs)) else ops.cast(inputs, "float32")


def abs_max_quantize_grouped_with_zero_point(
    inputs: TensorLike,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Integers of a matrix, with a scale and a zero point for each block of a column.

    Args:
        inputs: a float matrix, `(rows, columns)`.
        block_size: number of rows that share a scale; the last block may be shorter.
        value_range: smallest and largest integer.
        dtype: dtype of the integers and the zero points.
        epsilon: added to the range of a block. One of equal values gets the range of 1
            below and above them.
        to_numpy: whether to compute in NumPy, on the host's memory.

    Returns:
        The integers `(rows, columns)`, the scale and the zero point, both
        `(blocks, columns)`: `inputs ≈ (integers - zero_point) * scale`. A block whose
        values are all on one side of zero, and far from it, does not fit well.

    Raises:
        ValueError: if the inputs are no matrix, or the block size is not positive.

    Example:

    >>> import keras
    >>> x = keras.ops.array([[0.0], [1.5], [-3.0], [3.0]])
    >>> integers, scale, zero = (
    ...     keras.quantizers.abs_max_quantize_grouped_with_zero_point(x, 2))
    >>> keras.ops.convert_to_numpy(integers).tolist()
    [[-8], [7], [-8], [7]]
    """
    shape = ops.shape(inputs)
    if len(shape) != 2 or block_size < 1:
        raise ValueError(
            "abs_max_quantize_grouped_with_zero_point expects a matrix and a "
            f"`block_size` of 1 or more. Received: inputs of shape {tuple(shape)}, "
            f"block_size={block_size!r}."
        )
    if to_numpy:
        with context.Scope("backend", load("numpy")):
            found = _grouped(_host(inputs), block_size, value_range, dtype, epsilon)
        integers, scale, zero = map(ops.convert_to_tensor, found)
        return integers, scale, zero
    return _grouped(_floats(inputs), block_size, value_range, dtype, epsilon)


def _grouped(
    inputs: Tensor,
    block_size: int,
    value_range: tuple[int, int],
    dtype: str,
    epsilon: float,
) -> tuple[Tensor, Tensor, Tensor]:
    low, high = value_range
    rows, columns = inputs.shape
    missing = -rows % block_size
    # Zeros fill the last block, as in Keras: they widen its range.
    blocks = ops.pad(inputs, ((0, missing), (0, 0))) if missing else inputs
    blocks = ops.reshape(blocks, (-1, block_size, columns))
    least = ops.min(blocks, axis=1, keepdims=True)
    largest = ops.max(blocks, axis=1, keepdims=True)
    equal = ops.cast(ops.equal(least, largest), ops.dtype(blocks))
    least, largest = ops.subtract(least, equal), ops.add(largest, equal)
    scale = ops.divide(ops.add(ops.subtract(largest, least), epsilon), high - low)
    zero = ops.round(ops.subtract(low, ops.divide(least, scale)))
    zero = ops.clip(zero, low, high)
    integers = ops.add(ops.round(ops.divide(blocks, scale)), zero)
    integers = ops.reshape(ops.clip(integers, low, high), (-1, columns))[:rows]
    scale, zero = ops.squeeze(scale, 1), ops.squeeze(zero, 1)
    return ops.cast(integers, dtype), scale, ops.cast(zero, dtype)
