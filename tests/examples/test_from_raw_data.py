"""The examples that begin with raw data do what they say, at small size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS
from tests.examples.test_examples import example

pytest.importorskip("sklearn")
HERE = [name for name in ("torch",) if name in TRAINING_BACKENDS]
# The data sets of folders are the same everywhere; programs are compiled for long.
on_torch = pytest.mark.skipif(not HERE, reason="others compile for long")


@on_torch
def test_image_folder(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    program = example("image_folder")
    program.write_folder(tmp_path, 320)
    assert sorted(path.name for path in tmp_path.iterdir()) == list("0123456789")
    with keras.backend_scope("torch"):
        keras.utils.set_random_seed(1)
        train, test = program.read_folder(tmp_path)
        images, labels = next(iter(test))
        assert images.shape == (32, 32, 32, 3) and labels.shape == (32,)
        model = program.make_model(augmented=True, steps=1000)
        model.fit(train, epochs=6, verbose=0)
        first, last = (model.evaluate(test, verbose=0) for _ in range(2))
    np.testing.assert_allclose(first, last, rtol=1e-5)  # nothing random in it
    assert last[1] > 0.2  # of ten classes


@pytest.mark.parametrize("name", TRAINING_BACKENDS)
def test_text_classification(name: str) -> None:
    program = example("text_classification")
    texts, labels = program.load_data()
    assert len(texts) > 4000 and set(labels) == set(range(5))
    with keras.backend_scope(name):
        keras.utils.set_random_seed(1)
        model = program.make_model(texts[:1200], words=1000)
        model.fit(texts[:1280], labels[:1280], batch_size=64, epochs=4, verbose=0)
        test = texts[-640:], labels[-640:]
        _, accuracy = model.evaluate(*test, batch_size=64, verbose=0)
    assert accuracy > 0.6  # the commonest topic is 0.45


@pytest.mark.parametrize("name", TRAINING_BACKENDS)
def test_structured_data(name: str, tmp_path: Path) -> None:
    program = example("structured_data")
    table, target = program.load_data()
    assert len(table) == 10 and len(target) == 442
    with keras.backend_scope(name):
        keras.utils.set_random_seed(1)
        space = program.make_space(program.rows(table, 112, None))
        model = program.make_model(space, 150.0)
        encoded = keras.ops.convert_to_numpy(space(table))
        assert encoded.shape == (442, 8 + 5 + 2 + 16 - 1)
        model.fit(encoded, target[:, None], epochs=20, verbose=0)
        whole = keras.Model(space.get_inputs(), model(space.get_encoded_features()))
        whole.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        predicted = again.predict(table, verbose=0)[:, 0]
    assert np.corrcoef(predicted, target)[0, 1] > 0.6


@on_torch
def test_timeseries(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    program = example("timeseries")
    series = program.load_data()
    with keras.backend_scope("torch"):
        keras.utils.set_random_seed(1)
        train = program.make_windows(series[1000:6000], shuffle=True, stride=4)
        test = program.make_windows(series[6000:7400], shuffle=False)
        model = program.make_model(units=16)
        history = model.fit(train, epochs=8, verbose=0)
        stays, linear = program.simple_errors(train, test)
        assert linear < stays
        assert model.evaluate(test, verbose=0) < 0.6 * stays
        program.plot(str(tmp_path / "curves.png"), model, test, history)
    assert (tmp_path / "curves.png").stat().st_size > 10_000


@on_torch
def test_audio(tmp_path: Path) -> None:
    program = example("audio")
    program.write_folder(tmp_path, 160, high=False, seed=1)
    with keras.backend_scope("torch"):
        keras.utils.set_random_seed(1)
        data = program.read_folder(tmp_path)
        assert data.class_names == list(program.VOWELS)
        sounds, _ = next(iter(data))
        peaks = np.abs(np.asarray(sounds)).max(axis=(1, 2))
        assert peaks.min() > 0.1 and peaks.max() < 1
        model = program.make_model(filters=8)
        model.fit(data, epochs=8, verbose=0)
        _, accuracy = model.evaluate(data, verbose=0)
    assert accuracy > 0.6  # of five vowels
