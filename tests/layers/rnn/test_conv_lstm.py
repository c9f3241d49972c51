"""Convolutional LSTMs beyond the numbers of `cases`: masks, dropout, wrong input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
X = np.random.default_rng(0).standard_normal((2, 4, 5, 3)).astype("float32")


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("backwards", [False, True])
def test_masked_steps_change_nothing(backend: str, backwards: bool) -> None:
    layer = layers.ConvLSTM1D(2, 3, return_state=True, go_backwards=backwards)
    mask = np.array([[1, 0, 1, 0], [0, 1, 1, 1]], bool)
    found = [array(y) for y in layer(X, mask=mask)]
    for row in range(2):
        alone = [array(y) for y in layer(X[row : row + 1, mask[row]])]
        for y, wanted in zip(found, alone, strict=True):
            np.testing.assert_allclose(y[row], wanted[0], atol=1e-5)


def test_dropout_is_one_mask_for_all_steps(backend: str) -> None:
    layer = layers.ConvLSTM1D(2, 3, dropout=0.5, recurrent_dropout=0.5, seed=1)
    still = array(layer(X))
    np.testing.assert_allclose(array(layer(X)), still)
    noisy = array(layer(X, training=True))
    assert np.abs(noisy - still).max() > 1e-3
    assert np.abs(array(layer(X, training=True)) - noisy).max() > 1e-3


def test_the_cell_alone_is_one_step_of_the_layer(backend: str) -> None:
    layer = layers.ConvLSTM2D(2, 2, strides=2, return_state=True)
    x = np.random.default_rng(1).standard_normal((2, 1, 4, 4, 3)).astype("float32")
    outputs, hidden, carry = layer(x)
    cell = layer.cell
    step, states = cell(x[:, 0], cell.get_initial_state(2))
    for found, wanted in zip((step, *states), (outputs, hidden, carry), strict=True):
        np.testing.assert_allclose(array(found), array(wanted), atol=1e-6)


def test_forget_gates_begin_open(backend: str) -> None:
    layer = layers.ConvLSTM1D(2, 3)
    layer.build((None, None, 5, 3))
    bias = array(layer.cell.bias.value)
    assert bias.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


WRONG: dict[str, Any] = {
    "ConvLSTM1D expects `filters` to be a positive": lambda: layers.ConvLSTM1D(0, 3),
    "`padding` to be one of 'valid', 'same'": lambda: layers.ConvLSTM1D(
        2, 3, padding="causal"
    ),
    "cannot have strides and a dilation rate": lambda: layers.ConvLSTM2D(
        2, 3, strides=2, dilation_rate=2
    ),
    "`dropout` to be a number from 0 to 1": lambda: layers.ConvLSTM3D(2, 3, dropout=2),
    "spatial sizes .* must be known": lambda: layers.ConvLSTM1D(2, 3)(
        keras.Input((4, None, 3))
    ),
    "expects sequences of rank 4: batch": lambda: layers.ConvLSTM1D(2, 3)(X[:, 0]),
    "initial state of 2 tensor": lambda: layers.ConvLSTM1D(2, 3)(
        X, initial_state=[np.ones((2, 3, 4), "float32")] * 2
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments_are_named(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WRONG[message]()
