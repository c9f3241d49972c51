"""Options of saving, and what is kept beside weights: pickles, clones, compile()."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

import keras
from keras import layers


def dense_pair():
    return keras.Sequential([keras.Input((3,)), layers.Dense(5), layers.Dense(5)])


def test_an_h5_file_brings_its_folders(backend, tmp_path):
    model = dense_pair()
    path = tmp_path / "one" / "two" / "m.h5"
    model.save(path)
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_a_folder_is_not_called_like_a_file(backend, tmp_path):
    with pytest.raises(ValueError, match=r"zipped=False.*'\.keras'"):
        dense_pair().save(tmp_path / "m.keras", zipped=False)


@pytest.mark.parametrize("name", ["w.weights.h5", "w.safetensors", "w.weights.json"])
def test_layers_are_left_out_of_a_file_of_weights(name, backend, tmp_path):
    model, other = dense_pair(), dense_pair()
    path = tmp_path / name
    keras.saving.save_weights(model, path, objects_to_skip=[model.layers[0]])
    keras.saving.load_weights(other, path, objects_to_skip=[other.layers[0]])
    np.testing.assert_array_equal(model.get_weights()[2], other.get_weights()[2])
    assert not np.array_equal(model.get_weights()[0], other.get_weights()[0])


def test_a_compile_with_other_arguments_is_told_of(backend, tmp_path):
    class Own(keras.Sequential):
        def compile(self, *args, **kwargs):
            super().compile(*args, **kwargs)

    model = Own([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match=r"compile\(\) was not called"):
        keras.saving.load_model(tmp_path / "m.keras", {"Own": Own})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.saving.load_model(tmp_path / "m.keras", {"Own": Own}, compile=False)


@pytest.mark.parametrize("bound", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_an_optimizer_with_clipping_is_pickled(bound, backend):
    optimizer = keras.optimizers.SGD(0.5, **{bound: 1.0})
    again = pickle.loads(pickle.dumps(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_clones_are_compiled_like_the_model(backend):
    x = keras.Input((2,), name="a")
    for model in (
        keras.Sequential([keras.Input((2,)), layers.Dense(1)]),
        keras.Model({"a": x}, layers.Dense(1)(x)),
    ):
        assert not keras.models.clone_model(model).compiled
        model.compile("adam", "mse", metrics=["mae"])
        clone = keras.models.clone_model(model)
        assert clone.compiled and clone.optimizer is not model.optimizer
        y = {"a": np.ones((2, 2))} if isinstance(model.input, dict) else np.ones((2, 2))
        assert len(clone.evaluate(y, np.ones((2, 1)), verbose=0)) == 2


def test_inputs_of_a_clone_have_the_structure_of_the_model(backend):
    one, two = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": one, "b": two}, layers.Subtract()([one, two]))
    fresh = {key: keras.Input((2,), name=key) for key in "ab"}
    assert set(keras.models.clone_model(model, input_tensors=fresh).input) == {"a", "b"}
    with pytest.raises(ValueError, match="structure of the inputs"):
        keras.models.clone_model(model, input_tensors=(one, two))


def test_the_config_of_a_graph_of_keras_2_is_read(backend):
    first = {"batch_input_shape": [None, 6], "dtype": "float32", "name": "in"}
    config = {
        "name": "old",
        "layers": [
            {"class_name": "InputLayer", "name": "in", "config": first,
             "inbound_nodes": []},
            {"class_name": "Dense", "name": "out",
             "config": {"units": 4, "name": "out"},
             "inbound_nodes": [[["in", 0, 0, {}]]]},
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }  # fmt: skip
    assert keras.Model.from_config(config).output_shape == (None, 4)
