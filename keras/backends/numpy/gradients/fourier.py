"""Rules of NumPy's Fourier transforms."""

from __future__ import annotations

import math

import numpy as np

from keras.backends.numpy.gradients.traced import (
    Pullbacks,
    composed,
    rule_of,
)
from keras.core.typing import TensorLike


@rule_of(np.fft.fft)
def _fft(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: np.fft.ifft(g) * x.shape[-1],)


@rule_of(np.fft.ifft)
def _ifft(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: np.fft.fft(g) / x.shape[-1],)


@rule_of(np.fft.fft2)
def _fft2(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: np.fft.ifft2(g) * math.prod(x.shape[-2:]),)


@rule_of(np.fft.ifft2)
def _ifft2(out: TensorLike, x: TensorLike) -> Pullbacks:
    return (lambda g: np.fft.fft2(g) / math.prod(x.shape[-2:]),)


@composed(np.fft.rfft)
def _rfft(x: TensorLike, n: int | None = None) -> TensorLike:
    size = x.shape[-1] if n is None else n
    return np.fft.fft(_of_length(x, size))[..., : size // 2 + 1]


@composed(np.fft.irfft)
def _irfft(x: TensorLike, n: int | None = None) -> TensorLike:
    """The real part of a sum of waves: each one inside stands for two."""
    size = 2 * (x.shape[-1] - 1) if n is None else n
    x = _of_length(x, size // 2 + 1)
    twice = np.full(size // 2 + 1, 2.0)
    twice[0] = 1
    if size % 2 == 0:
        twice[-1] = 1
    return np.real(np.fft.ifft(_of_length(x * twice.astype(x.real.dtype), size)))


def _of_length(x: TensorLike, size: int) -> TensorLike:
    missing = size - x.shape[-1]
    if missing <= 0:
        return x[..., :size]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])
