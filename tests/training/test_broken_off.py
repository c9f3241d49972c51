"""A loop that an error or Ctrl-C ends: the model is as after its last finished step."""

from __future__ import annotations

import _thread
import signal
import threading

import numpy as np
import pytest

import keras
from keras.callbacks import Callback, SwapEMAWeights
from tests.conftest import TRAINING_BACKENDS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype("float32")
T = RNG.normal(size=(20, 1)).astype("float32")


@pytest.fixture(params=TRAINING_BACKENDS)
def trains(request):
    """A backend that trains, as the current one."""
    with keras.backend_scope(request.param):
        yield request.param


class Stop(Exception):
    """What a callback of these tests raises."""


class RaiseAt(Callback):
    """Raises at one moment."""

    def __init__(self, hook, number):
        super().__init__()
        setattr(self, hook, self.raise_at)
        self.number = number

    def raise_at(self, number, logs=None):
        if number == self.number:
            raise Stop


class Signalling(keras.layers.Layer):
    """Sends Ctrl-C to its own process in one of its calls."""

    at = 0
    calls = 0

    def call(self, x):
        self.calls += not isinstance(x, keras.KerasTensor)
        if self.calls and self.calls == self.at:
            signal.raise_signal(signal.SIGINT)
        return x * 1.0


def model_of(*layers, **options):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(),
            *layers,
            keras.layers.Dense(1),
        ]
    )
    if keras.backend.backend() == "tensorflow":
        # XLA compiles the steps of long calls only, and of two rows that are normalized
        # the last bit decides.
        options["jit_compile"] = False
    model.compile(keras.optimizers.Adam(0.1), "mse", **options)
    return model


def state(model):
    variables = [*model.weights, *model.optimizer.variables]
    return [np.asarray(variable.numpy()) for variable in variables]


def after(steps, **options):
    """The state after some steps that nothing disturbed."""
    model = model_of(keras.layers.Identity(), **options)
    model.fit(X[: 2 * steps], T[: 2 * steps], 2, shuffle=False, verbose=0)
    return state(model)


def assert_state(model, expected):
    for a, b in zip(state(model), expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_callback_that_raises(trains):
    model = model_of(keras.layers.Identity())
    broken = [RaiseAt("on_train_batch_end", 2)]
    with pytest.raises(Stop):
        model.fit(X, T, 2, shuffle=False, verbose=0, callbacks=broken)
    assert_state(model, after(3))
    model.fit(X, T, verbose=0)  # and it trains on


def test_averages_are_taken_out_again():
    with keras.backend_scope("torch"):
        model, again = model_of(), model_of()
        model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
        again.compile(keras.optimizers.SGD(0.1), "mse")
    broken = [SwapEMAWeights(), RaiseAt("on_test_batch_end", 0)]
    with pytest.raises(Stop):
        model.fit(
            X, T, shuffle=False, validation_data=(X, T), callbacks=broken, verbose=0
        )
    again.fit(X, T, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_ctrl_c_waits_for_the_end_of_a_step(trains):
    layer = Signalling()
    model = model_of(layer)
    # Compiled code calls layers in its first step only.
    layer.at = steps = 3 if trains == "torch" else 1
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, T, 2, shuffle=False, verbose=0)
    assert_state(model, after(steps))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_ctrl_c_in_the_other_loops(method):
    with keras.backend_scope("torch"):
        layer = Signalling()
        model = model_of(layer)
    layer.at = 3
    arguments = (X, T) if method == "evaluate" else (X,)
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(*arguments, batch_size=2, verbose=0)
    assert layer.calls == layer.at


def test_ctrl_c_between_steps_does_not_wait():
    def batches():
        yield X[:2], T[:2]
        signal.raise_signal(signal.SIGINT)
        yield X[2:4], T[2:4]

    with keras.backend_scope("torch"):
        model = model_of(keras.layers.Identity())
        with pytest.raises(KeyboardInterrupt):
            model.fit(batches(), verbose=0)
        assert_state(model, after(1))


@pytest.mark.skipif("jax" not in TRAINING_BACKENDS, reason="JAX gives values away")
def test_ctrl_c_in_a_compiled_function_keeps_variables():
    with keras.backend_scope("jax"):
        variable = keras.Variable(np.zeros((200, 200)), dtype="float32")

        @keras.jit
        def count():
            x = variable.value
            for _ in range(8):
                x = keras.ops.tanh(keras.ops.matmul(x, x))
            variable.assign_add(1.0 + 0.0 * x)

        variable.assign(0.0 * variable.value)
        count()
        timer = threading.Timer(0.02, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            while True:
                count()
        assert float(variable.numpy()[0, 0]) >= 1.0


def test_a_user_of_signals_keeps_them():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        with keras.backend_scope("torch"):
            layer = Signalling()
            model = model_of(layer)
        layer.at = 2
        model.fit(X, T, 2, verbose=0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]


def test_other_threads_train_too():
    losses = []
    with keras.backend_scope("torch"):
        model = model_of()

    def train():
        losses.extend(model.fit(X, T, verbose=0).history["loss"])

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert len(losses) == 1


@pytest.mark.parametrize("part", ["training", "validation"])
def test_workers_end_with_the_loop(part):
    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__(workers=2)

        def __len__(self):
            return 50

        def __getitem__(self, index):
            return X[:2], T[:2]

    data = {"training": (Batches(), None), "validation": ((X, T), Batches())}[part]
    x, validation = data
    with keras.backend_scope("torch"):
        model = model_of()
    hook = "on_train_batch_end" if part == "training" else "on_test_batch_end"
    arguments = {"x": x} if part == "training" else {"x": X, "y": T}
    try:
        model.fit(
            **arguments,
            validation_data=validation,
            callbacks=[RaiseAt(hook, 0)],
            verbose=0,
        )
    except Stop as error:  # which holds the frames, and so what they hold
        names = [thread.name for thread in threading.enumerate()]
        assert error is not None
    assert not [name for name in names if name.startswith("keras-data")]
