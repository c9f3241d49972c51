"""What users do to a model by hand: it counts at once, or an error says what to do.

Each row of `DONE` is done to a Sequential, a functional and a subclassed model that was
trained, and whose calls are compiled. What calls, `predict` and `evaluate` say
afterwards is what its layers say one after the other.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

import keras
from keras import layers, ops

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
Y = np.ones((4, 2), "float32")


class Chain(keras.Model):
    """A user's model of the same three layers."""

    def __init__(self, parts):
        super().__init__()
        self.a, self.drop, self.b = parts

    def call(self, x):
        return self.b(self.drop(self.a(x)))


def sequential(parts):
    return keras.Sequential([keras.Input((3,)), *parts])


def functional(parts):
    x = y = keras.Input((3,))
    for part in parts:
        y = part(y)
    return keras.Model(x, y)


def made(kind):
    parts = [
        layers.Dense(3, activation="tanh", kernel_initializer="ones", name="a"),
        layers.Dropout(0.0, name="drop"),
        layers.Dense(2, kernel_initializer="ones", name="b"),
    ]
    model = kind(parts)
    model(X)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def new(model):
    """Nothing was done with it yet."""


def called(model):
    for _ in range(3):
        model(X)
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)


def trained(model):
    model.fit(X, Y, verbose=0, batch_size=2)
    called(model)


def by_layers(model):
    """What the layers say, one after the other."""
    y = ops.convert_to_tensor(X)
    for layer in model.layers:
        y = y if isinstance(layer, layers.InputLayer) else layer(y)
    return ops.convert_to_numpy(y)


DONE = {
    "activation": lambda a: setattr(a, "activation", keras.activations.relu),
    "activation of the user's": lambda a: setattr(a, "activation", lambda x: x * 3),
    "kernel": lambda a: setattr(a, "kernel", np.full((3, 3), 0.5)),
    "kernel as a list": lambda a: setattr(a, "kernel", [[0.5] * 3] * 3),
    "kernel as a Variable": lambda a: setattr(
        a, "kernel", keras.Variable(np.full((3, 3), 0.5, "float32"))
    ),
    "bias": lambda a: setattr(a, "bias", np.arange(3.0)),
    "no bias": lambda a: setattr(a, "bias", None),
    "dtype": lambda a: setattr(a, "dtype_policy", "mixed_bfloat16"),
    "frozen": lambda a: setattr(a, "trainable", False),
    "lora": lambda a: (
        a.enable_lora(2),
        a.lora_kernel_b.assign(np.ones((2, 3))),
    ),
    "a call of its own": lambda a: setattr(a, "call", lambda x, training=None: x * 2),
}


@pytest.mark.parametrize("kind", [sequential, functional, Chain])
@pytest.mark.parametrize("what", DONE)
def test_what_is_set_counts_at_once(backend, what, kind):
    """In plain and compiled calls, `predict` and `evaluate`; weights stay weights."""
    model = made(kind)
    called(model) if backend == "numpy" else trained(model)
    DONE[what](model.get_layer("a"))
    expected = by_layers(model)
    for _ in range(3):
        got = ops.convert_to_numpy(model(X))
        np.testing.assert_allclose(got, expected, rtol=1e-2, atol=0.05)
    predicted = model.predict(X, verbose=0)
    np.testing.assert_allclose(predicted, expected, rtol=1e-2, atol=0.05)
    loss = model.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(np.mean((expected - 1) ** 2), rel=2e-2)
    assert len(model.weights) == {"no bias": 3, "lora": 6}.get(what, 4)


@pytest.mark.parametrize("kind", [sequential, functional, Chain])
@pytest.mark.parametrize("what", ["kernel", "frozen", "activation", "no bias"])
def test_training_goes_on_with_what_was_set(training_backend, what, kind):
    """The optimizer keeps its state; what is frozen stays as it is."""
    model = made(kind)
    trained(model)
    a = model.get_layer("a")
    DONE[what](a)
    kernel = ops.convert_to_numpy(a.kernel).copy()
    losses = model.fit(X, Y, verbose=0, epochs=3).history["loss"]
    assert losses[-1] < losses[0]
    assert np.array_equal(kernel, ops.convert_to_numpy(a.kernel)) == (what == "frozen")
    np.testing.assert_allclose(model.predict(X, verbose=0), by_layers(model), rtol=1e-4)


def test_a_callback_may_change_layers_while_training_runs(training_backend):
    """From the epoch on that begins then."""
    model = made(sequential)
    a = model.get_layer("a")
    seen = []

    def change(epoch, logs=None):
        if epoch == 1:
            a.kernel.assign(np.zeros((3, 3)))
            a.activation = lambda x: x * 0.0
            model.get_layer("b").trainable = False
        seen.append(a.kernel.numpy().tolist())

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=change)
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
    assert seen[1] == seen[2] == np.zeros((3, 3)).tolist()
    np.testing.assert_array_equal(
        model.predict(X, verbose=0)[:, 0], by_layers(model)[:, 0]
    )


def test_changes_without_end_are_told(framework_backend):
    """Steps are not compiled again and again in silence."""
    if framework_backend == "torch":
        pytest.skip("steps are plain code on torch: each change counts")
    model = made(Chain)
    model.predict(X, verbose=0)
    with pytest.warns(UserWarning, match="Keep values that change often in a"):
        for number in range(20):
            model.number = number
            model.predict(X, verbose=0)


def test_models_that_train_in_turn_are_compiled_once(training_backend):
    """A GAN freezes its discriminator and thaws it, step by step."""
    part = made(functional)
    x = keras.Input((3,))
    whole = keras.Model(x, part(layers.Dense(3)(x)))
    whole.compile("sgd", "mse")
    traces = []
    part.get_layer("a").activation = lambda x: (traces.append(1), x)[1]
    for turn in range(4):
        part.trainable = True
        part.train_on_batch(X, Y)
        part.trainable = False
        whole.train_on_batch(X, Y)
        if turn == 1:
            known = len(traces)
    if training_backend in ("jax", "tensorflow"):
        assert len(traces) == known


# Lists of layers -------------------------------------------------------------------


@pytest.mark.parametrize("before", [new, called])
@pytest.mark.parametrize(
    ("what", "names"),
    [
        (lambda m: m.pop(), ["a", "drop"]),
        (lambda m: m._layers.pop(), ["a", "drop"]),
        (lambda m: m._layers.remove(m.get_layer("a")), ["drop", "b"]),
        (lambda m: setattr(m, "_layers", m._layers[:2]), ["a"]),
        (lambda m: m._layers.append(layers.ReLU(name="z")), ["a", "drop", "b", "z"]),
        (lambda m: m._layers.insert(1, layers.ReLU(name="z")), ["z", "a", "drop", "b"]),
        (lambda m: m._layers.__setitem__(1, layers.ReLU(name="z")), ["z", "drop", "b"]),
        (lambda m: m.add(layers.Dense(1, name="z")), ["a", "drop", "b", "z"]),
        (lambda m: m.layers.pop(), ["a", "drop", "b"]),
    ],
)
def test_layers_of_a_sequential_come_and_go(backend, what, names, before):
    """The model is what its list of layers says: calls, weights, output, config."""
    model = made(sequential)
    before(model)
    what(model)
    assert [layer.name for layer in model.layers] == names
    expected = by_layers(model)
    for _ in range(3):
        np.testing.assert_allclose(ops.convert_to_numpy(model(X)), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-5)
    assert model.output_shape == (None, expected.shape[1])
    assert len(model.weights) == sum(len(layer.weights) for layer in model.layers)
    again = keras.Sequential.from_config(model.get_config())
    assert [layer.name for layer in again.layers] == names


def test_layers_of_a_graph_follow_from_it(backend):
    """Its list cannot be changed, and the error says what to do instead."""
    model = made(functional)
    for change in (
        lambda: model._layers.pop(),
        lambda: model._layers.append(layers.ReLU()),
        lambda: setattr(model, "_layers", []),
    ):
        with pytest.raises(ValueError, match=r"keras.Model\(model.inputs, model.get"):
            change()
    assert [layer.name for layer in model.layers][1:] == ["a", "drop", "b"]
    assert len(model.weights) == 4


@pytest.mark.parametrize("kind", [sequential, functional])
def test_parts_and_new_ends_of_a_model(backend, kind):
    """`get_layer(…).output`, new heads, and weights that are shared."""
    model = made(kind)
    part = keras.Model(model.inputs, model.get_layer("a").output)
    head = layers.Dense(1, name="head")(model.layers[-2].output)
    rewired = keras.Model(model.inputs, head)
    tail = keras.Model(model.get_layer("drop").output, model.output)
    a = model.get_layer("a")
    expected = ops.convert_to_numpy(a(X))
    np.testing.assert_allclose(ops.convert_to_numpy(part(X)), expected, rtol=1e-6)
    assert rewired.output_shape == (None, 1) and len(rewired.weights) == 4
    np.testing.assert_allclose(
        ops.convert_to_numpy(tail(expected)), by_layers(model), rtol=1e-6
    )
    a.kernel = np.zeros((3, 3))
    for each in (part, rewired, model):
        assert np.ptp(each.predict(X, verbose=0)) == 0


def test_a_layer_in_a_list_is_replaced(backend):
    """In the list of a user's model: the old one goes with its weights."""

    class Blocks(keras.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [layers.Dense(3), layers.Dense(2)]

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return x

    model = Blocks()
    model.predict(X, verbose=0)
    model.blocks[-1] = layers.Dense(1, kernel_initializer="zeros")
    assert model.predict(X, verbose=0).tolist() == [[0.0]] * 4
    assert [tuple(w.shape) for w in model.weights] == [(3, 3), (3,), (3, 1), (1,)]
    model.blocks.pop()
    assert model.predict(X, verbose=0).shape == (4, 3) and len(model.weights) == 2


# Attributes that are refused ---------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda a: setattr(a, "kernel", np.ones((2, 2))),
            ValueError,
            "weight of shape",
        ),
        (lambda a: setattr(a, "bias", [1.0]), ValueError, "weight of shape"),
        (lambda a: a.add_weight(shape=(1,)), ValueError, "Make them in `__init__`"),
        (lambda a: setattr(a, "extra", layers.Dense(1)), ValueError, "Make them in"),
    ],
)
def test_what_cannot_be_is_told(backend, change, error, message):
    a = made(sequential).get_layer("a")
    before = [w.numpy() for w in a.weights]
    with pytest.raises(error, match=message):
        change(a)
    for old, weight in zip(before, a.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())


def test_a_copy_of_a_trained_model_trains_itself(training_backend):
    """And not the one that it was copied from."""
    model = made(Chain)
    trained(model)
    twin = copy.deepcopy(model)
    before = model.get_weights()
    twin.fit(X, Y, verbose=0)
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert not np.array_equal(before[0], twin.get_weights()[0])
