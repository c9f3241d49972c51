"""Fourier transforms and frames of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch


def _complex(x: torch.Tensor) -> torch.Tensor:
    real, imaginary = x
    if real.shape != imaginary.shape:
        raise ValueError("The parts differ in shape.")
    return torch.complex(real, imaginary)


def fft(x: torch.Tensor) -> tuple[Any, Any]:
    y = torch.fft.fft(_complex(x))
    return y.real, y.imag


def fft2(x: torch.Tensor) -> tuple[Any, Any]:
    y = torch.fft.fft2(_complex(x))
    return y.real, y.imag


def ifft2(x: torch.Tensor) -> tuple[Any, Any]:
    y = torch.fft.ifft2(_complex(x))
    return y.real, y.imag


def rfft(x: torch.Tensor, fft_length: int | None = None) -> tuple[Any, Any]:
    y = torch.fft.rfft(x, fft_length)
    return y.real, y.imag


def irfft(x: torch.Tensor, fft_length: int | None = None) -> torch.Tensor:
    return torch.fft.irfft(_complex(x), fft_length)


def extract_sequences(
    x: torch.Tensor, sequence_length: int, sequence_stride: int
) -> torch.Tensor:
    if x.shape[-1] < sequence_length:
        return x.new_empty((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)


def overlap_sequences(x: torch.Tensor, sequence_stride: int) -> torch.Tensor:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    starts = torch.arange(frames, device=x.device) * sequence_stride
    places = starts[:, None] + torch.arange(length, device=x.device)
    zeros = x.new_zeros((*x.shape[:-2], size))
    return zeros.index_add(-1, places.reshape(-1), x.flatten(-2))
