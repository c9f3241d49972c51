"""How strong the noise of a layer is can be set at any time."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

LAYERS = [
    (layers.Dropout, "rate"),
    (layers.SpatialDropout1D, "rate"),
    (layers.GaussianDropout, "rate"),
    (layers.AlphaDropout, "rate"),
    (layers.GaussianNoise, "stddev"),
]
X = np.ones((2, 4, 3), "float32")


def spread(model: Any) -> float:
    return float(np.std(ops.convert_to_numpy(model(X, training=True))))


@pytest.mark.parametrize(
    ("cls", "name"), LAYERS, ids=lambda x: getattr(x, "__name__", x)
)
def test_noise_that_begins_later(backend: str, cls: Any, name: str) -> None:
    """A layer made without noise has no random state, and gets it with the noise."""
    layer = cls(0.0, seed=3)
    model = keras.Sequential([keras.Input((4, 3)), layer])
    assert [spread(model) for _ in range(3)] == [0.0] * 3
    assert model.variables == []
    setattr(layer, name, 0.5)
    assert spread(model) > 0 and len(model.variables) == 1
    assert layer.get_config()[name] == getattr(copy.deepcopy(layer), name) == 0.5
    setattr(layer, name, 0.0)
    assert [spread(model) for _ in range(3)] == [0.0] * 3


def test_noise_that_begins_in_training(training_backend: str) -> None:
    """The step is compiled anew, with the state that is new."""
    drop = layers.Dropout(0.0)
    model = keras.Sequential([keras.Input((4, 3)), layers.Dense(3), drop])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    losses = []
    for rate in (0.0, 0.0, 0.5):
        drop.rate = rate
        losses.append(float(model.train_on_batch(X, X)))
    assert losses[0] == losses[1] != losses[2]
