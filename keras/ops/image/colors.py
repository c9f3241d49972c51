"""Colour spaces."""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import arithmetic, core, joining, logic, shaping
from keras.ops.declare import composite
from keras.ops.image import layout

# Rec. 601 luma: how bright red, green and blue look.
_LUMA = (0.2989, 0.5870, 0.1140)


def _rgb(op_name: str, images: TensorLike, last: bool) -> Any:
    images = layout.tensor(op_name, images)
    channels = layout.spatial(tuple(core.shape(images)), last)[2]
    if channels not in (3, None):
        raise ShapeError(
            f"keras.ops.image.{op_name} expects images with 3 channels. Received: "
            f"shape {tuple(core.shape(images))}, data_format="
            f"{'channels_last' if last else 'channels_first'!r}."
        )
    return images


def _float_images(op_name: str, images: TensorLike) -> None:
    dtype = core.dtype(images)
    if not dtypes.is_float(dtype):
        raise ValueError(
            f"keras.ops.image.{op_name} expects images of a float dtype with values "
            f"from 0 to 1. Received: dtype {dtype}. Cast them and divide by 255."
        )


def _channels(images: TensorLike, last: bool) -> list[Any]:
    axis = -1 if last else -3
    place: list[Any] = [slice(None)] * len(core.shape(images))
    found = []
    for number in range(3):
        place[axis] = number
        found.append(images[tuple(place)])
    return found


@composite(strict=True, real=True)
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> Tensor:
    """The brightness of colour images.

    `0.2989 red + 0.5870 green + 0.1140 blue`.

    Args:
        images: `(batch, height, width, 3)` or `(height, width, 3)`, see
            `data_format`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images with one channel, of the same dtype.

    Raises:
        ShapeError: if there are not 3 channels.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> keras.ops.image.rgb_to_grayscale(x).shape == (1, 4, 4, 1)
    True
    """
    last = layout.is_last("rgb_to_grayscale", data_format)
    images = _rgb("rgb_to_grayscale", images, last)
    if isinstance(images, KerasTensor):
        height, width, _ = layout.spatial(images.shape, last)
        return layout.spec(images, last, height, width, 1)
    dtype = core.dtype(images)
    x = images if dtypes.is_float(dtype) else core.cast(images, "float32")
    total: Any = None
    for weight, channel in zip(_LUMA, _channels(x, last), strict=True):
        part = channel * weight
        total = part if total is None else total + part
    return core.cast(shaping.expand_dims(total, -1 if last else -3), dtype)


def hue_of(channels: list[Any]) -> tuple[Any, Any, Any]:
    """Of red, green and blue: the greatest, how far the least is from it, and the hue.

    The hue is an angle of which 6 is a full turn, from -1 to 5.
    """
    red, green, blue = channels
    value = arithmetic.maximum(arithmetic.maximum(red, green), blue)
    spread = value - arithmetic.minimum(arithmetic.minimum(red, green), blue)
    safe = logic.where(spread > 0, spread, 1.0)
    others = logic.where(
        logic.equal(green, value), (blue - red) / safe + 2, (red - green) / safe + 4
    )
    angle = logic.where(logic.equal(red, value), (green - blue) / safe, others)
    return value, spread, angle


def of_hue(value: TensorLike, spread: TensorLike, angle: TensorLike) -> list[Any]:
    """Red, green and blue of what `hue_of` returns; the angle may be any."""
    angle = arithmetic.mod(angle, 6.0)
    # How far each channel is from the greatest, as a part of the spread.
    parts = (
        2 - arithmetic.absolute(angle - 3),
        arithmetic.absolute(angle - 2) - 1,
        arithmetic.absolute(angle - 4) - 1,
    )
    return [value - spread * arithmetic.clip(part, 0.0, 1.0) for part in parts]


@composite(strict=True)
def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Red, green and blue as hue, saturation and value.

    Args:
        images: `(batch, height, width, 3)` or `(height, width, 3)`, floats from 0 to
            1, see `data_format`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape; hue as a part of the full circle, from 0 to 1.

    Raises:
        ValueError: for integer images.
        ShapeError: if there are not 3 channels.

    Example:

    >>> import keras
    >>> hsv = keras.ops.image.rgb_to_hsv([[[0.0, 1.0, 0.0]]])
    >>> [round(float(v), 4) for v in hsv[0, 0]]
    [0.3333, 1.0, 1.0]
    """
    last = layout.is_last("rgb_to_hsv", data_format)
    images = _rgb("rgb_to_hsv", images, last)
    _float_images("rgb_to_hsv", images)
    if isinstance(images, KerasTensor):
        return KerasTensor(images.shape, images.dtype)
    value, spread, angle = hue_of(_channels(images, last))
    saturation = logic.where(
        value > 0, spread / logic.where(value > 0, value, 1.0), 0.0
    )
    hue = logic.where(spread > 0, arithmetic.mod(angle / 6, 1.0), 0.0)
    return core.cast(
        joining.stack([hue, saturation, value], axis=-1 if last else -3),
        core.dtype(images),
    )


@composite(strict=True)
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value as red, green and blue.

    Args:
        images: `(batch, height, width, 3)` or `(height, width, 3)`, floats from 0 to
            1, see `data_format`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the same shape.

    Raises:
        ValueError: for integer images.
        ShapeError: if there are not 3 channels.

    Example:

    >>> import keras
    >>> rgb = keras.ops.image.hsv_to_rgb([[[0.0, 1.0, 1.0]]])
    >>> [round(float(v), 4) for v in rgb[0, 0]]
    [1.0, 0.0, 0.0]
    """
    last = layout.is_last("hsv_to_rgb", data_format)
    images = _rgb("hsv_to_rgb", images, last)
    _float_images("hsv_to_rgb", images)
    if isinstance(images, KerasTensor):
        return KerasTensor(images.shape, images.dtype)
    hue, saturation, value = _channels(images, last)
    channels = of_hue(value, value * saturation, hue * 6)
    return core.cast(
        joining.stack(channels, axis=-1 if last else -3),
        core.dtype(images),
    )
