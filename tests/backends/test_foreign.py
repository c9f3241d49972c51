"""Tensors of one framework, given to objects that live on another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.backends.foreign import framework_of, host_array

FRAMEWORKS = ("tensorflow", "torch", "jax")
VALUES = np.arange(12, dtype="float32").reshape(4, 3)


def _tensor(framework: str, array: np.ndarray = VALUES) -> Any:
    pytest.importorskip(framework)
    with keras.backend_scope(framework):
        return ops.convert_to_tensor(array)


def _functional() -> Any:
    x = keras.Input((3,))
    return keras.Model(x, layers.Dense(2)(x))


def _subclass() -> Any:
    class Model(keras.Model):
        def call(self, inputs: Any) -> Any:
            return ops.multiply(inputs, 2.0)

    return Model()


CALLED: dict[str, Callable[[], Any]] = {
    "layer": lambda: layers.Dense(2),
    "layer without weights": lambda: layers.ReLU(),
    "rescaling": lambda: layers.Rescaling(2.0),
    "sequential": lambda: keras.Sequential([layers.Dense(2)]),
    "functional": _functional,
    "subclass": _subclass,
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", CALLED)
def test_an_eager_tensor_is_converted(backend: str, framework: str, name: str) -> None:
    called = CALLED[name]()
    wanted = ops.convert_to_numpy(called(VALUES))
    found = called(_tensor(framework))
    assert ops.is_tensor(found)
    np.testing.assert_allclose(ops.convert_to_numpy(found), wanted, rtol=1e-6)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_tensor_of_several_is_converted(backend: str, framework: str) -> None:
    add = layers.Add()
    assert ops.is_tensor(add([ops.ones((4, 3)), _tensor(framework)]))
    assert ops.is_tensor(ops.add(_tensor(framework), ops.ones((4, 3))))
    assert ops.is_tensor(ops.stack([_tensor(framework), ops.ones((4, 3))]))
    variable = keras.Variable(np.zeros((4, 3), "float32"))
    variable.assign(_tensor(framework))
    np.testing.assert_array_equal(variable.numpy(), VALUES)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_half_precision_stays(backend: str, framework: str) -> None:
    tensor = _tensor(framework, VALUES.astype(ml_dtypes.bfloat16))
    found = ops.convert_to_tensor(tensor)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    assert ops.convert_to_numpy(tensor).dtype == "bfloat16"


def test_a_torch_tensor_comes_without_its_gradients(backend: str) -> None:
    torch = pytest.importorskip("torch")
    weight = torch.ones((4, 3), requires_grad=True)
    np.testing.assert_array_equal(host_array(weight), np.ones((4, 3)))
    assert framework_of(torch.nn.Parameter(weight)) == "torch"
    assert ops.convert_to_numpy(layers.ReLU()(weight)).shape == (4, 3)


def test_what_has_no_dense_array_is_refused() -> None:
    tf = pytest.importorskip("tensorflow")
    sparse = tf.sparse.from_dense(tf.ones((4, 3)))
    with keras.backend_scope("numpy"), pytest.raises(TypeError, match="no dense"):
        layers.Dense(2)(sparse)


def test_a_data_layer_runs_inside_a_pipeline(backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(VALUES).batch(2)
    batch = next(iter(data.map(layers.Rescaling(2.0, [1.0, 0.0, -1.0]))))
    np.testing.assert_allclose(batch.numpy(), VALUES[:2] * 2 + [1, 0, -1])


@pytest.mark.skipif("torch" not in keras.backends.installed(), reason="needs torch")
def test_other_layers_say_that_a_traced_tensor_has_no_numbers() -> None:
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(VALUES).batch(2)
    with keras.backend_scope("torch"):
        layer = layers.Dense(2)
    with pytest.raises(Exception, match="being traced and has no numbers yet"):
        data.map(layer)
