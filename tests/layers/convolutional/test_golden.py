"""Layers that enlarge, pad and cut give the numbers of PyPI's Keras 3.15."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import keras
from tests.layers.convolutional.cases import CASES, output_of

GOLDEN = dict(np.load(Path(__file__).parent / "golden.npz"))


@pytest.mark.parametrize("name", CASES)
def test_numbers_are_those_of_keras_3(name: str, backend: str) -> None:
    np.testing.assert_allclose(
        output_of(CASES[name]), GOLDEN[name], atol=2e-5, rtol=2e-5
    )


@pytest.mark.parametrize("how", ["nearest", "bilinear", "bicubic"])
def test_images_of_any_size(how: str, training_backend: str) -> None:
    """From the second size on, TensorFlow's program knows no sizes."""
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2DTranspose(2, 3, strides=2)(images)
    x = keras.layers.UpSampling2D((2, 3), interpolation=how)(x)
    model = keras.Model(images, keras.layers.ZeroPadding2D(1)(x))
    assert model.output_shape == (None, None, None, 2)
    for size in (4, 5, 7):
        ones = np.ones((1, size, size, 3), "float32")
        expected = np.array(keras.ops.convert_to_numpy(model(ones)))
        high, wide = 2 * (2 * size + 1) + 2, 3 * (2 * size + 1) + 2
        assert expected.shape == (1, high, wide, 2)
        found = model.predict(ones, verbose=0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_every_stored_case_is_checked() -> None:
    assert set(GOLDEN) == set(CASES)
