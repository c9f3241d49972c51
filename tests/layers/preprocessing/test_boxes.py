"""Boxes and masks move with the pixels, in every layer that moves these."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import keras
from keras.utils.bounding_boxes.formats import FORMATS
from tests.layers.preprocessing.image_cases import BLACK, numbers

layers = keras.layers
SIZE = 48
# Two rectangles in a colour each, as left, top, right, bottom.
BOXES = np.array([[16.0, 14, 32, 26], [10, 30, 24, 38]], "float32")
GEOMETRIC: dict[str, tuple[str, dict[str, Any]]] = {
    "RandomFlip": ("RandomFlip", {}),
    "RandomRotation": ("RandomRotation", {"factor": 0.08, **BLACK}),
    "RandomTranslation": (
        "RandomTranslation",
        {"height_factor": 0.4, "width_factor": 0.3, **BLACK},
    ),
    "RandomZoom": ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.2, **BLACK}),
    "RandomShear": ("RandomShear", {"x_factor": 0.2, "y_factor": 0.1, **BLACK}),
    "RandomPerspective": ("RandomPerspective", {"scale": 0.3, "factor": (1.0, 1.0)}),
    "RandomElasticTransform": ("RandomElasticTransform", {"factor": (1.0, 1.0)}),
    "RandAugment": ("RandAugment", {"factor": (0.1, 0.1), "value_range": (-900, 900)}),
    "RandomCrop": ("RandomCrop", {"height": 30, "width": 28}),
    "CenterCrop": ("CenterCrop", {"height": 30, "width": 28}),
    "Resizing": ("Resizing", {"height": 72, "width": 32}),
    "larger": ("CenterCrop", {"height": 64, "width": 80}),
    "cut off": ("Resizing", {"height": 36, "width": 24, "crop_to_aspect_ratio": True}),
    "filled up": ("Resizing", {"height": 36, "width": 24, "pad_to_aspect_ratio": True}),
}


def make(name: str, box_format: str = "xyxy") -> Any:
    """A layer of the table."""
    cls, given = GEOMETRIC[name]
    more = {} if cls in ("CenterCrop", "Resizing") else {"seed": 7}
    return getattr(layers, cls)(bounding_box_format=box_format, **given, **more)


def rectangles() -> dict[str, Any]:
    """Four images of two rectangles, with masks, boxes and labels."""
    images = np.zeros((4, SIZE, SIZE, 3), "float32")
    masks = np.zeros((4, SIZE, SIZE, 1), "int32")
    for number, (left, top, right, bottom) in enumerate(BOXES.astype(int)):
        images[:, top:bottom, left:right, number] = 200.0
        masks[:, top:bottom, left:right] = number + 1
    boxes = {"boxes": np.tile(BOXES, (4, 1, 1)), "labels": np.tile([5, 6], (4, 1))}
    labels = np.arange(4, dtype="float32")
    return {
        "images": images,
        "segmentation_masks": masks,
        "labels": labels,
        "bounding_boxes": boxes,
    }


def around(seen: np.ndarray) -> list[int]:
    """The box around the pixels that are set."""
    rows, columns = np.where(seen.any(1))[0], np.where(seen.any(0))[0]
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@pytest.mark.parametrize("name", GEOMETRIC)
def test_boxes_and_masks_move_with_the_pixels(name: str, backend: str) -> None:
    layer, data = make(name), rectangles()
    found = keras.jit(lambda x: layer(x, training=True))(data)
    masks = numbers(found["segmentation_masks"])[..., 0]
    boxes = numbers(found["bounding_boxes"]["boxes"])
    labels = numbers(found["bounding_boxes"]["labels"])
    images = numbers(found["images"])
    if name == "RandAugment":  # colours change; the masks tell
        images = np.stack([masks == 1, masks == 2], -1) * 200
    seen = 0
    for image, mask, places, kinds in zip(images, masks, boxes, labels, strict=True):
        for number in range(2):
            pixels = image[..., number] > 100
            assert (pixels != (mask == number + 1)).mean() < 0.02
            if kinds[number] == -1:
                assert pixels.sum() < 20  # nothing, or a rest below a pixel
                continue
            assert kinds[number] == 5 + number
            np.testing.assert_allclose(places[number], around(pixels), atol=1.6)
            seen += 1
    assert seen >= 4
    np.testing.assert_array_equal(numbers(found["labels"]), data["labels"])


@pytest.mark.parametrize("name", GEOMETRIC)
def test_every_format_says_the_same(name: str) -> None:
    with keras.backend_scope("numpy"):
        wanted: Any = None
        for box_format in FORMATS:
            data = rectangles()
            boxes = keras.utils.bounding_boxes.convert_format(
                data["bounding_boxes"], "xyxy", box_format, SIZE, SIZE
            )
            found = make(name, box_format)({**data, "bounding_boxes": boxes})
            height, width = found["images"].shape[1:3]
            found = keras.utils.bounding_boxes.convert_format(
                found["bounding_boxes"]["boxes"], box_format, "xyxy", height, width
            )
            wanted = found if wanted is None else wanted
            np.testing.assert_allclose(found, wanted, atol=1e-2)


ODD = np.array(
    [[9, 9, 9, 30], [-60, -60, -40, -40], [99, 99, 120, 120], [0, 0, 48, 48]], "float32"
)


@pytest.mark.parametrize("name", GEOMETRIC)
def test_odd_boxes_lose_their_label(name: str) -> None:
    """Those without area and those outside; what is left is inside of the image."""
    boxes = {"boxes": np.tile(ODD, (4, 1, 1)), "labels": np.tile([1, 2, 3, 4], (4, 1))}
    with keras.backend_scope("numpy"):
        data = {**rectangles(), "bounding_boxes": boxes}
        found = make(name)(data, training=True)
        height, width = found["images"].shape[1:3]
        boxes, labels = found["bounding_boxes"].values()
        sides = boxes[..., 2:] - boxes[..., :2]
        assert (boxes >= 0).all() and (boxes <= [width, height] * 2).all()
        np.testing.assert_array_equal(labels == -1, (sides <= 0).any(-1))
        assert (labels[:, 3] == 4).all()
        if name not in ("RandomRotation", "RandAugment"):  # corners may come in
            assert (labels[:, 1:3] == -1).all()
        nothing = {"boxes": np.zeros((4, 0, 4)), "labels": np.zeros((4, 0))}
        found = make(name)({**rectangles(), "bounding_boxes": nothing}, training=True)
        assert found["bounding_boxes"]["boxes"].shape == (4, 0, 4)


def test_labels_of_many_kinds() -> None:
    boxes = {"boxes": np.array([ODD]), "labels": np.eye(4, dtype="float32")[None]}
    with keras.backend_scope("numpy"):
        layer = layers.CenterCrop(30, 30, bounding_box_format="xyxy")
        found = layer({"images": np.zeros((1, 48, 48, 3)), "bounding_boxes": boxes})
        labels = found["bounding_boxes"]["labels"]
        np.testing.assert_array_equal(labels[0, :3], -np.ones((3, 4)))
        np.testing.assert_array_equal(labels[0, 3], [0, 0, 0, 1])


def test_as_many_boxes_of_each_image(backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    layer = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    boxes = tf.RaggedTensor.from_row_lengths(np.ones((3, 4), "float32"), [1, 2])
    labels = tf.RaggedTensor.from_row_lengths([1, 1, 2], [1, 2])
    data = tf.data.Dataset.from_tensor_slices(
        {
            "images": np.zeros((2, 8, 8, 3), "float32"),
            "bounding_boxes": {"boxes": boxes, "labels": labels},
        }
    )
    found = next(iter(data.batch(2).map(lambda x: layer(x))))["bounding_boxes"]
    assert found["labels"].numpy().tolist() == [[1, -1, -1], [1, 2, -1]]
    assert found["boxes"].shape == (2, 3, 4)


def given(boxes: Any, labels: Any, images: Any = None) -> Any:
    """A call of `RandomFlip` with boxes."""
    images = np.zeros((2, 8, 8, 3)) if images is None else images
    boxes = {"boxes": boxes, "labels": labels}
    layer = layers.RandomFlip(bounding_box_format="xyxy", name="flip")
    return layer({"images": images, "bounding_boxes": boxes}, training=True)


def test_wrong_boxes_are_explained(backend: str) -> None:
    title = re.escape("flip (RandomFlip) expects boxes of shape (..., boxes, 4)")
    for shape, labels in (((2, 3, 3), (2, 3)), ((2, 3, 4), (2, 2)), ((2, 3, 4), (2,))):
        with pytest.raises(ValueError, match=title):
            given(np.zeros(shape), np.zeros(labels))
    with pytest.raises(ValueError, match="last axis has the size 4"):
        keras.utils.bounding_boxes.convert_format(np.zeros((2, 3)), "xyxy", "xywh")
    for wrong in ("coco", 3, "rel_center_yxhw"):
        with pytest.raises(ValueError, match="must be one of 'xyxy', 'yxyx', 'xywh'"):
            layers.RandomZoom(0.2, bounding_box_format=wrong)
