"""Nothing grows: batches, steps and whole models leave nothing behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.utils import PyDataset
from tests.conftest import resident

X = np.random.default_rng(0).standard_normal((64, 8)).astype("float32")
Y = X[:, :1].copy()
MIB = 2**20


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def make(width: int = 8) -> Any:
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(width, "relu"), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Only reference counts free memory: a cycle keeps what it holds."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def growth(work: Callable[[], Any], rounds: int, warm: int) -> int:
    """Python objects that `rounds` of work leave behind, after some to warm up."""
    for _ in range(warm):
        work()
    before = objects()
    for _ in range(rounds):
        work()
    return objects() - before


# 200 rounds ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict_on_batch", "predict", "__call__"])
def test_rounds_of_prediction(backend: str, method: str) -> None:
    model = make()
    call = getattr(model, method)
    options = {"verbose": 0} if method == "predict" else {}
    assert growth(lambda: call(X, **options), 200, 10) < 50


def test_rounds_of_training_steps(framework_backend: str) -> None:
    model = make()
    model.train_on_batch(X, Y)
    assert growth(lambda: model.train_on_batch(X, Y), 200, 10) < 50
    assert growth(lambda: model.fit(X, Y, batch_size=64, verbose=0), 20, 5) < 100


@pytest.mark.skipif(not resident(), reason="reads /proc")
def test_large_batches_do_not_pile_up(backend: str) -> None:
    """200 outputs of 1 MiB each would show."""
    model = keras.Sequential([keras.Input((8,)), layers.Dense(256)])
    batch = np.ones((1024, 8), "float32")
    for _ in range(20):
        model.predict_on_batch(batch)
    before = resident()
    for _ in range(200):
        model.predict_on_batch(batch)
    assert resident() - before < 32 * MIB


@pytest.mark.skipif(not resident(), reason="reads /proc")
def test_rounds_of_build_fit_delete(framework_backend: str) -> None:
    """Large weights, so that one model kept would be seen: 8 MiB and its slots."""
    quick = framework_backend == "torch"

    def work() -> None:
        model = keras.Sequential([keras.Input((1024,)), layers.Dense(2048)])
        # Compiled programs are the frameworks' own to free: TensorFlow keeps those that
        # XLA made, also of functions written by hand.
        model.compile("sgd", "mse", run_eagerly=not quick)
        model.fit(
            np.ones((8, 1024), "float32"), np.ones((8, 2048), "float32"), verbose=0
        )
        model.predict_on_batch(np.ones((1, 1024), "float32"))
        del model
        gc.collect()

    gc.collect()
    for _ in range(3):
        work()
    before = resident()
    for _ in range(200 if quick else 20):
        work()
    assert resident() - before < 64 * MIB


def test_deleted_models_are_gone(training_backend: str) -> None:
    """Weights, optimizer and compiled functions go with the model."""

    def build_and_forget() -> list[weakref.ref[Any]]:
        model = make()
        model.fit(X, Y, epochs=2, batch_size=32, verbose=0, validation_data=(X, Y))
        model.evaluate(X, Y, verbose=0)
        model.predict(X, verbose=0)
        model(X)
        held = [
            model,
            model.optimizer,
            model.layers[0],
            *model.weights,
            *model.optimizer.variables,
        ]
        return [weakref.ref(each) for each in held]

    refs = build_and_forget()
    keras.backend.clear_session()
    gc.collect()
    alive = [ref() for ref in refs if ref() is not None]
    assert not alive


def test_models_deleted_without_clear_session(training_backend: str) -> None:
    def build_and_forget() -> weakref.ref[Any]:
        model = make()
        model.fit(X, Y, verbose=0)
        return weakref.ref(model)

    refs = [build_and_forget() for _ in range(3)]
    gc.collect()
    assert [ref() for ref in refs] == [None, None, None]


# Batches ------------------------------------------------------------------------------


class Watched(np.ndarray):
    """An array that can be watched going."""


def watched(array: np.ndarray, refs: list[Any]) -> np.ndarray:
    copy = array.copy().view(Watched)
    refs.append(weakref.ref(copy))
    return copy


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_batches_go_with_their_last_reference(
    training_backend: str, method: str
) -> None:
    model, refs = make(), []
    for _ in range(4):
        x, y = watched(X, refs), watched(Y, refs)
        getattr(model, method)(x, y)
        del x, y
    assert [ref() for ref in refs] == [None] * 8


@pytest.mark.usefixtures("no_gc")
def test_batches_of_prediction_go(backend: str) -> None:
    model, refs = make(), []
    for method in ("predict_on_batch", "__call__", "predict"):
        for _ in range(3):
            x = watched(X, refs)
            outputs = getattr(model, method)(x)
            del x, outputs
    assert [ref() for ref in refs] == [None] * 9


@pytest.mark.usefixtures("no_gc")
def test_batches_of_fit_go(training_backend: str) -> None:
    """While fit runs, no more than a few batches are alive."""
    refs: list[Any] = []
    alive: list[int] = []

    class Data(PyDataset):
        def __len__(self) -> int:
            return 12

        def __getitem__(self, index: int) -> Any:
            alive.append(sum(ref() is not None for ref in refs))
            return watched(X, refs), Y

    model = make()
    model.fit(Data(), epochs=2, verbose=0)
    assert [ref() for ref in refs if ref() is not None] == []
    assert max(alive) <= 3


@pytest.mark.usefixtures("no_gc")
def test_outputs_go_with_their_last_reference(training_backend: str) -> None:
    """The framework's own tensors, a custom loop's gradients and losses."""
    model = make()
    dense = model.layers[-1]

    def loss(x: Any) -> Any:
        return keras.ops.mean(model(x, training=True) ** 2)

    step = keras.value_and_grad(loss, None)
    refs = []
    for _ in range(3):
        value, grads = step(keras.ops.convert_to_tensor(X))
        outputs = dense(keras.ops.ones((4, 8)))
        made = (value, grads, outputs)  # numbers of NumPy take no references
        refs += [weakref.ref(x) for x in made if not isinstance(x, np.generic)]
        del value, grads, outputs, made
    assert len(refs) > 5
    assert [ref() for ref in refs] == [None] * len(refs)


def test_histories_hold_numbers_only(training_backend: str) -> None:
    model = make()
    history = model.fit(X, Y, epochs=3, verbose=0).history
    assert all(type(v) is float for values in history.values() for v in values)
