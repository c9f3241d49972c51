"""Two 4-bit integers in one byte."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.typing import Tensor, TensorLike


def pack_int4(
    arr: TensorLike, axis: int = 0, dtype: str = "int8"
) -> tuple[Tensor, tuple[int, ...], int]:
    """Puts pairs of 4-bit integers along an axis into one byte each.

    Args:
        arr: tensor of `dtype`, with values of -8 to 7 (`"int8"`) or 0 to 15
            (`"uint8"`).
        axis: the axis of the pairs: the first of a pair is in the low half of its byte.
            A single last one has 0 beside it.
        dtype: `"int8"` or `"uint8"`.

    Returns:
        The bytes, their shape, and the size of `arr` along the axis, which
        `unpack_int4` wants.

    Raises:
        TypeError: if `arr` is of another dtype.
        ValueError: for another `dtype`.

    Example:

    >>> import keras
    >>> arr = keras.ops.array([1, -2, 3], dtype="int8")
    >>> packed, shape, size = keras.quantizers.pack_int4(arr)
    >>> keras.ops.convert_to_numpy(packed).tolist(), shape, size
    ([-31, 3], (2,), 3)
    """
    _check_dtype("pack_int4", dtype)
    arr = ops.convert_to_tensor(arr)
    if ops.dtype(arr) != dtype:
        raise TypeError(
            f"pack_int4 expects a tensor of dtype {dtype}. Received: a tensor of dtype "
            f"{ops.dtype(arr)}; cast it first."
        )
    size = arr.shape[axis]
    axis = axis % len(arr.shape)
    if size % 2:
        widths = [(0, int(i == axis)) for i in range(len(arr.shape))]
        arr = ops.pad(arr, widths)
    low, high = _every_second(arr, axis, 0), _every_second(arr, axis, 1)
    packed = ops.bitwise_or(ops.bitwise_and(low, 15), ops.left_shift(high, 4))
    return packed, tuple(packed.shape), size


def unpack_int4(
    packed: TensorLike, orig_len: int, axis: int = 0, dtype: str = "int8"
) -> Tensor:
    """The 4-bit integers that `pack_int4` put into bytes.

    Args:
        packed: tensor of `dtype`.
        orig_len: number of integers along the axis.
        axis: the axis of the pairs.
        dtype: `"int8"` for values of -8 to 7, `"uint8"` for 0 to 15.

    Returns:
        The integers, a tensor of `dtype`.

    Raises:
        TypeError: if `packed` is no tensor of bytes.
        ValueError: for another `dtype`.

    Example:

    >>> import keras
    >>> packed = keras.ops.array([-31, 3], dtype="int8")
    >>> integers = keras.quantizers.unpack_int4(packed, 3)
    >>> keras.ops.convert_to_numpy(integers).tolist()
    [1, -2, 3]
    """
    _check_dtype("unpack_int4", dtype)
    packed = ops.convert_to_tensor(packed)
    if ops.dtype(packed) not in ("int8", "uint8"):
        raise TypeError(
            "unpack_int4 expects a tensor of dtype int8 or uint8. Received: a tensor "
            f"of dtype {ops.dtype(packed)}."
        )
    packed = ops.cast(packed, dtype)
    axis = axis % len(packed.shape)
    if dtype == "int8":
        low = ops.right_shift(ops.left_shift(packed, 4), 4)  # keeps the sign
    else:
        low = ops.bitwise_and(packed, 15)
    pairs = ops.stack([low, ops.right_shift(packed, 4)], axis=axis + 1)
    shape: list[Any] = list(ops.shape(packed))
    shape[axis] *= 2
    whole = ops.reshape(pairs, shape)
    if orig_len == shape[axis]:
        return whole
    return whole[(slice(None),) * axis + (slice(orig_len),)]


def _every_second(arr: Tensor, axis: int, start: int) -> Tensor:
    return arr[(slice(None),) * axis + (slice(start, None, 2),)]


def _check_dtype(function: str, dtype: str) -> None:
    if dtype not in ("int8", "uint8"):
        raise ValueError(
            f"{function} expects `dtype` to be 'int8' or 'uint8'. Received: "
            f"dtype={dtype!r}."
        )
