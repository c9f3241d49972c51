"""Initializers whose values are known beforehand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.backends import current
from keras.core import config, dtypes
from keras.core.errors import ShapeError
from keras.core.facts import public_class
from keras.core.serialization import serialize_keras_object
from keras.core.typing import DType, Tensor, TensorLike
from keras.initializers.initializer import Initializer, float_dtype


@public_class("keras.initializers")
class Constant(Initializer):
    """One value everywhere, or an array broadcast to the shape.

    Args:
        value: a number, or an array that broadcasts to the shapes wanted.

    Example:

    >>> import keras
    >>> values = keras.initializers.Constant(3.0)((2,))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [3.0, 3.0]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def get_config(self) -> dict[str, Any]:
        """The value, an array as its dtype and a list."""
        return {"value": serialize_keras_object(self.value)}

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        value = (
            ops.convert_to_numpy(self.value) if _is_array(self.value) else self.value
        )
        filled = np.broadcast_to(np.asarray(value), tuple(shape))
        return ops.convert_to_tensor(filled, dtype=_dtype(dtype))


@public_class("keras.initializers")
class Zeros(Initializer):
    """Zeros.

    Example:

    >>> import keras
    >>> values = keras.initializers.Zeros()((2,))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [0.0, 0.0]
    """

    _makes_new = True

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        return _filled(0, shape, dtype)


@public_class("keras.initializers")
class Ones(Initializer):
    """Ones.

    Example:

    >>> import keras
    >>> values = keras.initializers.Ones()((2,))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [1.0, 1.0]
    """

    _makes_new = True

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        return _filled(1, shape, dtype)


@public_class("keras.initializers")
class Identity(Initializer):
    """The identity matrix, with zeros where rows and columns differ in number.

    Args:
        gain: factor on the matrix.

    Raises:
        ShapeError: for shapes that are no matrix.

    Example:

    >>> import keras
    >>> values = keras.initializers.Identity()((2, 2))
    >>> keras.ops.convert_to_numpy(values).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    _config_optional = ("gain",)

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of that shape."""
        if len(shape) != 2:
            raise ShapeError(
                f"Identity makes matrices. Received: shape={tuple(shape)}."
            )
        return ops.convert_to_tensor(
            self.gain * np.eye(shape[0], shape[1]), dtype=_dtype(dtype)
        )


@public_class("keras.initializers")
class STFT(Initializer):
    """The basis of a short-time Fourier transform, as the kernel of a Conv1D.

    Args:
        side: `"real"` or `"imag"`: which part of the basis.
        window: name of a window (`"hann"`, `"hamming"`, or another of SciPy's), an
            array of the frame's length, or None.
        scaling: `"density"`, `"spectrum"` or None: how results are normalised.
        periodic: whether the window is periodic rather than symmetric.

    Raises:
        ValueError: for an unknown side or scaling.
        ShapeError: where the shape is not `(frame_length, 1, bins)`.

    Example:

    >>> import keras
    >>> keras.initializers.STFT("imag")((20, 1, 13)).shape == (20, 1, 13)
    True
    """

    def __init__(
        self,
        side: str = "real",
        window: TensorLike = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(
                f"`side` of STFT must be 'real' or 'imag'. Received: side={side!r}."
            )
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(
                "`scaling` of STFT must be 'density', 'spectrum' or None. "
                f"Received: scaling={scaling!r}."
            )
        self.side = side
        self.window = checked_window(window)
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Sequence[int], dtype: DType = None) -> Tensor:
        """A tensor of shape `(frame_length, 1, fft_length // 2 + 1)`."""
        dtype = float_dtype(dtype, "STFT")
        if len(shape) != 3 or shape[1] != 1:
            raise ShapeError(
                "STFT makes kernels of shape (frame_length, 1, bins). "
                f"Received: shape={tuple(shape)}."
            )
        frame_length, _, bins = shape
        fft_length = (bins - 1) * 2
        window = scaled_window(self.window, frame_length, self.periodic, self.scaling)
        angles = (
            2 * np.pi / fft_length * np.outer(np.arange(frame_length), np.arange(bins))
        )
        wave = np.cos(angles) if self.side == "real" else -np.sin(angles)
        kernel = wave * window[:, None]
        return ops.convert_to_tensor(kernel[:, None, :], dtype=dtype)


def scaled_window(
    window: TensorLike, length: int, periodic: bool, scaling: str | None
) -> np.ndarray:
    """What the samples of a frame are multiplied by before they are transformed.

    Args:
        window: the name of a window, an array, or None for none, which is not scaled.
        length: samples of a frame.
        periodic: whether a named window is periodic rather than symmetric.
        scaling: `"density"`, `"spectrum"` or None.

    Raises:
        ShapeError: for an array of another length.
    """
    if window is None:
        return np.ones(length)
    values = _window_values(window, length, periodic)
    if scaling == "density":
        return values * (1.0 / math.sqrt(float(np.sum(values * values))))
    return values * (1.0 / abs(float(np.sum(values)))) if scaling else values


def _window_values(window: TensorLike, length: int, periodic: bool) -> np.ndarray:
    if not isinstance(window, str):
        values = np.asarray(ops.convert_to_numpy(window), dtype="float64")
        if values.shape != (length,):
            raise ShapeError(
                f"`window` has shape {values.shape}, but frames have length {length}."
            )
        return values
    if window in _COSINES:
        level = _COSINES[window]
        period = max(length if periodic else length - 1, 1)
        return level - (1 - level) * np.cos(2 * np.pi * np.arange(length) / period)
    from scipy.signal import get_window

    found: Any = get_window(window, length, fftbins=periodic)
    return np.asarray(found)


# What the cosine is added to, by the names of windows that need no SciPy.
_COSINES = {"hann": 0.5, "hanning": 0.5, "hamming": 0.54}


def checked_window(window: TensorLike) -> Any:
    """`window`, if it is no name or a known one."""
    if not isinstance(window, str) or window in _COSINES:
        return window
    from scipy.signal import get_window  # takes long to import, and few need it

    try:
        get_window(window, 2)
    except ValueError:
        raise ValueError(
            "`window` must be None, an array, or the name of a window of "
            f"scipy.signal.get_window that takes no arguments. Received: "
            f"window={window!r}."
        ) from None
    return window


# So many values are written on the host: a device's program for them, which JAX
# compiles for each shape, takes longer.
_FEW = 1 << 16


def _filled(value: int, shape: Sequence[int], dtype: DType) -> Any:
    dtype, size = _dtype(dtype), math.prod(shape)
    if size > _FEW:
        return ops.full(tuple(shape), value, dtype=dtype)
    return current().borrow(np.full(tuple(shape), value, np.float32), dtype)


def _dtype(dtype: DType) -> str:
    return config.floatx() if dtype is None else dtypes.standardize_dtype(dtype)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape")
