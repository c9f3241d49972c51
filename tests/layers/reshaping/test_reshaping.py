"""Layers that change shapes: what is known of the result, what cannot work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

SHAPES = {
    "unknown size": ((6, None), (2, 4), (6, 2, 4)),
    "unknown size, open": ((6, None), (2, -1), (6, 2, None)),
    "unknown batch": ((None, None), (2, 4), (None, 2, 4)),
    "three axes": ((6, None, 3), (2, 4), (6, 2, 4)),
    "known": ((6, 8), (2, -1), (6, 2, 4)),
    "empty": ((3, 0), (0, 4), (3, 0, 4)),
    "empty, open": ((3, 0), (-1, 4), (3, 0, 4)),
}


@pytest.mark.parametrize(("given", "target", "expected"), SHAPES.values(), ids=SHAPES)
def test_reshape_keeps_what_is_known(
    given: Any, target: Any, expected: Any, backend: str
) -> None:
    layer = layers.Reshape(target)
    assert layer(keras.Input(batch_shape=given)).shape == expected
    assert layer.compute_output_shape(given) == expected
    if None not in given:
        assert tuple(layer(np.zeros(given, "float32")).shape) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((2, None, 3), (2, None)),
        ((None, 4, 3), (None, 12)),
        ((None, 0, 3), (None, 0)),
        ((2,), (2, 1)),
    ],
)
def test_flatten_keeps_what_is_known(given: Any, expected: Any, backend: str) -> None:
    assert layers.Flatten()(keras.Input(batch_shape=given)).shape == expected
    assert layers.Flatten().compute_output_shape(given) == expected


def test_flatten_of_nothing(backend: str) -> None:
    assert tuple(layers.Flatten()(np.zeros((2, 0, 3))).shape) == (2, 0)
    assert tuple(layers.Flatten()(np.zeros((0, 2, 3))).shape) == (0, 6)
