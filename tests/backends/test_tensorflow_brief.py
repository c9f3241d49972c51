"""On a CPU XLA compiles the steps of long calls of `fit`, not those of brief ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras.training.run import LONG
from tests.conftest import BACKENDS

pytestmark = pytest.mark.skipif(
    "tensorflow" not in BACKENDS, reason="TensorFlow is not tested"
)

X, Y = np.ones((32, 3), "float32"), np.zeros((32, 2), "float32")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each function that is traced, whether XLA compiles it."""
    from keras.backends.tensorflow import transforms

    seen: list[bool] = []

    class Seen(transforms._Traced):
        def __init__(self, function: Any, xla: bool) -> None:
            seen.append(xla)
            super().__init__(function, xla)

    monkeypatch.setattr(transforms, "_Traced", Seen)
    return seen


@pytest.fixture
def model() -> Any:
    with keras.backend_scope("tensorflow"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("batch", "epochs", "xla"),
    [(32, 1, False), (32, LONG - 1, False), (32, LONG, True), (32 // LONG, 1, True)],
)
def test_the_steps_of_all_epochs_count(
    compiled: list[bool], model: Any, batch: int, epochs: int, xla: bool
) -> None:
    model.fit(X, Y, batch_size=batch, epochs=epochs, verbose=0)
    assert compiled
    assert set(compiled) == {xla}


def test_each_call_is_looked_at(compiled: list[bool], model: Any) -> None:
    short = model.predict(X[:4], verbose=1)
    assert compiled == [False]
    long = model.predict(X, batch_size=4, verbose=0)
    assert compiled == [False, True]
    model.predict(X[:4], verbose=1)
    assert compiled == [False, True]  # which it has kept
    np.testing.assert_allclose(short, long[:4], rtol=1e-6)


def test_data_without_an_end_and_single_batches_are_long(
    compiled: list[bool], model: Any
) -> None:
    model.fit(((X, Y) for _ in range(2)), epochs=1, verbose=0)
    model.train_on_batch(X, Y)
    assert compiled
    assert all(compiled)


@pytest.mark.parametrize("jit_compile", [True, False])
def test_what_was_asked_for_counts(
    compiled: list[bool], model: Any, jit_compile: bool
) -> None:
    model.compile("sgd", "mse", jit_compile=jit_compile)
    assert model.jit_compile is jit_compile
    model.fit(X, Y, verbose=0)
    model.fit(X, Y, batch_size=2, verbose=0)
    assert set(compiled) == {jit_compile}
