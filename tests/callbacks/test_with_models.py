"""Callbacks that reach into a model, with real models on every backend that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.callbacks import BackupAndRestore, Callback, SwapEMAWeights

_random = np.random.default_rng(0)
X = _random.standard_normal((32, 3)).astype("float32")
Y = X.sum(-1, keepdims=True)


def model(optimizer: Any = None) -> Any:
    """A model whose first weights are always the same; built by `fit`."""
    made = keras.Sequential(
        [
            keras.layers.Dense(
                4, activation="tanh", kernel_initializer=keras.initializers.Ones()
            ),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(0.3)),
        ]
    )
    made.compile(optimizer or keras.optimizers.Adam(0.02), "mse")
    return made


class Crash(RuntimeError):
    """Stands for the end of a process."""


class DieAt(Callback):
    """Raises at the start of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch
        self.seen: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.seen.append(epoch)
        if epoch == self.epoch:
            raise Crash


def fit(made: Any, *callbacks: Callback, epochs: int = 5) -> Any:
    return made.fit(
        X, Y, 8, epochs, shuffle=False, verbose=0, callbacks=list(callbacks)
    )


@pytest.mark.parametrize("save_freq", ["epoch", 4])
def test_training_goes_on_where_it_broke_off(
    training_backend: str, tmp_path: Path, save_freq: Any
) -> None:
    whole = model()
    fit(whole)
    with pytest.raises(Crash):
        fit(model(), BackupAndRestore(tmp_path / "b", save_freq=save_freq), DieAt(3))
    resumed, seen = model(), DieAt(99)
    history = fit(resumed, BackupAndRestore(tmp_path / "b", save_freq=save_freq), seen)
    # What the callbacks had seen before counts.
    assert seen.seen == list(range(5)) == history.epoch
    assert int(resumed.optimizer.iterations) == int(whole.optimizer.iterations)
    for mine, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    assert not (tmp_path / "b").exists()


def test_a_training_that_was_done_starts_anew(
    training_backend: str, tmp_path: Path
) -> None:
    made, seen = model(), DieAt(99)
    for _ in range(2):
        fit(made, BackupAndRestore(tmp_path / "b"), seen, epochs=2)
    fit(made, seen, epochs=2)
    assert seen.seen == [0, 1] * 3


def test_a_backup_of_all_epochs_leaves_nothing_to_do(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        callback = BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
        made, seen = model(), DieAt(99)
        fit(made, callback, epochs=2)
        fit(made, callback, seen, epochs=2)
        assert seen.seen == []
        fit(made, callback, seen, epochs=3)
        assert seen.seen == [2]


def averages(made: Any) -> list[np.ndarray]:
    return [v.numpy().copy() for v in made.optimizer._keras_averages]


def weights(made: Any) -> list[np.ndarray]:
    return [v.numpy().copy() for v in made.trainable_variables]


def differ(a: Any, b: Any) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True))


def with_average() -> Any:
    return model(keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9))


class Notes(Callback):
    """The weights and averages at the start and end of each test."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        self.inside.append((weights(self.model), averages(self.model)))


def test_evaluation_sees_the_averages(training_backend: str) -> None:
    made = with_average()
    fit(made, epochs=2)
    # What `fit` leaves are the averages; one more step parts the two.
    made.train_on_batch(X, Y)
    trained, average = weights(made), averages(made)
    assert differ(trained, average) > 1e-4
    plain = made.evaluate(X, Y, verbose=0)
    swapped = made.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
    assert abs(plain - swapped) > 1e-6
    assert differ(weights(made), trained) == 0
    assert differ(averages(made), average) == 0
    predicted = made.predict(X, verbose=0, callbacks=[SwapEMAWeights()])
    assert np.mean((predicted - Y) ** 2) == pytest.approx(swapped, rel=1e-4)
    assert differ(weights(made), trained) == 0


def test_validation_sees_the_averages_and_training_does_not(
    training_backend: str,
) -> None:
    made, same, notes = with_average(), with_average(), Notes()
    made.fit(
        X,
        Y,
        8,
        3,
        shuffle=False,
        verbose=0,
        validation_data=(X, Y),
        callbacks=[SwapEMAWeights(), notes],
    )
    same.fit(X, Y, 8, 3, shuffle=False, verbose=0)
    assert differ(weights(made), weights(same)) < 1e-5
    assert len(notes.inside) == 3
    for model_weights, kept in notes.inside:
        assert differ(model_weights, kept) > 1e-5


def test_swapping_between_epochs(training_backend: str) -> None:
    made, same = with_average(), with_average()
    fit(made, SwapEMAWeights(swap_on_epoch=True), epochs=3)
    fit(same, epochs=3)
    # After the last epoch the averages are in the model, as without the callback.
    assert differ(weights(made), weights(same)) < 1e-5


def test_swapping_needs_an_average(training_backend: str) -> None:
    made = model()
    fit(made, epochs=1)
    with pytest.raises(ValueError, match="use_ema=True"):
        made.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
