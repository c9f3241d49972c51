"""`train_on_batch` and `test_on_batch` in one program: reset, step and results."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

RNG = np.random.default_rng(8)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = RNG.integers(0, 2, 12).astype("int32")


class Counting(keras.metrics.Metric):
    """A metric of a user's, which does more in `reset_state` than clear its state."""

    def __init__(self, name: str = "counting") -> None:
        super().__init__(name=name)
        self.rows = self.add_weight(name="rows")
        self.resets = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.rows.assign_add(float(y_pred.shape[0]))

    def result(self) -> Any:
        return self.rows + 0.0

    def reset_state(self) -> None:
        self.resets += 1
        self.rows.assign(0.0)


def small(*metrics: Any, **options: Any) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activity_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    draws = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(draws.uniform(0.5, 1.5, variable.shape))
    loss = "sparse_categorical_crossentropy"
    model.compile("sgd", loss, metrics=["accuracy", *metrics], **options)
    return model


def results_of(model: keras.Model) -> list[Any]:
    found = []
    for start in (0, 4, 8, 0):
        batch = X[start : start + 4], Y[start : start + 4]
        weights = np.linspace(0.5, 1, 4, dtype="float32")
        found.append(model.train_on_batch(*batch, sample_weight=weights))
        found.append(list(model.test_on_batch(*batch, return_dict=True).values()))
    return [np.array(each) for each in found] + model.get_weights()


def frozen_in_turn(model: keras.Model) -> list[Any]:
    for _ in range(3):
        for trainable in (True, False):
            model.layers[0].trainable = trainable
            model.train_on_batch(X[:4], Y[:4])
    return model.get_weights()


def fitted(model: keras.Model) -> list[Any]:
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    return results_of(model)


@lru_cache
def in_plain_steps(run: Callable[[keras.Model], list[Any]]) -> list[Any]:
    """What is to come out, of steps that nothing compiles."""
    with keras.backend_scope("numpy"):
        return run(small(run_eagerly=True))


def assert_alike(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def was_alone(function: Any) -> bool:
    return function.alone is not None and function.alone._step.is_compiled


@pytest.fixture
def compiles(training_backend: str) -> bool:
    return training_backend in ("jax", "tensorflow")


def test_results_are_those_of_a_plain_step(compiles: bool) -> None:
    model = small()
    assert_alike(results_of(model), in_plain_steps(results_of))
    for function in (model.train_function, model.test_function):
        assert was_alone(function) is compiles
    # Metrics hold the batch, and the next one starts anew.
    model.train_on_batch(X[:4], Y[:4])
    assert model.metrics[0].count == 4.0


def test_after_fit_its_program_serves(training_backend: str) -> None:
    model = small()
    assert_alike(fitted(model), in_plain_steps(fitted))
    assert not was_alone(model.train_function)


def test_metrics_that_do_more_when_they_start_anew(training_backend: str) -> None:
    counting = Counting()
    model = small(counting)
    for calls in range(1, 4):
        assert model.train_on_batch(X[:4], Y[:4])[-1] == 4.0
        assert counting.resets == calls


def test_freezing_in_turn(training_backend: str) -> None:
    assert_alike(frozen_in_turn(small()), in_plain_steps(frozen_in_turn))


def test_errors_name_what_does_not_fit(training_backend: str) -> None:
    model = small()
    with pytest.raises(ValueError, match="12.*11|11.*12"):
        model.train_on_batch(X, Y[:11])
    assert ops.convert_to_numpy(model.optimizer.iterations) == 0
    model.train_on_batch(X, Y)
    assert ops.convert_to_numpy(model.optimizer.iterations) == 1
