"""Resizing: each axis is multiplied by a matrix of interpolation weights.

`keras.backends.resizing` says what the weights are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.backends.resizing import between, weights
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, Tensor, TensorLike
from keras.ops import (
    arithmetic,
    core,
    creation,
    indexing,
    logic,
    products,
    rounding,
    shaping,
)
from keras.ops import numpy as public
from keras.ops.declare import composite
from keras.ops.image import layout

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
_METHODS = {
    "linear": "bilinear",
    "bilinear": "bilinear",
    "trilinear": "bilinear",
    "cubic": "bicubic",
    "bicubic": "bicubic",
    "tricubic": "bicubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _same(size: Any, other: TensorLike) -> bool:
    """Whether two sizes are known to be equal."""
    return isinstance(size, int) and isinstance(other, int) and size == other


def _matrix(size: Any, output: int, method: str, antialias: bool) -> Any:
    if isinstance(size, int) and isinstance(output, int):
        found = weights(size, output, output / size, 0.0, method, antialias, np)
        return core.convert_to_tensor(found.astype("float32"))
    scale = core.cast(output, "float32") / core.cast(size, "float32")
    return weights(size, output, scale, 0.0, method, antialias, public)


def _nearest(x: TensorLike, axis: int, output: int) -> Any:
    size = core.shape(x)[axis]
    if isinstance(size, int) and isinstance(output, int):
        places = np.floor((np.arange(output) + 0.5) * (size / output))
        index = core.convert_to_tensor(places.astype("int32"))
    else:
        step = core.cast(size, "float32") / core.cast(output, "float32")
        index = rounding.floor((creation.arange(output, dtype="float32") + 0.5) * step)
        index = core.cast(index, "int32")
    return indexing.take(x, index, axis=axis)


def _resized(images: Any, size: tuple[int, int], method: str, antialias: bool) -> Any:
    height, width = core.shape(images)[1:3]
    if method == "nearest":
        images = images if _same(height, size[0]) else _nearest(images, 1, size[0])
        return images if _same(width, size[1]) else _nearest(images, 2, size[1])
    dtype = core.dtype(images)
    if dtype == "float64":  # kernels have float32 only
        return _multiplied(images, size, method, antialias)
    x = core.cast(images, "float32")
    if method == "bilinear":
        x = resize_bilinear(x, size, antialias)
    else:
        x = resize_by_weights(x, size, method, antialias)
    return layout.restore(x, dtype)


@composite(strict=True, real=True)
def resize_bilinear(images: TensorLike, size: Any, antialias: bool = False) -> Tensor:
    """The everyday case of `resize`, for which frameworks have kernels. Internal.

    Args:
        images: float32, `(batch, height, width, channels)`.
        size: new height and width.
        antialias: whether to blur while shrinking.

    Returns:
        `(batch, *size, channels)`.
    """
    known = all(isinstance(n, int) for n in (*core.shape(images)[1:3], *size))
    if antialias or not known:
        return _multiplied(images, size, "bilinear", antialias)
    return _between_two(_between_two(images, 1, size[0]), 2, size[1])


def _between_two(x: Any, axis: int, output: Any) -> Any:
    """Places along an axis, each between two pixels: less work than all weights."""
    size: Any = core.shape(x)[axis]
    if _same(size, output):
        return x
    low, high, part = between(size, output)
    part = core.convert_to_tensor(part.reshape((-1, *[1] * (3 - axis))))
    first = indexing.take(x, core.convert_to_tensor(low), axis=axis)
    second = indexing.take(x, core.convert_to_tensor(high), axis=axis)
    return first + (second - first) * part


@composite(strict=True, real=True)
def resize_by_weights(
    images: TensorLike, size: Any, method: str, antialias: bool = False
) -> Tensor:
    """The other cases of `resize` between pixels. Internal.

    Args:
        images: float32, `(batch, height, width, channels)`.
        size: new height and width.
        method: `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: whether to blur while shrinking.

    Returns:
        `(batch, *size, channels)`.
    """
    return _multiplied(images, size, method, antialias)


def _multiplied(x: Any, size: Any, method: str, antialias: bool) -> Any:
    height, width = core.shape(x)[1:3]
    if not _same(height, size[0]):
        matrix = core.cast(_matrix(height, size[0], method, antialias), core.dtype(x))
        x = products.einsum("bhwc,hk->bkwc", x, matrix)
    if not _same(width, size[1]):
        matrix = core.cast(_matrix(width, size[1], method, antialias), core.dtype(x))
        x = products.einsum("bhwc,wk->bhkc", x, matrix)
    return x


@composite(strict=True, real=True)
def resize(
    images: TensorLike,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Resizes images.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        size: new height and width.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or
            `"lanczos5"`.
        antialias: whether to blur while shrinking, so that no pixel is passed over.
        crop_to_aspect_ratio: whether to cut the image to the new proportions first.
        pad_to_aspect_ratio: whether to fill it up to them first.
        fill_mode: `"constant"`.
        fill_value: what padding is filled with.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        Images of the new size, of the same dtype; integers are rounded.

    Raises:
        ValueError: for an unknown interpolation, or both crop and pad.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> keras.ops.image.resize(x, (2, 8)).shape == (1, 2, 8, 3)
    True
    """
    layout.check_choice("resize", "interpolation", interpolation, INTERPOLATIONS)
    layout.check_choice("resize", "fill_mode", fill_mode, ("constant",))
    size = layout.pair("resize", "size", size, unknown=True)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "keras.ops.image.resize can either crop or pad to the aspect ratio. "
            "Received: crop_to_aspect_ratio=True, pad_to_aspect_ratio=True."
        )
    last = layout.is_last("resize", data_format)
    images = layout.tensor("resize", images)
    height, width, channels = layout.spatial(images.shape, last)
    if height == 0 or width == 0:
        raise ShapeError(
            "keras.ops.image.resize: an image without pixels has no colors to resize. "
            f"Received: images of shape {tuple(images.shape)}."
        )
    if isinstance(images, KerasTensor):
        return layout.spec(images, last, *size, channels)

    def run(x: TensorLike) -> Structure:
        if crop_to_aspect_ratio:
            x = _cropped(x, size)
        elif pad_to_aspect_ratio:
            x = _padded(x, size, fill_value)
        return _resized(x, size, interpolation, antialias)

    return layout.on_batch(run, images, last)


def _other_side(side: Any, wanted: int, of: int, choose: str, limit: Any) -> Any:
    """The other side's length by the proportions wanted, within a limit."""
    if isinstance(side, int) and isinstance(limit, int):
        found = int(side * wanted / of)
        return max(1, min(limit, found)) if choose == "min" else max(limit, found)
    # Not known in a graph: the same in numbers that do not round up to a pixel more.
    found = arithmetic.floor_divide(side * wanted, of)
    if choose == "max":
        return arithmetic.maximum(limit, found)
    return arithmetic.maximum(arithmetic.minimum(limit, found), 1)


def _cropped(x: TensorLike, size: tuple[int, int]) -> Any:
    height, width = core.shape(x)[1:3]
    rows = _other_side(width, size[0], size[1], "min", height)
    columns = _other_side(height, size[1], size[0], "min", width)
    top, left = (height - rows) // 2, (width - columns) // 2
    return x[:, top : top + rows, left : left + columns]


def _padded(x: Any, size: tuple[int, int], value: float) -> Any:
    height: Any
    width: Any
    height, width = core.shape(x)[1:3]
    rows: Any = _other_side(width, size[0], size[1], "max", height)
    columns = _other_side(height, size[1], size[0], "max", width)
    top, left = (rows - height) // 2, (columns - width) // 2
    if isinstance(rows, int) and isinstance(columns, int):
        ends = [(0, 0), (top, top), (left, left), (0, 0)]
        return shaping.pad(x, ends, constant_values=value)
    inside: Any = True
    for axis, old, before in ((1, height, top), (2, width, left)):
        index = creation.arange(old + 2 * before, dtype="int32") - before
        x = indexing.take(x, arithmetic.clip(index, 0, old - 1), axis=axis)
        within = logic.logical_and(index >= 0, index < old)
        inside = logic.logical_and(
            inside, shaping.reshape(within, (-1, *[1] * (3 - axis)))
        )
    return logic.where(inside, x, core.cast(value, core.dtype(x)))


@composite(strict=True, real=True)
def scale_and_translate(
    images: TensorLike,
    output_shape: Any,
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Scales and moves images, by fractions of a pixel if need be.

    A pixel at `p` (its centre at `p + 0.5`) goes to `(p + 0.5) * scale + translation`.
    What comes from outside is 0.

    Args:
        images: tensor of any rank.
        output_shape: shape of the output; that of `images` but for `spatial_dims`.
        scale: a factor for each spatial axis.
        translation: a distance for each spatial axis, in pixels of the output.
        spatial_dims: the axes to scale.
        method: `"linear"`, `"bilinear"`, `"trilinear"`, `"cubic"`, `"bicubic"`,
            `"tricubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: whether to blur while shrinking.

    Returns:
        A tensor of `output_shape`.

    Raises:
        ValueError: for an unknown method, or shapes that do not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> y = keras.ops.image.scale_and_translate(
    ...     x, (1, 8, 8, 3), [2.0, 2.0], [0.0, 0.0], (1, 2), "linear"
    ... )
    >>> y.shape == (1, 8, 8, 3)
    True
    """
    layout.check_choice("scale_and_translate", "method", method, tuple(_METHODS))
    if not isinstance(images, KerasTensor):
        images = core.convert_to_tensor(images)
    rank = len(images.shape)
    if not isinstance(output_shape, (tuple, list)):
        raise TypeError(
            "keras.ops.image.scale_and_translate expects `output_shape` to be a tuple. "
            f"Received: output_shape={output_shape!r}."
        )
    if len(output_shape) != rank:
        raise ValueError(
            "keras.ops.image.scale_and_translate expects `output_shape` of the rank of "
            f"`images`, {rank}. Received: output_shape={tuple(output_shape)}."
        )
    for what, numbers in {"scale": scale, "translation": translation}.items():
        if tuple(core.shape(numbers)) != (len(spatial_dims),):
            raise ShapeError(
                f"keras.ops.image.scale_and_translate expects `{what}` with a number "
                f"for each of spatial_dims={tuple(spatial_dims)}. Received: shape "
                f"{tuple(core.shape(numbers))}."
            )
    if isinstance(images, KerasTensor):
        return KerasTensor(tuple(output_shape), images.dtype)
    dtype = core.dtype(images)
    x = core.cast(images, "float64" if dtype == "float64" else "float32")
    scale = core.cast(core.convert_to_tensor(scale), core.dtype(x))
    translation = core.cast(core.convert_to_tensor(translation), core.dtype(x))
    for number, axis in enumerate(spatial_dims):
        axis %= rank
        matrix = weights(
            core.shape(x)[axis],
            output_shape[axis],
            scale[number],
            translation[number],
            _METHODS[method],
            antialias,
            public,
        )
        x = shaping.moveaxis(
            products.matmul(shaping.moveaxis(x, axis, -1), matrix), -1, axis
        )
    return layout.restore(x, dtype)
