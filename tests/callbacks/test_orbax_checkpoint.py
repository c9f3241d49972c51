"""Checkpoints written with orbax, and read again by `load_model` and `load_weights`."""

from __future__ import annotations

import os

import numpy as np
import pytest

import keras
from keras import callbacks, layers

_X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
_Y = np.linspace(0, 1, 8, dtype="float32")[:, None]


def _model(compiled=True):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((3,), name="x"),
            layers.Dense(4, "relu", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(1, name="out"),
        ],
        name="small",
    )
    if compiled:
        model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return model


def _fit(model, callback, epochs=3, **options):
    model.fit(
        _X, _Y, 2, epochs, verbose=0, shuffle=False, callbacks=[callback], **options
    )


def _numbers(folder):
    return sorted(int(name) for name in os.listdir(folder))


def test_a_training_goes_on_from_a_checkpoint(training_backend, tmp_path):
    whole = _model()
    _fit(whole, callbacks.Callback(), epochs=4)
    model = _model()
    _fit(model, callbacks.OrbaxCheckpoint(tmp_path), epochs=2)
    assert _numbers(tmp_path) == [1]
    loaded = keras.saving.load_model(tmp_path)
    _fit(loaded, callbacks.Callback(), epochs=2)
    for got, expected in zip(loaded.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(got.numpy(), expected.numpy())
    other = _model(compiled=False)
    other.load_weights(tmp_path / "1")
    np.testing.assert_array_equal(other.predict(_X), model.predict(_X))


@pytest.mark.parametrize("background", [True, False])
def test_the_newest_are_kept_by_batches(tmp_path, background):
    with keras.backend_scope("torch"):
        callback = callbacks.OrbaxCheckpoint(
            tmp_path,
            save_freq=3,
            max_to_keep=2,
            save_on_background=background,
            save_weights_only=True,
        )
        model = _model()
        _fit(model, callback)
        callback.wait_until_finished()
        assert _numbers(tmp_path) == [9, 12]
        with pytest.raises(ValueError, match="holds weights only"):
            keras.saving.load_model(tmp_path)
        other = _model(compiled=False)
        other.load_weights(tmp_path)
        np.testing.assert_array_equal(other.predict(_X), model.predict(_X))
        assert callback.is_primary_host() and not callback.is_multihost_enabled()


def test_only_the_best_is_saved(tmp_path, capsys):
    with keras.backend_scope("torch"):
        model = _model()
        callback = callbacks.OrbaxCheckpoint(
            tmp_path, "loss", save_best_only=True, initial_value_threshold=-1, verbose=1
        )
        _fit(model, callback)
    assert os.listdir(tmp_path) == []
    assert "loss did not improve from -1.0" in capsys.readouterr().out


def test_another_architecture_is_refused_and_nothing_changes(tmp_path):
    with keras.backend_scope("torch"):
        _fit(_model(), callbacks.OrbaxCheckpoint(tmp_path), epochs=1)
        other = keras.Sequential([keras.Input((3,)), layers.Dense(5, name="out")])
        before = other.get_weights()
        with pytest.raises(ValueError, match="hidden|Dense|layers"):
            other.load_weights(tmp_path)
    for got, expected in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_vocabularies_come_along(tmp_path):
    with keras.backend_scope("torch"):
        lookup = layers.StringLookup(vocabulary=["a", "b"])
        model = keras.Sequential(
            [keras.Input((1,), dtype="string"), lookup, layers.Embedding(4, 1)]
        )
        model.compile("sgd", "mse")
        words = np.array([["a"], ["b"], ["c"]])
        model.fit(
            words,
            np.zeros((3, 1, 1)),
            verbose=0,
            callbacks=[callbacks.OrbaxCheckpoint(tmp_path)],
        )
        loaded = keras.saving.load_model(tmp_path)
        np.testing.assert_array_equal(loaded.predict(words), model.predict(words))


def test_a_folder_is_needed():
    with pytest.raises(ValueError, match="must name a folder"):
        callbacks.OrbaxCheckpoint("")
