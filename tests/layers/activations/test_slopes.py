"""Activation layers: the slopes they are given, and those `PReLU` learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers


def test_leaky_relu_takes_the_name_of_older_keras() -> None:
    with pytest.warns(UserWarning, match="`alpha` is the name"):
        layer = layers.LeakyReLU(alpha=0.2)
    assert layer.get_config()["negative_slope"] == 0.2
    assert "alpha" not in layer.get_config()


@pytest.mark.parametrize("axes", [0, [-1], "a", [1.5]])
def test_prelu_shares_axes_of_samples_only(axes: Any) -> None:
    with pytest.raises(ValueError, match="PReLU expects `shared_axes` to be an intege"):
        layers.PReLU(shared_axes=axes)


def test_prelu_says_which_sizes_it_needs() -> None:
    with pytest.raises(ValueError, match="needs known sizes along all axes that are"):
        layers.PReLU().build((None, None, 3))
    with pytest.raises(ValueError, match="shares its slopes along axes"):
        layers.PReLU(shared_axes=[2]).build((None, 3))
    shared = layers.PReLU(shared_axes=[1])
    shared.build((None, None, 3))
    assert shared.alpha.shape == (1, 3)
    assert shared.compute_output_shape((2, 7, 3)) == (2, 7, 3)
    with pytest.raises(ValueError, match="expected size 3 on axis 2"):
        shared(np.ones((2, 7, 4), "float32"))


def test_prelu_learns_its_slopes(training_backend: str) -> None:
    layer = layers.PReLU(alpha_regularizer="l2", alpha_constraint="non_neg")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = np.array([[-1.0, 1.0], [-2.0, -1.0]], "float32")
    model.fit(x, np.where(x > 0, x, [[0.5, -0.5]] * x), epochs=60, verbose=0)
    first, second = keras.ops.convert_to_numpy(layer.alpha)
    assert 0.4 < first < 0.5  # drawn towards 0 by its penalty
    assert second == 0.0  # held there by its constraint
