"""Sequences of unequal length as one array."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any

import numpy as np

from keras.core.typing import DType, TensorLike


def _lengths(sequences: TensorLike) -> list[int]:
    if not isinstance(sequences, Sized) or not isinstance(sequences, Iterable):
        raise ValueError(
            "`pad_sequences` expects a list of sequences. Received: "
            f"{type(sequences).__name__}."
        )
    for item in sequences:
        if not isinstance(item, Sized):
            raise ValueError(
                "`pad_sequences` expects a list of sequences, such as [[1, 2], [3]]. "
                f"Received an item that is none: {item!r}."
            )
    return [len(item) for item in sequences]


def pad_sequences(
    sequences: TensorLike,
    maxlen: int | None = None,
    dtype: DType = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences brought to one length: filled up, or cut off.

    Args:
        sequences: a list of sequences, whose items may be arrays of one shape.
        maxlen: the length; that of the longest by default.
        dtype: dtype of the result; `object` for strings.
        padding: `"pre"` or `"post"`: where they are filled up.
        truncating: `"pre"` or `"post"`: where they are cut off.
        value: what they are filled up with.

    Returns:
        An array `(sequences, maxlen, ...)`.

    Raises:
        ValueError: for what is no list of sequences, items of unequal shape, or a value
            that does not fit the dtype.

    Example:

    >>> import keras
    >>> keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]]).tolist()
    [[0, 0, 1], [0, 2, 3], [4, 5, 6]]
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(
                f"`pad_sequences` expects `{name}` to be 'pre' or 'post'. Received: "
                f"{name}={given!r}."
            )
    kind = np.dtype(dtype).kind
    if isinstance(value, str) and kind not in "OUS":
        raise ValueError(
            f"The value {value!r} is a string and does not fit dtype {dtype}. Set "
            "dtype=object for strings."
        )
    lengths = _lengths(sequences)
    length = max(lengths, default=0) if maxlen is None else maxlen
    first = next((np.asarray(item) for item in sequences if len(item)), None)
    inner = () if first is None else first.shape[1:]
    padded = np.full((len(lengths), length, *inner), value, dtype=dtype)
    for row, item in zip(padded, sequences, strict=True):
        kept = item[max(0, len(item) - length) :]
        if truncating == "post":
            kept = item[:length]
        if not len(kept):
            continue
        array = np.asarray(kept, dtype=dtype)
        if array.shape[1:] != inner:
            raise ValueError(
                "`pad_sequences` expects items of one shape in all sequences. "
                f"Received: {array.shape[1:]} beside {inner}."
            )
        start = 0 if padding == "post" else length - len(array)
        row[start : start + len(array)] = array
    return padded
