"""TimeDistributed: steps, their part of the mask, layers that keep states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.masking import get_mask

X = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype("float32")
TOKENS = np.array([[[1, 2, 0, 0], [2, 1, 0, 0], [1, 1, 0, 0]]], "int32")


def array(x: Any) -> np.ndarray:
    return ops.convert_to_numpy(x)


class Seen(keras.Layer):
    """Counts what its mask lets pass."""

    supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return inputs
        mask = ops.cast(mask, inputs.dtype)
        rest = [1] * (inputs.ndim - mask.ndim)
        return inputs * ops.reshape(mask, (*mask.shape, *rest))


@pytest.mark.parametrize("wrap", ["layer", "sequential", "nested"])
def test_a_layer_gets_the_part_of_the_mask_of_its_step(wrap: str, backend: str) -> None:
    mask = np.random.default_rng(1).integers(0, 2, (2, 3, 4)).astype(bool)
    inner: Any = Seen()
    if wrap == "sequential":
        inner = keras.Sequential([inner, layers.Identity()])
    if wrap == "nested":
        inner = layers.TimeDistributed(inner)
    outputs = layers.TimeDistributed(inner)(X, mask=mask)
    np.testing.assert_allclose(array(outputs), X * mask[..., None])


def test_a_mask_of_steps_is_a_number_per_step(backend: str) -> None:
    mask = np.array([[True, False, True], [False, False, True]])
    outputs = layers.TimeDistributed(Seen())(X, mask=mask)
    np.testing.assert_allclose(array(outputs), X * mask[..., None, None])


def test_padding_inside_steps_counts_for_nothing(backend: str) -> None:
    inputs = keras.Input((None, None), dtype="int32")
    words = layers.Embedding(3, 2, mask_zero=True)(inputs)
    sentences = layers.TimeDistributed(layers.LSTM(2))(words)
    model = keras.Model(inputs, layers.LSTM(3)(sentences))
    padded = np.concatenate([TOKENS, np.zeros((1, 2, 4), "int32")], axis=1)
    expected = array(model(TOKENS[:, :, :2]))
    np.testing.assert_allclose(array(model(padded)), expected, atol=1e-5)


def test_what_ends_the_mask_of_a_step_leaves_one_of_steps(backend: str) -> None:
    words = layers.Embedding(3, 2, mask_zero=True)(TOKENS)
    kept = layers.TimeDistributed(layers.LSTM(2, return_sequences=True))(words)
    ended = layers.TimeDistributed(layers.LSTM(2))(words)
    assert tuple(get_mask(kept).shape) == (1, 3, 4)
    assert array(get_mask(ended)).tolist() == [[True, True, True]]


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (2, 4, 4), (2,)])
def test_masks_that_do_not_fit_are_refused(shape: Any, backend: str) -> None:
    layer = layers.TimeDistributed(layers.Dense(3))
    with pytest.raises(ValueError, match=r"expects a mask of shape .* \(2, 3\)"):
        layer(X, mask=np.ones(shape, bool))


@pytest.mark.parametrize(
    "inputs",
    [np.ones((2, 3), "float32"), [X, X], {"a": X, "b": X, "c": X}],
    ids=["rank", "list", "dict"],
)
def test_inputs_are_one_tensor_with_steps(inputs: Any, backend: str) -> None:
    with pytest.raises(ValueError, match="expects one tensor"):
        layers.TimeDistributed(layers.Add())(inputs)


def test_several_outputs_have_steps_each(backend: str) -> None:
    layer = layers.TimeDistributed(layers.LSTM(6, return_state=True))
    assert [tuple(y.shape) for y in layer(X)] == [(2, 3, 6)] * 3
    symbols = layer(keras.Input((None, 4, 5)))
    assert [y.shape for y in symbols] == [(None, None, 6)] * 3


@pytest.mark.parametrize("shape", [(2, 0, 5), (0, 3, 5)])
def test_nothing_gives_nothing(shape: Any, backend: str) -> None:
    layer = layers.TimeDistributed(layers.Dense(6))
    assert tuple(layer(np.ones(shape, "float32")).shape) == (*shape[:2], 6)


def test_states_go_from_step_to_step(backend: str) -> None:
    layer = layers.TimeDistributed(layers.LSTM(3, stateful=True))
    outputs = array(layer(X))
    whole = layers.LSTM(3, return_sequences=True)
    whole.build((2, 12, 5))
    whole.set_weights(layer.get_weights())
    expected = array(whole(X.reshape(2, 12, 5)))[:, 3::4]
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
