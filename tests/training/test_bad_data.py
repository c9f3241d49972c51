"""Data that cannot be trained on: a clear error, and the model as after its last
finished step. No worker goes on."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import callbacks as kc
from keras import layers

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X.sum(1, keepdims=True)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def net(loss: Any = "mse", units: int = 1) -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units, name="out")])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
    return model


def state(model: Any) -> list[np.ndarray]:
    return [v.numpy() for v in (*model.weights, *model.optimizer.variables)]


def check_is_as_after(model: Any, steps: int) -> None:
    """The state is that of an undisturbed training of some steps of two samples."""
    expected = net()
    if steps:
        data = (X[: 2 * steps], Y[: 2 * steps])
        expected.fit(*data, batch_size=2, shuffle=False, verbose=0)
    for a, b in zip(state(model), state(expected), strict=bool(steps)):
        np.testing.assert_allclose(a, b, rtol=1e-6)


Arguments = tuple[tuple[Any, ...], dict[str, Any]]
# What is passed to `fit`, and what the error says.
REFUSED: dict[str, tuple[Callable[[], Arguments], str]] = {
    "fewer targets": (
        lambda: ((X, Y[:5]), {}),
        r"same number.*x: \(8, 3\), y: \(5, 1\)",
    ),
    "fewer weights": (
        lambda: ((X, Y), {"sample_weight": np.ones(5)}),
        r"same number.*sample_weight: \(5,\)",
    ),
    "fewer targets to validate": (
        lambda: ((X, Y), {"validation_data": (X, Y[:3])}),
        r"same number.*y: \(3, 1\)",
    ),
    "no samples": (lambda: ((X[:0], Y[:0]), {}), "no samples.*At least one"),
    "no array": (lambda: (([], []), {}), "`x` holds no array"),
    "no batch": (lambda: ((iter([]),), {}), "GeneratorSource holds no batch.*consumed"),
    "no samples to validate": (
        lambda: ((X, Y), {"validation_data": (X[:0], Y[:0])}),
        "no samples",
    ),
    "no targets": (lambda: ((X,), {}), "(?s)`y` does not fit.*y=None"),
    "two inputs": (lambda: (([X, X], Y), {}), "expects 1 input.*Received 2"),
    "two targets": (lambda: ((X, [Y, Y]), {}), "`y` does not fit the outputs"),
    "unknown output": (
        lambda: ((X, {"z": Y}), {}),
        r"(?s)does not fit.*\['out'\].*'z'",
    ),
    "four parts": (lambda: ((iter([(X, Y, Y, Y)]),), {}), "tuple of 4 elements"),
    "four parts to validate": (
        lambda: ((X, Y), {"validation_data": (X, Y, Y, Y)}),
        "tuple of 4 elements",
    ),
    "class weights in a list": (
        lambda: ((X, Y), {"class_weight": [1.0, 2.0]}),
        r"must map class numbers.*\[1.0, 2.0\]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_a_step(training_backend: str, case: str) -> None:
    arguments, text = REFUSED[case]
    positional, named = arguments()
    model = net()
    with pytest.raises(ValueError, match=text):
        model.fit(*positional, verbose=0, **named)
    check_is_as_after(model, 0)


def test_unequal_lengths_on_one_batch(training_backend: str) -> None:
    model = net()
    for method in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match=r"same number.*x: \(8, 3\), y: \(5, 1\)"):
            method(X, Y[:5])
    check_is_as_after(model, 0)


# Labels -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [3, -1, float("nan")])
def test_class_numbers_that_no_output_has(backend: str, number: float) -> None:
    labels: Any = np.array([*LABELS[:-1], number])
    text = rf"class numbers from 0 to 2.*Received in `y`: {number}.* at \[7\]"
    by_class = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for loss in ("sparse_categorical_crossentropy", by_class):
        model = net(loss, 3)
        with pytest.raises(ValueError, match=text):
            model.evaluate(X, labels, verbose=0)
    if backend != "numpy":
        model = net("crossentropy", 3)
        with pytest.raises(ValueError, match=text):
            model.fit(X, labels, verbose=0)
        with pytest.raises(ValueError, match=text):
            model.fit(X, LABELS, validation_data=(X, labels), verbose=0)


def test_class_numbers_that_are_left_out(backend: str) -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model, labels = net(loss, 3), np.array([*LABELS[:-1], -1])
    expected = model.evaluate(X[:-1], LABELS[:-1], verbose=0)
    assert model.evaluate(X, labels, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_class_numbers_of_one_of_two_outputs(backend: str) -> None:
    inputs = keras.Input((3,))
    outputs = {"a": layers.Dense(3)(inputs), "b": layers.Dense(1)(inputs)}
    model = keras.Model(inputs, outputs)
    losses = {"a": "sparse_categorical_crossentropy", "b": "mse"}
    model.compile("sgd", losses)
    model.evaluate(X, {"a": LABELS, "b": Y + 5}, verbose=0)
    with pytest.raises(ValueError, match=r"0 to 2.*`y`: 4 at \[0\]"):
        model.evaluate(X, {"a": LABELS + 4, "b": Y}, verbose=0)


def test_targets_that_are_no_numbers(training_backend: str) -> None:
    targets = np.where(Y > 0, Y, np.nan)
    model = net()
    text = "loss is NaN since epoch 1.*targets `y` hold NaN.*find_nonfinite"
    with pytest.warns(UserWarning, match=text):
        history = model.fit(X, targets, epochs=2, verbose=0)
    assert np.isnan(history.history["loss"]).all()
    with pytest.warns(UserWarning, match="NaN since epoch 1. `keras.debug"):
        net().fit(X * np.nan, Y, verbose=0)


# Sources that break down --------------------------------------------------------------


class Broken(keras.utils.PyDataset):
    """Its third batch is none."""

    def __init__(self, die: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.die = die

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        if index == 2 and self.die:
            os._exit(3)
        if index == 2:
            raise KeyError("no row for batch 2")
        rows = slice(2 * index, 2 * index + 2)
        return X[rows], Y[rows]


def dying() -> Any:
    yield X[:2], Y[:2]
    yield X[2:4], Y[2:4]
    raise KeyError("no row for batch 2")


@pytest.mark.parametrize("kind", ["generator", "dataset", "threads"])
def test_data_that_dies(training_backend: str, kind: str) -> None:
    data = dying() if kind == "generator" else Broken(workers=1 + (kind == "threads"))
    model = net()
    with pytest.raises(KeyError, match="no row for batch 2"):
        model.fit(data, shuffle=False, verbose=0)
    check_is_as_after(model, 2)
    assert not [t for t in threading.enumerate() if t.name.startswith("keras-data")]


@pytest.mark.parametrize("die", [False, True])
def test_processes_that_die(die: bool) -> None:
    expected: Any = RuntimeError if die else KeyError
    text = "A worker process of the Broken ended" if die else "no row for batch 2"
    with keras.backend_scope("torch"):
        model = net()
        with pytest.raises(expected, match=text):
            data = Broken(die, workers=2, use_multiprocessing=True, max_queue_size=1)
            model.fit(data, shuffle=False, verbose=0)
        check_is_as_after(model, 2)
    assert not multiprocessing.active_children()


def test_a_generator_that_ends_early(training_backend: str) -> None:
    model = net()
    batches = iter([(X[:2], Y[:2]), (X[2:4], Y[2:4])])
    with pytest.warns(UserWarning, match="ended after 2 of 3 steps"):
        model.fit(batches, steps_per_epoch=3, verbose=0)
    check_is_as_after(model, 2)


# Callbacks ----------------------------------------------------------------------------


def checkpoints(folder: Path) -> dict[str, Any]:
    return {
        "model": kc.ModelCheckpoint(folder / "m.keras", save_freq=2),
        "weights": kc.ModelCheckpoint(
            folder / "m.weights.h5", save_weights_only=True, save_freq=2
        ),
        "backup": kc.BackupAndRestore(folder / "b", save_freq=2),
    }


@pytest.mark.parametrize("kind", ["model", "weights", "backup"])
def test_a_full_disk_at_a_checkpoint(
    training_backend: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error reaches the user, no half a file stays, and the model trains on."""
    model = net()

    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            model.fit(
                X,
                Y,
                batch_size=2,
                shuffle=False,
                verbose=0,
                callbacks=[checkpoints(tmp_path)[kind]],
            )
    check_is_as_after(model, 2)
    assert not list(tmp_path.rglob("*.keras"))
    model.fit(X, Y, batch_size=2, verbose=0, callbacks=[checkpoints(tmp_path)[kind]])


@pytest.mark.parametrize(
    "make",
    [kc.EarlyStopping, kc.ReduceLROnPlateau, kc.ModelCheckpoint],
    ids=lambda cls: cls.__name__,
)
def test_names_of_metrics_that_there_are_not(make: Any, tmp_path: Path) -> None:
    options: dict[str, Any] = {"monitor": "val_loss"}
    if make is kc.ModelCheckpoint:
        options |= {"filepath": tmp_path / "m.keras", "save_best_only": True}
    with keras.backend_scope("torch"):
        text = f"{make.__name__} .*'val_loss'.*Available: loss.*validation_data"
        with pytest.warns(UserWarning, match=text):
            net().fit(X, Y, verbose=0, callbacks=[make(**options)])
        options["monitor"] = "val_lss"
        text = f"{make.__name__} monitors 'val_lss'.*name of a metric.*Known here: loss"
        model, chosen = net(), [make(**options)]
        with pytest.raises(ValueError, match=text):
            model.fit(X, Y, 2, shuffle=False, verbose=0, callbacks=chosen)
        check_is_as_after(model, 4)
