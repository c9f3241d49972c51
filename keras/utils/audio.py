"""Sound files as arrays, and data sets of the sound files in a folder."""

from __future__ import annotations

import importlib.util
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras.backends import load
from keras.core.typing import TensorLike
from keras.utils.batches import Spec, checked_count
from keras.utils.directories import Folder, datasets_of, parts_of


def read_wav(path: str, sampling_rate: int | None = None) -> np.ndarray:
    """The sound of a WAV file.

    Args:
        path: of the file, PCM of 8, 16, 24 or 32 bits.
        sampling_rate: samples a second wanted; None keeps those of the file.

    Returns:
        `(samples, channels)`, float32 from -1 to below 1.

    Raises:
        ValueError: if it is no such file.
    """
    try:
        with wave.open(path, "rb") as file:
            width, channels = file.getsampwidth(), file.getnchannels()
            rate, data = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path!r} cannot be read as a WAV file: {error}.") from error
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:  # the only ones without a sign
        values = np.frombuffer(data, "uint8").astype("float64") - 128
    else:
        wide = np.zeros((len(data) // width, 4), "uint8")
        wide[:, 4 - width :] = np.frombuffer(data, "uint8").reshape(-1, width)
        values = (wide.view("<i4")[:, 0] >> (8 * (4 - width))).astype("float64")
    sound = (values / 2.0 ** (8 * width - 1)).reshape(-1, channels)
    if sampling_rate is not None and sampling_rate != rate:
        sound = _resampled(sound, -(-len(sound) * sampling_rate // rate))
    return sound.astype("float32")


def _resampled(sound: np.ndarray, count: int) -> np.ndarray:
    """As many samples of the same sound, without the frequencies they cannot hold."""
    if not len(sound):
        return sound
    waves = np.fft.rfft(sound, axis=0)[: count // 2 + 1]
    return np.fft.irfft(waves, count, axis=0) * (count / len(sound))


def _padded(
    folder: Folder, indices: np.ndarray, rate: int | None, length: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Sounds of one length, and how long they were."""
    sounds = [read_wav(folder.paths[i], rate)[:length] for i in indices.tolist()]
    lengths = np.array([len(sound) for sound in sounds], "int64")
    channels = {sound.shape[1] for sound in sounds}
    if len(channels) > 1:
        raise ValueError(
            f"The sound files of a batch have different numbers of channels, "
            f"{sorted(channels)}: {[folder.paths[i] for i in indices.tolist()][:5]}. "
            "Make them alike, or take them one by one with batch_size=None."
        )
    width = int(lengths.max(initial=0)) if length is None else length
    found = np.zeros((len(sounds), width, max(channels, default=1)), "float32")
    for place, sound in enumerate(sounds):
        found[place, : len(sound)] = sound
    return found, lengths


def audio_dataset_from_directory(
    directory: Any,
    labels: TensorLike = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """The WAV files of a folder, whose folders are the classes.

    Args:
        directory: the folder.
        labels: `"inferred"` from the folders in it, a list of a label for each file in
            the order of their paths, or None.
        label_mode: `"int"`; `"categorical"`: one-hot; `"binary"`: 0.0 or 1.0; None.
        class_names: the folders to take, in the order of their labels.
        batch_size: sounds of a batch; None for one by one.
        sampling_rate: samples a second; None keeps those of the files.
        output_sequence_length: samples of each sound, cut off or filled up with 0; by
            default those of a batch are as long as its longest.
        ragged: whether the sounds of a batch keep their lengths, in a ragged tensor of
            TensorFlow. One by one they are ragged tensors, too.
        shuffle: whether the sounds come in a random order.
        seed: of the orders.
        validation_split: the part of the files that is kept for validation.
        subset: `"training"`, `"validation"`, or `"both"` for a list of the two.
        follow_links: whether to go into folders that are links.
        verbose: whether to say how many files there are.

    Returns:
        A `tf.data.Dataset`, or without TensorFlow a `keras.utils.PyDataset`, of
        `(sounds, labels)` or sounds `(batch, samples, channels)`, floats from -1 to 1.
        It has the attributes `class_names` and `file_paths`.

    Raises:
        ValueError: for arguments that do not fit, folders without files and files that
            cannot be read.

    Example:

    >>> import keras
    >>> data = keras.utils.audio_dataset_from_directory("words")  # doctest: +SKIP
    """
    if sampling_rate is not None:
        sampling_rate = checked_count("sampling_rate", sampling_rate)
    if output_sequence_length is not None:
        output_sequence_length = checked_count(
            "output_sequence_length", output_sequence_length, 0
        )
    if ragged and output_sequence_length is not None:
        raise ValueError(
            "`ragged` keeps the lengths of sounds and `output_sequence_length` sets "
            "them: pass one of them."
        )
    if ragged and importlib.util.find_spec("tensorflow") is None:
        raise ValueError(
            "Ragged tensors are TensorFlow's, which is not installed. Leave `ragged` "
            "out: sounds are filled up with 0."
        )
    folder = Folder(directory, labels, label_mode, class_names, (".wav",), follow_links)
    parts = parts_of(folder, validation_split, subset, shuffle, seed, verbose)

    def read(indices: np.ndarray) -> Any:
        if not len(indices):
            sound = Spec((None, output_sequence_length, None), "float32")
            return (sound, Spec((None,), "int64")) if ragged else sound
        found = _padded(folder, indices, sampling_rate, output_sequence_length)
        return found if ragged else found[0]

    convert = load("tensorflow").data.ragged if ragged else None
    return datasets_of(folder, parts, read, batch_size, shuffle, seed, "tf", convert)
