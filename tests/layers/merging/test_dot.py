"""`Dot`: its axes, its shapes and what does not fit; numbers are in tests/golden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers


def ones(*shape: int) -> np.ndarray:
    """An array of ones."""
    return np.ones(shape, "float32")


@pytest.mark.parametrize(
    ("axes", "error"),
    [
        ("a", TypeError),
        (1.5, TypeError),
        ((1, 2, 3), ValueError),
        ((1, "a"), ValueError),
    ],
)
def test_axes_are_integers(axes: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="Dot expects `axes` to be an integer or a tuple"):
        layers.Dot(axes)


@pytest.mark.parametrize(
    ("axes", "shapes"),
    [
        (-2, [(2, 3), (2, 3)]),
        (5, [(2, 3), (2, 3)]),
        (1, [(3,), (3,)]),
    ],
)
def test_the_batch_is_no_axis_to_sum(axes: Any, shapes: Any, backend: str) -> None:
    with pytest.raises(ValueError, match="must be axes of its inputs, and not the ba"):
        layers.Dot(axes)([ones(*shape) for shape in shapes])


@pytest.mark.parametrize(
    "shapes", [[(2, 3), (2, 4)], [(2, 3), (5, 3)], [(1, 3), (5, 3)]]
)
def test_sizes_that_differ_are_refused(shapes: Any, backend: str) -> None:
    layer = layers.Dot(1)
    with pytest.raises(ValueError, match="must have the same batch size, and the same"):
        layer([ones(*shape) for shape in shapes])
    layer([ones(2, 3), ones(2, 3)])
    with pytest.raises(ValueError, match="must have the same batch size, and the same"):
        layer([ones(*shape) for shape in shapes])


@pytest.mark.parametrize("count", [1, 3])
def test_there_are_two_tensors(count: int, backend: str) -> None:
    built = layers.Dot(1)
    built([ones(2, 3)] * 2)
    for layer in (layers.Dot(1), built):
        with pytest.raises(ValueError, match="must be called on exactly 2 tensors"):
            layer([ones(2, 3)] * count)
    with pytest.raises(ValueError, match="must be called on a list of tensors"):
        layers.Dot(1)(ones(2, 3))


def test_integers_stay_integers(backend: str) -> None:
    y = layers.Dot(1)([np.full((2, 3), 2, "int32")] * 2)
    assert keras.backend.standardize_dtype(y.dtype) == "int32"
    assert keras.ops.convert_to_numpy(y).tolist() == [[12], [12]]


def test_open_sizes_stay_open(training_backend: str) -> None:
    """Attention by hand: scores of steps that no program knows the number of."""
    queries, keys = keras.Input((None, 4)), keras.Input((None, 4))
    scores = layers.Dot(axes=(2, 2))([queries, keys])
    assert scores.shape == (None, None, None)
    mixed = layers.Dot(axes=(2, 1))([layers.Softmax()(scores), keys])
    model = keras.Model([queries, keys], mixed)
    assert model.output_shape == (None, None, 4)
    for steps in (3, 5):
        found = model.predict([ones(2, steps, 4), ones(2, 7, 4)], verbose=0)
        np.testing.assert_allclose(found, ones(2, steps, 4), rtol=1e-6)


def test_no_mask_comes_out(backend: str) -> None:
    steps = layers.Masking()(np.array([[[1.0], [0.0]]], "float32"))
    assert getattr(layers.Dot(1)([steps, steps]), "_keras_mask", None) is None
    assert layers.Dot(1).compute_mask([steps, steps], [None, None]) is None
