"""Boxes and masks drawn into images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras.backends.foreign import host_array
from keras.core.config import standardize_data_format
from keras.core.typing import TensorLike
from keras.utils.bounding_boxes import convert_format

Color = tuple[int, int, int]


def batch_of_images(
    function: str,
    images: TensorLike,
    data_format: str | None,
    value_range: tuple[float, float] = (0, 255),
) -> np.ndarray:
    """Images as an array of bytes, `(batch, height, width, 3)`."""
    array = np.asarray(host_array(images))
    if array.ndim != 4:
        raise ValueError(
            f"`{function}` expects `images` to be a batch of them, of rank 4. "
            f"Received: images.shape={array.shape}."
        )
    if standardize_data_format(data_format) == "channels_first":
        array = array.transpose(0, 2, 3, 1)
    if array.shape[-1] not in (1, 3):
        raise ValueError(
            f"`{function}` expects images of 1 or 3 channels. Received: images of "
            f"shape {array.shape[1:]}, channels last."
        )
    if array.shape[-1] == 1:
        array = np.repeat(array, 3, axis=-1)
    if value_range != (0, 255):
        low, high = value_range
        array = np.round((array.astype("float32") - low) / (high - low) * 255)
    if array.dtype == np.uint8:
        return array.copy()
    return np.clip(np.nan_to_num(array.astype("float32")), 0, 255).astype("uint8")


def _corners(boxes: Any, name: str, height: int, width: int) -> dict[str, np.ndarray]:
    if not isinstance(boxes, Mapping) or not {"boxes", "labels"} <= set(boxes):
        got = sorted(boxes) if isinstance(boxes, Mapping) else type(boxes).__name__
        raise ValueError(
            "`draw_bounding_boxes` expects `bounding_boxes` to be a dict with the keys "
            f"'boxes' and 'labels'. Received: {got}."
        )
    found = {
        key: np.asarray(host_array(value))
        for key, value in boxes.items()
        if value is not None
    }
    corners = found["boxes"].astype("float32")
    count = corners.shape[0]
    if corners.ndim != 3 or corners.shape[-1] != 4:
        raise ValueError(
            "`draw_bounding_boxes` expects boxes of shape (batch, boxes, 4). Received: "
            f"shape {corners.shape}."
        )
    corners = convert_format(corners, name, "xyxy", height, width)
    found["boxes"] = np.asarray(host_array(corners))
    for key in set(found) - {"boxes"}:
        found[key] = found[key].reshape(count, -1)
    return found


def draw_bounding_boxes(
    images: TensorLike,
    bounding_boxes: Any,
    bounding_box_format: str,
    class_mapping: Mapping[int, str] | None = None,
    color: Color = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with boxes drawn into them, and the names of their classes.

    Needs the package Pillow.

    Args:
        images: `(batch, height, width, channels)`, or channels first, from 0 to 255.
        bounding_boxes: a dict of `"boxes"`, `(batch, boxes, 4)`, and `"labels"`,
            `(batch, boxes)`, and maybe `"confidence"`. Boxes of label -1 are left out.
        bounding_box_format: what the four numbers are, such as `"xyxy"`.
        class_mapping: the name of each label; a label that is not in it has its number.
            By default only boxes are drawn.
        color: red, green and blue, from 0 to 255.
        line_thickness: in pixels.
        text_thickness: that of the letters.
        font_scale: 1 for letters 12 pixels high.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        Bytes, `(batch, height, width, 3)`.

    Raises:
        ImportError: without Pillow.
        ValueError: for other shapes, or an unknown format.

    Example:

    >>> import keras, numpy as np
    >>> boxes = {"boxes": np.array([[[1, 1, 6, 6]]]), "labels": np.zeros((1, 1))}
    >>> images = np.zeros((1, 8, 8, 3))
    >>> drawn = keras.visualization.draw_bounding_boxes(
    ...     images, boxes, "xyxy", color=(255, 0, 0), line_thickness=1)
    >>> drawn[0, 1, :, 0].tolist()
    [0, 255, 255, 255, 255, 255, 255, 0]
    """
    try:
        from PIL import Image, ImageDraw, ImageFont  # an optional package
    except ImportError as error:
        raise ImportError(
            "`draw_bounding_boxes` needs the package Pillow: `pip install pillow`."
        ) from error
    array = batch_of_images("draw_bounding_boxes", images, data_format)
    found = _corners(bounding_boxes, bounding_box_format, *array.shape[1:3])
    if len(found["boxes"]) != len(array):
        raise ValueError(
            "`draw_bounding_boxes` expects boxes for each image. Received: "
            f"{len(array)} images, and boxes for {len(found['boxes'])}."
        )
    for number, pixels in enumerate(array):
        image = Image.fromarray(pixels)
        draw = ImageDraw.Draw(image)
        for place, box in enumerate(found["boxes"][number]):
            label = int(found["labels"][number, place])
            if label == -1 or not np.isfinite(box).all():
                continue
            left, top, right, bottom = (int(n) for n in box)
            corners = [left, top, max(left, right), max(top, bottom)]
            draw.rectangle(corners, outline=tuple(color), width=line_thickness)
            if class_mapping is None:
                continue
            text = str(class_mapping.get(label, label))
            if "confidence" in found:
                text = f"{text} {found['confidence'][number, place]:.2f}"
            font = ImageFont.load_default(size=12 * font_scale)
            # Above the box, or in it where there is no room above.
            y = top - 2 if top > 12 * font_scale else top + 14 * font_scale
            stroke = (text_thickness - 1) // 2
            style: Any = {"font": font, "anchor": "lb", "stroke_width": stroke}
            draw.text((left + 2, y), text, fill=tuple(color), **style)
        array[number] = np.asarray(image)
    return array


def draw_segmentation_masks(
    images: TensorLike,
    segmentation_masks: TensorLike,
    num_classes: int | None = None,
    color_mapping: Mapping[int, Color] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with the colour of its class laid over each pixel.

    Args:
        images: `(batch, height, width, channels)`, or channels first, from 0 to 255.
        segmentation_masks: integers, `(batch, height, width)`, or with a last axis of
            size 1; channels first likewise.
        num_classes: how many classes there are; by default as many as occur.
        color_mapping: red, green and blue of each class, from 0 to 255.
        alpha: the part of the class's colour, from 0 to 1.
        blend: whether it is mixed with the image; else it takes its place.
        ignore_index: the class that is not drawn.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        Bytes, `(batch, height, width, 3)`.

    Raises:
        ValueError: if the mask is not as large as the images, or has other classes.

    Example:

    >>> import keras, numpy as np
    >>> images, masks = np.full((1, 1, 2, 3), 100), np.array([[[0, 1]]])
    >>> keras.visualization.draw_segmentation_masks(
    ...     images, masks, color_mapping={0: (0, 0, 0), 1: (200, 0, 0)}, alpha=0.5
    ... ).tolist()
    [[[[50, 50, 50], [150, 50, 50]]]]
    """
    array = batch_of_images("draw_segmentation_masks", images, data_format)
    masks = np.asarray(host_array(segmentation_masks))
    if masks.ndim == 4:
        first = standardize_data_format(data_format) == "channels_first"
        masks = masks[:, 0] if first else masks[..., 0]
    if masks.shape != array.shape[:3]:
        raise ValueError(
            "`draw_segmentation_masks` expects a class for each pixel. Received: masks "
            f"for {masks.shape}, images of {array.shape[:3]} (batch, height, width)."
        )
    masks = masks.astype("int64")
    drawn = masks != ignore_index
    most = int(masks[drawn].max(initial=0))
    count = most + 1 if num_classes is None else num_classes
    if most >= count or int(masks[drawn].min(initial=0)) < 0:
        raise ValueError(
            "`draw_segmentation_masks` expects classes from 0 to "
            f"{count - 1}, or ignore_index={ignore_index}. Received: "
            f"num_classes={count}, and classes {np.unique(masks).tolist()[:20]}."
        )
    table = _colors(count, color_mapping)
    colors = table[np.where(drawn, masks, 0)].astype("float32")
    mixed = array * (1 - alpha) + colors * alpha if blend else colors
    mixed = np.floor(mixed + 1e-4)
    return np.where(drawn[..., None], mixed, array).astype("uint8")


def _colors(count: int, mapping: Mapping[int, Color] | None) -> np.ndarray:
    """The colour of each class, `(classes, 3)`: that given, else one of its own."""
    numbers = np.arange(count)[:, None]
    table = numbers * np.array([1, 127, 31]) % 255
    for label, color in (mapping or {}).items():
        if 0 <= label < count:
            table[label] = color
    return table
