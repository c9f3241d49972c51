"""A load draws no random numbers for what the file holds, and does for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras


class Drawn(keras.initializers.RandomUniform):
    """Counts what it draws."""

    count = 0

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        Drawn.count += 1
        return super().__call__(shape, dtype)


class OwnHook(keras.layers.Layer):
    """Reads one of its two weights from the file."""

    def build(self, input_shape: Any) -> None:
        start = Drawn(1.0, 2.0, seed=1)
        self.read = self.add_weight((2,), start, name="read")
        self.fixed = self.add_weight((2,), start, trainable=False, name="fixed")

    def call(self, x: Any) -> Any:
        return x * self.read * self.fixed

    def save_own_variables(self, store: Any) -> None:
        store["read"] = self.read.numpy()

    def load_own_variables(self, store: Any) -> None:
        self.read.assign(store["read"])


class Hidden(keras.layers.Layer):
    """Has a weight of which no file knows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        hidden = keras.Variable(Drawn(1.0, 2.0, seed=2), shape=(2,))
        self._apart = lambda: hidden

    def call(self, x: Any) -> Any:
        return x + self._apart()


def load(path: Path) -> Any:
    Drawn.count = 0
    own = {cls.__name__: cls for cls in (Drawn, OwnHook, Hidden)}
    return keras.saving.load_model(path, custom_objects=own)


@pytest.mark.parametrize("zipped", [True, False])
def test_drawn_only_where_needed(zipped: bool, tmp_path: Path, backend: str) -> None:
    start = [keras.Input((2,)), keras.layers.Dense(2, kernel_initializer=Drawn(seed=3))]
    model = keras.Sequential([*start, OwnHook()])
    path = tmp_path / ("a.keras" if zipped else "a")
    model.layers[1].read.assign([5.0, 6.0])
    model.save(path, zipped=zipped)
    loaded = load(path)
    assert Drawn.count == 2  # the two weights of the hook
    for one, other in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert loaded.layers[1].fixed.numpy().min() >= 1.0


def test_what_no_file_knows(tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((2,)), Hidden()])
        model.save(tmp_path / "a.keras")
        loaded = load(tmp_path / "a.keras")
        x = np.zeros((1, 2), "float32")
        np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
        assert loaded.predict(x).min() >= 1.0
