"""Windows of images cut out, and images cut or padded to a size."""

from __future__ import annotations

import itertools
from typing import Any

from keras.backends import windows
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Sizes, Tensor, TensorLike
from keras.ops import core, joining, shaping
from keras.ops.declare import composite
from keras.ops.image import layout
from keras.ops.nn.shapes import per_axis, window_sizes


def _extracted(
    op_name: str,
    images: TensorLike,
    size: Sizes,
    strides: Sizes,
    dilation_rate: Sizes,
    padding: str,
    last: bool,
    rank: int,
) -> Any:
    """Patches of the last `rank` spatial axes, each flattened into the channels."""
    name = f"image.{op_name}"
    window = per_axis(name, "size", size, rank)
    steps = window if strides is None else per_axis(name, "strides", strides, rank)
    spacing = per_axis(name, "dilation_rate", dilation_rate, rank)
    layout.check_choice(op_name, "padding", padding, ("valid", "same"))
    shape: Any = tuple(core.shape(images))
    batch = shape[: -rank - 1]
    sizes, channels = (shape[-rank - 1 : -1], shape[-1])
    if not last:
        sizes, channels = shape[-rank:], shape[-rank - 1]
    if isinstance(images, KerasTensor) or all(isinstance(n, int) for n in sizes):
        counts: Any = window_sizes(name, sizes, window, steps, padding, spacing)
    else:
        counts = [
            -(-n // s) if padding == "same" else (n - (k - 1) * d - 1) // s + 1
            for n, k, s, d in zip(sizes, window, steps, spacing, strict=True)
        ]
    area = 1
    for k in window:
        area *= k
    if isinstance(images, KerasTensor):
        depth = None if channels is None else channels * area
        order = (*counts, depth) if last else (depth, *counts)
        return KerasTensor((*batch, *order), images.dtype)
    first = len(batch) if last else len(batch) + 1
    if padding == "same":
        images = _same_padded(images, first, sizes, window, steps, spacing)
    parts = []
    for place in itertools.product(*(range(k) for k in window)):
        cut: list[Any] = [slice(None)] * len(shape)
        for axis, (i, d, s, n) in enumerate(
            zip(place, spacing, steps, counts, strict=True), first
        ):
            cut[axis] = slice(i * d, i * d + (n - 1) * s + 1, s)
        parts.append(images[tuple(cut)])
    return joining.concatenate(parts, axis=-1 if last else len(batch))


def _same_padded(
    images: TensorLike, first: int, sizes: Any, window: Any, steps: Any, spacing: Any
) -> Any:
    if not all(isinstance(n, int) for n in sizes):
        raise ShapeError(
            "Patches with padding='same' need images of known size. Received: "
            f"{tuple(images.shape)}."
        )
    ends = [(0, 0)] * len(images.shape)
    pads = windows.paddings(sizes, window, steps, spacing, "same")
    ends[first : first + len(pads)] = pads
    return shaping.pad(images, ends)


@composite(strict=True)
def extract_patches(
    images: TensorLike,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Cuts images into patches, each flattened.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        size: height and width of a patch, one integer or two. With three, the
            images are volumes, as for `extract_patches_3d`.
        strides: distance between patches; `size` by default.
        dilation_rate: spacing of the pixels of a patch.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, rows, columns, patch height * patch width * channels)`.

    Raises:
        ShapeError: if the patch does not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 6, 3))
    >>> keras.ops.image.extract_patches(x, 2).shape == (1, 2, 3, 12)
    True
    """
    if isinstance(size, (tuple, list)) and len(size) == 3:
        return extract_patches_3d(
            images, size, strides, dilation_rate, padding, data_format
        )
    last = layout.is_last("extract_patches", data_format)
    images = layout.tensor("extract_patches", images)
    return _extracted(
        "extract_patches", images, size, strides, dilation_rate, padding, last, 2
    )


@composite(strict=True)
def extract_patches_3d(
    volumes: TensorLike,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Cuts volumes into patches, each flattened.

    Args:
        volumes: `(batch, depth, height, width, channels)` or without batch, see
            `data_format`.
        size: sizes of a patch, one integer or three.
        strides: distance between patches; `size` by default.
        dilation_rate: spacing of the voxels of a patch.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        `(batch, *places, patch volume * channels)`.

    Raises:
        ShapeError: if the patch does not fit.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 6, 1))
    >>> keras.ops.image.extract_patches_3d(x, 2).shape == (1, 2, 2, 3, 8)
    True
    """
    last = layout.is_last("extract_patches_3d", data_format)
    if not isinstance(volumes, KerasTensor):
        volumes = core.convert_to_tensor(volumes)
    if len(core.shape(volumes)) not in (4, 5):
        raise ShapeError(
            "keras.ops.image.extract_patches_3d expects `volumes` of rank 4 or 5. "
            f"Received: shape {tuple(core.shape(volumes))}."
        )
    return _extracted(
        "extract_patches_3d", volumes, size, strides, dilation_rate, padding, last, 3
    )


def _ends(
    op_name: str, names: tuple[str, str, str], before: Any, after: Any,
    target: TensorLike, size: Any, sign: int,
) -> tuple[int, int] | None:  # fmt: skip
    """What is added (or cut off) before and after, two of three being given.

    None if that is not known before the images are.
    """
    given = (before, after, target)
    if sum(value is not None for value in given) != 2:
        listed = ", ".join(names)
        received = ", ".join(
            f"{name}={value}" for name, value in zip(names, given, strict=True)
        )
        raise ValueError(
            f"keras.ops.image.{op_name} expects exactly two of {listed}. "
            f"Received: {received}."
        )
    if target is not None:
        if size is None:
            return None
        rest = sign * (target - size)
        if before is None:
            before = rest - after
        else:
            after = rest - before
    if before < 0 or after < 0:
        raise ValueError(
            f"keras.ops.image.{op_name} expects {names[0]} and {names[1]} of 0 or "
            f"more. Received or computed: {before} and {after}; the size is {size}."
        )
    return before, after


def _total(
    size: Any, ends: tuple[int, int] | None, target: TensorLike, sign: int
) -> Any:
    """The size of the result, where it is known."""
    if ends is None or size is None:
        return target
    return size + sign * sum(ends)


@composite(strict=True)
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Adds zeros around images; two of three numbers are given for each axis.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        top_padding: rows added above.
        left_padding: columns added at the left.
        bottom_padding: rows added below.
        right_padding: columns added at the right.
        target_height: height of the result.
        target_width: width of the result.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        The padded images.

    Raises:
        ValueError: if not exactly two are given, or one would be negative.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> keras.ops.image.pad_images(x, 1, 1, 1, 2).shape == (1, 6, 7, 3)
    True
    """
    last = layout.is_last("pad_images", data_format)
    images = layout.tensor("pad_images", images)
    height, width, channels = layout.spatial(tuple(core.shape(images)), last)
    rows = _ends(
        "pad_images", ("top_padding", "bottom_padding", "target_height"),
        top_padding, bottom_padding, target_height, height, 1,
    )  # fmt: skip
    columns = _ends(
        "pad_images", ("left_padding", "right_padding", "target_width"),
        left_padding, right_padding, target_width, width, 1,
    )  # fmt: skip
    if rows is None or columns is None:
        height = _total(height, rows, target_height, 1)
        width = _total(width, columns, target_width, 1)
        return layout.spec(images, last, height, width, channels)
    ends = [rows, columns, (0, 0)] if last else [(0, 0), rows, columns]
    batch = [(0, 0)] * (len(core.shape(images)) - 3)
    return shaping.pad(images, [*batch, *ends])


@composite(strict=True)
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Cuts off the edges of images; two of three numbers are given for each axis.

    Args:
        images: `(batch, height, width, channels)` or `(height, width, channels)`, see
            `data_format`.
        top_cropping: rows cut off above.
        left_cropping: columns cut off at the left.
        bottom_cropping: rows cut off below.
        right_cropping: columns cut off at the right.
        target_height: height of the result.
        target_width: width of the result.
        data_format: `"channels_last"`, `"channels_first"`, or None for the
            configured one.

    Returns:
        The cropped images.

    Raises:
        ValueError: if not exactly two are given, or one would be negative.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((1, 4, 4, 3))
    >>> keras.ops.image.crop_images(x, 1, 1, 1, 0).shape == (1, 2, 3, 3)
    True
    """
    last = layout.is_last("crop_images", data_format)
    images = layout.tensor("crop_images", images)
    height, width, channels = layout.spatial(tuple(core.shape(images)), last)
    cut_rows = _ends(
        "crop_images", ("top_cropping", "bottom_cropping", "target_height"),
        top_cropping, bottom_cropping, target_height, height, -1,
    )  # fmt: skip
    cut_columns = _ends(
        "crop_images", ("left_cropping", "right_cropping", "target_width"),
        left_cropping, right_cropping, target_width, width, -1,
    )  # fmt: skip
    if cut_rows is None or cut_columns is None:
        height = _total(height, cut_rows, target_height, -1)
        width = _total(width, cut_columns, target_width, -1)
        return layout.spec(images, last, height, width, channels)
    (top, bottom), (left, right) = cut_rows, cut_columns
    rows = slice(top, -bottom if bottom else None)
    columns = slice(left, -right if right else None)
    if last:
        return images[..., rows, columns, :]
    return images[..., rows, columns]
