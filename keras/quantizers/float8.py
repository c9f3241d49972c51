"""8-bit floats: scales from the largest values of the last steps.

Source: Micikevicius et al., 2022 (https://arxiv.org/abs/2209.05433), with the delayed
scaling of NVIDIA's Transformer Engine.
"""

from __future__ import annotations

import ml_dtypes

from keras import ops
from keras.core.typing import DType, Tensor, TensorLike


def compute_float8_scale(
    amax: TensorLike, scale: TensorLike, dtype_max: float, margin: int = 0
) -> Tensor:
    """What values are divided by, so that the largest fits an 8-bit float.

    Args:
        amax: the largest absolute value, a scalar.
        scale: the scale so far, kept where `amax` is 0 or not finite.
        dtype_max: the largest number of the 8-bit float.
        margin: number of powers of two that are left free above.

    Returns:
        The scale: a tensor of the shape of `amax`.

    Example:

    >>> import keras
    >>> float(keras.quantizers.compute_float8_scale(224.0, 1.0, 448.0))
    0.5
    """
    amax, scale = ops.convert_to_tensor(amax), ops.convert_to_tensor(scale)
    usable = ops.logical_and(ops.greater(amax, 0.0), ops.isfinite(amax))
    fitting = ops.divide(ops.where(usable, amax, 1.0), dtype_max / 2**margin)
    return ops.where(usable, fitting, scale)


def compute_float8_amax_history(x: TensorLike, amax_history: TensorLike) -> Tensor:
    """The largest absolute values of the last steps, with this step's at the front.

    Args:
        x: the values of this step.
        amax_history: the history, a vector; its second value is the oldest.

    Returns:
        The new history, in which the oldest value is replaced.

    Example:

    >>> import keras
    >>> x = keras.ops.array([-4.0, 1.0])
    >>> history = keras.ops.array([1.0, 2.0, 3.0])
    >>> keras.ops.convert_to_numpy(
    ...     keras.quantizers.compute_float8_amax_history(x, history)).tolist()
    [4.0, 3.0, 1.0]
    """
    history = ops.convert_to_tensor(amax_history)
    largest = ops.cast(ops.max(ops.abs(x)), ops.dtype(history))
    rest = ops.roll(history, shift=-1)[1:]
    return ops.concatenate([ops.reshape(largest, (1,)), rest])


def quantize_and_dequantize(
    inputs: TensorLike, scale: TensorLike, quantized_dtype: str, compute_dtype: DType
) -> Tensor:
    """What is left of values after a stay in an 8-bit float.

    Args:
        inputs: float tensor.
        scale: what values are divided by before, and multiplied by after.
        quantized_dtype: `"float8_e4m3fn"` or `"float8_e5m2"`.
        compute_dtype: dtype of the result.

    Returns:
        A tensor of the shape of the inputs. Values too large become the largest that
        there is.

    Example:

    >>> import keras
    >>> x = keras.ops.array([1.01, 1000.0])
    >>> y = keras.quantizers.quantize_and_dequantize(
    ...     x, 1.0, "float8_e4m3fn", "float32")
    >>> keras.ops.convert_to_numpy(y).tolist()
    [1.0, 448.0]
    """
    largest = float(ml_dtypes.finfo(quantized_dtype).max)
    scale = ops.cast(scale, compute_dtype)
    scaled = ops.divide(ops.cast(inputs, compute_dtype), scale)
    small = ops.cast(ops.clip(scaled, -largest, largest), quantized_dtype)
    return ops.multiply(ops.cast(small, compute_dtype), scale)
