"""Functional models: graphs in, numbers out, on every backend."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

BACKENDS = ("numpy", "jax", "tensorflow", "torch")


def numpy(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def data(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def dense(model: Any, name: str, x: np.ndarray) -> np.ndarray:
    layer = model.get_layer(name)
    return x @ layer.kernel.numpy() + layer.bias.numpy()


def two_inputs() -> Any:
    a = keras.Input((4,), name="a")
    b = keras.Input((6,), name="b")
    shared = layers.Dense(5, name="shared")
    left, right = shared(a), shared(layers.Dense(4, name="d")(b))
    joined = ops.concatenate([left, right], axis=-1)
    y = layers.Dense(2, name="y")(joined)
    z = layers.Dense(1, name="z")(joined)
    return keras.Model({"a": a, "b": b}, {"y": y, "z": z}, name="two")


def test_dict_inputs_shared_layers_and_ops(backend: str) -> None:
    model = two_inputs()
    a, b = data(3, 4), data(3, 6)
    joined = np.concatenate(
        [dense(model, "shared", a), dense(model, "shared", dense(model, "d", b))], -1
    )
    outputs = model({"a": a, "b": b})
    assert sorted(outputs) == ["y", "z"]
    np.testing.assert_allclose(
        numpy(outputs["y"]), dense(model, "y", joined), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        numpy(outputs["z"]), dense(model, "z", joined), rtol=1e-4, atol=1e-5
    )
    assert model.output_names == ["y", "z"]
    assert model.input_names == ["a", "b"]
    assert model.input_shape == {"a": (None, 4), "b": (None, 6)}
    assert [x.name for x in model.layers] == ["b", "a", "d", "shared", "y", "z"]
    assert len(model.weights) == 8


def test_one_input_may_be_given_by_name(backend: str) -> None:
    x = keras.Input((3,), name="x")
    model = keras.Model(x, x * 2.0)
    np.testing.assert_allclose(numpy(model({"x": np.ones((2, 3))})), 2.0)
    np.testing.assert_allclose(numpy(model([np.ones((2, 3))])), 2.0)
    np.testing.assert_allclose(numpy(model([[1.0, 2.0, 3.0]])), [[2.0, 4.0, 6.0]])


def test_nested_structures(backend: str) -> None:
    a, b = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([a, (b,)], {"sum": a + b, "both": [a - b, a * b]})
    one, two = data(3, 2), data(3, 2) + 1
    outputs = model([one, (two,)])
    np.testing.assert_allclose(numpy(outputs["sum"]), one + two, rtol=1e-5)
    np.testing.assert_allclose(numpy(outputs["both"][1]), one * two, rtol=1e-5)


def test_nested_models_called_twice(backend: str) -> None:
    x = keras.Input((4,))
    inner = keras.Model(x, layers.Dense(4, name="inside")(x), name="inner")
    y = keras.Input((4,))
    outer = keras.Model(y, inner(inner(y)))
    values = data(2, 4)
    expected = dense(inner, "inside", dense(inner, "inside", values))
    np.testing.assert_allclose(numpy(outer(values)), expected, rtol=1e-4, atol=1e-5)
    assert len(outer.weights) == 2
    assert [x.name for x in outer.layers][1:] == ["inner"]


def test_config_round_trip_through_json(backend: str) -> None:
    model = two_inputs()
    copied = keras.models.model_from_json(model.to_json())
    copied.set_weights(model.get_weights())
    inputs = {"a": data(3, 4), "b": data(3, 6)}
    one, two = model(inputs), copied(inputs)
    np.testing.assert_allclose(numpy(one["y"]), numpy(two["y"]), rtol=1e-5)
    assert json.loads(copied.to_json()) == json.loads(model.to_json())


def test_config_is_that_of_keras_3(backend: str) -> None:
    config = two_inputs().get_config()
    assert list(config) == [
        "name",
        "trainable",
        "layers",
        "input_layers",
        "output_layers",
    ]
    assert config["input_layers"] == {"a": ["a", 0, 0], "b": ["b", 0, 0]}
    assert config["output_layers"] == {"y": ["y", 0, 0], "z": ["z", 0, 0]}
    shared = next(x for x in config["layers"] if x["name"] == "shared")
    assert shared["inbound_nodes"][1] == {
        "args": (
            {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": (None, 4),
                    "dtype": "float32",
                    "keras_history": ["d", 0, 0],
                },
            },
        ),
        "kwargs": {},
    }


def test_indexing_survives_json(backend: str) -> None:
    x = keras.Input((5, 3))
    model = keras.Model(x, x[:, 1:4, 0] * 3.0)
    copied = keras.models.model_from_json(model.to_json())
    values = data(2, 5, 3)
    np.testing.assert_allclose(numpy(copied(values)), values[:, 1:4, 0] * 3, rtol=1e-5)


def test_inputs_inside_a_graph(backend: str) -> None:
    x = keras.Input((4,))
    first, second = layers.Dense(3, name="first"), layers.Dense(2, name="second")
    hidden = first(x)
    output = second(hidden)
    tail = keras.Model(hidden, output)
    values = data(2, 3)
    np.testing.assert_allclose(
        numpy(tail(values)), dense(tail, "second", values), rtol=1e-4, atol=1e-5
    )
    assert [layer.name for layer in tail.layers] == ["first_input", "second"]


def test_function_is_an_operation(backend: str) -> None:
    x = keras.Input((4,))
    y = layers.Dense(3)(x)
    function = keras.models.graph.Function(y, ops.relu(y) + 1)
    values = data(2, 3)
    np.testing.assert_allclose(
        numpy(function(ops.convert_to_tensor(values))),
        np.maximum(values, 0) + 1,
        rtol=1e-5,
    )
    assert function.compute_output_shape((7, 3)) == (7, 3)
    assert tuple(function(keras.Input((3,))).shape) == (None, 3)


def test_training_reaches_the_layers(backend: str) -> None:
    x = keras.Input((1000,))
    model = keras.Model(x, layers.Dropout(0.5)(x))
    ones = np.ones((1, 1000), "float32")
    for _ in range(3):
        np.testing.assert_allclose(numpy(model(ones)), 1.0)
        np.testing.assert_allclose(numpy(model(ones, training=False)), 1.0)
        dropped = numpy(model(ones, training=True))
        assert 300 < (dropped == 0).sum() < 700
        assert (
            numpy(model.call(ops.convert_to_tensor(ones), training=True)) == 0
        ).any()


def test_a_mode_in_the_graph_wins_unless_the_layer_has_it_by_itself(
    backend: str,
) -> None:
    """Files of Keras name `training=True` for each image layer in a graph."""
    x = keras.Input((4, 4, 1))
    values = data(32, 1).reshape((2, 4, 4, 1))
    shifted = layers.RandomTranslation((0.5, 0.5), (0.0, 0.0))
    for named in (shifted(x), shifted(x, training=True)):
        model = keras.Model(x, named)
        again = keras.Model.from_config(model.get_config())
        for each in (model, again):
            np.testing.assert_allclose(each.predict(values, verbose=0), values)
            changed = numpy(each(values, training=True))
            assert not np.array_equal(changed, values)
    always = keras.Model(x, layers.Dropout(0.5)(x, training=True))
    assert (always.predict(values, verbose=0) == 0).any()


def test_dropout_differs_from_call_to_call_when_compiled(backend: str) -> None:
    x = keras.Input((64,))
    model = keras.Model(x, layers.Dropout(0.5)(x))
    ones = ops.ones((2, 64))
    seen = [numpy(model(ones, training=True)) for _ in range(5)]
    assert all(not np.array_equal(seen[i], seen[i + 1]) for i in range(4))


def test_state_is_updated_when_compiled(backend: str) -> None:
    x = keras.Input((3,))
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Model(x, norm(x))
    values = ops.convert_to_tensor(data(8, 3) + 4)
    expected = np.zeros(3, "float32")
    for _ in range(5):
        model(values, training=True)
        expected = 0.5 * expected + 0.5 * numpy(values).mean(0)
        np.testing.assert_allclose(norm.moving_mean.numpy(), expected, rtol=1e-4)


def test_compiled_where_it_pays(backend: str) -> None:
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2)(x))
    values = ops.convert_to_tensor(data(4, 3))
    first = numpy(model(values))
    second, third = numpy(model(values)), numpy(model(values))
    np.testing.assert_allclose(first, second, rtol=1e-5)
    np.testing.assert_allclose(first, third, rtol=1e-5)
    compiled = model.__dict__.get("_compiled_call")
    assert (compiled is not None) == (backend != "numpy")
    if compiled is not None:
        assert compiled.pure and len(compiled._repeated) == 1
    model.layers[-1].kernel.assign(np.zeros((3, 2)))
    np.testing.assert_allclose(numpy(model(values)), 0.0)


def test_custom_layers_are_not_compiled(backend: str) -> None:
    calls = []

    class Noted(keras.Layer):
        def call(self, x: Any) -> Any:
            calls.append(1)
            return x + 1

    x = keras.Input((3,))
    model = keras.Model(x, Noted()(x))
    calls.clear()
    values = ops.ones((1, 3))
    for _ in range(4):
        model(values)
    assert len(calls) == 4


def test_wrong_shape(backend: str) -> None:
    model = two_inputs()
    with pytest.raises(ValueError, match=r"name 'a' of Functional 'two'.*\(None, 4\)"):
        model({"a": data(3, 5), "b": data(3, 6)})
    x = keras.Input((4,), name="x")
    one = keras.Model(x, x + 1)
    with pytest.raises(ValueError, match="batch dimension is missing"):
        one(data(4))
    with pytest.raises(ValueError, match=r"received \(2, 5\)"):
        one(keras.Input((5,), batch_size=2))


def test_last_dimension_of_one(backend: str) -> None:
    x = keras.Input((1,))
    model = keras.Model(x, x * 2.0)
    assert tuple(model(data(5)).shape) == (5, 1)
    y = keras.Input((), dtype="float32")
    model = keras.Model(y, y * 2.0)
    assert tuple(model(data(5, 1)).shape) == (5,)


def test_wrong_number_of_inputs(backend: str) -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], a + b)
    with pytest.raises(ValueError, match="expects 2 input.*'a' of shape.*Received 1"):
        model([data(1, 2)])
    with pytest.raises(ValueError, match=r"lacks the input\(s\) \['b'\]"):
        model({"a": data(1, 2)})


def test_dtype_of_the_input(backend: str) -> None:
    x = keras.Input((2,), dtype="int32")
    model = keras.Model(x, x + 1)
    result = model(np.array([[1.0, 2.0]]))
    assert keras.backend.standardize_dtype(result.dtype) == "int32"


def test_disconnected(backend: str) -> None:
    x, y = keras.Input((2,), name="x"), keras.Input((2,), name="lost")
    with pytest.raises(ValueError, match=r"disconnected.*'lost'.*inputs \('x'\)"):
        keras.Model(x, x + y)


def test_wrong_ends(backend: str) -> None:
    x = keras.Input((2,), name="x")
    with pytest.raises(ValueError, match="same tensor twice"):
        keras.Model([x, x], x + 1)
    with pytest.raises(ValueError, match="`outputs` of .* must be KerasTensors"):
        keras.Model(x, [x, 3])
    loose = keras.KerasTensor((None, 2))
    with pytest.raises(ValueError, match="disconnected"):
        keras.Model(loose, x)


def test_equal_names(backend: str) -> None:
    x = keras.Input((2,))
    y = layers.Dense(2, name="same")(layers.Dense(2, name="same")(x))
    with pytest.raises(ValueError, match="called 'same'"):
        keras.Model(x, y)


def test_optional_input(backend: str) -> None:
    class Plus(keras.Layer):
        def call(self, x: Any, extra: Any = None) -> Any:
            return x if extra is None else x + extra

        def compute_output_shape(self, x_shape: Any, extra_shape: Any = None) -> Any:
            return x_shape

    a = keras.Input((2,), name="a")
    b = keras.Input((2,), name="b", optional=True)
    model = keras.Model([a, b], Plus()(a, b))
    ones = np.ones((1, 2), "float32")
    np.testing.assert_allclose(numpy(model([ones, None])), 1.0)
    np.testing.assert_allclose(numpy(model([ones, ones])), 2.0)
    with pytest.raises(ValueError, match="'a' of .* is None"):
        model([None, ones])


def test_masks_flow(backend: str) -> None:
    x = keras.Input((4, 2))
    model = keras.Model(x, layers.Masking()(x) * 1.0)
    masked = keras.Model(x, layers.Masking()(x))
    values = data(2, 4, 2)
    values[:, 2:] = 0
    model(values)
    for _ in range(3):
        output = masked(ops.convert_to_tensor(values))
        mask = keras.core.masking.get_mask(output)
        assert numpy(mask).tolist() == [[True, True, False, False]] * 2
    found = masked.compute_mask(ops.convert_to_tensor(values))
    assert numpy(found).tolist() == [[True, True, False, False]] * 2


def test_copies(backend: str) -> None:
    model = two_inputs()
    inputs = {"a": data(3, 4), "b": data(3, 6)}
    expected = numpy(model(inputs)["y"])
    for made in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert made is not model and made._keras_backend.name == backend
        np.testing.assert_allclose(numpy(made(inputs)["y"]), expected, rtol=1e-5)


def test_state_tree(backend: str) -> None:
    x = keras.Input((2,))
    model = keras.Model(x, layers.Dense(2, name="dense")(x))
    tree = model.get_state_tree("numpy_array")
    assert tree["trainable_variables"]["dense"]["kernel"].shape == (2, 2)
    tree["trainable_variables"]["dense"]["bias"] = np.array([3.0, 4.0])
    model.set_state_tree(tree)
    assert model.layers[1].bias.numpy().tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="no variable 'dense/missing'"):
        model.set_state_tree({"trainable_variables": {"dense": {"missing": 1.0}}})


def test_layers_of_two_backends(backend: str) -> None:
    other = "numpy" if backend != "numpy" else "torch"
    x = keras.Input((2,))
    with keras.backend_scope(other):
        foreign = layers.Dense(2)
    with pytest.raises(keras.core.errors.BackendError, match="to_backend"):
        keras.Model(x, foreign(x))


@pytest.mark.parametrize("target", BACKENDS)
def test_to_backend(backend: str, target: str) -> None:
    model = two_inputs()
    inputs = {"a": data(3, 4), "b": data(3, 6)}
    expected = numpy(model(inputs)["y"])
    there = model.to_backend(target)
    assert there._keras_backend.name == target
    assert (there is model) == (target == backend)
    with keras.backend_scope(target):
        np.testing.assert_allclose(
            numpy(there(inputs)["y"]), expected, rtol=1e-4, atol=1e-5
        )


def test_torch_names() -> None:
    with keras.backend_scope("torch"):
        model = two_inputs()
        assert "shared.kernel" in model.state_dict()
        assert len(list(model.parameters())) == 8


def test_a_graph_can_be_walked_from_node_to_node() -> None:
    """As tools written for Keras do: nodes, their arguments, their depths."""
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    shared = layers.Dense(4, name="shared")
    twice = shared(shared(x))
    both = layers.Concatenate(name="both")([twice, y])
    model = keras.Model([x, y], layers.Dense(2, name="out")(both))
    node = both._keras_history.operation._inbound_nodes[0]
    assert [parent.operation.name for parent in node.parent_nodes] == ["shared", "y"]
    assert node.input_tensors[0] is twice and node.input_tensors[1] is y
    assert node.output_tensors == [both]
    assert node.arguments.args[0][1] is y
    assert node.arguments.kwargs == {}
    assert node.arguments.keras_tensors == node.input_tensors
    first = x._keras_history.operation._inbound_nodes[0]
    assert first.is_input
    assert (first.parent_nodes, first.input_tensors, first.output_tensors[0]) == (
        [],
        [],
        x,
    )
    for graph in (model, keras.Function([x, y], model.output)):
        depths = {
            depth: sorted(node.operation.name for node in nodes)
            for depth, nodes in graph._nodes_by_depth.items()
        }
        assert depths == {
            4: ["x"],
            3: ["shared"],
            2: ["shared", "y"],
            1: ["both"],
            0: ["out"],
        }
    again = layers.Add()([x, x])._keras_history.operation._inbound_nodes[0]
    assert again.parent_nodes == [first, first]


def test_structures_are_there_to_read() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, [keras.ops.add(a, b)])
    assert model._inputs_struct == {"a": a, "b": b}
    assert isinstance(model._outputs_struct, list)
    keras.tree.assert_same_structure(model._inputs_struct, {"a": 1, "b": 2})
    assert model._operations == model.operations


def test_state_tree_of_several_sources_of_randomness(backend: str) -> None:
    """Each has a path of its own, and the tree fits a model made like the first."""

    def make() -> Any:
        return keras.Sequential(
            [keras.Input((3,)), *[keras.layers.Dropout(0.5, seed=n) for n in (5, 6)]]
        )

    model, other = make(), make()
    paths = [v.path for v in model.non_trainable_variables]
    assert len(set(paths)) == 2
    assert all(path.endswith("/seed_generator_state") for path in paths)
    for layer in model.layers:
        layer(np.ones((2, 3)), training=True)
    other.set_state_tree(model.get_state_tree("numpy_array"))
    drawn = [ops.convert_to_numpy(v).tolist() for v in other.non_trainable_variables]
    assert drawn == [[5, 1], [6, 1]]


def test_arguments_that_no_functional_model_takes_do_nothing(backend: str) -> None:
    class Mine(keras.Model):
        def __init__(self, units: int, **kwargs: Any) -> None:
            inputs = keras.Input((4,))
            super().__init__(inputs, layers.Dense(units)(inputs), **kwargs)

    with pytest.warns(UserWarning, match="Mine passes on .* takes: pooling. They do"):
        model = Mine(2, pooling="avg", trainable=False, name="m")
    assert model.name == "m" and not model.trainable
    assert tuple(model(np.ones((1, 4), "float32")).shape) == (1, 2)
    inputs = keras.Input((4,))
    with pytest.raises(ValueError, match=r"Unknown argument\(s\) of Functional: foo"):
        keras.Model(inputs, inputs, foo=1)
