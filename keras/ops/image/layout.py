"""What the image ops share: layouts, ranks, and spec of the output.

Images are `(batch, height, width, channels)`, or without batch; with
`data_format="channels_first"` the channels stand before the height. The ops work on
batches with channels last and turn the result back.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np

from keras.core.config import standardize_data_format
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import ShapeLike, TensorLike
from keras.ops import core, rounding, shaping

Size = int | None


def is_last(op_name: str, data_format: str | None) -> bool:
    """Whether channels are last; None stands for the configured layout.

    Raises:
        ValueError: for anything else.
    """
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(
            f"keras.ops.image.{op_name} expects `data_format` to be 'channels_last', "
            f"'channels_first' or None. Received: data_format={data_format!r}."
        )
    return standardize_data_format(data_format) == "channels_last"


def check_choice(op_name: str, name: str, value: Any, allowed: Any) -> None:
    """Raises ValueError unless the value is allowed."""
    if value not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ValueError(
            f"keras.ops.image.{op_name} expects `{name}` to be one of {listed}. "
            f"Received: {name}={value!r}."
        )


def pair(op_name: str, name: str, value: Any, unknown: bool = False) -> tuple[Any, Any]:
    """Two positive integers.

    Args:
        op_name: the op, for the error.
        name: the argument's name.
        value: one for both or two of them.
        unknown: whether tensors of a graph are allowed, whose values are not known yet.

    Raises:
        ValueError: for anything else.
    """
    several = isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1
    values = [_size(v, unknown) for v in (value if several else (value, value))]
    if len(values) != 2 or not all(v is not None for v in values):
        raise ValueError(
            f"keras.ops.image.{op_name} expects `{name}` to be two positive integers. "
            f"Received: {name}={value!r}."
        )
    return values[0], values[1]


def _size(value: Any, unknown: bool) -> Any:
    """A positive integer as an int, a tensor of a graph as it is, or None."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        number = index(value)
    except TypeError:
        scalar = unknown and core.is_tensor(value) and not len(value.shape)
        return value if scalar else None
    return number if number > 0 else None


def tensor(op_name: str, images: TensorLike, name: str = "images") -> Any:
    """The images as a tensor (or KerasTensor) of rank 3 or 4."""
    if not isinstance(images, KerasTensor):
        images = core.convert_to_tensor(images)
    rank = len(core.shape(images))
    if rank not in (3, 4):
        raise ShapeError(
            f"keras.ops.image.{op_name} expects `{name}` of rank 3 (one image) or 4 "
            f"(a batch). Received: shape {tuple(core.shape(images))}."
        )
    return images


def spatial(shape: ShapeLike, last: bool) -> tuple[Size, Size, Size]:
    """Height, width and channels."""
    if last:
        return shape[-3], shape[-2], shape[-1]
    return shape[-2], shape[-1], shape[-3]


def spec(
    images: KerasTensor, last: bool, *sizes: Size, dtype: str | None = None
) -> KerasTensor:
    """The output with other height, width and channels."""
    height, width, channels = sizes
    order = (height, width, channels) if last else (channels, height, width)
    return KerasTensor((*images.shape[:-3], *order), dtype or images.dtype)


def on_batch(function: Callable[[Any], Any], images: TensorLike, last: bool) -> Any:
    """Runs a function of a batch with channels last on images of any layout."""
    single = len(images.shape) == 3
    if single:
        images = shaping.expand_dims(images, 0)
    if not last:
        images = shaping.transpose(images, (0, 2, 3, 1))
    result = function(images)
    if not last:
        result = shaping.transpose(result, (0, 3, 1, 2))
    return shaping.squeeze(result, 0) if single else result


def is_integer(x: TensorLike) -> bool:
    """Whether a tensor holds integers."""
    return "int" in core.dtype(x)


def restore(x: TensorLike, dtype: str) -> Any:
    """Brings computed values back to a dtype; integers are rounded and bounded."""
    if "int" in dtype:
        return core.saturate_cast(rounding.round(x), dtype)
    return core.cast(x, dtype)
