"""From sound files to classes: which vowel does a voice say?

    python examples/audio.py --backend torch

Voices are made of pulses, as vocal folds make them, that go through the resonances of a
vocal tract: the first three of each of five vowels (Peterson and Barney, 1952, Control
Methods Used in a Study of the Vowels), for tracts of several lengths, pitches that
glide, and noise. They are written as WAV files, one folder for each vowel. The program
begins there: it reads the folder, and a model that makes mel spectrograms itself learns
to tell vowels, and is tested on voices that are higher than all it has heard.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import wave
from pathlib import Path
from typing import Any

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

RATE = 8000  # samples a second
SAMPLES = 2400
# Resonances of men's voices, in hertz.
VOWELS = {
    "father": (730, 1090, 2440),
    "bed": (530, 1840, 2480),
    "heed": (270, 2290, 3010),
    "law": (570, 840, 2410),
    "food": (300, 870, 2240),
}
BANDWIDTHS = (80, 100, 140)


def voice(vowel: str, pitch: float, tract: float, rng: np.random.Generator) -> Any:
    """A vowel of 0.3 s, as floats from -1 to 1.

    Args:
        vowel: a key of `VOWELS`.
        pitch: of its beginning, in hertz.
        tract: how much higher its resonances are than those of men.
        rng: for the rest.
    """
    glide = np.linspace(1, rng.uniform(0.8, 1.2), SAMPLES)
    cycles = np.cumsum(pitch * glide) / RATE
    pulses = np.diff(np.floor(cycles), prepend=0.0)
    # Resonances and the fall of 12 dB an octave act on frequencies.
    hertz = np.fft.rfftfreq(2 * SAMPLES, 1 / RATE)
    gain = 1 / (1 + (hertz / 200) ** 2)
    for center, width in zip(VOWELS[vowel], BANDWIDTHS, strict=True):
        center = center * tract * rng.uniform(0.95, 1.05)
        gain = gain * center**2 / np.hypot(center**2 - hertz**2, width * hertz)
    sound = np.fft.irfft(np.fft.rfft(pulses, 2 * SAMPLES) * gain)[:SAMPLES]
    sound = sound / np.abs(sound).max() + rng.normal(scale=0.03, size=SAMPLES)
    return sound / np.abs(sound).max() * rng.uniform(0.2, 0.9)


def write_folder(folder: Path, count: int, high: bool, seed: int) -> None:
    """Writes vowels of many voices: `folder/law/0012.wav`."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        vowel = list(VOWELS)[number % len(VOWELS)]
        height = rng.uniform(0.7, 1.0) if high else rng.uniform(0.0, 0.6)
        pitch, tract = 90 + 160 * height, 1 + 0.2 * height
        path = folder / vowel / f"{number:04d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(os.fspath(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            sound = voice(vowel, pitch, tract, rng)
            file.writeframes((sound * 32767).astype("<i2").tobytes())


def read_folder(folder: Path, shuffle: bool = True) -> Any:
    """Batches of sounds and labels."""
    return keras.utils.audio_dataset_from_directory(
        folder,
        class_names=list(VOWELS),
        batch_size=32,
        output_sequence_length=SAMPLES,
        shuffle=shuffle,
        seed=1,
        verbose=False,
    )


def make_model(filters: int = 16) -> keras.Model:
    """From a sound to a logit of each vowel."""
    model = keras.Sequential(
        [
            keras.Input((SAMPLES, 1)),
            layers.Reshape((SAMPLES,)),
            layers.MelSpectrogram(
                fft_length=512,
                sequence_stride=160,
                sequence_length=400,
                sampling_rate=RATE,
                num_mel_bins=40,
                min_freq=80.0,
                max_freq=4000.0,
            ),
            layers.Reshape((40, -1, 1)),
            layers.Rescaling(1 / 40),  # decibels
            layers.Conv2D(filters, 5, strides=2, activation="relu"),
            layers.Conv2D(2 * filters, 3, activation="relu"),
            # Where in time does not matter.
            layers.Lambda(lambda x: keras.ops.max(x, axis=2)),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(len(VOWELS)),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "numpy", "tensorflow", "torch"])
    parser.add_argument("--voices", type=int, default=800)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    with tempfile.TemporaryDirectory() as name:
        low, high = Path(name) / "low", Path(name) / "high"
        write_folder(low, options.voices, high=False, seed=1)
        write_folder(high, options.voices // 4, high=True, seed=2)
        model = make_model()
        model.fit(read_folder(low), epochs=options.epochs, verbose=0)
        for kind, folder in (("heard", low), ("higher", high)):
            _, accuracy = model.evaluate(read_folder(folder), verbose=0)
            print(f"Accuracy on voices that are {kind}: {accuracy:.3f}")


if __name__ == "__main__":
    main()
