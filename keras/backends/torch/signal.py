"""Fourier transforms and frames of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch as _torch


def _complex(x: Any) -> Any:
    return _torch.complex(x[0], x[1])


def _parts(x: Any) -> tuple[Any, Any]:
    return x.real, x.imag


def fft(x: Any) -> tuple[Any, Any]:
    return _parts(_torch.fft.fft(_complex(x)))


def fft2(x: Any) -> tuple[Any, Any]:
    return _parts(_torch.fft.fft2(_complex(x)))


def ifft2(x: Any) -> tuple[Any, Any]:
    return _parts(_torch.fft.ifft2(_complex(x)))


def rfft(x: Any, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(_torch.fft.rfft(x, fft_length))


def irfft(x: Any, fft_length: int | None = None) -> Any:
    return _torch.fft.irfft(_complex(x), fft_length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    if x.shape[-1] < sequence_length:
        return x.new_empty((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)


def overlap_sequences(x: Any, sequence_stride: int) -> Any:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    starts = _torch.arange(frames, device=x.device) * sequence_stride
    places = starts[:, None] + _torch.arange(length, device=x.device)
    zeros = x.new_zeros((*x.shape[:-2], size))
    return zeros.index_add(-1, places.reshape(-1), x.flatten(-2))
