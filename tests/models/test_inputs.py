"""What models take: other sizes in a Sequential, structures and names of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

ones, zeros = np.ones((3, 2), "float32"), np.zeros((3, 2), "float32")


def numpy(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


# Sequential ------------------------------------------------------------------------


def recurrent(start: str) -> Any:
    model = keras.Sequential([layers.SimpleRNN(2), layers.Dense(1)])
    if start == "called":
        model(np.ones((3, 5, 7), "float32"))
    elif start == "built":
        model.build((None, 5, 7))
    elif start == "Input":
        model = keras.Sequential([keras.Input((5, 7)), *model.layers])
    return model


@pytest.mark.parametrize("start", ["called", "built", "Input"])
def test_a_sequential_takes_other_lengths(start, backend):
    model = recurrent(start)
    x = np.random.default_rng(0).normal(size=(2, 9, 7)).astype("float32")
    expected = numpy(model.layers[1](model.layers[0](x)))
    for _ in range(3):  # the third call runs compiled, where that is done
        np.testing.assert_allclose(numpy(model(x)), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    if backend != "numpy":
        model.compile("sgd", "mse")
        model.fit(x, np.ones((2, 1)), verbose=0)


def test_a_sequential_leaves_sizes_to_its_layers(backend):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()]
    )
    assert model.predict(np.ones((1, 12, 10, 1)), verbose=0).shape == (1, 2)
    assert model(keras.Input((12, 10, 1))).shape == (None, 2)
    with pytest.raises(ValueError, match=r"conv2d.*channels|axis"):
        model(np.ones((1, 8, 8, 2), "float32"))
    with pytest.raises(ValueError, match="has the wrong shape"):
        model(np.ones((1, 8, 8, 1, 2), "float32"))
    # A functional model says what it was made for.
    graph = keras.Model(model.inputs, model.outputs)
    with pytest.raises(ValueError, match="has the wrong shape"):
        graph(np.ones((1, 12, 10, 1), "float32"))


def test_predict_takes_batches_of_different_shapes(backend):
    def batches():
        yield (np.ones((4, 2, 6), "float32"),)
        yield (np.ones((1, 3, 4), "float32"),)

    model = keras.Sequential([layers.Flatten()])
    assert model.predict(batches(), verbose=0).shape == (5, 12)


def test_a_sequential_that_was_called_is_used_on_other_symbolic_inputs(backend):
    inner = keras.Sequential([layers.Dense(2)])
    inner(np.ones((1, 4, 3), "float32"))
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, inner(inputs))
    x = np.ones((2, 6, 3), "float32")
    np.testing.assert_allclose(numpy(model(x)), numpy(inner.layers[0](x)), rtol=1e-6)


class AddParts(layers.Layer):
    def call(self, inputs):
        return inputs["a"] + inputs["b"]


@pytest.mark.parametrize(
    ("first", "x", "features"),
    [
        (layers.Concatenate, [np.ones((3, 2)), np.ones((3, 4))], 6),
        (AddParts, {"a": np.ones((3, 2)), "b": np.ones((3, 2))}, 2),
    ],
)
def test_the_first_layer_of_a_sequential_may_take_several(
    first, x, features, backend, tmp_path
):
    model = keras.Sequential([first(), layers.Dense(1)])
    model.compile("sgd", "mse")
    if backend != "numpy":
        model.fit(x, np.ones((3, 1)), verbose=0)
    expected = model.predict(x, verbose=0)
    assert expected.shape == (3, 1)
    assert model.built and model.layers[1].kernel.shape[0] == features
    model.summary(print_fn=lambda *_, **__: None)
    model.save(tmp_path / "m.keras")
    objects = {"AddParts": AddParts}
    loaded = keras.saving.load_model(tmp_path / "m.keras", objects, compile=False)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize("known", [True, False])
def test_a_layer_that_cannot_tell_its_output_works_in_a_sequential(known, backend):
    class Dynamic(layers.Layer):
        def call(self, inputs):
            return inputs + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    start = [keras.Input((2,))] if known else []
    model = keras.Sequential([*start, Dynamic(), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.predict(zeros, verbose=0).shape == (3, 1)
    np.testing.assert_allclose(
        numpy(model(zeros)), numpy(model.layers[1](ones)), rtol=1e-6
    )
    model.summary(print_fn=lambda *_, **__: None)
    with pytest.raises(AttributeError, match="no `output_shape` yet"):
        _ = model.output_shape


# Functional models -----------------------------------------------------------------


def difference(first: str = "a", second: str = "b", kind: Any = dict) -> Any:
    one, two = keras.Input((2,), name=first), keras.Input((2,), name=second)
    inputs = {first: one, second: two} if kind is dict else kind([one, two])
    return keras.Model(inputs, layers.Subtract()([one, two]))


def test_keys_that_no_input_has_are_named_in_a_warning(backend):
    model = difference()
    np.testing.assert_array_equal(numpy(model({"b": zeros, "a": ones})), ones)
    with pytest.warns(UserWarning, match=r"no input\(s\) \['label'\]"):
        got = model({"a": ones, "b": zeros, "label": ones})
    np.testing.assert_array_equal(numpy(got), ones)


@pytest.mark.parametrize("kind", [list, tuple])
def test_inputs_without_names_need_a_clear_order(kind, backend):
    data = kind([ones, zeros])
    with pytest.warns(UserWarning, match="order of the alphabet"):
        np.testing.assert_array_equal(numpy(difference()(data)), ones)
    mixed = difference("z", "a")
    for use in (mixed, lambda x: mixed.predict(x, verbose=0)):
        with pytest.raises(ValueError, match=r"keys \['z', 'a'\].* Pass a dict"):
            use(data)
    unnamed = difference("z", "a", kind)
    np.testing.assert_array_equal(numpy(unnamed(data)), ones)
    np.testing.assert_array_equal(numpy(unnamed({"a": zeros, "z": ones})), ones)


@pytest.mark.parametrize("structure", ["bare", "list", "dict"])
def test_the_name_of_the_only_input_counts_too(structure, backend):
    x = keras.Input((2,), name="right")
    start = {"bare": x, "list": [x], "dict": {"right": x}}[structure]
    model = keras.Model(start, layers.Dense(1)(x))
    assert model.predict({"right": ones}, verbose=0).shape == (3, 1)
    assert numpy(model(ones)).shape == (3, 1)
    with pytest.raises(ValueError, match=r"lacks the input\(s\) \['right'\]"):
        model.predict({"wrong": ones}, verbose=0)


def test_keys_of_inputs_that_are_not_their_names_are_told(backend):
    one, two = keras.Input((2,), name="one"), keras.Input((2,), name="two")
    with pytest.warns(UserWarning, match="Key 'a' in the dict of inputs"):
        keras.Model({"a": one, "two": two}, one + two)
    keras.Model({"one": one, "two": two}, one + two)


@pytest.mark.parametrize("kind", [list, tuple])
def test_one_output_in_a_list_comes_bare_on_data(kind, backend):
    x = keras.Input((2,))
    y = layers.Dense(1)(x)
    model = keras.Model(x, kind([y]))
    assert numpy(model(ones)).shape == (3, 1)
    assert model.predict(ones, verbose=0).shape == (3, 1)
    assert isinstance(model(keras.Input((2,))), kind)
    assert isinstance(model.output, kind)
    outer = keras.Model(x, model(x)[0] * 2)
    np.testing.assert_allclose(numpy(outer(ones)), 2 * numpy(model(ones)), rtol=1e-6)
    nested = keras.Model(x, [[y]])(ones)
    assert isinstance(nested, list) and isinstance(nested[0], list)
    if backend != "numpy":
        model.compile("sgd", "mse")
        model.fit(ones, np.ones((3, 1)), verbose=0)


# Function --------------------------------------------------------------------------


def test_a_function_may_start_from_plain_keras_tensors(backend):
    a, b = keras.KerasTensor((2, 3)), keras.KerasTensor((2, 3))
    function = keras.Function([a, b], [a + b, a * b])
    data = [np.full((2, 3), 2.0, "float32"), np.full((2, 3), 5.0, "float32")]
    total, product = function(data)
    assert numpy(total).max() == 7.0 and numpy(product).max() == 10.0
    again = function([keras.KerasTensor((2, 3)), keras.KerasTensor((2, 3))])
    assert [x.shape for x in again] == [(2, 3), (2, 3)]


def test_a_function_keeps_to_its_sizes_and_structure(backend):
    x = keras.Input(batch_shape=(None, 3))
    function = keras.Function(x, x * 2)
    assert numpy(function(np.ones((7, 3), "float32"))).shape == (7, 3)
    for wrong in (np.ones((7, 4)), np.ones((7, 3, 1))):
        with pytest.raises(ValueError, match=r"shape \(None, 3\).*Received one of"):
            function(wrong.astype("float32"))
    with pytest.raises(ValueError, match="Received one of shape"):
        function.compute_output_shape((4, 5))
    with pytest.raises(ValueError, match="in the structure"):
        function([np.ones((7, 3), "float32")])
