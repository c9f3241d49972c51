"""Fourier transforms and frames of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch as _torch


def _complex(x: _torch.Tensor) -> _torch.Tensor:
    real, imaginary = x
    if real.shape != imaginary.shape:
        raise ValueError("The parts differ in shape.")
    return _torch.complex(real, imaginary)


def fft(x: _torch.Tensor) -> tuple[Any, Any]:
    y = _torch.fft.fft(_complex(x))
    return y.real, y.imag


def fft2(x: _torch.Tensor) -> tuple[Any, Any]:
    y = _torch.fft.fft2(_complex(x))
    return y.real, y.imag


def ifft2(x: _torch.Tensor) -> tuple[Any, Any]:
    y = _torch.fft.ifft2(_complex(x))
    return y.real, y.imag


def rfft(x: _torch.Tensor, fft_length: int | None = None) -> tuple[Any, Any]:
    y = _torch.fft.rfft(x, fft_length)
    return y.real, y.imag


def irfft(x: _torch.Tensor, fft_length: int | None = None) -> _torch.Tensor:
    return _torch.fft.irfft(_complex(x), fft_length)


def extract_sequences(
    x: _torch.Tensor, sequence_length: int, sequence_stride: int
) -> _torch.Tensor:
    if x.shape[-1] < sequence_length:
        return x.new_empty((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)


def overlap_sequences(x: _torch.Tensor, sequence_stride: int) -> _torch.Tensor:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    starts = _torch.arange(frames, device=x.device) * sequence_stride
    places = starts[:, None] + _torch.arange(length, device=x.device)
    zeros = x.new_zeros((*x.shape[:-2], size))
    return zeros.index_add(-1, places.reshape(-1), x.flatten(-2))
