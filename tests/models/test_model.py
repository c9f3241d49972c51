"""Subclassed models, Sequential, clones, summaries, moves between backends."""

from __future__ import annotations

import copy
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


class Custom(keras.Model):
    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)
        self.blocks = [layers.Dense(units), layers.Dense(1)]

    def call(self, x: Any) -> Any:
        x = self.dense(x)
        for block in self.blocks:
            x = block(x)
        return x


# Sequential ------------------------------------------------------------------------


def test_deferred_build(backend: str) -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dense(1)], name="stack")
    assert not model.built and model.weights == []
    with pytest.raises(AttributeError, match="has no `outputs` yet"):
        _ = model.outputs
    values = data(2, 5)
    result = numpy(model(values))
    first, second = model.layers
    hidden = values @ first.kernel.numpy() + first.bias.numpy()
    expected = hidden @ second.kernel.numpy() + second.bias.numpy()
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    assert model.built and len(model.weights) == 4
    assert tuple(model(data(7, 5)).shape) == (7, 1)


def test_built_from_an_input(backend: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    assert model.built and model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    assert [type(x).__name__ for x in model.layers] == ["Dense"]
    assert model.compute_output_shape((5, 4)) == (5, 2)


def test_built_from_input_shape_argument(backend: str) -> None:
    with pytest.warns(UserWarning, match="begin the Sequential model"):
        model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    assert model.built and model.input_shape == (None, 3)


def test_arguments_of_older_programs_warn() -> None:
    with keras.backend_scope("numpy"):
        for make in (
            lambda: layers.LSTM(2, input_dim=3),
            lambda: layers.Lambda(abs, input_shape=(3,)),
            lambda: layers.TimeDistributed(layers.Dense(2), input_shape=(4, 3)),
            lambda: layers.Embedding(4, 2, input_length=3),
        ):
            with pytest.warns(UserWarning, match="its input shape|input_length"):
                make()


def test_parameters_of_an_optimizer_show_when_it_is_built(
    backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd")
    model.summary()
    shown = capsys.readouterr().out
    assert "Total params: 10" in shown and "Optimizer params" not in shown
    model.optimizer.build(model.trainable_variables)
    model.summary()
    shown = capsys.readouterr().out
    assert "Total params: 12" in shown and "Optimizer params: 2" in shown


def test_add_and_pop(backend: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="a")])
    model.add(layers.Dense(3, name="b"))
    assert model.output_shape == (None, 3)
    assert tuple(model(data(2, 4)).shape) == (2, 3)
    assert model.pop().name == "b"
    assert model.output_shape == (None, 2)
    assert tuple(model(data(2, 4)).shape) == (2, 2)
    assert len(model.weights) == 2


def test_sequential_errors(backend: str) -> None:
    with pytest.raises(ValueError, match="Only instances of keras.Layer.*Received: 3"):
        keras.Sequential([3])
    with pytest.raises(ValueError, match="unique names.*'a'"):
        keras.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")])
    with pytest.raises(IndexError, match="has no layers"):
        keras.Sequential().pop()
    with pytest.raises(ValueError, match="can only be the first"):
        keras.Sequential([layers.Dense(1), keras.Input((2,))])
    with pytest.raises(ValueError, match="does not know its input shape"):
        keras.Sequential([layers.Dense(1)]).build()
    with pytest.raises(ValueError, match="it has no layers"):
        keras.Sequential().build((None, 2))


def test_sequential_config(backend: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="s")
    config = model.get_config()
    assert list(config) == ["name", "trainable", "dtype", "layers", "build_input_shape"]
    assert [x["class_name"] for x in config["layers"]] == ["InputLayer", "Dense"]
    copied = keras.models.model_from_json(model.to_json())
    assert copied.built and copied.input_shape == (None, 4)
    unbuilt = keras.Sequential([layers.Dense(2)])
    assert "build_input_shape" not in unbuilt.get_config()
    assert not keras.Sequential.from_config(unbuilt.get_config()).built


def test_model_first_in_sequential(backend: str) -> None:
    x = keras.Input((3,))
    inner = keras.Model(x, layers.Dense(2)(x))
    model = keras.Sequential([inner, layers.Dense(1)])
    assert model.built and model.output_shape == (None, 1)
    assert tuple(model(data(2, 3)).shape) == (2, 1)


def test_sequential_in_a_graph(backend: str) -> None:
    inner = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    x = keras.Input((4,))
    model = keras.Model(x, inner(x) + 1.0)
    assert model.output_shape == (None, 2)
    values = data(2, 4)
    np.testing.assert_allclose(
        numpy(model(values)), numpy(inner(values)) + 1.0, rtol=1e-5, atol=1e-6
    )


# Subclasses ------------------------------------------------------------------------


def test_subclass(backend: str) -> None:
    model = Custom()
    assert tuple(model(data(2, 4)).shape) == (2, 1)
    assert len(model.layers) == 3 and len(model.weights) == 6
    assert model.get_config()["units"] == 3
    again = Custom.from_config(model.get_config())
    again(data(2, 4))
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(
        numpy(again(data(2, 4))), numpy(model(data(2, 4))), rtol=1e-5
    )


def test_subclass_built_from_a_shape(backend: str) -> None:
    model = Custom()
    model.build((None, 4))
    assert len(model.weights) == 6


def test_subclass_without_call(backend: str) -> None:
    class Empty(keras.Model):
        pass

    with pytest.raises(NotImplementedError, match="does not define `call"):
        Empty()(data(1, 2))


def test_subclass_that_is_a_graph(backend: str) -> None:
    class Graph(keras.Model):
        def __init__(self, units: int = 2) -> None:
            x = keras.Input((3,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x))
            self.units = units

        def twice(self, x: Any) -> Any:
            return self(x) * 2

    model = Graph()
    assert isinstance(model, Graph) and isinstance(model, keras.Model)
    assert type(model).__name__ == "Graph"
    assert model.output_shape == (None, 2)
    values = data(4, 3)
    np.testing.assert_allclose(
        numpy(model.twice(values)), numpy(model(values)) * 2, rtol=1e-5
    )
    assert model.get_config()["units"] == 2
    assert Graph.from_config(model.get_config()).output_shape == (None, 2)


def test_subclass_made_from_inputs_and_outputs(backend: str) -> None:
    class Own(keras.Model):
        def extra(self) -> int:
            return 7

    x = keras.Input((3,))
    model = Own(x, layers.Dense(2)(x))
    assert model.extra() == 7 and model.output_shape == (None, 2)
    again = Own.from_config(model.get_config())
    assert isinstance(again, Own) and again.output_shape == (None, 2)


def test_get_layer(backend: str) -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="only")])
    assert model.get_layer("only") is model.get_layer(index=0)
    with pytest.raises(ValueError, match="No such layer: 'none'.*'only'"):
        model.get_layer("none")
    with pytest.raises(ValueError, match="no layer at index 3"):
        model.get_layer(index=3)
    with pytest.raises(ValueError, match="either a name or an index"):
        model.get_layer()


# Clones ----------------------------------------------------------------------------


def test_clone(backend: str) -> None:
    x = keras.Input((3,))
    functional = keras.Model(x, layers.Dense(2)(x) + 1.0)
    sequential = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    for model in (functional, sequential):
        clone = keras.models.clone_model(model)
        assert clone.get_config() == model.get_config()
        clone.set_weights(model.get_weights())
        np.testing.assert_allclose(
            numpy(clone(data(2, 3))), numpy(model(data(2, 3))), rtol=1e-5
        )
        clone.weights[0].assign_add(np.ones((3, 2), "float32"))
        assert not np.allclose(numpy(clone(data(2, 3))), numpy(model(data(2, 3))))


def test_clone_with_functions(backend: str) -> None:
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2, name="d")(x))

    def wider(layer: Any) -> Any:
        return layers.Dense(5, name=layer.name)

    clone = keras.models.clone_model(model, clone_function=wider)
    assert clone.output_shape == (None, 5)
    clone = keras.models.clone_model(
        model, call_function=lambda layer, *args, **kwargs: layer(*args) * 0.0
    )
    np.testing.assert_allclose(numpy(clone(data(2, 3))), 0.0)
    y = keras.Input((3,), name="given")
    assert keras.models.clone_model(model, input_tensors=y).input_names == ["given"]
    with pytest.raises(ValueError, match="takes a Keras model"):
        keras.models.clone_model(3)


def test_clone_recursively(backend: str) -> None:
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3, name="d")])
    x = keras.Input((3,))
    model = keras.Model(x, inner(x))
    seen: list[str] = []

    def note(layer: Any) -> Any:
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    keras.models.clone_model(model, clone_function=note, recursive=True)
    assert "d" in seen


# Summary ---------------------------------------------------------------------------


def test_summary(backend: str) -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="in")], name="i")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2, name="out")(inner(x)), name="shown")
    lines: list[str] = []
    model.summary(print_fn=lines.append, line_length=90, expand_nested=True)
    text = "\n".join(lines)
    assert 'Model: "shown"' in text
    for part in ("x (InputLayer)", "i (Sequential)", "└ in (Dense)", "(None, 2)"):
        assert part in text
    assert "Total params: 23 (92.00 B)" in text
    lines.clear()
    inner.trainable = False
    model.summary(print_fn=lines.append, show_trainable=True, layer_range=["i", "out"])
    text = "\n".join(lines)
    assert "InputLayer" not in text and "Trainable" in text
    assert "Non-trainable params: 15 (60.00 B)" in text
    with pytest.raises(ValueError, match="No layer matches 'nowhere'"):
        model.summary(layer_range=["nowhere", "out"])


def test_summary_of_an_unbuilt_model(backend: str) -> None:
    lines: list[str] = []
    keras.Sequential([layers.Dense(2)]).summary(print_fn=lines.append)
    assert "0 (unbuilt)" in lines[0] and "?" in lines[0]


# Backends --------------------------------------------------------------------------


@pytest.mark.parametrize("target", BACKENDS)
def test_to_backend_with_custom_class(backend: str, target: str) -> None:
    model = Custom(units=2)
    expected = numpy(model(data(2, 4)))
    there = model.to_backend(target)
    assert isinstance(there, Custom) and there._keras_backend.name == target
    with keras.backend_scope(target):
        np.testing.assert_allclose(
            numpy(there(data(2, 4))), expected, rtol=1e-4, atol=1e-5
        )


def test_to_backend_keeps_the_optimizer(training_backend: str) -> None:
    target = next(x for x in ("torch", "jax") if x != training_backend)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("adam", "mse")
    x, y = data(8, 3), data(8, 1)
    model.train_on_batch(x, y)
    there = model.to_backend(target)
    assert int(there.optimizer.iterations.numpy()) == 1
    model.reset_metrics()
    here_loss, there_loss = model.train_on_batch(x, y), there.train_on_batch(x, y)
    np.testing.assert_allclose(here_loss, there_loss, rtol=1e-4)
    for mine, theirs in zip(model.weights, there.weights, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5)


def test_to_backend_names_what_cannot(backend: str) -> None:
    class Sometimes(keras.Layer):
        def build(self, input_shape: Any) -> None:
            shape = (2,) if keras.config.backend() == backend else (3,)
            self.w = self.add_weight(shape=shape)

        def call(self, x: Any) -> Any:
            return x

    model = keras.Sequential([keras.Input((2,)), Sometimes(name="odd")])
    target = "numpy" if backend != "numpy" else "torch"
    with pytest.raises(ValueError, match="'odd' of class Sometimes"):
        model.to_backend(target)


def test_model_works_whatever_is_current(backend: str) -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    expected = numpy(model(data(3, 2)))
    with keras.backend_scope("numpy"):
        result = model(data(3, 2))
    np.testing.assert_allclose(numpy(result), expected, rtol=1e-5)


class Around(keras.Model):
    """A user's model around a graph, which is made anew in a copy."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        self.outer = layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.outer(self.inner(x))


@pytest.mark.parametrize("kind", ["plain", "scaled", "several"])
def test_a_copy_of_a_trained_model_around_a_graph_trains_on(
    training_backend: str, kind: str
) -> None:
    x = np.linspace(-1, 1, 12, dtype="float32").reshape((4, 3))
    optimizer = keras.optimizers.Adam(0.1)
    if kind == "scaled":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    elif kind == "several":
        named = keras.optimizers.OptimizerMap(optimizer)
        optimizer = keras.optimizers.MultiOptimizer(named)
    model = Around()
    model.compile(optimizer, "mse")
    model.train_on_batch(x, x[:, :1])
    copies = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    wanted = model.train_on_batch(x, x[:, :1])
    for each in copies:
        assert each.train_on_batch(x, x[:, :1]) == pytest.approx(wanted, rel=1e-5)
        for one, other in zip(each.weights, model.weights, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
