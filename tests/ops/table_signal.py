"""The table of special functions, segments, Fourier transforms and frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from tests.ops import reference
from tests.ops.rows import Row

_random = np.random.default_rng(2)
ROWS: list[Row] = []


def _floats(*shape: int) -> np.ndarray:
    count = int(np.prod(shape))
    values = np.linspace(-1.9, 1.9, count, endpoint=False) + 0.0137
    return _random.permutation(values).reshape(shape).astype("float32")


def _row(op: str, *args: Any, **options: Any) -> None:
    ROWS.append(Row(op, args, **options))


X, CUBE = _floats(3, 4), _floats(2, 3, 8)

# Special functions --------------------------------------------------------------------

_row("erf", X, reference=scipy.special.erf)
_row("erfc", X, reference=scipy.special.erfc, atol=1e-6)
_row("erfinv", X / 2.1, reference=scipy.special.erfinv, rtol=1e-4)
_row("rsqrt", np.abs(X), reference=lambda x: 1 / np.sqrt(x), rtol=1e-4)
for _axis, _keep in ((None, False), (1, True), ((0, 2), False)):
    _row("logsumexp", CUBE, _axis, _keep, reference=lambda x, a, k:
         scipy.special.logsumexp(x, a, keepdims=k),
         note=f"{_axis}")  # fmt: skip
_row(
    "logsumexp",
    np.array([[-np.inf, 3.0], [1000.0, 1000.0]], "float32"),
    1,
    reference=scipy.special.logsumexp,
    note="far",
)

# Segments -----------------------------------------------------------------------------

IDS = np.array([1, 0, 3, 1, -1, 5], "int32")
ROWS_OF = {"segment_sum": (np.add, 0), "segment_prod": (np.multiply, 1)}
ROWS_OF |= {
    "segment_max": (np.maximum, -np.inf),
    "segment_min": (np.minimum, np.inf),
}
for _name, (_reduce, _start) in ROWS_OF.items():
    _row(
        _name, _floats(6, 2), IDS, 4,
        reference=lambda d, i, n, r=_reduce, s=_start: reference.segments(
            d, i, n, r, s
        ),
    )  # fmt: skip
    _row(
        _name, _floats(4), np.array([0, 0, 1, 2], "int32"),
        kwargs={"num_segments": 3, "sorted": True},
        reference=lambda d, i, num_segments, sorted, r=_reduce, s=_start: (
            reference.segments(d, i, num_segments, r, s)
        ),
        note="sorted",
    )  # fmt: skip
_row("segment_sum", np.array([3, 4, 5], "int32"), np.array([0, 2, 0], "int32"),
     reference=lambda d, i: np.array([8, 0, 4]),
     note="counted")  # fmt: skip
_row(
    "top_k",
    X,
    2,
    reference=lambda x, k: (
        -np.sort(-x, -1)[..., :k],
        np.argsort(-x, -1, kind="stable")[..., :k],
    ),
)
_row("top_k", np.array([3, 1, 3, 2], "int32"), 3, note="ties",
     reference=lambda x, k: (np.array([3, 3, 2]), np.array([0, 2, 3])))  # fmt: skip
_row(
    "in_top_k",
    np.array([2, 0, 9, 1], "int32"),
    np.array(
        [[0.1, 0.9, 0.9], [0.5, 0.6, 0.7], [1, 2, 3], [np.nan, np.inf, 0]], "float32"
    ),
    1,
    reference=lambda t, p, k: np.array([True, False, False, False]),
)

# Fourier transforms -------------------------------------------------------------------


def _parts(z: Any) -> tuple[Any, Any]:
    return z.real, z.imag


_FFTS = {"fft": np.fft.fft, "fft2": np.fft.fft2, "ifft2": np.fft.ifft2}
PAIR = (_floats(2, 3, 4), _floats(2, 3, 4))
_far: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
for _name in ("fft", "fft2", "ifft2"):
    _row(_name, PAIR, **_far, reference=lambda x, f=_FFTS[_name]:
         _parts(f(x[0] + 1j * x[1])))  # fmt: skip
for _length in (None, 5, 8, 11):
    _row("rfft", CUBE, _length, reference=lambda x, n: _parts(np.fft.rfft(x, n)),
         note=f"{_length}", **_far)  # fmt: skip
for _length in (None, 5, 6, 9):
    _row("irfft", PAIR, _length, note=f"{_length}", **_far,
         reference=lambda x, n: np.fft.irfft(x[0] + 1j * x[1], n))  # fmt: skip

# Frames -----------------------------------------------------------------------------

SIGNAL = _floats(2, 20)


def _frames(x: Any, length: int, stride: int) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, length, -1)[..., ::stride, :]


def _windowed(length: int, fft_length: int, window: Any) -> Any:
    if window is None:
        return np.ones(fft_length)
    if isinstance(window, str):
        a = {"hann": 0.5, "hamming": 0.54}[window]
        window = a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / length)
    before = (fft_length - length) // 2
    return np.pad(window, (before, fft_length - length - before))


def _stft(
    x: Any, length: int, stride: int, fft_length: int, window: Any = "hann",
    center: bool = True,
) -> Any:  # fmt: skip
    if center:
        x = np.pad(x, [(0, 0), (fft_length // 2,) * 2], mode="reflect")
    frames = _frames(x, fft_length, stride) * _windowed(length, fft_length, window)
    return _parts(np.fft.rfft(frames))


_row("extract_sequences", SIGNAL, 6, 4, reference=_frames)
_row("extract_sequences", SIGNAL[0], 3, 3, reference=_frames, note="flat")
for _window in ("hann", "hamming", None):
    for _center in (True, False):
        _row("stft", SIGNAL, 5, 3, 8, _window, _center, reference=_stft,
             note=f"{_window}-{_center}",
             **_far)  # fmt: skip
for _window in ("hann", "hamming"):
    _row(
        "istft", _stft(SIGNAL, 6, 2, 8, _window), 6, 2, 8,
        kwargs={"window": _window, "length": 20}, note=_window,
        reference=reference.istft, **_far,
    )  # fmt: skip
_row(
    "view_as_complex",
    _floats(3, 2),
    reference=lambda x: x[..., 0] + 1j * x[..., 1],
)
_row(
    "view_as_real",
    (X + 2j * X).astype("complex64"),
    reference=lambda x: np.stack([x.real, x.imag], -1),
)
