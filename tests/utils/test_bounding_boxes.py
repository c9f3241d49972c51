"""`keras.utils.bounding_boxes`: formats, overlaps, differences, parts of images."""

from __future__ import annotations

import numpy as np
import pytest

import keras

boxes = keras.utils.bounding_boxes
GIVEN = np.array([[10.0, 20.0, 110.0, 120.0], [0.0, 0.0, 50.0, 40.0]], "float32")
# Worked out by hand for images of height 200 and width 400.
SECOND = {
    "xyxy": [0, 0, 50, 40],
    "yxyx": [0, 0, 40, 50],
    "xywh": [0, 0, 50, 40],
    "center_xywh": [25, 20, 50, 40],
    "center_yxhw": [20, 25, 40, 50],
    "rel_xyxy": [0, 0, 0.125, 0.2],
    "rel_yxyx": [0, 0, 0.2, 0.125],
    "rel_xywh": [0, 0, 0.125, 0.2],
    "rel_center_xywh": [0.0625, 0.1, 0.125, 0.2],
}


@pytest.mark.parametrize("source", SECOND)
@pytest.mark.parametrize("target", SECOND)
def test_formats(source: str, target: str) -> None:
    with keras.backend_scope("numpy"):
        sizes = {"height": 200, "width": 400}
        there = boxes.convert_format(GIVEN, "xyxy", source, **sizes)
        np.testing.assert_allclose(there[1], SECOND[source], atol=1e-5)
        found = boxes.convert_format(there, source, target, **sizes)
        np.testing.assert_allclose(found[1], SECOND[target], atol=1e-4)


def test_numbers_are_those_of_keras(backend: str) -> None:
    read = keras.ops.convert_to_numpy
    iou = [[0.8223234, 0.1034483], [0.0457516, 0.6494845]]
    found = read(boxes.compute_iou(GIVEN, GIVEN + 5, "xyxy"))
    np.testing.assert_allclose(found, iou, atol=1e-6)
    found = read(boxes.compute_ciou(GIVEN, GIVEN + 5, "xyxy"))
    np.testing.assert_allclose(found, [0.8200558, 0.6395835], atol=1e-6)
    moved = read(
        boxes.encode_box_to_deltas(
            GIVEN,
            GIVEN * 1.2 + 5,
            "xyxy",
            "xyxy",
            variance=[0.1, 0.1, 0.2, 0.2],
            encoding_format="center_xywh",
        )
    )
    wanted = [[1.7, 1.9, 0.9116, 0.9116], [2.0, 2.25, 0.9116, 0.9116]]
    np.testing.assert_allclose(moved, wanted, atol=1e-4)
    back = boxes.decode_deltas_to_boxes(
        GIVEN,
        moved,
        "xyxy",
        "xyxy",
        encoded_format="center_xywh",
        variance=[0.1, 0.1, 0.2, 0.2],
    )
    np.testing.assert_allclose(read(back), GIVEN * 1.2 + 5, atol=1e-3)
    found = read(boxes.crop(GIVEN, 10, 5, 50, 60))
    assert found.tolist() == [[5.0, 10.0, 60.0, 50.0], [0.0, 0.0, 45.0, 30.0]]


def test_mistakes_are_explained() -> None:
    with pytest.raises(ValueError, match="must be one of"):
        boxes.convert_format(GIVEN, "xyxy", "corners")
    with pytest.raises(ValueError, match="`height` and `width`"):
        boxes.convert_format(GIVEN, "xyxy", "rel_xyxy")
    with pytest.raises(ValueError, match="four numbers"):
        boxes.encode_box_to_deltas(GIVEN, GIVEN, "xyxy", "xyxy", variance=[1.0])
