"""How four numbers stand for a box, and the ways from one to another."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.core.typing import DType, Tensor, TensorLike

FORMATS = (
    "xyxy",
    "yxyx",
    "xywh",
    "center_xywh",
    "center_yxhw",
    "rel_xyxy",
    "rel_yxyx",
    "rel_xywh",
    "rel_center_xywh",
)


def check_format(value: Any, argument: str = "bounding_box_format") -> str:
    """The value in small letters, if it is the name of a format.

    Raises:
        ValueError: if it is not.
    """
    name = value.lower() if isinstance(value, str) else value
    if name not in FORMATS:
        raise ValueError(
            f"`{argument}` must be one of {', '.join(map(repr, FORMATS))}. Received: "
            f"{argument}={value!r}."
        )
    return name


def parts(boxes: TensorLike) -> list[Any]:
    """The four numbers of boxes, each with a last axis of size 1."""
    return [boxes[..., i : i + 1] for i in range(4)]


def joined(*numbers: TensorLike) -> Any:
    """Boxes of four numbers."""
    return ops.concatenate(list(numbers), axis=-1)


def _to_corners(boxes: Tensor, name: str) -> Any:
    a, b, c, d = parts(boxes)
    if name == "yxyx":
        return joined(b, a, d, c)
    if name == "xywh":
        return joined(a, b, a + c, b + d)
    if name == "center_yxhw":
        a, b, c, d = b, a, d, c
    if name.startswith("center"):
        return joined(a - c / 2, b - d / 2, a + c / 2, b + d / 2)
    return boxes


def _from_corners(boxes: Tensor, name: str) -> Any:
    left, top, right, bottom = parts(boxes)
    width, height = right - left, bottom - top
    if name == "yxyx":
        return joined(top, left, bottom, right)
    if name == "xywh":
        return joined(left, top, width, height)
    x, y = left + width / 2, top + height / 2
    if name == "center_xywh":
        return joined(x, y, width, height)
    if name == "center_yxhw":
        return joined(y, x, height, width)
    return boxes


def convert_format(
    boxes: TensorLike,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: DType = "float32",
) -> Any:
    """Boxes in another format.

    Args:
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`, or a dict with these as `"boxes"`.
        source: their format: `"xyxy"` (left, top, right, bottom), `"yxyx"`, `"xywh"`
            (left, top, width, height), `"center_xywh"`, `"center_yxhw"`, and for parts
            of the image's size `"rel_xyxy"`, `"rel_yxyx"`, `"rel_xywh"`,
            `"rel_center_xywh"`.
        target: the format wanted.
        height: height of the images in pixels, for formats of parts.
        width: their width.
        dtype: dtype of the numbers.

    Returns:
        Boxes of the same shape; of a dict, a dict.

    Raises:
        ValueError: for an unknown format, boxes of other than four numbers, or where a
            size is needed and missing.

    Example:

    >>> import keras
    >>> boxes = keras.utils.bounding_boxes.convert_format(
    ...     [[10.0, 20.0, 30.0, 60.0]], "xyxy", "xywh")
    >>> keras.ops.convert_to_numpy(boxes).tolist()
    [[10.0, 20.0, 20.0, 40.0]]
    """
    if isinstance(boxes, dict):
        found = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return {**boxes, "boxes": found}
    source, target = check_format(source, "source"), check_format(target, "target")
    given, wanted = source.startswith("rel_"), target.startswith("rel_")
    if given != wanted and (height is None or width is None):
        raise ValueError(
            f"From the format {source!r} to {target!r}, `height` and `width` of the "
            f"images are needed. Received: height={height}, width={width}."
        )
    boxes = ops.cast(ops.convert_to_tensor(boxes), dtype)
    if boxes.shape[-1:] != (4,):
        raise ValueError(
            "Boxes have four numbers each, so their last axis has the size 4. "
            f"Received: boxes of shape {tuple(boxes.shape)}."
        )
    if source == target:
        return boxes
    boxes = _to_corners(boxes, source.removeprefix("rel_"))
    if given != wanted:
        left, top, right, bottom = parts(boxes)
        wide, high = ops.cast(width, dtype), ops.cast(height, dtype)
        if wanted:
            boxes = joined(left / wide, top / high, right / wide, bottom / high)
        else:
            boxes = joined(left * wide, top * high, right * wide, bottom * high)
    return _from_corners(boxes, target.removeprefix("rel_"))
