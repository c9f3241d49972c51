"""Operations of graphs in the form of Keras 3, whose line between config and call
differs for a few ops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import keras
from keras import ops
from keras.ops.files import call_arguments
from keras.saving import deserialize_keras_object, serialize_keras_object


def operation_of(y: Any) -> Any:
    return y._keras_history.operation


CASES: list[tuple[Callable[[Any], Any], str, str, dict[str, Any], list[Any], Any]] = [
    (
        lambda x: ops.sum(x, axis=1),
        "numpy",
        "Sum",
        {"axis": 1, "keepdims": False},
        [],
        {},
    ),
    (lambda x: ops.relu(x), "nn", "Relu", {}, [], {}),
    (lambda x: ops.clip(x, 0, 1), "numpy", "Clip", {"x_min": 0, "x_max": 1}, [], {}),
    (lambda x: ops.cast(x, "int32"), "core", "Cast", {"dtype": "int32"}, [], {}),
    (lambda x: x[1], "numpy", "GetItem", {}, [], {"key": 1}),
    (lambda x: x * 2.0, "numpy", "Multiply", {}, [2.0], {}),
    (lambda x: ops.isin(x, 3), "numpy", "IsIn", None, [3], {}),
    (
        lambda x: ops.pad(x, ((0, 0), (1, 1))),
        "numpy",
        "Pad",
        {"pad_width": ((0, 0), (1, 1)), "mode": "constant"},
        [],
        {"constant_values": None},
    ),
    (
        lambda x: ops.einsum("ab,bc->ac", x, x),
        "numpy",
        "Einsum",
        {"subscripts": "ab,bc->ac"},
        ["x"],
        {},
    ),
]


@pytest.mark.parametrize(
    ("make", "module", "name", "static", "more", "kwargs"),
    CASES,
    ids=[case[2] for case in CASES],
)
def test_ops_are_written_as_keras_3_does(
    make: Any, module: str, name: str, static: Any, more: Any, kwargs: Any
) -> None:
    x = keras.KerasTensor((4, 4), name="x")
    operation = operation_of(make(x))
    config = serialize_keras_object(operation)
    assert (config["module"], config["class_name"]) == (f"keras.src.ops.{module}", name)
    assert config["registered_name"] == name
    if static is not None:
        assert config["config"] == {"name": operation.name, **static}
    node = operation._inbound_nodes[0]
    args, keywords = call_arguments(operation, node.args, node.kwargs)
    assert keywords == kwargs
    assert [a for a in args[1:] if not isinstance(a, keras.KerasTensor)] == [
        a for a in more if a != "x"
    ]


@pytest.mark.parametrize("make", [case[0] for case in CASES], ids=[c[2] for c in CASES])
def test_ops_come_back_and_give_the_same_spec(make: Any) -> None:
    x = keras.KerasTensor((4, 4), name="x")
    expected = make(x)
    operation = operation_of(expected)
    node = operation._inbound_nodes[0]
    args, kwargs = call_arguments(operation, node.args, node.kwargs)
    text = json.dumps(serialize_keras_object(operation))
    again = deserialize_keras_object(json.loads(text))
    got = again(*args, **kwargs)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)


def test_layers_keep_their_call_arguments() -> None:
    assert call_arguments(object(), (1,), {"a": 2}) == ((1,), {"a": 2})
