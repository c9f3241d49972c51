"""Zip archives that are read without trusting them.

A `.keras` file is a zip. Members are read in place, never unpacked by their names;
still every name, size and flag is checked first, so that no member can lead outside,
stand for a link, or unfold to more than it stores.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.core.unfolding import MOST_MEMBERS, most_unfolded
from keras.saving.contents import what_was_found

_MOST_ASSETS = 20  # what files on the disk may unfold to; texts pack to a fifth
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what can be read bit by bit
_SLACK = 16 << 20
_BLOCK = 1 << 20


class Archive:
    """An open, checked zip file."""

    def __init__(self, path: str, file: BinaryIO, zipped: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        self._zip = zipped
        self._members = {info.filename: info for info in _checked(path, zipped)}

    def names(self) -> list[str]:
        """The names of all members."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a member.

        Raises:
            DeserializationError: if there is none, it is damaged or above the limit.
        """
        info = self._info(name)
        if info.file_size > limit:
            raise UnsafeDeserializationError(
                f"{name} in {self.path} declares {info.file_size:,} bytes; at most "
                f"{limit:,} are read."
            )
        with self._damage(name), self._zip.open(info) as source:
            return b"".join(_blocks(source, info))

    def stored_size(self, name: str) -> int:
        """Bytes that a member takes in the archive."""
        return self._info(name).compress_size

    def size(self, name: str) -> int:
        """Bytes that a member declares to unfold to."""
        return self._info(name).file_size

    def extract(self, names: list[str], folder: str) -> None:
        """Unpacks members into a folder of ours, under their checked names."""
        stored = sum(self._info(name).compress_size for name in names)
        declared = sum(self._info(name).file_size for name in names)
        if declared > stored * _MOST_ASSETS + _SLACK:
            raise UnsafeDeserializationError(
                f"The files in {self.path} would unfold to {declared:,} bytes, but "
                f"take {stored:,} in it. It is damaged or made to fill the disk."
            )
        for name in names:
            info, target = self._info(name), os.path.join(folder, *name.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with (
                open(target, "wb") as copy,
                self._damage(name),
                self._zip.open(info) as source,
            ):
                copy.writelines(_blocks(source, info))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A member as a file that can be sought in, its checksum verified.

        A stored member, as Keras writes it, is read where it lies. A compressed one
        is unpacked to an unnamed temporary file.
        """
        info = self._info(name)
        with self._damage(name):
            self._verify(info)
        if info.compress_type == zipfile.ZIP_STORED:
            with self._damage(name):
                section = Section(self._file, self._data_start(info), info.file_size)
            yield section  # type: ignore[misc]
            return
        with tempfile.TemporaryFile() as copy:
            with self._damage(name), self._zip.open(info) as source:
                copy.writelines(_blocks(source, info))
            copy.seek(0)
            yield copy

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self._members.get(name)
        if info is None:
            raise DeserializationError(
                f"{self.path} has no {name}, so it is not a complete .keras file. "
                f"It has: {', '.join(self.names()[:10]) or 'nothing'}. Save the model "
                "anew, with model.save(filepath)."
            )
        return info

    def _verify(self, info: zipfile.ZipInfo) -> None:
        with self._zip.open(info) as source:
            checksum = 0
            for block in _blocks(source, info):
                checksum = zlib.crc32(block, checksum)
        if checksum != info.CRC:
            raise zipfile.BadZipFile("its checksum does not match")

    def _data_start(self, info: zipfile.ZipInfo) -> int:
        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if len(header) != 30 or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("local header is damaged")
        name_size = int.from_bytes(header[26:28], "little")
        extra_size = int.from_bytes(header[28:30], "little")
        return info.header_offset + 30 + name_size + extra_size

    @contextmanager
    def _damage(self, name: str) -> Iterator[None]:
        try:
            yield
        except DeserializationError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DeserializationError(
                f"{name} in {self.path} is truncated or damaged: {error}."
            ) from error
        except (RuntimeError, ValueError, struct.error, KeyError) as error:
            raise DeserializationError(
                f"{name} in {self.path} cannot be read: {error}."
            ) from error


def member_of_folder(folder: str, name: str) -> str:
    """The path of a member of an unzipped model; it lies in the folder itself.

    Raises:
        DeserializationError: if there is none.
        UnsafeDeserializationError: if it is a link that leads out of the folder.
    """
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        raise DeserializationError(
            f"The folder {folder!r} is no model: it has no {name}. A SavedModel folder "
            "can be used as a layer: keras.layers.TFSMLayer."
        )
    if os.path.dirname(os.path.realpath(path)) != os.path.realpath(folder):
        raise UnsafeDeserializationError(
            f"{name} in the folder {folder!r} is a link that leads out of it. Put the "
            "file itself there."
        )
    return path


@contextmanager
def open_archive(path: str) -> Iterator[Archive]:
    """Opens a zip file for reading, all members checked.

    Raises:
        DeserializationError: if it is no zip file, or truncated.
        UnsafeDeserializationError: if a member is not acceptable.
    """
    with open(path, "rb") as file:
        try:
            zipped = zipfile.ZipFile(file)
        except (
            *(zipfile.BadZipFile, OSError, ValueError, NotImplementedError),
            *(struct.error, OverflowError, MemoryError),
        ) as error:
            raise DeserializationError(
                f"{path} is no readable .keras (zip) file: it is truncated, damaged or "
                f"of another format ({error}). {what_was_found(path, 'a zip file')}"
            ) from error
        with zipped:
            yield Archive(path, file, zipped)


def _checked(path: str, zipped: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    infos = zipped.infolist()
    if len(infos) > MOST_MEMBERS:
        raise UnsafeDeserializationError(f"{path} has {len(infos):,} members.")
    names = set()
    for info in infos:
        reason = _reason_against(info)
        if info.filename in names:
            reason = "it occurs twice"
        names.add(info.filename)
        if reason:
            raise UnsafeDeserializationError(
                f"The member {info.filename!r} of {path} is refused: {reason}."
            )
    stored = sum(info.compress_size for info in infos)
    declared = sum(info.file_size for info in infos)
    if declared > most_unfolded(stored):
        raise UnsafeDeserializationError(
            f"The {len(infos):,} members of {path} declare {declared:,} bytes but "
            f"store {stored:,}."
        )
    if stored > os.path.getsize(path):
        raise UnsafeDeserializationError(
            f"The members of {path} overlap: they claim more bytes than the file has."
        )
    return infos


def _reason_against(info: zipfile.ZipInfo) -> str | None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    mode = info.external_attr >> 16
    if not name or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return "its name leads outside the archive"
    if "\\" in name or "\0" in name:
        return "its name has a forbidden character"
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a special file"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in _METHODS:
        return "it is packed by another method than deflate; zip the file anew"
    if info.file_size > most_unfolded(info.compress_size):
        return f"it declares {info.file_size:,} bytes but stores {info.compress_size:,}"
    return None


def _blocks(source: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member: exactly as many as it declares."""
    left = info.file_size
    while block := source.read(_BLOCK):
        left -= len(block)
        if left < 0:
            break
        yield block
    if left:
        raise zipfile.BadZipFile(f"it has other than its {info.file_size:,} bytes")


class Section(io.RawIOBase):
    """A part of a file as a read-only file of its own."""

    def __init__(self, file: Any, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self.start = start
        self.size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self.size - self._position))
        self._file.seek(self.start + self._position)
        count = self._file.readinto(view[:count])
        self._position += count
        return count
