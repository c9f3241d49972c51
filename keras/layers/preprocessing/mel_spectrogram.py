"""`MelSpectrogram`: signals in the frequencies that ears tell apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras import ops
from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor, TensorLike
from keras.layers.arguments import positive_integer
from keras.layers.input_spec import InputSpec
from keras.layers.preprocessing.data_layer import DataLayer


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz, "float64") / 700.0)


@public_class("keras.layers", pure=True)
class MelSpectrogram(DataLayer):
    """How strong a signal is in bands that are equally wide on the mel scale.

    Args:
        fft_length: samples of a transform.
        sequence_stride: samples from one frame to the next.
        sequence_length: samples of a frame; `fft_length` by default.
        window: `"hann"` or `"hamming"`, or an array.
        sampling_rate: samples a second.
        num_mel_bins: number of bands.
        min_freq: lowest frequency in hertz.
        max_freq: highest frequency; half the sampling rate by default.
        power_to_db: whether the result is in decibels.
        top_db: how many decibels below the strongest the weakest may be.
        mag_exp: power of the magnitude: 1 for energy, 2 for power.
        min_power: the least power that decibels are taken of.
        ref_power: the power of 0 decibels.
        **kwargs: `name`, `dtype`: see `Layer`.

    Inputs are `(batch, time)` or `(time,)`; outputs `(batch, num_mel_bins, frames)` or
    without batch.

    Example:

    >>> import keras
    >>> layer = keras.layers.MelSpectrogram(fft_length=256, sequence_stride=64)
    >>> layer(keras.ops.ones((2, 1024))).shape == (2, 128, 17)
    True
    """

    _has_nothing_to_build = True

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: TensorLike = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_spec = InputSpec(min_ndim=1)
        self.fft_length = positive_integer(self, "fft_length", fft_length)
        self.sequence_stride = positive_integer(
            self, "sequence_stride", sequence_stride
        )
        self.sequence_length = sequence_length or fft_length
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = positive_integer(self, "num_mel_bins", num_mel_bins)
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power

    def call(self, inputs: Tensor) -> Tensor:
        """The strength of each band in each frame."""
        if 0 in inputs.shape[:-1]:
            return ops.zeros(
                self.compute_output_shape(tuple(inputs.shape)), self.compute_dtype
            )
        signals = ops.cast(inputs, self.compute_dtype)
        outer: Any = ops.shape(signals)[:-1]
        if len(outer) != 1:
            signals = ops.reshape(signals, (-1, ops.shape(signals)[-1]))
        real, imaginary = ops.stft(
            ops.cast(signals, "float32"),
            sequence_length=self.sequence_length,
            sequence_stride=self.sequence_stride,
            fft_length=self.fft_length,
            window=self.window,
            center=True,
        )
        strength = ops.sqrt(ops.square(real) + ops.square(imaginary))
        strength = ops.power(strength, self.mag_exp)
        bands = self.linear_to_mel_weight_matrix(
            self.num_mel_bins,
            self.fft_length // 2 + 1,
            self.sampling_rate,
            self.min_freq,
            self.max_freq,
        )
        found = ops.matmul(strength, bands)
        found = ops.transpose(found, (0, 2, 1))
        if self.power_to_db:
            found = self._decibels(found)
        found = ops.cast(found, self.compute_dtype)
        if len(outer) == 1:
            return found
        return ops.reshape(found, (*outer, *ops.shape(found)[1:]))

    def _decibels(self, strength: Tensor) -> Any:
        scale = 10 / math.log(10)
        reference = math.log(max(self.min_power, self.ref_power))
        found = scale * (ops.log(ops.maximum(strength, self.min_power)) - reference)
        return ops.maximum(found, ops.max(found) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: int = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Tensor:
        """How much each frequency of a transform counts in each band.

        Args:
            num_mel_bins: number of bands, which overlap by half.
            num_spectrogram_bins: number of frequencies, from 0 to half the rate.
            sampling_rate: samples a second.
            lower_edge_hertz: where the first band begins.
            upper_edge_hertz: where the last band ends.
            dtype: dtype of the result.

        Returns:
            `(num_spectrogram_bins, num_mel_bins)`.
        """
        frequencies = np.linspace(0, sampling_rate / 2, num_spectrogram_bins)[1:]
        places = _mel(frequencies)[:, None]
        edges = np.linspace(
            _mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2
        )
        left, middle, right = edges[:-2], edges[1:-1], edges[2:]
        rising = (places - left) / (middle - left)
        falling = (right - places) / (right - middle)
        weights = np.maximum(0.0, np.minimum(rising, falling))
        nothing = np.zeros((1, num_mel_bins))  # of the constant part
        return ops.convert_to_tensor(np.concatenate([nothing, weights]), dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the spectrograms."""
        time = input_shape[-1]
        frames = None if time is None else time // self.sequence_stride + 1
        return (*input_shape[:-1], self.num_mel_bins, frames)
