"""`STFTSpectrogram`: how strong each frequency is in each part of a signal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras import ops
from keras.core.config import epsilon, standardize_data_format
from keras.core.facts import public_class
from keras.core.typing import Shape, Tensor, TensorLike
from keras.initializers.constant import checked_window, scaled_window
from keras.layers.arguments import one_of, positive_integer
from keras.layers.input_spec import InputSpec
from keras.layers.layer import Layer

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


@public_class("keras.layers", pure=True)
class STFTSpectrogram(Layer):
    """How strong each frequency is in each frame of a signal, as a convolution.

    Args:
        mode: `"magnitude"`; `"log"`: logarithm of it; `"psd"`: power;
            `"real"`, `"imag"`: parts of the transform; `"angle"`: its phase;
            `"stft"`: real parts, then imaginary ones.
        frame_length: samples of a frame.
        frame_step: samples from one frame to the next; half a frame by default.
        fft_length: samples of the transform; the power of two that holds a frame by
            default.
        window: the name of a window (`"hann"`, `"hamming"`, or another of SciPy's), an
            array of `frame_length`, or None for none, which is not scaled either.
        periodic: whether a named window is one period.
        scaling: `"density"`, `"spectrum"`, or None for the bare transform.
        padding: `"valid"`, or `"same"`, which fills up with zeros.
        expand_dims: whether frequencies get an axis of their own.
        data_format: `"channels_last"`, `(batch, time, channels)`, or
            `"channels_first"`.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Outputs are `(batch, frames, channels * frequencies)`, or with `expand_dims`
    `(batch, frames, frequencies, channels)`; with channels first, `(batch, channels *
    frequencies, frames)` or `(batch, channels, frames, frequencies)`. The kernels are
    weights, which a model may train on.

    Example:

    >>> import keras
    >>> layer = keras.layers.STFTSpectrogram("magnitude", frame_length=8)
    >>> layer(keras.ops.ones((1, 32, 1))).shape == (1, 7, 5)
    True
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: TensorLike = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode = one_of(self, "mode", mode, _MODES)
        self.frame_length = positive_integer(self, "frame_length", frame_length)
        self.frame_step = frame_step
        self.fft_length = fft_length
        self._keras_step = max(1, frame_length // 2)
        if frame_step is not None:
            self._keras_step = positive_integer(self, "frame_step", frame_step)
        self._size = 2 ** math.ceil(math.log2(frame_length))
        if fft_length is not None:
            self._size = positive_integer(self, "fft_length", fft_length)
        if self._size < frame_length:
            raise ValueError(
                "STFTSpectrogram expects `fft_length` of at least `frame_length`. "
                f"Received: fft_length={fft_length}, frame_length={frame_length}."
            )
        self.window = window
        self.periodic = periodic
        self.scaling = one_of(self, "scaling", scaling, ("density", "spectrum", None))
        self._window = scaled_window(
            checked_window(window), frame_length, periodic, scaling
        )
        self.padding = one_of(self, "padding", padding.lower(), ("valid", "same"))
        self.expand_dims = expand_dims
        self.data_format = standardize_data_format(data_format)

    def build(self, input_shape: Shape) -> None:
        """Makes the kernels: cosines and sines under the window."""
        if len(input_shape) != 3:
            raise ValueError(
                f"{self.name} (STFTSpectrogram) expects signals of shape (batch, time, "
                f"channels). Received: input_shape={tuple(input_shape)}."
            )
        self.input_spec = InputSpec(ndim=3)
        bins = self._size // 2 + 1
        shape = (self.frame_length, 1, bins)
        real, imaginary = self._kernels()
        self.real_kernel = self.imag_kernel = None
        if self.mode != "imag":
            self.real_kernel = self.add_weight(shape, name="real_kernel")
            self.real_kernel.assign(real[:, None])
        if self.mode != "real":
            self.imag_kernel = self.add_weight(shape, name="imag_kernel")
            self.imag_kernel.assign(imaginary[:, None])
        self.built = True

    def _kernels(self) -> tuple[np.ndarray, np.ndarray]:
        times = np.arange(self.frame_length)
        angles = (
            2 * np.pi / self._size * times[:, None] * np.arange(self._size // 2 + 1)
        )
        window = self._window[:, None]
        return window * np.cos(angles), -window * np.sin(angles)

    def call(self, inputs: Tensor) -> Tensor:
        """The spectrogram of each channel."""
        first = self.data_format == "channels_first"
        signals = inputs if first else ops.transpose(inputs, (0, 2, 1))
        sizes: Any = ops.shape(signals)
        count, channels, length = sizes
        self._check_length(length, tuple(inputs.shape))
        flat = ops.reshape(signals, (-1, length, 1))
        found = self._spectrum(flat)
        inner: Any = ops.shape(found)[1:]
        frames, bins = inner
        found = ops.reshape(found, (count, channels, frames, bins))
        if self.expand_dims:
            return found if first else ops.transpose(found, (0, 2, 3, 1))
        if first:
            found = ops.transpose(found, (0, 1, 3, 2))
            return ops.reshape(found, (count, channels * bins, frames))
        found = ops.transpose(found, (0, 2, 1, 3))
        return ops.reshape(found, (count, frames, channels * bins))

    def _spectrum(self, signals: Tensor) -> Any:
        real, imaginary = (
            None
            if kernel is None
            else ops.conv(
                signals, kernel, self._keras_step, self.padding, "channels_last"
            )
            for kernel in (self.real_kernel, self.imag_kernel)
        )
        if self.mode == "real":
            return real
        if self.mode == "imag":
            return imaginary
        if self.mode == "stft":
            return ops.concatenate([real, imaginary], axis=-1)
        if self.mode == "angle":
            return ops.arctan2(imaginary, real)
        power = ops.square(real) + ops.square(imaginary)
        if self.mode == "psd":
            return self._both_sides(power)
        magnitude = ops.sqrt(ops.maximum(power, epsilon()))
        return ops.log(magnitude) if self.mode == "log" else magnitude

    def _both_sides(self, power: Tensor) -> Any:
        """The power of negative frequencies added to that of positive ones."""
        twice = [1.0] + [2.0] * (self._size // 2)
        if self._size % 2 == 0:
            twice[-1] = 1.0
        return power * ops.convert_to_tensor(twice, power.dtype)

    def _check_length(self, length: Any, shape: tuple[Any, ...]) -> None:
        """Says of signals that they are shorter than one frame."""
        least = self.frame_length if self.padding == "valid" else 1
        if isinstance(length, int) and length < least:
            raise ValueError(
                f"{self.name} (STFTSpectrogram) needs signals of at least {least} time "
                f"steps. Received: inputs of shape {shape}. Fill them up, or take "
                "padding='same'."
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the spectrograms."""
        first = self.data_format == "channels_first"
        batch, channels, length = input_shape
        if not first:
            channels, length = length, channels
        self._check_length(length, tuple(input_shape))
        frames = None
        if length is not None:
            room = length if self.padding == "same" else length - self.frame_length + 1
            frames = -(-room // self._keras_step)
        bins = (self._size // 2 + 1) * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            sizes = (channels, frames, bins) if first else (frames, bins, channels)
            return (batch, *sizes)
        both = None if channels is None else channels * bins
        return (batch, both, frames) if first else (batch, frames, both)
