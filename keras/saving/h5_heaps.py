"""Texts of variable length in HDF5 files lie in heaps, which are walked here first.

The HDF5 library walks a heap without looking whether it gets on: one object that says
to be empty, and it never returns. It does not say either how long a text is before it
makes it. Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html,
"Disk Format: Level 1E".
"""

from __future__ import annotations

import io
import os
from functools import cached_property
from mmap import ACCESS_READ, mmap
from typing import Any, BinaryIO

from keras.core.errors import DeserializationError

_SIGNATURE = b"GCOL\x01"
_HEADER = 16  # of a heap, and of each object in it
_BLOCK = 1 << 20


class HeapSource:
    """The bytes of an open HDF5 file.

    Args:
        source: its path, or the file object that it is read from.

    Attributes:
        walked: the addresses of the groups that were found whole.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self.walked: set[int] = set()

    @cached_property
    def data(self) -> Any:
        """What can be searched and sliced as bytes are."""
        if not isinstance(self._source, (str, bytes, os.PathLike)):
            return _Searched(self._source)
        with open(self._source, "rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return b""
            return mmap(file.fileno(), 0, access=ACCESS_READ)

    @cached_property
    def largest(self) -> int:
        """The size of the largest heap; no text of variable length is longer.

        Raises:
            DeserializationError: if there is a heap that cannot be walked.
        """
        return _largest(self.data)

    def close(self) -> None:
        """Lets go of the file."""
        data = self.__dict__.pop("data", None)
        if isinstance(data, mmap):
            data.close()


class _Searched:
    """A file object that is searched and sliced like an `mmap`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        if not 0 <= part.start <= part.stop:
            return b""
        self._file.seek(part.start)
        return self._file.read(part.stop - part.start)

    def find(self, wanted: bytes, start: int) -> int:
        while start < self._size:
            found = self[start : start + _BLOCK].find(wanted)
            if found >= 0:
                return start + found
            start += _BLOCK - len(wanted) + 1
        return -1


def _largest(data: Any) -> int:
    largest, left = 0, len(data) // _HEADER
    place = data.find(_SIGNATURE, 0)
    while place >= 0:
        size = int.from_bytes(data[place + 8 : place + _HEADER], "little")
        if _HEADER < size <= len(data) - place:  # else it is none, or not whole
            largest = max(largest, size)
            left -= _walk(data, place, place + size, left)
        place = data.find(_SIGNATURE, place + len(_SIGNATURE))
    return largest


def _walk(data: mmap | _Searched, start: int, end: int, most: int) -> int:
    """Walks the objects of a heap as HDF5 does; returns how many there are."""
    place, count = start + _HEADER, 0
    while place + _HEADER <= end:
        head = data[place : place + _HEADER]
        size = int.from_bytes(head[8:], "little")
        free = head[:2] == b"\0\0"  # what is left of the heap, its header included
        place += size if free else _HEADER + -(-size // 8) * 8
        count += 1
        if (free and size < _HEADER) or place > end or count > most:
            raise DeserializationError(
                f"The heap of texts at byte {start:,} of the HDF5 file is damaged: an "
                f"object of it has {size:,} bytes."
            )
    return count
