"""How Fourier transforms and frames are written to ONNX.

A transform along an axis of known size is a product with constant matrices: ONNX's own
operator lacks the inverse of real signals, and runtimes lack the operator.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.export.onnx.graph import Value, constant, ops


def _known(x: Value, axis: int, op: str) -> int:
    n = x.shape[axis]
    if n is None:
        raise TypeError(
            f"keras.ops.{op} can be written to ONNX along an axis of known size only. "
            f"Received: {x.shape}. Export with an input signature that says the size."
        )
    return n


def _matrices(n: int, m: int, dtype: str, sign: float = -1.0) -> tuple[Value, Value]:
    """Cosines and sines: `(n, m)`, of n places and m frequencies."""
    turns = np.outer(np.arange(n), np.arange(m)) % max(n, m, 1)
    angles = sign * 2 * np.pi * turns / max(n, m, 1)
    return constant(np.cos(angles), dtype), constant(np.sin(angles), dtype)


def _transform(x: Any, axis: int, op: str, inverse: bool = False) -> tuple[Any, Any]:
    real, imaginary = (ops.moveaxis(part, axis, -1) for part in x)
    n = _known(real, -1, op)
    cosine, sine = _matrices(n, n, real.dtype, 1.0 if inverse else -1.0)
    if inverse:
        cosine, sine = ops.divide(cosine, n), ops.divide(sine, n)
    new_real = ops.matmul(real, cosine) - ops.matmul(imaginary, sine)
    new_imaginary = ops.matmul(real, sine) + ops.matmul(imaginary, cosine)
    return ops.moveaxis(new_real, -1, axis), ops.moveaxis(new_imaginary, -1, axis)


def fft(x: Any) -> tuple[Any, Any]:
    return _transform(x, -1, "fft")


def fft2(x: Any) -> tuple[Any, Any]:
    return _transform(_transform(x, -1, "fft2"), -2, "fft2")


def ifft2(x: Any) -> tuple[Any, Any]:
    return _transform(_transform(x, -1, "ifft2", True), -2, "ifft2", True)


def _of_length(x: Value, length: int) -> Value:
    """Cut, or filled with zeros, along the last axis."""
    n = x.shape[-1]
    if n is None or n < length:
        missing = length if n is None else length - n
        x = ops.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])
    return x if x.shape[-1] == length else x[..., :length]


def rfft(x: Value, fft_length: int | None = None) -> tuple[Value, Value]:
    n = _known(x, -1, "rfft") if fft_length is None else int(fft_length)
    x = _of_length(x, n)
    angles = 2 * np.pi * (np.outer(np.arange(n), np.arange(n // 2 + 1)) % n) / n
    cosine, sine = constant(np.cos(angles), x.dtype), constant(-np.sin(angles), x.dtype)
    return ops.matmul(x, cosine), ops.matmul(x, sine)


def irfft(x: Any, fft_length: int | None = None) -> Value:
    real, imaginary = x
    if fft_length is None:
        n = 2 * (_known(real, -1, "irfft") - 1)
    else:
        n = int(fft_length)
    half = n // 2 + 1
    real, imaginary = _of_length(real, half), _of_length(imaginary, half)
    angles = 2 * np.pi * (np.outer(np.arange(half), np.arange(n)) % n) / n
    weight = np.full((half, 1), 2.0)  # a frequency stands for its negative, too
    weight[0] = 1.0
    if n % 2 == 0:
        weight[-1] = 1.0
    cosine = constant(weight * np.cos(angles) / n, real.dtype)
    sine = constant(weight * np.sin(angles) / n, real.dtype)
    return ops.matmul(real, cosine) - ops.matmul(imaginary, sine)


def extract_sequences(x: Value, sequence_length: int, sequence_stride: int) -> Value:
    inside = constant(np.arange(sequence_length), "int32")
    n = ops.shape(x)[-1]
    count = (n - sequence_length) // sequence_stride + 1
    if isinstance(count, int):
        starts: Any = constant(np.arange(max(count, 0)) * sequence_stride, "int32")
    else:
        starts = ops.arange(count, dtype="int32") * sequence_stride
    return ops.take(x, ops.expand_dims(starts, 1) + inside, -1)


def overlap_sequences(x: Value, sequence_stride: int) -> Value:
    frames = _known(x, -2, "overlap_sequences")
    length = _known(x, -1, "overlap_sequences")
    size = (frames - 1) * sequence_stride + length
    places = np.arange(frames)[:, None] * sequence_stride + np.arange(length)
    spread = np.zeros((frames * length, size), x.dtype)
    spread[np.arange(frames * length), places.reshape(-1)] = 1
    flat = ops.reshape(x, [*ops.shape(x)[:-2], frames * length])
    return ops.matmul(flat, constant(spread))
