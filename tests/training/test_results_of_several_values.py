"""Results of several values come as NumPy arrays, whatever the backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

X = np.ones((4, 2), "float32")
Y = np.eye(2, dtype="float32")[[0, 1, 0, 1]]


class Steps(keras.metrics.Metric):
    """Its result is its state itself."""

    def __init__(self, name: str = "steps") -> None:
        super().__init__(name=name)
        self.count = self.add_weight(shape=(2,), initializer="zeros", name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.count.assign_add([1.0, 2.0])

    def result(self) -> Any:
        return self.count.value


class Listener(keras.callbacks.Callback):
    """Keeps the logs of batches and epochs."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.kept.append(logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.kept.append(logs)


def test_arrays_that_stay(training_backend: str) -> None:
    model = keras.Sequential([keras.layers.Dense(2)])
    f1 = keras.metrics.F1Score(average=None, name="f1")
    model.compile("sgd", "mse", metrics=[f1, Steps()])
    listener = Listener()
    history = model.fit(
        X,
        Y,
        batch_size=2,
        verbose=0,
        epochs=2,
        validation_data=(X, Y),
        callbacks=[listener],
    ).history
    for name in ("f1", "steps", "val_f1", "val_steps"):
        for value in history[name]:
            assert type(value) is np.ndarray and value.shape == (2,)
    assert [x.tolist() for x in history["steps"]] == [[2.0, 4.0]] * 2
    for logs in listener.kept:
        assert type(logs["loss"]) is float and type(logs["steps"]) is np.ndarray
    counts = [logs["steps"].tolist() for logs in listener.kept]
    assert counts == [[1.0, 2.0], [2.0, 4.0], [2.0, 4.0]] * 2
    for results in (
        model.evaluate(X, Y, verbose=0),
        model.train_on_batch(X, Y),
        model.test_on_batch(X, Y),
    ):
        assert list(map(type, results)) == [float, np.ndarray, np.ndarray]
    results[2][:] = 7.0
    assert ops.convert_to_numpy(model.metrics[1].metrics[1].result()).max() < 7.0
    named = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert {name: type(value) for name, value in named.items()} == {
        "f1": np.ndarray,
        "loss": float,
        "steps": np.ndarray,
    }


class Counter(Steps):
    """Its result is a Variable."""

    def result(self) -> Any:
        return self.count


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_kept_logs_show_their_own_batch(
    run_eagerly: bool, training_backend: str
) -> None:
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=[Counter()], run_eagerly=run_eagerly)
    listener = Listener()
    model.fit(X, Y, batch_size=2, verbose=0, callbacks=[listener])
    counts = [logs["steps"].tolist() for logs in listener.kept]
    assert counts == [[1.0, 2.0], [2.0, 4.0], [2.0, 4.0]]


class Watcher(keras.callbacks.Callback):
    """Keeps the outputs that `predict` tells of."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.kept.append(logs["outputs"])


def test_outputs_that_predict_tells_of(backend: str) -> None:
    inputs = keras.Input((2,))
    wide, narrow = keras.layers.Dense(3)(inputs), keras.layers.Dense(1)(inputs)
    for outputs in (wide, [wide, narrow], {"a": narrow}):
        watcher = Watcher()
        model = keras.Model(inputs, outputs)
        found = model.predict(X, batch_size=2, verbose=0, callbacks=[watcher])
        kept = [keras.tree.flatten(each) for each in watcher.kept]
        for parts, whole in zip(
            zip(*kept, strict=True), keras.tree.flatten(found), strict=True
        ):
            assert all(type(part) is np.ndarray for part in parts)
            np.testing.assert_array_equal(np.concatenate(parts), whole)
