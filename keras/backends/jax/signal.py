"""Fourier transforms and frames of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax as _jax
import jax.numpy as _jnp
import numpy as _np


def _complex(x: _jax.Array) -> _jax.Array:
    real, imaginary = x
    return _jax.lax.complex(real, imaginary)


def _parts(x: _jax.Array) -> tuple[Any, Any]:
    return x.real, x.imag


def fft(x: _jax.Array) -> tuple[Any, Any]:
    return _parts(_jnp.fft.fft(_complex(x)))


def fft2(x: _jax.Array) -> tuple[Any, Any]:
    return _parts(_jnp.fft.fft2(_complex(x)))


def ifft2(x: _jax.Array) -> tuple[Any, Any]:
    return _parts(_jnp.fft.ifft2(_complex(x)))


def rfft(x: _jax.Array, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(_jnp.fft.rfft(x, fft_length))


def irfft(x: _jax.Array, fft_length: int | None = None) -> _jax.Array:
    return _jnp.fft.irfft(_complex(x), fft_length)


def _places(frames: int, length: int, stride: int) -> Any:
    return _np.arange(frames)[:, None] * stride + _np.arange(length)


def extract_sequences(
    x: _jax.Array, sequence_length: int, sequence_stride: int
) -> _jax.Array:
    frames = max((x.shape[-1] - sequence_length) // sequence_stride + 1, 0)
    return x[..., _places(frames, sequence_length, sequence_stride)]


def overlap_sequences(x: _jax.Array, sequence_stride: int) -> _jax.Array:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    zeros = _jnp.zeros((*x.shape[:-2], size), x.dtype)
    return zeros.at[..., _places(frames, length, sequence_stride)].add(x)
