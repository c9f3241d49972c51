"""Small programs of Keras users, each about one promise of the documents."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

X = np.random.RandomState(1).uniform(-1, 1, (12, 4)).astype("float32")
Y = np.random.RandomState(2).uniform(-1, 1, (12, 2)).astype("float32")


def numbers(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def summary_of(model: Any, **options: Any) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **options)
    return "\n".join(lines)


# Models ----------------------------------------------------------------------------


def test_features_of_a_shared_layer(backend: str) -> None:
    """`layer.output` is that of the first call, also when there are more."""
    shared = layers.Dense(3, name="shared")
    one, two = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([one, two], layers.Add()([shared(one), shared(two)]))
    features = keras.Model(one, model.get_layer("shared").output)
    assert shared.input is one
    np.testing.assert_allclose(
        numbers(features(X)), numbers(shared(X)), rtol=1e-5, atol=1e-6
    )


def test_a_layer_without_calls_says_why_it_has_no_output(backend: str) -> None:
    with pytest.raises(AttributeError, match=r"Dense 'd' has no `output`.*Input"):
        _ = layers.Dense(3, name="d").output


def test_summary_lists_the_ops_of_a_graph(backend: str) -> None:
    inputs = keras.Input((4,), name="start")
    hidden = layers.Dense(3, name="hidden")(inputs)
    joined = layers.Add(name="joined")([hidden, inputs[:, :3]])
    text = summary_of(keras.Model(inputs, ops.relu(joined) * 2.0), line_length=120)
    for row in (
        r"start \(InputLayer\)",
        r"get_item\w* \(GetItem\)",
        r"relu\w* \(Relu\)",
        r"multiply\w* \(Multiply\)",
        r"hidden\[0\]\[0\],\s+get_item\w*\[0\]\[0\]",
    ):
        assert re.search(row, text), row
    assert "Total params: 15" in text


def test_paths_of_weights_name_the_sequential(backend: str) -> None:
    model = keras.Sequential(name="net")
    model.add(keras.Input((3,)))
    model.add(layers.Dense(2, name="first"))
    late = keras.Sequential([layers.Dense(2, name="first")], name="late")
    late(np.ones((1, 3), "float32"))
    assert [w.path for w in model.weights] == ["net/first/kernel", "net/first/bias"]
    assert [w.path for w in late.weights] == ["late/first/kernel", "late/first/bias"]


def test_arrays_are_no_inputs_of_a_model(backend: str) -> None:
    with pytest.raises(ValueError, match=r"Model\(inputs, outputs\).*KerasTensors"):
        keras.Model(X, Y)


def test_attention_scores_in_a_graph(backend: str) -> None:
    query, value = keras.Input((4, 6)), keras.Input((5, 6))
    attention = layers.MultiHeadAttention(2, 3)
    output, scores = attention(query, value, return_attention_scores=True)
    assert output.shape == (None, 4, 6)
    assert scores.shape == (None, 2, 4, 5)
    model = keras.Model([query, value], [output, scores])
    q, v = np.ones((1, 4, 6), "float32"), np.ones((1, 5, 6), "float32")
    found = model([q, v])
    expected = attention(q, v, return_attention_scores=True)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(numbers(one), numbers(other), atol=1e-6)


def test_features_joined_of_two_masks(backend: str) -> None:
    """A step of joined features counts where any of the inputs has it."""
    x = ops.ones((1, 4, 2))
    masks = [
        ops.convert_to_tensor(np.array([m], bool)) for m in ((1, 1, 0, 0), (1, 0, 0, 1))
    ]
    mask = layers.Concatenate().compute_mask([x, x], masks)
    assert numbers(mask).tolist() == [[True, True, False, True]]


def test_a_variable_in_a_graph_is_read_anew(backend: str) -> None:
    gain = keras.Variable(np.ones(4, "float32"))
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [inputs * gain, gain * inputs, ops.add(inputs, gain)])
    data = ops.convert_to_tensor(X[:2])
    for _ in range(3):  # compiled, where it is
        model(data)
    gain.assign(np.full(4, 5.0))
    product, other, total = (numbers(x) for x in model(data))
    np.testing.assert_allclose(product, X[:2] * 5, rtol=1e-6)
    np.testing.assert_allclose(other, X[:2] * 5, rtol=1e-6)
    np.testing.assert_allclose(total, X[:2] + 5, rtol=1e-6)


def test_wrong_shapes_have_one_error_compiled_or_not(backend: str) -> None:
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    model = keras.Model([one, two], one + two)
    right, wrong = ops.ones((2, 3)), ops.ones((2, 4))
    for _ in range(4):
        model([right, right])
        with pytest.raises(ValueError, match="'one'.*wrong shape"):
            model([wrong, right])


# Layers ----------------------------------------------------------------------------


class TrainsByDefault(layers.Layer):
    def call(self, x: Any, training: bool = True) -> Any:
        return x * 2 if training else x


def test_a_default_of_training_counts_inside_models(backend: str) -> None:
    inputs = keras.Input((4,))
    graph = keras.Model(inputs, TrainsByDefault()(inputs))
    chain = keras.Sequential([TrainsByDefault()])
    nested = keras.Sequential([graph])
    for model in (graph, chain, nested):
        for _ in range(3):
            np.testing.assert_allclose(numbers(model(X)), X * 2, rtol=1e-6)
            np.testing.assert_allclose(numbers(model(X, training=False)), X, rtol=1e-6)


class CountsSteps(layers.Layer):
    """Its author calls `self` otherwise."""

    supports_masking = True

    def compute_mask(this, inputs: Any, previous_mask: Any) -> Any:
        return None  # the steps are gone

    def call(this, x: Any, mask: Any = None) -> Any:
        return ops.sum(ops.cast(mask, "int32"), axis=1)


def test_masks_reach_a_call_whatever_self_is_called(backend: str) -> None:
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = layers.Embedding(5, 2, mask_zero=True)(ids)
    assert numbers(CountsSteps()(embedded)).tolist() == [2, 1]


# Training --------------------------------------------------------------------------


def mlp(outputs: int = 2) -> Any:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(outputs, "sigmoid")])
    model.set_weights([np.full((4, outputs), 0.1), np.zeros(outputs)])
    return model


def test_on_batch_tells_of_this_batch_alone(training_backend: str) -> None:
    model = mlp()
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    parts = [(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]
    expected = [model.evaluate(x, y, verbose=0) for x, y in parts]
    trained = [model.train_on_batch(x, y) for x, y in parts]
    tested = [model.test_on_batch(x, y) for x, y in parts]
    np.testing.assert_allclose(trained, expected, rtol=1e-5)
    np.testing.assert_allclose(tested, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_a_stateful_layer_is_trained(training_backend: str, kind: Any) -> None:
    """States go from batch to batch, and gradients through each batch."""
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, 3, 4)),
            kind(3, stateful=True),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = np.resize(X, (4, 3, 4))
    y = np.ones((4, 1), "float32")
    losses = model.fit(x, y, 2, 4, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    first, second = (model.predict(x[:2], verbose=0) for _ in range(2))
    assert np.abs(first - second).max() > 0
    model.layers[0].reset_state()
    again = model.predict(x[:2], verbose=0)
    model.layers[0].reset_state()
    np.testing.assert_allclose(again, model.predict(x[:2], verbose=0), rtol=1e-5)


def test_targets_with_and_without_a_last_axis_of_one(training_backend: str) -> None:
    model = mlp(outputs=1)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    labels = (Y[:, 0] > 0).astype("int32")
    flat = model.evaluate(X, labels, verbose=0)
    column = model.evaluate(X, labels[:, None], verbose=0)
    np.testing.assert_allclose(flat, column, rtol=1e-5)
    for y in (labels, labels[:, None], labels):
        model.fit(X, y, verbose=0)


def test_the_line_of_an_epoch(
    training_backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = mlp()
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=4, verbose=2)
    line = capsys.readouterr().out.strip().splitlines()[-1]
    count, clock, step, loss = line.split(" - ")
    assert count == "3/3"
    assert clock.endswith("s")
    assert step.endswith("/step")
    assert loss.startswith("loss: ")
