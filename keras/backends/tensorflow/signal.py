"""Fourier transforms and frames of the TensorFlow backend."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras.core.typing import TensorLike


def _complex(x: TensorLike) -> Any:
    real, imaginary = x
    if not real.shape.is_compatible_with(imaginary.shape):
        raise ValueError("The parts differ in shape.")
    return tf.complex(real, imaginary)


def _parts(x: TensorLike) -> tuple[Any, Any]:
    return tf.math.real(x), tf.math.imag(x)


def fft(x: TensorLike) -> tuple[Any, Any]:
    return _parts(tf.signal.fft(_complex(x)))


def fft2(x: TensorLike) -> tuple[Any, Any]:
    return _parts(tf.signal.fft2d(_complex(x)))


def ifft2(x: TensorLike) -> tuple[Any, Any]:
    return _parts(tf.signal.ifft2d(_complex(x)))


def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Any, Any]:
    if fft_length is None:
        return _parts(tf.signal.rfft(x))
    size = _size(fft_length)
    # Cut first: the gradient does not know that the kernel would.
    return _parts(tf.signal.rfft(x[..., :fft_length], size))


def irfft(x: TensorLike, fft_length: int | None = None) -> Any:
    if fft_length is None:
        return tf.signal.irfft(_complex(x))
    size = _size(fft_length)
    return tf.signal.irfft(_complex(x)[..., : fft_length // 2 + 1], size)


def _size(fft_length: int) -> list[int]:
    if fft_length < 1:
        raise ValueError("A length is positive.")
    return [fft_length]


def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Any:
    return tf.signal.frame(x, sequence_length, sequence_stride)


def overlap_sequences(x: TensorLike, sequence_stride: int) -> Any:
    return tf.signal.overlap_and_add(x, sequence_stride)
