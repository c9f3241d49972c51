"""Configs of Keras 2 brought into the form of Keras 3, as plain data."""

from __future__ import annotations

from typing import Any

import pytest

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
