"""Tensors and NumPy arrays share no memory that a user can write to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

SHAPE = (16, 16)  # large and aligned enough for JAX to take the memory as it is


def _ones(dtype: str = "float32") -> np.ndarray:
    room = np.ones(16 * 16 * 8 + 64, "uint8")
    start = -room.ctypes.data % 64
    array = np.ndarray(SHAPE, dtype, room.data, offset=start)
    array[...] = 1
    return array


def _made_by_constant(array: np.ndarray) -> Any:
    return keras.initializers.Constant(array)(SHAPE)


def _assigned(array: np.ndarray) -> Any:
    variable = keras.Variable(np.zeros(SHAPE, array.dtype))
    variable.assign(array)
    return variable


def _assigned_a_tensor(array: np.ndarray) -> Any:
    variable = keras.Variable(np.zeros(SHAPE, array.dtype))
    variable.assign(ops.convert_to_tensor(array))
    return variable


def _weight_of(array: np.ndarray) -> Any:
    layer = keras.layers.Dense(16, use_bias=False)
    layer.build((None, 16))
    layer.set_weights([array])
    return layer.kernel


MAKERS: list[Callable[[np.ndarray], Any]] = [
    ops.convert_to_tensor,
    ops.array,
    ops.copy,
    keras.Variable,
    _made_by_constant,
    _assigned,
    _assigned_a_tensor,
    _weight_of,
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_tensor_keeps_its_values_when_the_array_changes(
    backend: str, make: Callable[[np.ndarray], Any]
) -> None:
    array = _ones()
    made = make(array)
    array[...] = 7
    assert np.all(ops.convert_to_numpy(made) == 1)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float16", "float64"])
def test_every_dtype_is_copied(backend: str, dtype: str) -> None:
    array = _ones(dtype)
    made = ops.convert_to_tensor(array)
    array[...] = 0
    assert np.all(ops.convert_to_numpy(made) == 1)


READERS: list[Callable[[Any], np.ndarray]] = [
    ops.convert_to_numpy,
    np.asarray,
    np.array,
    lambda variable: variable.numpy(),
    lambda variable: np.asarray(variable, "float32"),
]


@pytest.mark.parametrize("read", READERS)
def test_what_was_read_of_a_variable_is_the_users(
    backend: str, read: Callable[[Any], np.ndarray]
) -> None:
    variable = keras.Variable(_ones())
    array = read(variable)
    variable.assign(np.full(SHAPE, 3.0))
    assert np.all(array == 1)
    array[...] = 5
    assert np.all(ops.convert_to_numpy(variable) == 3)


@pytest.mark.parametrize("dtype", ["int32", "bfloat16", "complex64"])
def test_what_was_read_of_a_tensor_is_the_users(backend: str, dtype: str) -> None:
    tensor = ops.ones(SHAPE, dtype)
    ops.convert_to_numpy(tensor)[...] = 5
    assert np.all(ops.convert_to_numpy(tensor) == 1)


def test_an_array_is_read_as_a_copy(backend: str) -> None:
    array = _ones()
    array.flags.writeable = False
    ops.convert_to_numpy(array)[...] = 5
    assert np.all(array == 1)


def test_numbers_in_lists_keep_numpys_dtypes(backend: str) -> None:
    assert ops.convert_to_numpy([1.0, 2.0]).dtype == "float64"
    assert ops.convert_to_numpy([[1], [2]]).dtype == "int64"
    assert ops.convert_to_numpy([ops.ones(()), 2.0]).dtype == "float32"


def test_a_scalar_variable_is_an_array_of_no_dimensions(backend: str) -> None:
    for read in (np.asarray, np.array):
        found = read(keras.Variable(2.5))
        assert found.shape == () and found.dtype == "float32" and found == 2.5
    assert ops.convert_to_numpy(keras.Variable(2.5)).shape == ()
    assert np.float32(2.5) == keras.Variable(2.5).numpy()


class _Weight(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(shape=SHAPE, initializer="ones")

    def call(self, inputs: Any) -> Any:
        return self.table.value


PREDICTORS: list[Callable[[Any, np.ndarray], np.ndarray]] = [
    lambda model, x: model.predict(x, verbose=0, batch_size=16),
    lambda model, x: model.predict(x, verbose=0, batch_size=4)[:16],
    lambda model, x: model.predict(x, verbose=0, callbacks=[]),
    lambda model, x: model.predict_on_batch(x),
]


@pytest.mark.parametrize("predict", PREDICTORS)
def test_predictions_are_the_users(
    backend: str, predict: Callable[[Any, np.ndarray], np.ndarray]
) -> None:
    data = _ones()
    passing = keras.Sequential([keras.Input((16,)), keras.layers.Identity()])
    predict(passing, data)[...] = 5
    assert np.all(data == 1)
    holder = keras.Sequential([keras.Input((16,)), _Weight()])
    predict(holder, data)[...] = 5
    assert np.all(holder.layers[0].table.numpy() == 1)


def test_what_was_kept_of_a_model_is_not_trained(training_backend: str) -> None:
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(16)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    x, y = np.ones((8, 16)), np.full((8, 16), 9.0)
    model.fit(x, y, verbose=0)  # on JAX, the next steps donate these weights
    kernel = model.layers[0].kernel
    before = model.get_weights()[0].copy()
    tree = model.get_state_tree(value_format="numpy_array")["trainable_variables"]
    kept = {
        "get_weights": model.get_weights()[0],
        "numpy": kernel.numpy(),
        "asarray": np.asarray(kernel),
        "convert": ops.convert_to_numpy(kernel),
        "state tree": max(keras.tree.flatten(tree), key=np.size),
    }
    model.fit(x, y, verbose=0)
    assert not np.allclose(model.get_weights()[0], before)
    for what, array in kept.items():
        np.testing.assert_array_equal(array, before, what)
        assert array.flags.writeable, what


class _WritesToItsInput(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        inputs += 1.0
        return inputs


RUNS: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "predict": lambda model, x: model.predict(x, verbose=0, batch_size=4),
    "predict in one batch": lambda model, x: model.predict(x, verbose=0),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "evaluate": lambda model, x: model.evaluate(x, x, verbose=0, batch_size=4),
    "fit in order": lambda model, x: model.fit(x, x, verbose=0, shuffle=False),
    "train_on_batch": lambda model, x: model.train_on_batch(x, x),
    "generator": lambda model, x: model.predict(iter([x]), verbose=0),
    "call": lambda model, x: model(x),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_layer_that_writes_to_its_input_leaves_the_data_alone(
    training_backend: str, name: str
) -> None:
    if (training_backend, name) == ("numpy", "call"):
        pytest.skip("an array is a tensor of NumPy: that is what is written to")
    inputs = keras.Input((16,))
    model = keras.Model(inputs, keras.layers.Dense(16)(_WritesToItsInput()(inputs)))
    model.compile("sgd", "mse")
    data = _ones()
    RUNS[name](model, data)
    assert np.all(data == 1)
