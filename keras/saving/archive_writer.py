"""Zip archives whose large member is written where it will lie.

HDF5 goes back and forth in its file, which members of `zipfile` cannot; a file written
apart and copied takes twice as long. So room is left for the member's header, and what
stands in it is known when the member is whole. Format: PKWARE's APPNOTE, 4.3 and 4.5.
"""

from __future__ import annotations

import os
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, BinaryIO, Self

from keras.saving.archive import Section

_BLOCK = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)  # a fixed one, as Keras 3 has: metadata say the time


class ArchiveWriter:
    """A zip archive that is being written, uncompressed.

    Args:
        path: the file, which is there.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._zip.close()

    def copy(self, name: str, source: str) -> None:
        """Adds a file.

        Args:
            name: of the member.
            source: the path of the file.
        """
        info = zipfile.ZipInfo(name, _DATE)
        info.file_size = os.path.getsize(source)
        with open(source, "rb") as data, self._zip.open(info, "w") as member:
            while block := data.read(_BLOCK):
                member.write(block)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """The last member, as a file that can be written anywhere.

        Args:
            name: of the member.
        """
        self._zip.close()
        info = zipfile.ZipInfo(name, _DATE)
        with zipfile.ZipFile(self._path, "a", zipfile.ZIP_STORED) as zipped:
            file: Any = zipped.fp
            # What is there ends where the directory starts, which is written anew.
            info.header_offset, info.CRC = zipped.start_dir, 0
            file.seek(info.header_offset)
            file.write(info.FileHeader(zip64=True))
            room = _Room(file, file.tell())
            yield room  # type: ignore[misc]
            info.file_size = info.compress_size = room.size
            syncing = threading.Thread(target=_sync, args=(file,))
            file.flush()
            syncing.start()  # the disk is slower than the sum
            info.CRC = room.checksum()
            syncing.join()
            file.seek(info.header_offset)
            file.write(info.FileHeader(zip64=True))
            zipped.start_dir = room.start + room.size
            zipped.filelist.append(info)
            zipped.NameToInfo[name] = info
            zipped._didModify = True


def _sync(file: Any) -> None:
    with suppress(OSError):  # the whole file is synced again, and that one raises
        os.fsync(file.fileno())


class _Room(Section):
    """What comes after some place in a file, as a file that can grow."""

    def __init__(self, file: Any, start: int) -> None:
        super().__init__(file, start, 0)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._file.seek(self.start + self._position)
        count = self._file.write(data)
        self._position += count
        self.size = max(self.size, self._position)
        return count

    def truncate(self, size: int | None = None) -> int:
        self.size = self._position if size is None else size
        self._file.seek(0, os.SEEK_END)
        self._file.truncate(self.start + self.size)
        return self.size

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def checksum(self) -> int:
        """The CRC-32 of all of it."""
        self._file.seek(self.start)
        found, left = 0, self.size
        while left and (block := self._file.read(min(_BLOCK, left))):
            found, left = zlib.crc32(block, found), left - len(block)
        return found
