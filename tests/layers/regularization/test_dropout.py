"""Dropout: the shape of its noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers


@pytest.mark.parametrize("shape", [(None, 2.5), (-3, 1), (1, 0), (True, 1), "none", 5])
def test_noise_of_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(ValueError, match="expects `noise_shape` to be a tuple or list"):
        layers.Dropout(0.5, noise_shape=shape)


@pytest.mark.parametrize("shape", [(None, 1, 4), [2, 1, None], (np.int64(2), 1, 4)])
def test_noise_is_shared_where_its_size_is_1(shape: Any, backend: str) -> None:
    layer = layers.Dropout(0.5, noise_shape=shape, seed=1)
    x = np.ones((2, 3, 4), "float32")
    y = keras.ops.convert_to_numpy(layer(x, training=True))
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 2.0}
    again = layers.Dropout.from_config(layer.get_config())
    assert again.noise_shape == layer.noise_shape
