"""Boxes of images that are cropped, padded or transformed."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.typing import Tensor, TensorLike
from keras.utils.bounding_boxes.formats import convert_format, joined, parts


def _moved(
    boxes: TensorLike, x: TensorLike, y: TensorLike, name: str, before: Any, after: Any
) -> Any:
    boxes = convert_format(boxes, name, "xyxy", *before)
    left, top, right, bottom = parts(boxes)
    boxes = joined(left + x, top + y, right + x, bottom + y)
    return boxes if after is None else convert_format(boxes, "xyxy", name, *after)


def crop(
    boxes: TensorLike,
    top: int,
    left: int,
    height: int,
    width: int,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Boxes in a part of the image, cut off at its edges.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        top: first row of the part.
        left: its first column.
        height: how many rows it has.
        width: how many columns it has.
        bounding_box_format: the format of the boxes, one of pixels.

    Example:

    >>> import keras
    >>> boxes = keras.utils.bounding_boxes.crop([[4.0, 4.0, 9.0, 9.0]], 2, 2, 5, 6)
    >>> keras.ops.convert_to_numpy(boxes).tolist()
    [[2.0, 2.0, 6.0, 5.0]]
    """
    sizes = (height, width)
    found = _moved(boxes, -left, -top, bounding_box_format, sizes, None)
    return convert_format(
        clipped(found, height, width), "xyxy", bounding_box_format, *sizes
    )


def pad(
    boxes: TensorLike,
    top: int,
    left: int,
    height: int | None = None,
    width: int | None = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """Boxes in an image with rows and columns added.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        top: how many rows are added above.
        left: how many columns are added on the left.
        height: height of the image, for formats of parts.
        width: its width.
        bounding_box_format: the format of the boxes.

    Example:

    >>> import keras
    >>> boxes = keras.utils.bounding_boxes.pad([[4.0, 4.0, 9.0, 9.0]], 2, 1)
    >>> keras.ops.convert_to_numpy(boxes).tolist()
    [[5.0, 6.0, 10.0, 11.0]]
    """
    sizes = (height, width)
    return _moved(boxes, left, top, bounding_box_format, sizes, sizes)


def clipped(boxes: Tensor, height: Any, width: Any) -> Any:
    """Corners cut off at the edges of images."""
    limits = [ops.cast(size, boxes.dtype) for size in (width, height)] * 2
    pairs = zip(parts(boxes), limits, strict=True)
    return joined(*[ops.minimum(ops.maximum(x, 0), limit) for x, limit in pairs])


def clip_to_image_size(
    bounding_boxes: dict[str, Any],
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> dict[str, Any]:
    """Boxes cut off at the edges of images; those of which nothing is left lose labels.

    Args:
        bounding_boxes: a dict of `"boxes"`, `(..., boxes, 4)`, and `"labels"`,
            `(..., boxes)`.
        height: height of the images.
        width: their width.
        bounding_box_format: the format of the boxes.

    Returns:
        Such a dict; labels of boxes without area are -1.

    Example:

    >>> import keras
    >>> found = keras.utils.bounding_boxes.clip_to_image_size(
    ...     {"boxes": [[2.0, 2.0, 9.0, 9.0], [7.0, 7.0, 9.0, 9.0]], "labels": [3, 4]},
    ...     height=6, width=6)
    >>> keras.ops.convert_to_numpy(found["labels"]).tolist()
    [3, -1]
    """
    boxes = convert_format(
        bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width
    )
    labels = ops.convert_to_tensor(bounding_boxes["labels"])
    boxes = clipped(boxes, height, width)
    sides = boxes[..., 2:] - boxes[..., :2]
    seen = ops.all(sides > 0, axis=-1)
    for _ in labels.shape[len(seen.shape) :]:  # such as of one-hot labels
        seen = seen[..., None]
    labels = ops.where(seen, labels, -1)
    boxes = convert_format(boxes, "xyxy", bounding_box_format, height, width)
    return {**bounding_boxes, "boxes": boxes, "labels": labels}


def transformed(boxes: Tensor, matrix: TensorLike) -> Any:
    """The boxes around the corners of boxes that a 3 x 3 matrix moves.

    Args:
        boxes: corners, `(batch, boxes, 4)`.
        matrix: `(batch or 1, 3, 3)`, from old to new places.
    """
    left, top, right, bottom = parts(boxes)
    x = ops.concatenate([left, right, right, left], axis=-1)[..., None]
    y = ops.concatenate([top, top, bottom, bottom], axis=-1)[..., None]
    points = ops.concatenate([x, y, ops.ones_like(x)], axis=-1)
    matrix = ops.cast(matrix, boxes.dtype)
    moved = ops.einsum("bnpc,bdc->bnpd", points, matrix)
    places = moved[..., :2] / moved[..., 2:]
    return joined(ops.min(places, axis=-2), ops.max(places, axis=-2))


def affine_transform(
    boxes: TensorLike,
    angle: TensorLike,
    translate_x: TensorLike,
    translate_y: TensorLike,
    scale: TensorLike,
    shear_x: TensorLike,
    shear_y: TensorLike,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Tensor:
    """The boxes around boxes that are turned, scaled, sheared and moved.

    Args:
        boxes: `(batch, boxes, 4)`.
        angle: degrees, clockwise, of each image.
        translate_x: columns to the right.
        translate_y: rows down.
        scale: how many times as large.
        shear_x: degrees of the shear along rows.
        shear_y: degrees of the shear along columns.
        height: height of the images.
        width: their width.
        center_x: the place that stays, as a part of the width; the middle by default.
        center_y: the same of the height.
        bounding_box_format: the format of the boxes.

    Example:

    >>> import keras
    >>> boxes = keras.utils.bounding_boxes.affine_transform(
    ...     [[[0.0, 0.0, 4.0, 2.0]]], [90.0], [0.0], [0.0], [1.0], [0.0], [0.0], 8, 8)
    >>> keras.ops.convert_to_numpy(keras.ops.round(boxes)).tolist()
    [[[6.0, 0.0, 8.0, 4.0]]]
    """
    boxes = convert_format(boxes, bounding_box_format, "xyxy", height, width)
    turn, along, down = (
        ops.cast(value, "float32") * (math.pi / 180)
        for value in (angle, shear_x, shear_y)
    )
    size, move_x, move_y = (
        ops.cast(value, "float32") for value in (scale, translate_x, translate_y)
    )
    x = width * (0.5 if center_x is None else center_x)
    y = height * (0.5 if center_y is None else center_y)
    cosine, sine = ops.cos(turn) * size, ops.sin(turn) * size
    tan_x, tan_y = ops.tan(along), ops.tan(down)
    # Sheared first, then turned and scaled about the centre, then moved.
    a, b = cosine - sine * tan_y, cosine * tan_x - sine
    c, d = sine + cosine * tan_y, sine * tan_x + cosine
    zero, one = ops.zeros_like(a), ops.ones_like(a)
    rows = [
        [a, b, x + move_x - a * x - b * y],
        [c, d, y + move_y - c * x - d * y],
        [zero, zero, one],
    ]
    matrix = ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)
    found = transformed(boxes, ops.reshape(matrix, (-1, 3, 3)))
    return convert_format(found, "xyxy", bounding_box_format, height, width)
