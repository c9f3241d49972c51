"""Fourier transforms and frames of the NumPy backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras.backends.numpy.gradients import differentiable
from keras.core.typing import DType, TensorLike


def _complex(x: np.ndarray) -> np.ndarray:
    real, imaginary = x
    if real.shape != imaginary.shape:
        raise ValueError("The parts differ in shape.")
    return real + 1j * imaginary


def _transformed(
    function: Callable[..., Any], x: np.ndarray, *args: Any
) -> tuple[Any, Any]:
    return _parts(function(_complex(x), *args), x[0].dtype)


def _parts(x: np.ndarray, dtype: DType) -> tuple[Any, Any]:
    return x.real.astype(dtype), x.imag.astype(dtype)


def fft(x: np.ndarray) -> tuple[Any, Any]:
    return _transformed(np.fft.fft, x)


def fft2(x: np.ndarray) -> tuple[Any, Any]:
    return _transformed(np.fft.fft2, x)


def ifft2(x: np.ndarray) -> tuple[Any, Any]:
    return _transformed(np.fft.ifft2, x)


def rfft(x: np.ndarray, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(np.fft.rfft(x, fft_length), x.dtype)


def irfft(x: np.ndarray, fft_length: int | None = None) -> np.ndarray:
    return np.fft.irfft(_complex(x), fft_length).astype(x[0].dtype)


def _places(frames: int, length: int, stride: int) -> np.ndarray:
    return np.arange(frames)[:, None] * stride + np.arange(length)


def extract_sequences(
    x: np.ndarray, sequence_length: int, sequence_stride: int
) -> np.ndarray:
    frames = max((x.shape[-1] - sequence_length) // sequence_stride + 1, 0)
    return x[..., _places(frames, sequence_length, sequence_stride)]


def _overlap_rule(out: TensorLike, x: TensorLike, sequence_stride: int) -> Any:
    frames, length = x.shape[-2:]
    return (lambda g: g[..., _places(frames, length, sequence_stride)],)


@differentiable(_overlap_rule)
def overlap_sequences(x: np.ndarray, sequence_stride: int) -> np.ndarray:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    total = np.zeros((*x.shape[:-2], size), x.dtype)
    places: Any = (..., _places(frames, length, sequence_stride))
    np.add.at(total, places, x)
    return total
