"""`steps_per_execution`: the same training, in fewer programs of the device."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras.callbacks import Callback
from keras.core import placement
from keras.training.pace import Pace
from tests.conftest import FRAMEWORK_BACKENDS, TRAINING_BACKENDS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(44, 4)).astype("float32")
T = RNG.normal(size=(44, 2)).astype("float32")
WEIGHT = np.linspace(0.5, 2.0, 44).astype("float32")
BATCH = 4  # eleven batches: a short group at the end
COMPILING = [name for name in FRAMEWORK_BACKENDS if name != "torch"]


@pytest.fixture(params=COMPILING)
def compiles(request):
    """A backend whose steps are compiled, as the current one."""
    with keras.backend_scope(request.param):
        keras.utils.set_random_seed(3)
        yield request.param


class Traced(keras.layers.Layer):
    """Counts how often Python runs it, which is when something is traced."""

    count = 0

    def call(self, x):
        type(self).count += 1
        return x * 1.0


def model_with(optimizer, several, layers=(), **options):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            *layers,
            keras.layers.Dense(5, activation="relu", activity_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        optimizer,
        "mse",
        metrics=["mae"],
        weighted_metrics=["mse"],
        steps_per_execution=several,
        **options,
    )
    return model


def everything(model):
    """The state of a model after training, and what it gives."""
    variables = [*model.variables, *model.optimizer.variables]
    found = [np.asarray(variable.numpy(), "float64") for variable in variables]
    found.append(model.predict(X, batch_size=BATCH, verbose=0))
    scores = model.evaluate(X, T, batch_size=BATCH, verbose=0, sample_weight=WEIGHT)
    return [*found, np.asarray(scores)]


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01),
    "accumulating": lambda: keras.optimizers.SGD(
        0.1, gradient_accumulation_steps=3, use_ema=True, clipnorm=1.0
    ),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.01, weight_decay=0.1), 8.0, dynamic_growth_steps=5
    ),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_the_same(compiles, optimizer):
    runs = []
    for several in (1, 4):
        model = model_with(OPTIMIZERS[optimizer](), several)
        history = model.fit(
            X, T, BATCH, epochs=2, sample_weight=WEIGHT, validation_split=0.1, verbose=0
        ).history
        runs.append((everything(model), history))
    (one, history), (four, other) = runs
    for a, b in zip(one, four, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert list(history) == list(other)
    for name in history:
        np.testing.assert_allclose(history[name], other[name], atol=1e-6)


def test_one_program_for_whole_and_short_groups(compiles):
    Traced.count = 0
    model = model_with("sgd", 4, [Traced()])
    model.fit(X, T, BATCH, verbose=0)  # groups of 4, 4 and 3
    first = Traced.count
    model.fit(X, T, BATCH, epochs=3, verbose=0)
    model.fit(X[:8], T[:8], BATCH, verbose=0)
    assert Traced.count == first


def test_a_batch_of_another_shape_runs_by_itself(compiles):
    weights = []
    for several in (1, 4):
        model = model_with("sgd", several)
        model.fit(X[:-1], T[:-1], BATCH, epochs=2, shuffle=False, verbose=0)
        weights.append(everything(model))
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


class Own(keras.Model):
    """A step of the user's, with results of its own."""

    def __init__(self, **options):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data

        def loss():
            return keras.ops.mean((self(x, training=True) - y) ** 2)

        value, grads = keras.value_and_grad(loss, self.trainable_variables)()
        self.optimizer.apply(grads, self.trainable_variables)
        return {"loss": value, "rows": keras.ops.sum(x[:, 0]), "constant": 0.1}


def test_results_of_an_own_step_are_those_of_the_last(compiles):
    histories, weights = [], []
    for several in (1, 4):
        keras.utils.set_random_seed(3)
        model = Own()
        model.compile("adam", steps_per_execution=several)
        history = model.fit(X, T, BATCH, epochs=2, shuffle=False, verbose=0).history
        histories.append(history)
        weights.append(model.get_weights())
    for name in histories[0]:
        np.testing.assert_allclose(histories[0][name], histories[1][name], atol=1e-6)
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_step_that_no_loop_can_hold_runs_one_by_one(compiles, monkeypatch):
    # A distribution that was once set, for another model, is no reason not to try.
    monkeypatch.setattr(placement.process, "used", True)

    class Single(Own):
        calls = 0

        def train_step(self, data):
            type(self).calls += 1
            if self.calls == 2:  # the first one said what comes out of a step
                raise TypeError("This step cannot be repeated.")
            return super().train_step(data)

    model, expected = Single(), Own()
    expected.build(X.shape)
    model.build(X.shape)
    model.set_weights(expected.get_weights())
    model.compile("sgd", steps_per_execution=4)
    expected.compile("sgd")
    with pytest.warns(UserWarning, match="run one by one.*cannot be repeated"):
        model.fit(X, T, BATCH, shuffle=False, verbose=0)
    expected.fit(X, T, BATCH, shuffle=False, verbose=0)
    for mine, plain in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(mine, plain, atol=1e-6)


class Seen(Callback):
    """What callbacks are told of batches."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended, self.shapes = [], [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.ended.append(batch)

    on_predict_batch_begin = on_train_batch_begin

    def on_predict_batch_end(self, batch, logs=None):
        self.ended.append(batch)
        self.shapes.append(logs["outputs"].shape)


@pytest.mark.parametrize("backend_name", TRAINING_BACKENDS)
def test_callbacks_see_groups(backend_name):
    with keras.backend_scope(backend_name):
        model = model_with("sgd", 4)
    seen = Seen()
    model.fit(X, T, BATCH, callbacks=[seen], verbose=0)
    assert (seen.begun, seen.ended) == ([0, 4, 8], [3, 7, 10])
    seen = Seen()
    model.predict(X, BATCH, callbacks=[seen], verbose=0)
    assert (seen.begun, seen.ended) == ([0, 4, 8], [3, 7, 10])
    assert seen.shapes == [(16, 2), (16, 2), (12, 2)]


def test_auto_is_the_same_training(compiles):
    weights = []
    for several in (1, "auto"):
        model = model_with("sgd", several)
        model.fit(X, T, 1, epochs=2, verbose=0)
        weights.append(everything(model))
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert model.get_compile_config()["steps_per_execution"] == "auto"


def test_auto_leaves_listeners_every_batch(compiles):
    model, seen = model_with("sgd", "auto"), Seen()
    model.fit(X, T, BATCH, epochs=2, callbacks=[seen], verbose=0)
    assert seen.ended == [*range(11)] * 2


@pytest.mark.parametrize(
    ("one", "together", "chosen"),
    [(100e-6, 20e-6, 40), (100e-6, 99e-6, 1), (5e-3, 1e-3, 1)],
    ids=["quick", "no gain", "slow step"],
)
def test_the_pace_is_the_quicker_one(monkeypatch, one, together, chosen):
    now = [0.0]
    monkeypatch.setattr("keras.training.pace.perf_counter", lambda: now[0])
    compile_seconds = 0.05

    def singly(group):
        now[0] += one * len(group) + (compile_seconds if pace.size == 1 else 0)

    def at_once(group, size):
        now[0] += together * size

    pace = Pace(lambda results: None)
    sizes = []
    while not pace.is_settled:
        sizes.append(pace.size)
        pace.run([None] * pace.size, singly, at_once)
    assert pace.size == chosen
    assert sizes[:2] == [1, 8]
    spent_one_by_one = one * sum(size for size in sizes if size == 8)
    assert one > 1e-3 or spent_one_by_one >= compile_seconds


def test_a_prediction_as_a_stream(backend):
    model = model_with("sgd", 1)
    whole = model.predict(X, BATCH, verbose=0)
    seen = Seen()
    stream = model.predict(X, BATCH, callbacks=[seen], stream=True)
    with keras.backend_scope("numpy"):
        parts = list(stream)
    assert [part.shape for part in parts] == [(4, 2)] * 11
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    assert seen.ended == [*range(11)]
    parts[0][...] = 0  # the user's own


def test_a_stream_holds_one_batch(backend):
    class Endless(keras.utils.PyDataset):
        asked = 0
        workers = 1

        def __getitem__(self, index):
            self.asked += 1
            return X[:2] + index

        @property
        def num_batches(self):
            return None

    data = Endless()
    stream = model_with("sgd", 1).predict(data, steps=1000, stream=True)
    for _, _outputs in zip(range(3), stream, strict=False):
        pass
    assert data.asked <= 6
    stream.close()
    assert list(stream) == []


def test_a_short_last_batch_is_seen_coming(compiles):
    """TensorFlow traces for batches of any size at once, XLA compiles for two."""
    expected = {"tensorflow": 1, "jax": 2}[compiles]
    model = model_with("sgd", 1)
    for trainable in (True, False):
        model.layers[0].trainable = trainable
        model.compile("sgd", "mse")
        with keras.debug.compiles() as found:
            model.fit(X, T, 8, epochs=2, verbose=0, validation_data=(X, T))
            model.fit(X, T, 8, verbose=0)
            model.predict(X, 8, verbose=0)
        for name in ("train_step", "test_step", "predict_step"):
            steps = [each for each in found if each.function.startswith(name)]
            assert len(steps) == expected, (name, str(found))


@pytest.mark.parametrize("units", [3, 100_000])
def test_a_prediction_is_one_program_where_that_is_quicker(compiles, units):
    """On TensorFlow not for large outputs, of which a loop makes one more copy."""
    dense = keras.layers.Dense(units, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile(steps_per_execution=4)
    found = model.predict(X, BATCH, verbose=0)
    expected = np.repeat(X.sum(1, keepdims=True), units, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    loops = units == 3 or compiles == "jax"
    assert len(model.predict_function._programs) == loops
