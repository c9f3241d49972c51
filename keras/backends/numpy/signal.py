"""Fourier transforms and frames of the NumPy backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np

from keras.core.typing import DType


def _complex(x: _np.ndarray) -> _np.ndarray:
    real, imaginary = x
    if real.shape != imaginary.shape:
        raise ValueError("The parts differ in shape.")
    return real + 1j * imaginary


def _transformed(
    function: Callable[..., Any], x: _np.ndarray, *args: Any
) -> tuple[Any, Any]:
    return _parts(function(_complex(x), *args), x[0].dtype)


def _parts(x: _np.ndarray, dtype: DType) -> tuple[Any, Any]:
    return x.real.astype(dtype), x.imag.astype(dtype)


def fft(x: _np.ndarray) -> tuple[Any, Any]:
    return _transformed(_np.fft.fft, x)


def fft2(x: _np.ndarray) -> tuple[Any, Any]:
    return _transformed(_np.fft.fft2, x)


def ifft2(x: _np.ndarray) -> tuple[Any, Any]:
    return _transformed(_np.fft.ifft2, x)


def rfft(x: _np.ndarray, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(_np.fft.rfft(x, fft_length), x.dtype)


def irfft(x: _np.ndarray, fft_length: int | None = None) -> _np.ndarray:
    return _np.fft.irfft(_complex(x), fft_length).astype(x[0].dtype)


def _places(frames: int, length: int, stride: int) -> _np.ndarray:
    return _np.arange(frames)[:, None] * stride + _np.arange(length)


def extract_sequences(
    x: _np.ndarray, sequence_length: int, sequence_stride: int
) -> _np.ndarray:
    frames = max((x.shape[-1] - sequence_length) // sequence_stride + 1, 0)
    return x[..., _places(frames, sequence_length, sequence_stride)]


def overlap_sequences(x: _np.ndarray, sequence_stride: int) -> _np.ndarray:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    total = _np.zeros((*x.shape[:-2], size), x.dtype)
    places: Any = (..., _places(frames, length, sequence_stride))
    _np.add.at(total, places, x)
    return total
