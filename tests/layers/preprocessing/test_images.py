"""Layers for images: recorded values, data pipelines, labels, and wrong arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from tests.layers.preprocessing.image_cases import BATCH, BLACK, make, numbers

layers = keras.layers
X = np.arange(20, dtype="float32").reshape(1, 4, 5, 1) * 10
RGB = np.arange(60, dtype="float32").reshape(1, 4, 5, 3) * 4
ROUGH = RGB * RGB / 255


# Recorded from PyPI's Keras 3.15 on TensorFlow, with ranges of one number.
ROTATED = [
    [17.5, 60.0, 110.0, 160.0, 92.5],
    [12.5, 50.0, 100.0, 150.0, 87.5],
    [7.5, 40.0, 90.0, 140.0, 82.5],
    [2.5, 30.0, 80.0, 130.0, 77.5],
]
TURNED = [
    [1.40143, 14.48146, 43.1405, 80.61994, 56.5837],
    [6.21736, 40.23407, 77.71349, 115.19293, 152.67236],
    [37.32763, 74.80706, 112.2865, 149.76593, 168.56764],
    [38.47103, 109.38006, 146.8595, 118.26949, 19.67032],
]
ZOOMED = [
    [0.0, 1.25, 5.0, 8.75, 0.0],
    [0.0, 42.5, 57.5, 72.5, 0.0],
    [0.0, 117.5, 132.5, 147.5, 0.0],
    [0.0, 38.75, 42.5, 46.25, 0.0],
]
SHARPENED = [
    [1.07729, 2.40652, 4.46552, 7.54968, 9.48706],
    [15.12543, 23.04, 30.38118, 38.85176, 42.37032],
    [54.09014, 71.04, 84.02824, 98.14588, 100.79565],
    [104.07095, 124.25268, 140.64651, 158.06552, 165.64996],
]
BLURRED = [
    [3.3453, 6.05153, 8.82902, 12.42639, 10.85358],
    [17.56845, 28.37736, 35.71854, 44.18913, 36.19144],
    [49.86145, 76.37736, 89.36559, 103.48324, 81.78659],
    [55.9718, 84.27503, 96.25529, 109.05543, 85.158],
]
EQUALIZED = [
    [0, 13, 27, 40, 54],
    [67, 81, 94, 107, 121],
    [134, 148, 161, 174, 188],
    [201, 215, 228, 242, 255],
]
REGIONS = [
    [0.0, 0.0, 42.976, 48.127, 82.225],
    [104.871, 157.107, 190.3, 175.486, 189.841],
    [128.912, 151.358, 163.594, 156.636, 166.33],
    [170.0, 212.5, 235.717, 221.587, 240.593],
]
BINS = [
    [0, 0, 14, 42, 42],
    [57, 85, 85, 99, 113],
    [142, 142, 156, 184, 184],
    [198, 212, 241, 241, 255],
]
LARGER = [
    [10.0, 12.5, 17.5, 22.5, 27.5, 30.0],
    [22.5, 25.0, 30.0, 35.0, 40.0, 42.5],
    [47.5, 50.0, 55.0, 60.0, 65.0, 67.5],
    [72.5, 75.0, 80.0, 85.0, 90.0, 92.5],
    [97.5, 100.0, 105.0, 110.0, 115.0, 117.5],
    [122.5, 125.0, 130.0, 135.0, 140.0, 142.5],
    [147.5, 150.0, 155.0, 160.0, 165.0, 167.5],
    [160.0, 162.5, 167.5, 172.5, 177.5, 180.0],
]
HALF = (0.5, 0.5)
RECORDED: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "quarter": ("RandomRotation", {"factor": (0.25, 0.25), **BLACK}, X, ROTATED),
    "tenth": ("RandomRotation", {"factor": (0.1, 0.1), **BLACK}, X, TURNED),
    "zoom": ("RandomZoom", {"height_factor": HALF, **BLACK}, X, ZOOMED),
    "sharp": ("RandomSharpness", {"factor": (0.3, 0.3)}, ROUGH, SHARPENED),
    "blur": (
        "RandomGaussianBlur",
        {"factor": (1.0, 1.0), "sigma": (1.0, 1.0)},
        ROUGH,
        BLURRED,
    ),
    "equal": ("Equalization", {}, RGB, EQUALIZED),
    "regions": (
        "ContrastLimitedAdaptiveHistogramEqualization",
        {"tile_grid_size": (2, 2), "clip_limit": 60.0},
        ROUGH,
        REGIONS,
    ),
    "bins": ("Equalization", {"bins": 16}, RGB, BINS),
    "crop": ("CenterCrop", {"height": 8, "width": 6}, X, LARGER),
    "shift": (
        "RandomTranslation",
        {"height_factor": (0.25, 0.25), "width_factor": (0.2, 0.2), **BLACK},
        X,
        [[0] * 5, [0, 0, 10, 20, 30], [0, 50, 60, 70, 80], [0, 100, 110, 120, 130]],
    ),
    "saturation": (
        "RandomSaturation",
        {"factor": (0.3, 0.3)},
        RGB[:, :1],
        [[4.57143, 16.57143, 28.57143, 40.57143, 52.57143]],
    ),
    "grey": (
        "RandomColorDegeneration",
        {"factor": (0.3, 0.3)},
        RGB[:, :1],
        [[0.978, 12.97764, 24.97728, 36.97692, 48.97656]],
    ),
    "bits": (
        "RandomPosterization",
        {"factor": (3, 3)},
        np.arange(0, 250, 23.0).reshape(1, 1, 11, 1),
        [[0, 0, 32, 64, 64, 96, 128, 160, 160, 192, 224]],
    ),
    "pad": (
        "Resizing",
        {"height": 4, "width": 4, "pad_to_aspect_ratio": True},
        X,
        [[50 * i + 1.25 + 12.5 * j for j in range(4)] for i in range(4)],
    ),
}


@pytest.mark.parametrize("case", RECORDED)
def test_values_are_those_of_keras(case: str, backend: str) -> None:
    name, arguments, images, wanted = RECORDED[case]
    found = numbers(getattr(layers, name)(**arguments)(images, training=True))
    np.testing.assert_allclose(found[0, :, :, 0], wanted, atol=2e-3)


@pytest.mark.parametrize("name", ["RandomFlip", "RandomRotation", "CutMix", "Resizing"])
def test_the_layers_work_in_tf_data(name: str, backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    layer = make(name)
    data = tf.data.Dataset.from_tensor_slices(BATCH).batch(8).repeat(2)
    found = [x.numpy() for x in data.map(lambda x: layer(x, training=True))]
    assert found[0].shape[0] == 8
    if name != "Resizing":
        assert not np.allclose(found[0], found[1])


def test_labels_are_mixed_as_images_are(backend: str) -> None:
    images = np.zeros((4, 8, 8, 1), "float32")
    images[:2] = 1.0
    labels = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    for layer in (layers.MixUp(alpha=1.0, seed=2), layers.CutMix(seed=2)):
        found = layer({"images": images, "labels": labels}, training=True)
        share = numbers(found["images"]).mean((1, 2, 3))
        np.testing.assert_allclose(numbers(found["labels"])[:, 0], share, atol=1e-5)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("RandomBrightness", {"factor": 1.5}, "from -1 to 1"),
    ("RandomContrast", {"factor": -0.5}, "from 0 to 1"),
    ("RandomHue", {"factor": "a"}, "a number"),
    ("RandomContrast", {"factor": 0.1, "value_range": 255}, "value_range"),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "mirror"}, "fill_mode"),
    ("RandomFlip", {"mode": "diagonal"}, "mode"),
    ("RandomTranslation", {"height_factor": 2, "width_factor": 0}, "height_factor"),
    ("Resizing", {"height": 0, "width": 3}, "positive integer"),
    (
        "CenterCrop",
        {"height": 3, "width": 3, "bounding_box_format": "xx"},
        "must be one",
    ),
    ("MixUp", {"alpha": 0}, "positive number"),
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        {"clip_limit": "a"},
        "clip_limit",
    ),
]


@pytest.mark.parametrize(
    ("name", "arguments", "message"), BAD, ids=[f"{n}-{m}" for n, _, m in BAD]
)
def test_wrong_arguments_are_explained(name: str, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)


def test_wrong_inputs_are_explained(backend: str) -> None:
    layer = layers.RandomFlip()
    with pytest.raises(ValueError, match="the key 'images'"):
        layer({"image": BATCH})
    with pytest.raises(ValueError, match="of shape"):
        layer(BATCH[0, 0])
    boxes = {"boxes": np.zeros((8, 1, 4)), "labels": np.zeros((8, 1))}
    with pytest.raises(ValueError, match="bounding_box_format"):
        layer({"images": BATCH, "bounding_boxes": boxes}, training=True)


def test_a_pipeline_runs_its_layers(backend: str) -> None:
    pipeline = layers.Pipeline([layers.Resizing(4, 4), layers.Rescaling(1 / 255)])
    again = layers.deserialize(keras.saving.serialize_keras_object(pipeline))
    found = numbers(again(BATCH))
    assert found.shape == (8, 4, 4, 3) and found.max() <= 1


@pytest.mark.parametrize("how", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
def test_proportions_of_images_of_any_size_in_a_pipeline(how: str) -> None:
    tf = pytest.importorskip("tensorflow")
    images = [
        np.full((h, w, 1), 9.0, "float32") for h, w in ((8, 20), (30, 10), (5, 5))
    ]
    for number, image in enumerate(images):
        image[1, 2 + number] = 100.0
    layer = keras.layers.Resizing(6, 9, **{how: True})
    spec = tf.TensorSpec((None, None, 1), "float32")
    data = tf.data.Dataset.from_generator(lambda: iter(images), output_signature=spec)
    for found, image in zip(data.map(layer), images, strict=True):
        assert found.shape == (6, 9, 1)
        want = keras.ops.convert_to_numpy(layer(image))
        np.testing.assert_allclose(found.numpy(), want, atol=1e-3)


@pytest.mark.parametrize("name", ["RandomHue", "RandomSaturation"])
def test_colours_have_three_channels(backend: str, name: str) -> None:
    layer = getattr(layers, name)(0.3)
    with pytest.raises(ValueError, match="three channels.* 1 channels"):
        layer(np.ones((1, 4, 4, 1), "float32"), training=True)


def test_resizing_may_be_told_its_size_later(backend: str) -> None:
    layer = keras.layers.Resizing(None, None)
    again = type(layer).from_config(layer.get_config())
    with pytest.raises(ValueError, match=r"height=None, width=None. Set layer.height"):
        again(np.ones((1, 4, 4, 3), "float32"))
    again.height, again.width = 2, 3
    assert tuple(again(np.ones((1, 4, 4, 3), "float32")).shape) == (1, 2, 3, 3)
    with pytest.raises(ValueError, match="height"):
        keras.layers.Resizing(0, None)
