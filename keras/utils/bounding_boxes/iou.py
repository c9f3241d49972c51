"""How much boxes overlap: intersection over union, and its complete form."""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.core.config import epsilon
from keras.core.typing import Tensor, TensorLike
from keras.utils.bounding_boxes.formats import convert_format, parts


def _corners(boxes: TensorLike, name: str, image_shape: Any) -> Any:
    height, width = (None, None) if image_shape is None else image_shape[:2]
    target = "rel_xyxy" if name.startswith("rel_") else "xyxy"
    return convert_format(boxes, name, target, height, width)


def compute_iou(
    boxes1: TensorLike,
    boxes2: TensorLike,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Tensor:
    """Intersection over union of each pair of boxes.

    Args:
        boxes1: `(boxes1, 4)` or `(batch, boxes1, 4)`.
        boxes2: `(boxes2, 4)` or `(batch, boxes2, 4)`.
        bounding_box_format: their format; see `convert_format`.
        use_masking: whether boxes of which all numbers are below 0 stand for none.
        mask_val: what pairs with such boxes get.
        image_shape: height and width of the images.

    Returns:
        `(boxes1, boxes2)` or `(batch, boxes1, boxes2)`.

    Example:

    >>> import keras
    >>> a, b = [[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0]]
    >>> round(float(keras.utils.bounding_boxes.compute_iou(a, b, "xyxy")[0, 0]), 4)
    0.3333
    """
    first = _corners(boxes1, bounding_box_format, image_shape)[..., :, None, :]
    second = _corners(boxes2, bounding_box_format, image_shape)[..., None, :, :]
    low = ops.maximum(first[..., :2], second[..., :2])
    high = ops.minimum(first[..., 2:], second[..., 2:])
    common = ops.prod(ops.maximum(high - low, 0), axis=-1)
    areas = [ops.prod(x[..., 2:] - x[..., :2], axis=-1) for x in (first, second)]
    union = areas[0] + areas[1] - common
    found = ops.where(union > 0, common / ops.where(union > 0, union, 1), 0.0)
    if use_masking:
        missing = ops.logical_or(
            ops.all(first < 0, axis=-1), ops.all(second < 0, axis=-1)
        )
        found = ops.where(missing, ops.cast(mask_val, found.dtype), found)
    return found


def compute_ciou(
    boxes1: TensorLike,
    boxes2: TensorLike,
    bounding_box_format: str,
    image_shape: Any = None,
) -> Tensor:
    """Complete intersection over union of boxes, one by one.

    It also counts how far the centres are apart, and how the proportions differ.

    Source: Zheng et al., 2020 (https://arxiv.org/abs/1911.08287).

    Args:
        boxes1: `(..., 4)`.
        boxes2: boxes of the same shape.
        bounding_box_format: their format; see `convert_format`.
        image_shape: height and width of the images.

    Returns:
        A tensor of shape `(...)`; 1 for equal boxes.

    Example:

    >>> import keras
    >>> a = [[0.0, 0.0, 2.0, 2.0]]
    >>> round(float(keras.utils.bounding_boxes.compute_ciou(a, a, "xyxy")[0]), 4)
    1.0
    """
    first, second = (
        _corners(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2)
    )
    x1, y1, x2, y2 = (p[..., 0] for p in parts(first))
    u1, v1, u2, v2 = (p[..., 0] for p in parts(second))
    width1, height1 = x2 - x1, y2 - y1 + epsilon()
    width2, height2 = u2 - u1, v2 - v1 + epsilon()
    across = ops.maximum(ops.minimum(x2, u2) - ops.maximum(x1, u1), 0)
    down = ops.maximum(ops.minimum(y2, v2) - ops.maximum(y1, v1), 0)
    common = across * down
    iou = common / (width1 * height1 + width2 * height2 - common + epsilon())
    around = (
        ops.square(ops.maximum(x2, u2) - ops.minimum(x1, u1))
        + ops.square(ops.maximum(y2, v2) - ops.minimum(y1, v1))
        + epsilon()
    )
    apart = (ops.square(u1 + u2 - x1 - x2) + ops.square(v1 + v2 - y1 - y2)) / 4
    angles = ops.arctan(width2 / height2) - ops.arctan(width1 / height1)
    shape = ops.square(angles) * (4 / math.pi**2)
    weight = shape / (shape - iou + 1 + epsilon())
    return iou - apart / around - shape * weight
