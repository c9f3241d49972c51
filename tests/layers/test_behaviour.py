"""Masks, errors and safe loading of layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.core.errors import BackendError, UnsafeDeserializationError
from keras.core.masking import get_mask


def test_mask_travels_from_embedding_to_lstm(backend: str) -> None:
    embedding = layers.Embedding(9, 4, mask_zero=True)
    lstm = layers.LSTM(3)
    padded = np.array([[5, 2, 0, 0], [1, 2, 3, 0]], "int32")
    outputs = keras.ops.convert_to_numpy(lstm(embedding(padded)))
    short = keras.ops.convert_to_numpy(lstm(embedding(padded[:1, :2])))
    np.testing.assert_allclose(outputs[:1], short, atol=1e-5)


def test_masks_of_merging_layers(backend: str) -> None:
    make = layers.Masking(0.0)
    a = make(np.array([[[1.0], [0.0], [0.0]]], "float32"))
    b = make(np.array([[[1.0], [2.0], [0.0]]], "float32"))
    mask = keras.ops.convert_to_numpy(get_mask(layers.Add()([a, b])))
    assert mask.tolist() == [[True, True, False]]
    joined = keras.ops.convert_to_numpy(get_mask(layers.Concatenate(1)([a, b])))
    assert joined.tolist() == [[True, False, False, True, True, False]]


def test_stateful_lstm_goes_on_where_it_stopped(backend: str) -> None:
    x = np.random.default_rng(0).standard_normal((2, 6, 3)).astype("float32")
    whole = layers.LSTM(4)
    expected = keras.ops.convert_to_numpy(whole(x))
    parts = layers.LSTM(4, stateful=True)
    parts.build((2, 3, 3))
    parts.cell.set_weights(whole.cell.get_weights())
    parts(x[:, :3])
    outputs = keras.ops.convert_to_numpy(parts(x[:, 3:]))
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    parts.reset_states()
    again = keras.ops.convert_to_numpy(parts(x))
    np.testing.assert_allclose(again, expected, atol=1e-5)


def test_frozen_batch_normalization_keeps_its_statistics(backend: str) -> None:
    layer = layers.BatchNormalization(trainable=False)
    x = np.full((4, 2), 3.0, "float32")
    outputs = keras.ops.convert_to_numpy(layer(x, training=True))
    np.testing.assert_allclose(outputs, 3.0, rtol=1e-3)
    assert keras.ops.convert_to_numpy(layer.moving_mean.value).tolist() == [0, 0]


def test_recurrent_dropout_drops_in_training_only(backend: str) -> None:
    x = np.ones((2, 4, 3), "float32")
    layer = layers.LSTM(4, dropout=0.5, recurrent_dropout=0.5, seed=3)
    still = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), still)
    noisy = keras.ops.convert_to_numpy(layer(x, training=True))
    assert not np.allclose(noisy, still)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(0), "Dense expects `units` to be a positive integer"),
        (lambda: layers.Dropout(1.5), "Dropout expects `rate` to be a number from 0"),
        (lambda: layers.Conv2D(4, 3, padding="full"), "one of 'valid', 'same'"),
        (lambda: layers.Conv2D(4, (3, 3, 3)), "Conv2D expects `kernel_size`"),
        (lambda: layers.Conv2D(5, 3, groups=2), "`filters` to be a multiple"),
        (lambda: layers.Dense(2, lora_rank=0), "`lora_rank` to be a positive"),
        (lambda: layers.Reshape((-1, -1)), "at most one -1"),
        (lambda: layers.Permute((0, 1)), "each axis from 1 on"),
        (lambda: layers.RNN(layers.Dense(2)), "RNN expects `cell`"),
        (lambda: layers.Bidirectional(layers.Dense(2)), "recurrent layer"),
        (lambda: layers.Input(), "either `shape`"),
        (lambda: layers.Input(32), r"Did you mean shape=\(32,\)"),
    ],
)
def test_wrong_arguments_are_told(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_inputs_are_told(backend: str) -> None:
    dense = layers.Dense(2)
    dense(np.ones((1, 3), "float32"))
    with pytest.raises(ValueError, match="3"):
        dense(np.ones((1, 4), "float32"))
    with pytest.raises(ValueError, match="list of tensors"):
        layers.Add()(np.ones((1, 4), "float32"))
    with pytest.raises(ValueError, match="broadcast"):
        layers.Add()([np.ones((1, 4), "float32"), np.ones((1, 3), "float32")])


def test_lambda_is_loaded_only_outside_safe_mode(backend: str) -> None:
    config = layers.serialize(layers.Lambda(lambda x: x * 2))
    with pytest.raises(UnsafeDeserializationError):
        layers.deserialize(config)
    layer = layers.Lambda.from_config(config["config"], safe_mode=False)
    assert float(layer(np.ones((1, 1), "float32"))[0, 0]) == 2.0


def test_torch_modules_are_layers_on_torch(backend: str) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 4)
    if backend != "torch":
        with pytest.raises(BackendError, match="module_wrapper"):
            layers.TorchModuleWrapper(module)
        return
    layer = layers.TorchModuleWrapper(module)
    x = torch.ones(2, 3)
    assert torch.equal(layer(x), module(x))
    assert [tuple(w.shape) for w in layer.trainable_weights] == [(4, 3), (4,)]
    assert layer(keras.Input((3,))).shape == (None, 4)
    with pytest.raises(UnsafeDeserializationError):
        layers.TorchModuleWrapper.from_config(layer.get_config())
    again = layers.TorchModuleWrapper.from_config(layer.get_config(), safe_mode=False)
    assert torch.equal(again(x), module(x))


def test_add_variable_is_add_weight(backend: str) -> None:
    class Scale(keras.Layer):
        def build(self, input_shape: Any) -> None:
            self.factor = self.add_variable(input_shape[-1:], "ones", name="factor")

        def call(self, x: Any) -> Any:
            return x * self.factor

    layer = Scale()
    layer(np.ones((2, 3), "float32"))
    assert layer.factor.shape == (3,) and layer.trainable_weights == [layer.factor]
    assert layer.quantization_mode is None
