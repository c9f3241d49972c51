"""Strings as bytes: UTF-8, as TensorFlow's and Keras' hashes and tables take them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

PUNCTUATION = string.punctuation.encode()


def to_bytes(array: np.ndarray, owner: str) -> list[bytes]:
    """The values of an array as UTF-8; integers as they are written.

    Args:
        array: strings, bytes or integers, of any shape.
        owner: whose they are, for errors.

    Raises:
        ValueError: for missing values and what is no string.
    """
    values = array.reshape(-1).tolist()
    if array.dtype.kind in "iub":
        return [str(int(value)).encode() for value in values]
    if array.dtype.kind == "f":
        return [str(int(value)).encode() for value in values]
    if array.dtype.kind in "UT":
        return [value.encode("utf-8", "surrogatepass") for value in values]
    if array.dtype.kind == "S":
        return values
    try:
        return [
            value if type(value) is bytes else value.encode("utf-8", "surrogatepass")
            for value in values
        ]
    except AttributeError:
        raise ValueError(_no_string(values, owner)) from None


def _no_string(values: Sequence[Any], owner: str) -> str:
    odd = next(value for value in values if not isinstance(value, (str, bytes)))
    return (
        f"{owner} expects strings. Received a value of type {type(odd).__name__}: "
        f"{odd!r}. Replace missing values before, such as by '' "
        '(`series.fillna("")`), and turn other values into strings.'
    )


def to_text(values: Sequence[Any], encoding: str) -> list[str]:
    """Strings out of strings and bytes.

    Raises:
        UnicodeDecodeError: for bytes that are no text in this encoding.
    """
    return [v.decode(encoding) if isinstance(v, bytes) else str(v) for v in values]
