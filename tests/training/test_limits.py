"""`KERAS_MAX_EPOCHS` and its like end every loop early, however the data comes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

import keras

X, Y = np.ones((12, 2), "float32"), np.ones((12, 1), "float32")


class Counts(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = self.train = self.test = self.predict = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs += 1

    def on_train_batch_end(self, batch, logs=None):
        self.train += 1

    def on_test_batch_end(self, batch, logs=None):
        self.test += 1

    def on_predict_batch_end(self, batch, logs=None):
        self.predict += 1


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return X[:2], Y[:2]


@pytest.fixture
def limits():
    keras.config.set_max_epochs(2)
    keras.config.set_max_steps_per_epoch(4)
    yield
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def endless():
    return itertools.repeat((X[:2], Y[:2]))


def model_of():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("x", "options", "steps"),
    [
        (X, {"y": Y, "batch_size": 2}, 8),
        (X, {"y": Y, "batch_size": 2, "steps_per_epoch": 3}, 6),
        (X, {"y": Y, "batch_size": 6}, 4),
        (Batches(workers=2), {}, 8),
        (endless(), {}, 8),
        (endless(), {"steps_per_epoch": 9}, 8),
    ],
    ids=["array", "fewer steps", "shorter", "dataset", "endless", "more steps"],
)
def test_fit(limits, x, options, steps):
    with keras.backend_scope("torch"):
        counts = Counts()
        history = model_of().fit(x, epochs=5, verbose=0, callbacks=[counts], **options)
    assert (counts.epochs, counts.train) == (2, steps)
    assert history.epoch == [0, 1]


def test_validation_evaluate_and_predict(limits, backend):
    model, counts = model_of(), Counts()
    if backend != "numpy":
        arguments = {"validation_data": (X, Y), "validation_batch_size": 2}
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[counts], **arguments)
        assert counts.test == 8
        counts.test = 0
    model.evaluate(X, Y, batch_size=2, verbose=0, callbacks=[counts])
    result = model.predict(X, batch_size=2, verbose=0, callbacks=[counts])
    assert (counts.test, counts.predict, len(result)) == (4, 4, 8)
    assert len(model.predict(endless(), verbose=0)) == 8


def test_the_environment_sets_them():
    program = "import keras; print(keras.config.max_epochs(), end=' ')"
    program += "; print(keras.config.max_steps_per_epoch())"
    settings = {"KERAS_MAX_EPOCHS": "3", "KERAS_MAX_STEPS_PER_EPOCH": "7"}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["3", "7"]


@pytest.mark.parametrize("value", [-1, 2.5, "3"])
def test_limits_are_whole_numbers(value):
    with pytest.raises(ValueError, match="`max_epochs` must be a whole number"):
        keras.config.set_max_epochs(value)
