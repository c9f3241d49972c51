"""Fourier transforms and frames of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def _complex(x: jax.Array) -> jax.Array:
    real, imaginary = x
    return jax.lax.complex(real, imaginary)


def _parts(x: jax.Array) -> tuple[Any, Any]:
    return x.real, x.imag


def fft(x: jax.Array) -> tuple[Any, Any]:
    return _parts(jnp.fft.fft(_complex(x)))


def fft2(x: jax.Array) -> tuple[Any, Any]:
    return _parts(jnp.fft.fft2(_complex(x)))


def ifft2(x: jax.Array) -> tuple[Any, Any]:
    return _parts(jnp.fft.ifft2(_complex(x)))


def rfft(x: jax.Array, fft_length: int | None = None) -> tuple[Any, Any]:
    return _parts(jnp.fft.rfft(x, fft_length))


def irfft(x: jax.Array, fft_length: int | None = None) -> jax.Array:
    return jnp.fft.irfft(_complex(x), fft_length)


def _places(frames: int, length: int, stride: int) -> Any:
    return np.arange(frames)[:, None] * stride + np.arange(length)


def extract_sequences(
    x: jax.Array, sequence_length: int, sequence_stride: int
) -> jax.Array:
    frames = max((x.shape[-1] - sequence_length) // sequence_stride + 1, 0)
    return x[..., _places(frames, sequence_length, sequence_stride)]


def overlap_sequences(x: jax.Array, sequence_stride: int) -> jax.Array:
    frames, length = x.shape[-2:]
    size = (frames - 1) * sequence_stride + length
    zeros = jnp.zeros((*x.shape[:-2], size), x.dtype)
    return zeros.at[..., _places(frames, length, sequence_stride)].add(x)
