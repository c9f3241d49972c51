"""Boxes as differences from anchors, as detectors predict them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops
from keras.core.typing import Tensor, TensorLike
from keras.utils.bounding_boxes.formats import convert_format

_ENCODINGS = ("center_xywh", "center_yxhw")


def _check(encoding: str, variance: TensorLike) -> list[float]:
    if encoding not in _ENCODINGS:
        raise ValueError(
            "The format of the differences must be 'center_xywh' or 'center_yxhw'. "
            f"Received: {encoding!r}."
        )
    values = [1.0] * 4 if variance is None else [float(v) for v in variance]
    if len(values) != 4:
        raise ValueError(
            "`variance` must be four numbers, one for each of a box. Received: "
            f"variance={variance!r}."
        )
    return values


def encode_box_to_deltas(
    anchors: TensorLike,
    boxes: TensorLike,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Sequence[float] | None = None,
    image_shape: Any = None,
) -> Tensor:
    """Boxes as differences from anchors.

    Args:
        anchors: `(boxes, 4)`.
        boxes: `(boxes, 4)` or `(batch, boxes, 4)`.
        anchor_format: the format of the anchors; see `convert_format`.
        box_format: the format of the boxes.
        encoding_format: `"center_yxhw"` or `"center_xywh"`: centres by the size of the
            anchors, and logarithms of sizes.
        variance: what each of the four is divided by.
        image_shape: height and width of the images.

    Returns:
        A tensor of the shape of `boxes`.

    Example:

    >>> import keras
    >>> anchors, boxes = [[0.0, 0.0, 4.0, 4.0]], [[1.0, 0.0, 5.0, 4.0]]
    >>> found = keras.utils.bounding_boxes.encode_box_to_deltas(
    ...     anchors, boxes, "xyxy", "xyxy")
    >>> keras.ops.convert_to_numpy(found).tolist()
    [[0.0, 0.25, 0.0, 0.0]]
    """
    values = _check(encoding_format, variance)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    start, end = (
        convert_format(x, name, encoding_format, height, width)
        for x, name in ((anchors, anchor_format), (boxes, box_format))
    )
    moved = (end[..., :2] - start[..., :2]) / start[..., 2:]
    grown = ops.log(end[..., 2:] / start[..., 2:])
    found = ops.concatenate([moved, grown], axis=-1)
    return found / ops.cast(values, found.dtype)


def decode_deltas_to_boxes(
    anchors: TensorLike,
    boxes_delta: TensorLike,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Sequence[float] | None = None,
    image_shape: Any = None,
) -> Any:
    """Boxes of differences from anchors: what `encode_box_to_deltas` does, undone.

    Args:
        anchors: `(boxes, 4)`, or a dict of them by level.
        boxes_delta: `(boxes, 4)` or `(batch, boxes, 4)`, or a dict of them.
        anchor_format: the format of the anchors; see `convert_format`.
        box_format: the format wanted.
        encoded_format: that of the differences.
        variance: what each of the four is multiplied by.
        image_shape: height and width of the images.

    Returns:
        A tensor of the shape of `boxes_delta`, or a dict of such.

    Example:

    >>> import keras
    >>> anchors, moved = [[0.0, 0.0, 4.0, 4.0]], [[0.0, 0.25, 0.0, 0.0]]
    >>> found = keras.utils.bounding_boxes.decode_deltas_to_boxes(
    ...     anchors, moved, "xyxy", "xyxy")
    >>> keras.ops.convert_to_numpy(found).tolist()
    [[1.0, 0.0, 5.0, 4.0]]
    """
    options = (anchor_format, box_format, encoded_format, variance, image_shape)
    if isinstance(anchors, dict):
        return {
            level: decode_deltas_to_boxes(anchors[level], boxes_delta[level], *options)
            for level in anchors
        }
    values = _check(encoded_format, variance)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    start = convert_format(anchors, anchor_format, encoded_format, height, width)
    moved = ops.cast(boxes_delta, start.dtype) * ops.cast(values, start.dtype)
    places = moved[..., :2] * start[..., 2:] + start[..., :2]
    sizes = ops.exp(moved[..., 2:]) * start[..., 2:]
    found = ops.concatenate([places, sizes], axis=-1)
    return convert_format(found, encoded_format, box_format, height, width)
