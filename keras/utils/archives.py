"""Extracting tar and zip archives that are not trusted.

Members are plain files and folders whose paths stay inside the target; what unfolds is
counted against the size of the archive. A target is there whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from keras.core.errors import (
    DeserializationError,
    UnsafeDeserializationError,
    brief,
)
from keras.core.unfolding import MOST_EXPANSION, most_unfolded

_MOST_MEMBERS = 1_000_000
_DEEPEST = 200  # folders within folders
_BLOCK = 1 << 20
_Read = TypeVar("_Read")


class _Member(NamedTuple):
    name: str
    size: int
    kind: str  # "file", "folder", or what it is else
    open: Callable[[], Any]


def extract_archive(
    path: str, target: str, formats: Sequence[str] = ("tar", "zip")
) -> None:
    """Extracts an archive to a folder, which is replaced if it is there.

    Args:
        path: the archive.
        target: the folder.
        formats: what it may be: `"tar"`, `"zip"`.

    Raises:
        ValueError: if it is none of these, is damaged, or has members that are links
            or devices, lead outside, or unfold to more than such an archive holds.
    """
    temporary = f"{target}.{os.getpid()}.{os.urandom(4).hex()}.part"
    os.mkdir(temporary)
    try:
        _extract(path, temporary, _undamaged(path, _members(path, formats)))
        if os.path.isdir(target):
            shutil.rmtree(target)
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _undamaged(path: str, reading: Iterator[_Read]) -> Iterator[_Read]:
    """What is read from a file; whatever reading ends in says that it is damaged."""
    try:
        yield from reading
    except DeserializationError:
        raise
    except Exception as error:
        raise DeserializationError(
            f"{path} is damaged: {error}. Delete it to have it made anew."
        ) from error


def _members(path: str, formats: Sequence[str]) -> Iterator[_Member]:
    readers = {
        "tar": (tarfile.is_tarfile, _tar_members),
        "zip": (zipfile.is_zipfile, _zip_members),
    }
    for is_one, members in (readers[name] for name in formats):
        if is_one(path):
            return (yield from members(path))
    raise DeserializationError(
        f"{path} is no archive of the format {' or '.join(formats)}."
    )


def _extract(path: str, folder: str, members: Iterator[_Member]) -> None:
    room = most_unfolded(os.path.getsize(path))
    for count, member in enumerate(members):
        if member.kind not in ("file", "folder"):
            raise UnsafeDeserializationError(
                f"{path} holds {member.name!r}, a {member.kind}. Only files and "
                "folders are extracted."
            )
        place = _place(path, folder, member.name)
        room -= member.size
        if room < 0 or count >= _MOST_MEMBERS:
            raise UnsafeDeserializationError(
                f"{path} unfolds to more than {MOST_EXPANSION} times its size, or to "
                f"more than {_MOST_MEMBERS:,} files: it was made to fill the disk."
            )
        try:
            _write(path, place, member)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            raise DeserializationError(
                f"{path} is damaged: a part of {member.name!r} is a file and a folder."
            ) from None


def _write(path: str, place: str, member: _Member) -> None:
    if member.kind == "folder":
        os.makedirs(place, exist_ok=True)
        return
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        for block in _undamaged(path, _blocks(member)):
            file.write(block)


def _blocks(member: _Member) -> Iterator[bytes]:
    with member.open() as source:
        while block := source.read(_BLOCK):
            yield block


def _place(path: str, folder: str, name: str) -> str:
    """Where a member goes; it must lie inside the folder."""
    parts = [
        part for part in name.replace("\\", "/").split("/") if part not in ("", ".")
    ]
    outside = name.startswith(("/", "\\")) or ".." in parts or "\0" in name
    if outside or any(os.path.splitdrive(part)[0] for part in parts):
        raise UnsafeDeserializationError(
            f"{path} holds {name!r}, which leads outside of the archive."
        )
    if len(parts) > _DEEPEST or max(map(len, parts), default=0) > 255:
        raise UnsafeDeserializationError(
            f"{path} holds {brief(name)}, which is longer than names of files are."
        )
    return os.path.join(folder, *parts)


def _tar_members(path: str) -> Iterator[_Member]:
    kinds = {
        tarfile.DIRTYPE: "folder",
        tarfile.SYMTYPE: "link",
        tarfile.LNKTYPE: "link",
    }
    with tarfile.open(path) as archive:
        for info in archive:
            kind = "file" if info.isreg() else kinds.get(info.type, "device")
            yield _Member(
                info.name,
                info.size,
                kind,
                lambda info=info: archive.extractfile(info),
            )


def _zip_members(path: str) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = stat.S_IFMT(info.external_attr >> 16)
            kind = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(
                mode, "device"
            )
            if info.is_dir() and mode in (0, stat.S_IFDIR):
                kind = "folder"
            yield _Member(
                info.filename,
                info.file_size,
                kind,
                lambda info=info: archive.open(info),
            )
