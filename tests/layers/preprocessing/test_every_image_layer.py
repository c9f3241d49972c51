"""What every layer for images promises, one test for all of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from tests.layers.preprocessing.image_cases import (
    BATCH,
    EACH,
    FEW,
    FIXED,
    RANDOM,
    SAME,
    make,
    numbers,
)

NAME = pytest.mark.parametrize("name", [*RANDOM, *FIXED])
RANDOM_NAME = pytest.mark.parametrize("name", RANDOM)


def test_no_layer_is_left_out() -> None:
    """A new layer for images has to come into the tables."""
    from keras.layers.preprocessing.image.base import ImageLayer

    public = {
        name
        for name in dir(keras.layers)
        if inspect.isclass(cls := getattr(keras.layers, name))
        and issubclass(cls, ImageLayer)
    }
    assert public == {*RANDOM, *FIXED, "MaxNumBoundingBoxes"}


@NAME
def test_every_layer_keeps_the_rules(name: str, backend: str) -> None:
    """Of seeds, configs, shapes, layouts, dtypes and ranges of values."""
    more = {"seed": 3} if name in RANDOM else {}
    layer = make(name, **more)
    found = numbers(layer(BATCH, training=True))
    again = type(layer).from_config(layer.get_config())
    run = keras.jit(lambda x: again(x, training=True))
    atol = 0.6 if name == "Equalization" else 0.05  # rounding to whole numbers
    np.testing.assert_allclose(numbers(run(BATCH)), found, atol=atol)
    assert found.min() >= 0 and found.max() <= 255
    assert np.ptp(found) > 0
    symbol = layer(keras.Input(BATCH.shape[1:]))
    assert (symbol.shape[1:], symbol.dtype) == (found.shape[1:], str(found.dtype))
    first = make(name, data_format="channels_first", **more)
    turned = numbers(first(BATCH.transpose(0, 3, 1, 2), training=True))
    np.testing.assert_allclose(turned.transpose(0, 2, 3, 1), found, atol=1e-2)
    bytes_in = numbers(make(name, **more)(BATCH.astype("uint8"), training=True))
    np.testing.assert_allclose(bytes_in, found, atol=0.51)
    if name in RANDOM:
        following = numbers(layer(BATCH, training=True))
        assert not np.allclose(following, found)
        np.testing.assert_allclose(numbers(run(BATCH)), following, atol=atol)
    if name in EACH:
        _check_each_image_gets_its_own(name, numbers(run(_partly_the_same(name))))


def _partly_the_same(name: str) -> np.ndarray:
    if name not in ("MixUp", "CutMix"):
        return SAME
    return SAME + np.arange(8, dtype="float32")[:, None, None, None]


def _check_each_image_gets_its_own(name: str, found: np.ndarray) -> None:
    kinds = {image.tobytes() for image in np.round(found, 2)}
    assert len(kinds) > (1 if name in FEW else 5)


@pytest.mark.parametrize("name", [n for n in [*RANDOM, *FIXED] if n != "RandAugment"])
def test_values_from_0_to_1_are_changed_alike(name: str) -> None:
    """Also from -1 to 1, where nothing is filled up with zeros or added to."""
    cls = getattr(keras.layers, name)
    scaled = "value_range" in inspect.signature(cls).parameters
    more = {"seed": 3} if name in RANDOM else {}
    with keras.backend_scope("numpy"):
        wanted = make(name, **more)(BATCH, training=True)
        unit: dict[str, Any] = {"value_range": (0.0, 1.0)} if scaled else {}
        found = make(name, **more, **unit)(BATCH / 255, training=True)
        # Values between two steps may fall to either side of them.
        off = np.abs(np.asarray(found) * 255 - np.asarray(wanted)) > 0.02
        assert off.mean() < 0.01
        if name in ("RandomGaussianBlur", "RandomSharpness", "Solarization", "AugMix"):
            return
        signed: dict[str, Any] = {"value_range": (-1.0, 1.0)} if scaled else {}
        if name in ("RandomPerspective", "RandomErasing"):
            signed["fill_value"] = -1.0
            wanted = make(name, **more, fill_value=0.0)(BATCH, training=True)
        found = make(name, **more, **signed)(BATCH / 127.5 - 1, training=True)
        off = np.abs((np.asarray(found) + 1) * 127.5 - np.asarray(wanted)) > 0.02
        assert off.mean() < 0.01


@pytest.mark.parametrize("name", [n for n in [*RANDOM, *FIXED] if n != "Resizing"])
def test_layers_of_integers_change_images_as_those_of_floats(name: str) -> None:
    """What they work in are floats; the results are rounded. Resizing has no dtype."""
    more = {"seed": 3} if name in RANDOM else {}
    whole = np.round(BATCH)
    with keras.backend_scope("numpy"):
        wanted = make(name, **more)(whole, training=True)
        found = make(name, **more, dtype="uint8")(whole, training=True)
    assert found.dtype == "uint8"
    np.testing.assert_allclose(found, wanted, atol=0.51)


@NAME
def test_one_image_is_a_batch_of_one(name: str) -> None:
    more = {"seed": 3} if name in RANDOM else {}
    with keras.backend_scope("numpy"):
        alone = make(name, **more)(BATCH[0], training=True)
        wanted = make(name, **more)(BATCH[:1], training=True)
        np.testing.assert_allclose(alone, wanted[0])


@RANDOM_NAME
def test_outside_of_training_nothing_is_random(name: str, backend: str) -> None:
    layer = make(name, bounding_box_format="xyxy")
    if name == "RandomCrop":  # the size is that of training
        found = numbers(layer(BATCH, training=False))
        assert found.shape == (8, 5, 6, 3)
        np.testing.assert_allclose(numbers(layer(BATCH, training=False)), found)
        return
    boxes = {"boxes": np.tile([1.0, 2, 5, 40], (8, 1, 1)), "labels": np.ones((8, 1))}
    masks = (BATCH[..., :1] > 99).astype("int32")
    labels = np.arange(8)
    data = {"images": BATCH, "labels": labels, "segmentation_masks": masks}
    found = layer({**data, "bounding_boxes": boxes}, training=False)
    for key, value in data.items():
        np.testing.assert_array_equal(numbers(found[key]), value)
    for key, value in boxes.items():
        np.testing.assert_array_equal(numbers(found["bounding_boxes"][key]), value)


@pytest.mark.parametrize(
    "name", ["Equalization", "ContrastLimitedAdaptiveHistogramEqualization"]
)
def test_which_layers_equalize_in_training_only(name: str) -> None:
    with keras.backend_scope("numpy"):
        found = make(name)(BATCH, training=False)
        assert np.array_equal(found, BATCH) == (name == "Equalization")


# Distributions ---------------------------------------------------------------------

COUNT = 1600
# What a layer drew, as numbers with the distribution that each should have: a range of
# even numbers, or the chance of a boolean.
Draws = list[tuple[np.ndarray, tuple[float, float] | float]]


def _matrix(given: Any) -> np.ndarray:
    return np.moveaxis(numbers(given), 0, -1)


def _turn(given: Any) -> Draws:
    found = _matrix(given)
    return [(np.arctan2(found[1, 0], found[0, 0]) / (2 * math.pi), (-0.2, 0.2))]


def _corners(given: Any) -> Draws:
    """Where the corners of the images go."""
    found = _matrix(given)
    first, right = found[:2, 2], found[:, 0] * 9 + found[:, 2]
    return [
        (first[0] / 9, (0, 0.15)),
        (first[1] / 11, (0, 0.15)),
        (1 - right[0] / right[2] / 9, (0, 0.15)),
    ]


def _erased(given: Any) -> Draws:
    inside = numbers(given[0])[..., 0]
    hit = inside.any((1, 2))
    return [(hit, 0.5), (inside[hit][:, :, :3].any((1, 2)), 0.5)]


def _mixed(given: Any) -> Draws:
    partners, share = numbers(given[0]), numbers(given[1])
    return [(share, (0, 1)), (partners < partners.max() / 2, 0.5)]


def _cut(given: Any) -> Draws:
    partners, _, inside = (numbers(x) for x in given)
    height = inside.any((2, 3)).sum(1)  # 12 times the root of an even number, rounded
    return [
        (height >= 9, 1 - (8.5 / 12) ** 2),
        (height >= 5, 1 - (4.5 / 12) ** 2),
        (partners < partners.max() / 2, 0.5),
    ]


def _chains(given: Any) -> Draws:
    own, shares, _ = given
    shares = numbers(shares)
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-5)
    return [(numbers(own), (0, 1)), (shares[:, 0], (0, 1))]


def _policy(given: Any) -> Draws:
    parts = numbers(given[0]).reshape(-1)
    return [(parts == number, 1 / 13) for number in range(13)]


def _bits(given: Any) -> Draws:
    bits = np.round(8 - np.log2(numbers(given)))
    return [(bits == number, 1 / 3) for number in (1, 2, 3)]


HALF = (0.5, 0.5)
DRAWS: dict[str, tuple[dict[str, Any], Callable[[Any], Draws]]] = {
    "AugMix": ({}, _chains),
    "CutMix": ({}, _cut),
    "MixUp": ({"alpha": 1.0}, _mixed),
    "RandAugment": ({"num_ops": 1}, _policy),
    "RandomBrightness": ({}, lambda x: [(numbers(x) / 255, (-0.3, 0.3))]),
    "RandomColorDegeneration": ({}, lambda x: [(numbers(x), (-0.5, 0.5))]),
    "RandomColorJitter": (
        {},
        lambda x: [(numbers(x[0]) / 255, (-0.2, 0.2)), (numbers(x[1]), (-0.15, 0.15))],
    ),
    "RandomContrast": ({"factor": (0.2, 0.5)}, lambda x: [(numbers(x), (0.8, 1.5))]),
    "RandomElasticTransform": (
        {"factor": HALF},
        lambda x: [
            (numbers(x).any((1, 2, 3)), 0.5),
            (numbers(x)[:, 3, 3, 0] > 0, 0.25),
        ],
    ),
    "RandomErasing": ({"factor": HALF, "scale": (0.25, 0.25)}, _erased),
    "RandomFlip": ({}, lambda x: [(numbers(x[0]), 0.5), (numbers(x[1]), 0.5)]),
    "RandomGaussianBlur": (
        {"factor": HALF},
        lambda x: [(numbers(x[0]), 0.5), (numbers(x[1]), (0.5, 1))],
    ),
    "RandomGrayscale": ({"factor": 0.3}, lambda x: [(numbers(x), 0.3)]),
    "RandomHue": ({}, lambda x: [(numbers(x) * 2, (-0.5, 0.5))]),
    "RandomInvert": ({"factor": (0.2, 0.2)}, lambda x: [(numbers(x), 0.2)]),
    "RandomPerspective": ({}, _corners),
    "RandomPosterization": ({}, _bits),
    "RandomRotation": ({}, _turn),
    "RandomSaturation": ({}, lambda x: [(numbers(x), (0.1, 0.8))]),
    "RandomSharpness": ({}, lambda x: [(numbers(x), (0, 1))]),
    "RandomShear": (
        {},
        lambda x: [(_matrix(x)[0, 1], (-0.3, 0.3)), (_matrix(x)[1, 0], (-0.2, 0.2))],
    ),
    "RandomTranslation": (
        {},
        lambda x: [
            (_matrix(x)[0, 2] / 10, (-0.2, 0.2)),
            (_matrix(x)[1, 2] / 12, (-0.3, 0.3)),
        ],
    ),
    "RandomZoom": ({}, lambda x: [(_matrix(x)[0, 0], (0.7, 1.3))]),
    "Solarization": (
        {"addition_factor": 0.2, "threshold_factor": (0.2, 0.6)},
        lambda x: [
            (numbers(x[0]) / 255, (0, 0.2)),
            (numbers(x[1]) / 255, (0.2, 0.6)),
        ],
    ),
}


def _joined(*parts: Any) -> np.ndarray:
    return np.concatenate([np.atleast_1d(numbers(part)) for part in parts])


@pytest.mark.parametrize("name", EACH)
def test_draws_have_their_distribution(name: str, backend: str) -> None:
    """By the tests of Kolmogorov and Smirnov, and of a share of booleans."""
    given, drawn = DRAWS[name]
    layer = make(name, seed=11, **given)
    # JAX would compile operations for another number of images.
    times = COUNT // len(BATCH) if backend == "jax" else 1
    data = {"images": np.zeros((COUNT // times, *BATCH.shape[1:]), "float32")}
    found = [layer.get_random_transformation(data, training=True) for _ in range(times)]
    for values, wanted in drawn(keras.tree.map_structure(_joined, *found)):
        if isinstance(wanted, float):
            error = math.sqrt(wanted * (1 - wanted) / len(values))
            assert abs(np.mean(values) - wanted) < 3.5 * error
            continue
        low, high = wanted
        part = (np.sort(values) - low) / (high - low)
        assert part[0] >= -1e-3 and part[-1] <= 1 + 1e-3
        distance = np.abs(part - (np.arange(len(part)) + 0.5) / len(part)).max()
        assert distance * math.sqrt(len(part)) < 1.9


def test_crops_begin_anywhere(backend: str) -> None:
    """A chi-square test of the 8 x 5 places that a part may have."""
    layer = make("RandomCrop", seed=1)
    data = {"images": keras.ops.convert_to_tensor(BATCH)}
    seen = np.zeros((8, 5))
    for _ in range(400):
        _, place = layer.get_random_transformation(data, training=True)
        seen[int(place[0]), int(place[1])] += 1
    assert ((seen - 10) ** 2 / 10).sum() < 39 + 4 * math.sqrt(2 * 39)
