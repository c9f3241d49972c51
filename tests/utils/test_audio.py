"""Sound files and data sets of them."""

from __future__ import annotations

import importlib.util
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.utils.audio import read_wav

audio_dataset = keras.utils.audio_dataset_from_directory


def write(path: Path, values: np.ndarray, width: int = 2, rate: int = 8000) -> None:
    """Values `(samples, channels)` from -1 to 1 as a file."""
    path.parent.mkdir(exist_ok=True)
    whole = np.round(values * 2 ** (8 * width - 1)).astype("<i4")
    whole += 128 if width == 1 else 0
    data = whole.reshape(-1, 1).view("uint8")[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(values.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, sizes in (("high", (6, 7)), ("low", (9, 10))):
        for place, size in enumerate(sizes):
            write(tmp_path / name / f"{place}.wav", np.full((size, 1), size / 16))
    return tmp_path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_of_samples(width: int, tmp_path: Path) -> None:
    values = np.array([[-1.0, 0.5], [0.25, 0.0], [-0.5, 0.75]])
    write(tmp_path / "x.wav", values, width)
    found = read_wav(str(tmp_path / "x.wav"))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == "float32"


@pytest.mark.parametrize("rate", [4000, 16000])
def test_another_rate_keeps_the_tone(rate: int, tmp_path: Path) -> None:
    seconds = np.arange(800)[:, None] / 8000
    write(tmp_path / "x.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds))
    found = read_wav(str(tmp_path / "x.wav"), rate)
    assert len(found) == rate // 10
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate // 10)[:, None] / rate)
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_batches_are_filled_up(folder: Path, capsys: Any) -> None:
    data = audio_dataset(folder, batch_size=2, shuffle=False)
    assert "Found 4 files belonging to 2 classes" in capsys.readouterr().out
    assert data.class_names == ["high", "low"]
    (first, labels), (second, _) = [tuple(map(np.asarray, batch)) for batch in data]
    assert (first.shape, second.shape) == ((2, 7, 1), (2, 10, 1))
    assert labels.tolist() == [0, 0]
    np.testing.assert_array_equal(first[0, :, 0], [6 / 16] * 6 + [0])
    data = audio_dataset(
        folder, batch_size=4, shuffle=False, output_sequence_length=8, verbose=False
    )
    (sounds, _) = next(iter(data))
    wanted = [[6 / 16] * 6 + [0] * 2, [7 / 16] * 7 + [0], [9 / 16] * 8, [10 / 16] * 8]
    np.testing.assert_array_equal(np.asarray(sounds)[..., 0], wanted)
    alone = audio_dataset(folder, batch_size=None, labels=None, verbose=False)
    assert sorted(len(np.asarray(x)) for x in alone) == [6, 7, 9, 10]


@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="its tensors")
def test_specs_and_ragged_tensors(folder: Path) -> None:
    data = audio_dataset(folder, batch_size=2, verbose=False)
    assert data.element_spec[0].shape.as_list() == [None, None, None]
    data = audio_dataset(
        folder, batch_size=2, shuffle=False, ragged=True, verbose=False
    )
    sounds, labels = next(iter(data))
    assert sounds.row_lengths().numpy().tolist() == [6, 7]
    assert labels.numpy().tolist() == [0, 0]
    assert data.class_names == ["high", "low"]
    data = audio_dataset(folder, labels=None, ragged=True, verbose=False)
    assert sorted(next(iter(data)).row_lengths().numpy().tolist()) == [6, 7, 9, 10]
    # As in Keras, channels are a ragged axis, too, also of sounds that come one by one.
    assert data.element_spec.ragged_rank == 2
    alone = audio_dataset(
        folder, labels=None, batch_size=None, ragged=True, verbose=False
    )
    assert alone.element_spec.ragged_rank == 1
    assert sorted(len(sound.row_lengths()) for sound in alone) == [6, 7, 9, 10]


def test_bad_input(folder: Path) -> None:
    for bad in (-1, 0, 8000.5, "fast"):
        wanted = rf"whole number, 1 or more. Received: sampling_rate={bad!r}"
        with pytest.raises(ValueError, match=wanted):
            audio_dataset(folder, sampling_rate=bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sequence_length` must be a whole number"):
        audio_dataset(folder, output_sequence_length=-1)
    with pytest.raises(ValueError, match="pass one of them"):
        audio_dataset(folder, ragged=True, output_sequence_length=3)
    (folder / "x.wav").write_bytes(b"RIFF....WAVE")
    with pytest.raises(ValueError, match=r"x\.wav' cannot be read as a WAV file"):
        read_wav(str(folder / "x.wav"))
