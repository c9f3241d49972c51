"""Fourier transforms and frames of the NumPy backend."""

from __future__ import annotations

from typing import Any

import numpy as _np


def _complex(x: Any) -> Any:
    real, imaginary = x
    if real.shape != imaginary.shape:
        raise ValueError("The parts differ in shape.")
    return real + 1j * imaginary


def _transformed(function: Any, x: Any, *args: Any) -> tuple[Any, Any]:
    return _parts(function(_complex(x), *args), x[0].dtype)


def _parts(x: Any, dtype: Any) -> tuple[Any, Any]:
    return x.real.astype(dtype), x.imag.astype(dtype)


def fft(x: Any) -> tuple[Any, Any]:
    return _transformed(_np.fft.fft, x)


def fft2(x: Any) -> tuple[Any, Any]:
    return _transformed(_np.fft.fft2, x)


def ifft2(x: Any) -> tuple[Any, Any]:
    return _transformed(_np.fft.ifft2, x)


def rfft(x: Any, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(_np.fft.rfft(x, fft_length), x.dtype)


def irfft(x: Any, fft_length: int | None = None) -> Any:
    return _np.fft.irfft(_complex(x), fft_length).astype(x[0].dtype)


def _places(frames: int, length: int, stride: int) -> Any:
    return _np.arange(frames)[:, None] * stride + _np.arange(length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    frames = max((x.shape[-1] - sequence_length) // sequence_stride + 1, 0)
    return x[..., _places(frames, sequence_length, sequence_stride)]


def overlap_sequences(x: Any, sequence_stride: int) -> Any:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    total = _np.zeros((*x.shape[:-2], size), x.dtype)
    places: Any = (..., _places(frames, length, sequence_stride))
    _np.add.at(total, places, x)
    return total
