"""Boxes and masks in images, and images side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

visual = keras.visualization
matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
RED = (255, 0, 0)


def boxes(*corners: Any, labels: Any) -> dict[str, Any]:
    """The boxes of one image."""
    return {"boxes": np.array([corners], "float32"), "labels": np.array([labels])}


def test_boxes_are_drawn_along_their_edges(backend: str) -> None:
    """One pixel wide from corner to corner; label -1 is left out."""
    with keras.backend_scope(backend):
        images = keras.ops.zeros((1, 3, 12, 16))
        given = boxes([2, 3, 10, 8], [0, 0, 15, 11], labels=[1, -1])
        given = {k: keras.ops.convert_to_tensor(v) for k, v in given.items()}
        found = visual.draw_bounding_boxes(
            images, given, "xyxy", None, RED, 1, data_format="channels_first"
        )
    expected = np.zeros((12, 16))
    expected[3:9, 2:11] = 255
    expected[4:8, 3:10] = 0
    assert found.dtype == np.uint8
    assert np.array_equal(found[0, :, :, 0], expected)
    assert not found[..., 1:].any()


def test_formats_of_boxes_and_names_of_classes() -> None:
    """A relative box is the same box; a name adds pixels above it."""
    images = np.zeros((1, 40, 80, 1), "uint8")
    plain = visual.draw_bounding_boxes(
        images, boxes([20, 20, 60, 36], labels=[0]), "xyxy", color=RED
    )
    relative = boxes([0.25, 0.5, 0.75, 0.9], labels=[0])
    again = visual.draw_bounding_boxes(images, relative, "rel_xyxy", color=RED)
    assert np.array_equal(plain, again)
    named = visual.draw_bounding_boxes(
        images, relative, "rel_xyxy", {0: "cat"}, color=RED
    )
    assert named[0, :19].any()
    assert not plain[0, :19].any()
    with pytest.raises(ValueError, match="bounding_box_format|must be one of 'xyxy'"):
        visual.draw_bounding_boxes(images, relative, "corners")
    with pytest.raises(ValueError, match="the keys 'boxes' and 'labels'. Received: "):
        visual.draw_bounding_boxes(images, {"boxes": relative["boxes"]}, "xyxy")


# Recorded from PyPI's Keras 3.15.
MIXED = [
    [[20, 20, 20], [20, 121, 44], [21, 223, 69]],
    [[22, 120, 94], [100, 100, 100], [20, 121, 44]],
]


def test_masks_have_the_colours_of_keras() -> None:
    """Mixed with the image, or in its place; what is to be ignored stays."""
    images = np.full((1, 2, 3, 3), 100, "uint8")
    masks = np.array([[[0, 1, 2], [3, -1, 1]]])
    found = visual.draw_segmentation_masks(images, masks[..., None], 4)
    assert found[0].tolist() == MIXED
    assert np.array_equal(visual.draw_segmentation_masks(images, masks), found)
    found = visual.draw_segmentation_masks(images, masks, 4, {1: RED}, blend=False)
    assert found[0, 0].tolist() == [[0, 0, 0], [255, 0, 0], [2, 254, 62]]
    assert found[0, 1, 1].tolist() == [100] * 3


def test_wrong_masks_are_explained() -> None:
    """Classes that are too great, other sizes, one image."""
    images = np.full((1, 2, 3, 3), 100, "uint8")
    with pytest.raises(ValueError, match=r"classes from 0 to 1, .*num_classes=2"):
        visual.draw_segmentation_masks(images, np.full((1, 2, 3), 2), 2)
    with pytest.raises(ValueError, match=r"masks for \(1, 4, 3\)"):
        visual.draw_segmentation_masks(images, np.zeros((1, 4, 3)), 2)
    with pytest.raises(ValueError, match=r"rank 4. Received: images.shape=\(2, 3, 3\)"):
        visual.draw_segmentation_masks(images[0], np.zeros((1, 2, 3)), 2)


def test_galleries_have_a_place_for_each_image(tmp_path: Path) -> None:
    """Values of another range, titles, files."""
    images = np.stack([np.full((4, 6, 3), x) for x in (-1.0, 0.0, 1.0)])
    figure = visual.plot_image_gallery(
        images, [0, 1, 2], [0, 2, 2], {1: "b"}, value_range=(-1, 1), show=False
    )
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert [int(x[0, 0, 0]) for x in shown] == [0, 128, 255]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["0, taken for 0", "b, taken for 2", "2, taken for 2", ""]
    path = tmp_path / "gallery.png"
    assert visual.plot_image_gallery(images, rows=1, cols=3, path=path) is None
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="either saves the figure or shows it"):
        visual.plot_image_gallery(images, path=path, show=True)
    with pytest.raises(ValueError, match="2 labels for 3 images"):
        visual.plot_image_gallery(images, [0, 1])
    matplotlib.pyplot.close("all")


def test_galleries_of_boxes_and_masks() -> None:
    """Both colours of boxes and a legend; image, true mask and found mask in a row."""
    images = np.zeros((1, 3, 20, 30))
    figure = visual.plot_bounding_box_gallery(
        images,
        "xyxy",
        boxes([2, 2, 9, 9], labels=[0]),
        boxes([12, 4, 25, 15], labels=[0]),
        line_thickness=1,
        legend=True,
        data_format="channels_first",
        show=False,
    )
    pixels = figure.axes[0].images[0].get_array()
    assert pixels[2, 5].tolist() == [0, 188, 212]
    assert pixels[4, 20].tolist() == [255, 235, 59]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["Ground truth", "Prediction"]
    figure = visual.plot_segmentation_mask_gallery(
        images,
        3,
        y_true=np.ones((1, 20, 30)),
        y_pred=np.full((1, 1, 20, 30), 2),
        alpha=1.0,
        data_format="channels_first",
        show=False,
    )
    row = figure.axes[0].images[0].get_array()[0]
    assert row[[0, 30, 60]].tolist() == [[0, 0, 0], [1, 127, 31], [2, 254, 62]]
    matplotlib.pyplot.close("all")
