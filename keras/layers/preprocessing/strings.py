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
    check_strings(values, owner)
    return [
        value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        for value in values
    ]


def check_strings(values: np.ndarray | Sequence[Any], owner: str) -> None:
    """Checks that there are only strings and bytes among values.

    Args:
        values: an array of any shape, or values one after the other.
        owner: whose they are, for errors.

    Raises:
        ValueError: for missing values and numbers.
    """
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "UTS":
            return
        values = values.reshape(-1).tolist()
    if {*map(type, values)} <= {str, bytes}:
        return
    odd = [value for value in values if not isinstance(value, (str, bytes))]
    if odd:
        raise ValueError(
            f"{owner} expects strings. Received a value of type "
            f"{type(odd[0]).__name__}: {odd[0]!r}. Replace missing values before, such "
            "as by '' (`series.fillna(\"\")`), and turn other values into strings."
        )


def to_text(values: Sequence[Any], encoding: str, owner: str) -> list[str]:
    """Strings out of strings and bytes.

    Args:
        values: strings and bytes.
        encoding: how bytes encode text.
        owner: whose they are, for errors.

    Raises:
        UnicodeDecodeError: for bytes that are no text in this encoding.
    """
    try:
        return [v.decode(encoding) if isinstance(v, bytes) else str(v) for v in values]
    except UnicodeDecodeError as error:
        error.reason += (
            f". {owner} learns vocabularies of text: {error.object!r} is none. Name "
            "another `encoding`, or clean the data, such as by "
            f"`data.decode({encoding!r}, 'replace')`"
        )
        raise
