"""Spectrograms: numbers of PyPI's Keras 3.15, and layouts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras

layers = keras.layers
WAVE = np.sin(np.arange(4000) * 0.05).astype("float32")[None]
# Mode and scaling -> bins 2 to 5 of the fourth frame.
RECORDED: dict[tuple[str, str | None], list[float]] = {
    ("log", "density"): [1.7454761, 1.3733319, -0.0869162, -1.82006],
    ("log", "spectrum"): [-0.6984436, -1.0705882, -2.5308366, -4.263978],
    ("magnitude", "density"): [5.7286282, 3.9484847, 0.9167539, 0.1620161],
    ("magnitude", None): [49.4872169, 34.1092796, 7.9194465, 1.3995914],
    ("psd", "spectrum"): [0.4947315, 0.235033, 0.0126699, 0.0003957],
    ("real", "density"): [5.530067, -3.5792222, 0.383797, -0.0443772],
    ("imag", "density"): [-1.495172, -1.6672428, 0.8325489, 0.1558201],
    ("angle", "density"): [-0.264058, -2.705668, 1.1388407, 1.8482482],
}


@pytest.mark.parametrize(("mode", "scaling"), RECORDED)
def test_frequencies_are_those_of_keras(
    mode: str, scaling: str | None, backend: str
) -> None:
    layer = layers.STFTSpectrogram(
        mode, frame_length=200, frame_step=50, fft_length=256, scaling=scaling
    )
    found = keras.ops.convert_to_numpy(layer(WAVE[..., None]))
    assert found.shape == (1, 77, 129)
    wanted = RECORDED[mode, scaling]
    np.testing.assert_allclose(found[0, 3, 2:6], wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"window": None}, [104.484138, 31.323910, 25.826588, 17.221731]),
        ({"window": None, "scaling": "spectrum"}, [104.484138, 31.323910, 25.826588]),
        ({"window": "blackman"}, [5.364395, 4.029350, 1.513356, 0.182282]),
        ({"window": np.ones(200)}, [7.388149, 2.214935, 1.826216, 1.217760]),
    ],
    ids=["none", "none scaled", "name of SciPy's", "array"],
)
def test_windows(more: Any, wanted: list[float], backend: str) -> None:
    """Recorded from PyPI's Keras 3.15: without a window, nothing is scaled."""
    layer = layers.STFTSpectrogram(
        "magnitude", frame_length=200, frame_step=50, fft_length=256, **more
    )
    found = keras.ops.convert_to_numpy(layer(WAVE[..., None]))[0, 3]
    np.testing.assert_allclose(found[2 : 2 + len(wanted)], wanted, rtol=1e-3)


LAYOUTS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({}, (1, 39, 258)),
    ({"expand_dims": True}, (1, 39, 129, 2)),
    ({"data_format": "channels_first"}, (1, 258, 39)),
    ({"data_format": "channels_first", "expand_dims": True}, (1, 2, 39, 129)),
    ({"padding": "same"}, (1, 40, 258)),
]


@pytest.mark.parametrize(("more", "shape"), LAYOUTS, ids=[str(s) for _, s in LAYOUTS])
def test_layouts(more: dict[str, Any], shape: tuple[int, ...]) -> None:
    with keras.backend_scope("numpy"):
        signals = np.stack([WAVE, WAVE], 1 if "data_format" in more else -1)
        layer = layers.STFTSpectrogram("magnitude", frame_length=200, **more)
        assert layer(signals).shape == shape
        assert layer.compute_output_shape(signals.shape) == shape


def test_mel_bands_are_those_of_keras(backend: str) -> None:
    layer = layers.MelSpectrogram(fft_length=512, sequence_stride=128, num_mel_bins=16)
    found = keras.ops.convert_to_numpy(layer(WAVE))
    assert found.shape == (1, 16, 32)
    wanted = [43.305492, 29.66075, -25.445168, -36.692146]
    np.testing.assert_allclose(found[0, :4, 3], wanted, atol=5e-3)
    plain = layers.MelSpectrogram(
        fft_length=512,
        sequence_stride=128,
        sequence_length=300,
        num_mel_bins=16,
        power_to_db=False,
        mag_exp=1.0,
        window="hamming",
        min_freq=50.0,
        max_freq=7000.0,
    )
    found = keras.ops.convert_to_numpy(plain(WAVE[0]))
    wanted = [167.32895, 9.391091, 2.5386035, 2.2525105]
    np.testing.assert_allclose(found[:4, 3], wanted, rtol=1e-3)


def test_mistakes_are_explained() -> None:
    with pytest.raises(ValueError, match="at least `frame_length`"):
        layers.STFTSpectrogram(frame_length=8, fft_length=4)
    with pytest.raises(ValueError, match="`window` must be None, an array"):
        layers.STFTSpectrogram(window="round")
    with pytest.raises(ValueError, match="batch, time"):
        layers.STFTSpectrogram().build((2, 300))


def test_nothing_and_too_little(backend: str) -> None:
    mel = layers.MelSpectrogram(fft_length=64, sequence_stride=16, num_mel_bins=8)
    assert tuple(mel(WAVE[:0]).shape) == (0, 8, 251)
    many = keras.ops.convert_to_numpy(mel(np.stack([WAVE, WAVE])))
    assert many.shape == (2, 1, 8, 251)
    np.testing.assert_allclose(many[1, 0], mel(WAVE)[0], rtol=1e-4)
    layer = layers.STFTSpectrogram(frame_length=32, frame_step=8, name="stft")
    assert tuple(layer(np.zeros((0, 200, 1), "float32")).shape) == (0, 22, 17)
    with pytest.raises(ValueError, match=r"stft \(STFTSpectrogram\) needs signals"):
        layer(np.zeros((2, 20, 1), "float32"))
    with pytest.raises(ValueError, match="needs signals of at least 32 time steps"):
        layer.compute_output_shape((2, 20, 1))
    with pytest.raises(ValueError, match=r"Received: inputs of shape \(None, 20, 1\)"):
        layer(keras.Input((20, 1)))


def test_silence_has_a_logarithm() -> None:
    # Recorded from the PyPI keras: the square of a strength is at least `epsilon()`.
    silence = np.zeros((1, 64, 1), "float32")
    with keras.backend_scope("numpy"):
        for mode, wanted in (("magnitude", 3.162278e-4), ("log", -8.059048)):
            found = layers.STFTSpectrogram(mode, frame_length=32)(silence)
            np.testing.assert_allclose(found, wanted, rtol=1e-5)
