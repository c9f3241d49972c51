"""Configs of Keras 2 brought into the form of Keras 3, as plain data."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import keras
from keras.saving.legacy_models import upgraded

KERAS_2 = {
    "class_name": "Model",
    "config": {
        "name": "m",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 10], "name": "in"},
                "name": "in",
                "inbound_nodes": [],
            },
            {
                "class_name": "Add",
                "config": {"name": "add", "trainable": True},
                "name": "add",
                "inbound_nodes": [[["in", 0, 0, {}], ["in", 0, 0, {"mask": None}]]],
            },
            {
                "class_name": "Sum",
                "config": {"name": "sum", "axis": 1},
                "name": "sum",
                "inbound_nodes": [[["add", 0, 0, {}]]],
            },
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["sum", 0, 0], ["add", 0, 0]],
    },
}


@pytest.fixture
def config() -> dict[str, Any]:
    return upgraded(KERAS_2)["config"]


def history(tensor: dict[str, Any]) -> list[Any]:
    assert tensor["class_name"] == "__keras_tensor__"
    return tensor["config"]["keras_history"]


def test_a_graph_is_a_functional_model() -> None:
    assert upgraded(KERAS_2)["class_name"] == "Functional"
    assert KERAS_2["class_name"] == "Model"


def test_input_shapes_have_their_new_name(config: dict[str, Any]) -> None:
    inner = config["layers"][0]["config"]
    assert inner["batch_shape"] == [None, 10]
    assert "batch_input_shape" not in inner


def test_several_tensors_become_one_list(config: dict[str, Any]) -> None:
    (node,) = config["layers"][1]["inbound_nodes"]
    (tensors,) = node["args"]
    assert [history(tensor) for tensor in tensors] == [["in", 0, 0], ["in", 0, 0]]


def test_one_tensor_stands_alone(config: dict[str, Any]) -> None:
    (node,) = config["layers"][2]["inbound_nodes"]
    assert history(node["args"][0]) == ["add", 0, 0]


def test_ops_are_told_from_layers_of_the_same_name(config: dict[str, Any]) -> None:
    assert config["layers"][1].get("module") is None
    assert config["layers"][2]["module"] == "keras.src.ops"


def test_a_single_input_is_not_a_list(config: dict[str, Any]) -> None:
    assert config["input_layers"] == ["in", 0, 0]
    assert config["output_layers"] == [["sum", 0, 0], ["add", 0, 0]]


def test_the_oldest_sequential_is_a_list_of_layers() -> None:
    layers = [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2]}}]
    config = upgraded({"class_name": "Sequential", "config": layers})["config"]
    assert config["layers"][0]["config"]["batch_shape"] == [None, 2]


# Configs of Keras 2 that come alone, outside of an .h5 file -----------------------


def bare(class_name: str, /, **config: Any) -> dict[str, Any]:
    """An object as Keras 2 wrote it: by class name and config alone."""
    return {"class_name": class_name, "config": config}


LSTM = bare("LSTM", units=3, name="l")
CELLS = [bare("LSTMCell", units=3), bare("GRUCell", units=2)]


@pytest.mark.parametrize(
    ("wrapper", "last"),
    [
        (bare("Bidirectional", layer=LSTM, merge_mode="concat"), 6),
        (
            bare(
                "Bidirectional",
                layer=LSTM,
                backward_layer=bare("LSTM", units=3, go_backwards=True),
            ),
            6,
        ),
        (bare("TimeDistributed", layer=bare("Dense", units=3)), 3),
        (bare("SpectralNormalization", layer=bare("Dense", units=3)), 3),
        (bare("RNN", cell=CELLS[0]), 3),
        (bare("RNN", cell=bare("StackedRNNCells", cells=CELLS)), 2),
    ],
    ids=["both_ways", "backward", "time", "spectral", "rnn", "stacked"],
)
def test_layers_within_layers(wrapper: Any, last: int, backend: str) -> None:
    for layer in (
        getattr(keras.layers, wrapper["class_name"]).from_config(wrapper["config"]),
        keras.layers.deserialize(wrapper),
    ):
        assert tuple(layer(keras.ops.ones((2, 4, 5))).shape)[-1] == last


@pytest.mark.parametrize("as_list", [True, False])
def test_sequential_configs(as_list: bool, backend: str) -> None:
    layers = [
        bare("Dense", units=3, batch_input_shape=[None, 4], activation="relu"),
        bare("Dense", units=2),
    ]
    config: Any = layers if as_list else {"name": "s", "layers": layers}
    for model in (
        keras.Sequential.from_config(config),
        keras.models.model_from_json(
            json.dumps(bare("Sequential") | {"config": config})
        ),
    ):
        assert model.input_shape == (None, 4)
        assert model.output_shape == (None, 2)
        assert len(model.layers) == 2


def test_calls_of_a_model_in_a_model_count_from_one(backend: str) -> None:
    """Call 0 of the inner model is its own making, as in files of Keras 2."""
    start = bare("InputLayer", batch_input_shape=[None, 4], dtype="float32", name="x")
    inner = bare(
        "Sequential",
        name="inner",
        layers=[
            bare("InputLayer", batch_input_shape=[None, 4], dtype="float32", name="y"),
            bare("Dense", units=4, name="d", dtype="float32"),
        ],
    )
    add = bare("Add", name="add", trainable=True, dtype="float32")
    config = {
        "name": "m",
        "layers": [
            {**start, "name": "x", "inbound_nodes": []},
            {
                **inner,
                "name": "inner",
                "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
            },
            {
                **add,
                "name": "add",
                "inbound_nodes": [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]],
            },
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["add", 0, 0], ["inner", 2, 0]],
    }
    for model in (
        keras.Model.from_config(config),
        keras.models.model_from_json(
            json.dumps(bare("Functional") | {"config": config})
        ),
    ):
        kernel, bias = np.full((4, 4), 0.5), np.ones((4,))
        model.set_weights([kernel, bias])
        once = np.ones((1, 4)) @ kernel + bias
        twice = once @ kernel + bias
        total, last = model(np.ones((1, 4), "float32"))
        assert np.allclose(keras.ops.convert_to_numpy(total), once + twice)
        assert np.allclose(keras.ops.convert_to_numpy(last), twice)
