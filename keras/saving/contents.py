"""What a file that cannot be read looks like, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from keras import __version__
from keras.core.errors import DeserializationError, UnsafeDeserializationError

_AGAIN = "Copy or download it again, or save it anew."
_HDF5, _ZIP, _TENSORS = "an HDF5 file", "a zip file", "a safetensors file"
# How it begins -> what that is, and what to do where something else is expected.
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", _HDF5, "rename it to .h5 (model) or .weights.h5 (weights)"),
    (b"PK\x03\x04", _ZIP, "if Keras wrote it, rename it to .keras"),
    (b"version https://git-lfs", "a pointer of Git LFS", "run `git lfs pull`"),
    (b"\x1f\x8b", "packed by gzip", "unpack it first"),
    (b"<", "HTML or XML, perhaps an error page", "download the file itself"),
    (b"\x80\x02", "a pickle", "turn it into safetensors where it was made"),
)
_LONGEST_START = 64


def what_was_found(source: str | BinaryIO, expected: str) -> str:
    """A sentence for the error about a file that is not of the format expected.

    Args:
        source: its path, or the open file.
        expected: the format, as `"an HDF5 file"`.
    """
    if isinstance(source, str):
        with open(source, "rb") as file:
            start, size = file.read(_LONGEST_START), os.path.getsize(source)
    else:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        start = source.read(_LONGEST_START)
    if not size:
        return f"It is empty (0 bytes). {_AGAIN}"
    kind, advice = _kind_of(start)
    if not kind:
        return f"It has {size:,} bytes and begins with {start[:12]!r}. {_AGAIN}"
    if kind == expected:
        return f"It has {size:,} bytes and begins as one. {_AGAIN}"
    return f"It has {size:,} bytes. It is {kind}: {advice}."


def _kind_of(start: bytes) -> tuple[str, str]:
    """What begins so, and the advice about it; empty where that is not known."""
    for beginning, kind, advice in _KINDS:
        if start.lstrip().startswith(beginning):
            return kind, advice
    if start[8:9] == b"{":  # after the length of the header
        return _TENSORS, "rename it to .safetensors"
    return "", ""


@contextmanager
def written_by(version: object) -> Iterator[None]:
    """Says of errors that a newer version wrote what is read, where one did.

    Args:
        version: what the file says; None if it says nothing.
    """
    try:
        yield
    except UnsafeDeserializationError:
        raise
    except DeserializationError as error:
        if isinstance(version, str) and _numbers(version) > _numbers(__version__):
            error.args = (
                f"{error} It was written by Keras {version[:20]}, which is newer than "
                f"{__version__}, the one that reads it: update this one.",
            )
        raise


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(
        int(part) if part.isdecimal() and len(part) < 9 else 0 for part in parts
    )
