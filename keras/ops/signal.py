"""Fourier transforms, and sequences cut into overlapping frames.

Complex numbers are given and returned as pairs `(real, imaginary)` of real tensors.
Half precision is computed in float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras.core import dtypes
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import DType, Tensor, TensorLike
from keras.ops import (
    arithmetic,
    complex_numbers,
    core,
    creation,
    joining,
    logic,
    reduction,
    shaping,
)
from keras.ops.declare import composite, op
from keras.ops.files import InFiles
from keras.ops.nn.reshaping import complex_from

WINDOWS = ("hann", "hamming")


def _pair(op_name: str, x: TensorLike, rank: int) -> tuple[Tensor, Tensor]:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            f"keras.ops.{op_name} expects a pair (real, imaginary). Received: {x!r}."
        )
    real, imaginary = x
    if real.shape != imaginary.shape or len(real.shape) < rank:
        raise ShapeError(
            f"keras.ops.{op_name} expects real and imaginary parts of one shape, of "
            f"rank {rank} or more. Received: {real.shape} and {imaginary.shape}."
        )
    return real, imaginary


def _is_listed(x: TensorLike, fft_length: int | None = None) -> bool:
    """Whether it is no tensor of two rows; frameworks ask for the shapes themselves."""
    return isinstance(x, (tuple, list))


def _check_length(op_name: str, fft_length: int | None) -> None:
    if fft_length is not None and fft_length < 1:
        raise ValueError(
            f"keras.ops.{op_name} expects `fft_length` to be at least 1. Received: "
            f"fft_length={fft_length}."
        )


def _like(x: TensorLike) -> tuple[Tensor, Tensor]:
    return KerasTensor(x.shape, x.dtype), KerasTensor(x.shape, x.dtype)


@op(promote="wide", check=_is_listed, in_files=InFiles("math"))
def fft(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform along the last axis.

    Args:
        x: `(real, imaginary)`, tensors of one shape.

    Returns:
        `(real, imaginary)` of the same shape.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> real, imaginary = keras.ops.fft(([1.0, 1.0], [0.0, 0.0]))
    >>> keras.ops.convert_to_numpy(real).tolist()
    [2.0, 0.0]
    """
    return _like(_pair("fft", x, 1)[0])


@op(promote="wide", check=_is_listed, in_files=InFiles("math"))
def fft2(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform along the last two axes.

    Args:
        x: `(real, imaginary)`, tensors of one shape.

    Returns:
        `(real, imaginary)` of the same shape.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 2))
    >>> float(keras.ops.fft2((x, x))[0][0, 0])
    4.0
    """
    return _like(_pair("fft2", x, 2)[0])


@op(promote="wide", check=_is_listed, in_files=InFiles("math"))
def ifft2(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:
    """Inverse of `fft2`.

    Args:
        x: `(real, imaginary)`, tensors of one shape.

    Returns:
        `(real, imaginary)` of the same shape.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 2))
    >>> float(keras.ops.ifft2((x, x))[0][0, 0])
    1.0
    """
    return _like(_pair("ifft2", x, 2)[0])


@op(promote="wide", real=True, in_files=InFiles("math"))
def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Fourier transform of real numbers along the last axis: the half that is needed.

    Args:
        x: `(..., size)`.
        fft_length: length that `x` is cut or padded to; its own by default.

    Returns:
        `(real, imaginary)`, each `(..., fft_length // 2 + 1)`.

    Raises:
        ShapeError: for a scalar.

    Example:

    >>> import keras
    >>> real, imaginary = keras.ops.rfft([1.0, 1.0, 1.0, 1.0])
    >>> keras.ops.convert_to_numpy(real).tolist()
    [4.0, 0.0, 0.0]
    """
    if not x.shape:
        raise ShapeError("keras.ops.rfft expects `x` of rank 1 or more. Received: ().")
    _check_length("rfft", fft_length)
    size = x.shape[-1] if fft_length is None else fft_length
    half = None if size is None else size // 2 + 1
    return _like(KerasTensor((*x.shape[:-1], half), x.dtype))


@op(promote="wide", check=_is_listed, in_files=InFiles("math"))
def irfft(x: Sequence[TensorLike], fft_length: int | None = None) -> Tensor:
    """Inverse of `rfft`.

    Args:
        x: `(real, imaginary)`, each `(..., size)`.
        fft_length: length of the result; `2 * (size - 1)` by default.

    Returns:
        `(..., fft_length)`.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> x = keras.ops.irfft(([4.0, 0.0, 0.0], [0.0, 0.0, 0.0]))
    >>> keras.ops.convert_to_numpy(x).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    real, _ = _pair("irfft", x, 1)
    _check_length("irfft", fft_length)
    half = real.shape[-1]
    if fft_length is None:
        fft_length = None if half is None else 2 * (half - 1)
    return KerasTensor((*real.shape[:-1], fft_length), real.dtype)


def _has_sizes(x: TensorLike, sequence_length: int, sequence_stride: int) -> bool:
    return sequence_length >= 1 and sequence_stride >= 1


@op(check=_has_sizes, in_files=InFiles("math"))
def extract_sequences(
    x: TensorLike, sequence_length: int, sequence_stride: int
) -> Tensor:
    """Cuts the last axis into frames, which may overlap.

    Args:
        x: `(..., size)`.
        sequence_length: length of a frame.
        sequence_stride: distance from one frame to the next.

    Returns:
        `(..., frames, sequence_length)`; what does not fill a frame is left out.

    Raises:
        ShapeError: for a scalar.

    Example:

    >>> import keras
    >>> frames = keras.ops.extract_sequences([1, 2, 3, 4, 5], 3, 2)
    >>> keras.ops.convert_to_numpy(frames).tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    if not x.shape:
        raise ShapeError(
            "keras.ops.extract_sequences expects `x` of rank 1 or more. Received: ()."
        )
    for name, value in (("length", sequence_length), ("stride", sequence_stride)):
        if value < 1:
            raise ValueError(
                f"keras.ops.extract_sequences expects `sequence_{name}` of 1 or more. "
                f"Received: {value}."
            )
    size = x.shape[-1]
    count = None
    if size is not None:
        count = max((size - sequence_length) // sequence_stride + 1, 0)
    return KerasTensor((*x.shape[:-1], count, sequence_length), x.dtype)


@op
def overlap_sequences(x: TensorLike, sequence_stride: int) -> Tensor:
    """Adds up overlapping frames: the transpose of `extract_sequences`. Internal.

    Args:
        x: `(..., frames, sequence_length)`.
        sequence_stride: distance from one frame to the next.

    Returns:
        `(..., (frames - 1) * sequence_stride + sequence_length)`.
    """
    frames, length = x.shape[-2:]
    size = None
    if frames is not None and length is not None:
        size = (frames - 1) * sequence_stride + length
    return KerasTensor((*x.shape[:-2], size), x.dtype)


def _check_stride(op_name: str, stride: int) -> None:
    if stride < 1:
        raise ValueError(
            f"keras.ops.{op_name} expects `sequence_stride` of 1 or more. Received: "
            f"{stride}."
        )


def _window(
    op_name: str, window: TensorLike, length: int, fft_length: int, dtype: DType
) -> Any:
    """The window, in the middle of `fft_length` places; None for none."""
    if length > fft_length:
        raise ValueError(
            f"keras.ops.{op_name} expects `sequence_length` of at most `fft_length`. "
            f"Received: sequence_length={length}, fft_length={fft_length}."
        )
    if window is None:
        return None
    if isinstance(window, str):
        if window not in WINDOWS:
            raise ValueError(
                f"keras.ops.{op_name} expects `window` to be one of "
                f"{', '.join(map(repr, WINDOWS))}, a tensor, or None. "
                f"Received: window={window!r}."
            )
        window = _periodic(window, length)
    window = creation.array(window, dtype=dtype)
    if tuple(window.shape) != (length,):
        raise ShapeError(
            f"keras.ops.{op_name} expects a window of shape ({length},), the sequence "
            f"length. Received: {tuple(window.shape)}."
        )
    before = (fft_length - length) // 2
    return shaping.pad(window, [(before, fft_length - length - before)])


def _periodic(name: str, length: int) -> list[float]:
    a = 0.5 if name == "hann" else 0.54
    angles = (2 * math.pi * n / length for n in range(length))
    return [a - (1 - a) * math.cos(angle) for angle in angles]


@composite(real=True, in_files=InFiles("math"))
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Tensor, Tensor]:
    """Short-time Fourier transform along the last axis.

    Args:
        x: real numbers, `(..., size)`.
        sequence_length: length of the window.
        sequence_stride: distance from one frame to the next.
        fft_length: length of a frame; the window stands in its middle.
        window: `"hann"`, `"hamming"`, a tensor `(sequence_length,)`, or None to
            leave frames as they are.
        center: whether frames are centred at their place, `x` reflected at its ends.

    Returns:
        `(real, imaginary)`, each `(..., frames, fft_length // 2 + 1)`.

    Raises:
        ValueError: if the window is longer than a frame, or unknown.

    Example:

    >>> import keras
    >>> real, imaginary = keras.ops.stft(keras.ops.ones((20,)), 4, 2, 6)
    >>> real.shape == (11, 4)
    True
    """
    dtype = dtypes.wide_result(core.dtype(x))
    x = core.cast(core.convert_to_tensor(x), dtype)
    _check_stride("stft", sequence_stride)
    window = _window("stft", window, sequence_length, fft_length, dtype)
    if not x.shape:
        raise ShapeError("`x` must have one dimension or more. Received: shape ().")
    if center:
        ends = [(0, 0)] * (len(x.shape) - 1) + [(fft_length // 2, fft_length // 2)]
        x = shaping.pad(x, ends, mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    if window is not None:
        frames = arithmetic.multiply(frames, window)
    return rfft(frames, fft_length)


@composite(in_files=InFiles("math"))
def istft(
    x: Sequence[TensorLike],
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """Inverse of `stft`, given the same arguments.

    Frames are added up and divided by what the windows add up to; places that no
    window reaches are 0.

    Args:
        x: `(real, imaginary)`, each `(..., frames, fft_length // 2 + 1)`.
        sequence_length: length of the window.
        sequence_stride: distance from one frame to the next.
        fft_length: length of a frame.
        length: length of the result, or None for all that the frames cover.
        window: `"hann"`, `"hamming"`, a tensor `(sequence_length,)`, or None.
        center: whether frames were centred.

    Returns:
        Real numbers, `(..., size)`.

    Raises:
        ValueError: if the window is longer than a frame, or unknown.

    Example:

    >>> import keras
    >>> x = keras.ops.arange(12.0)
    >>> y = keras.ops.istft(keras.ops.stft(x, 4, 2, 6), 4, 2, 6)
    >>> round(float(y[7]), 3)
    7.0
    """
    _check_stride("istft", sequence_stride)
    frames = irfft(x, fft_length)
    dtype = core.dtype(frames)
    window = _window("istft", window, sequence_length, fft_length, dtype)
    batch = tuple(frames.shape)[:-2]
    one = (
        reduction.sum(frames, axis=tuple(range(len(batch))))  # there is no first one
        if 0 in batch
        else frames[(0,) * len(batch)]
    )
    single = creation.ones_like(one)
    if window is not None:
        frames = arithmetic.multiply(frames, window)
        single = arithmetic.multiply(single, arithmetic.square(window))
    total = overlap_sequences(frames, sequence_stride)
    weight = overlap_sequences(single, sequence_stride)
    reached = logic.greater(weight, 1e-10)
    weight = logic.where(reached, weight, creation.ones_like(weight))
    y = arithmetic.divide(total, weight)
    start = fft_length // 2 if center else 0
    if length is not None:
        return _fit(y[..., start:], length)
    return y[..., start : y.shape[-1] - start] if start and y.shape[-1] else y


def _fit(x: TensorLike, length: int) -> Any:
    """Cut, or filled up with zeros."""
    size = x.shape[-1]
    if isinstance(x, KerasTensor):
        return KerasTensor((*x.shape[:-1], length), x.dtype)
    lacking = length if size is None else max(length - size, 0)
    if lacking:
        x = shaping.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, lacking)])
    return x[..., :length]


@composite(in_files=InFiles("math"))
def view_as_complex(x: TensorLike) -> Tensor:
    """Pairs of real numbers as complex ones.

    Args:
        x: `(..., 2)`: real and imaginary parts.

    Returns:
        A complex tensor, `(...,)`.

    Raises:
        ShapeError: if the last size is not 2.

    Example:

    >>> import keras
    >>> z = keras.ops.view_as_complex([[1.0, 2.0]])
    >>> float(keras.ops.imag(z)[0])
    2.0
    """
    x = core.convert_to_tensor(x)
    shape = core.shape(x)
    if not shape or shape[-1] != 2:
        raise ShapeError(
            "keras.ops.view_as_complex expects a last axis of size 2: real and "
            f"imaginary parts. Received: shape {tuple(shape)}."
        )
    return complex_from(x[..., 0], x[..., 1])


@composite(in_files=InFiles("math"))
def view_as_real(x: TensorLike) -> Tensor:
    """Complex numbers as pairs of real ones.

    Args:
        x: complex tensor of any shape.

    Returns:
        `(..., 2)`: real and imaginary parts.

    Example:

    >>> import keras
    >>> z = keras.ops.view_as_complex([[1.0, 2.0]])
    >>> keras.ops.convert_to_numpy(keras.ops.view_as_real(z)).tolist()
    [[1.0, 2.0]]
    """
    parts = [complex_numbers.real(x), complex_numbers.imag(x)]
    return joining.stack(parts, axis=-1)
