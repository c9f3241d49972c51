"""Recurrence under XLA where batch size and length are unknown while tracing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers

tf = pytest.importorskip("tensorflow")

X = np.random.default_rng(0).standard_normal((5, 6, 3)).astype("float32")
MASK = np.arange(6)[None] < np.array([6, 1, 4, 3, 5])[:, None]
LAYERS = {
    "lstm": lambda: layers.LSTM(2, return_sequences=True),
    "wide": lambda: layers.LSTM(4),
    "gru": lambda: layers.GRU(2, reset_after=False, go_backwards=True),
    "both": lambda: layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True)),
    "cells": lambda: layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)]),
}


@pytest.fixture
def tensorflow() -> Any:
    with keras.backend_scope("tensorflow"):
        yield


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_unknown_sizes(name: str, masked: bool, tensorflow: Any) -> None:
    layer = LAYERS[name]()
    mask = tf.constant(MASK) if masked else None
    layer.build(X.shape)

    def gradients(x: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = layer(x, mask=mask)
            loss = tf.reduce_sum(outputs * tf.cos(outputs))
        return tape.gradient(loss, [v.value for v in layer.trainable_variables])

    any_size = tf.TensorSpec((None, None, 3), "float32")
    compiled = tf.function(gradients, jit_compile=True, input_signature=[any_size])
    x = tf.constant(X)
    for got, expected in zip(compiled(x), gradients(x), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("jit_compile", [True, "auto"])
def test_sizes_and_lengths_of_batches_vary(jit_compile: Any, tensorflow: Any) -> None:
    model = keras.Sequential([keras.Input((None, 3)), layers.LSTM(2), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=jit_compile)
    for length in (6, 4):
        x = X[:, :length]
        history = model.fit(x, x.sum((1, 2)), batch_size=3, verbose=0)
        assert np.isfinite(history.history["loss"]).all()
    assert model.predict(X, batch_size=3, verbose=0).shape == (5, 1)
