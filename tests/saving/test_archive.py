"""Zip files that are not what they say."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving.archive import open_archive


def member(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def make(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as file:
        for info, data in members:
            file.writestr(info, data)
    return str(path)


def test_members_are_read_in_place_and_by_seeking(tmp_path: Path) -> None:
    path = make(tmp_path / "a.keras", ("x", b"head"), ("y", b"0123456789"))
    with open_archive(path) as archive:
        assert archive.read("x", 100) == b"head"
        with archive.open("y") as file:
            file.seek(-3, os.SEEK_END)
            assert file.read() == b"789"
            file.seek(2)
            assert file.read(3) == b"234"
            assert file.read(100) == b"56789"
            assert file.read() == b""


def test_compressed_members_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("y", bytes(range(256)) * 50)
    with open_archive(str(path)) as archive, archive.open("y") as opened:
        assert opened.read() == bytes(range(256)) * 50


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "..\\evil", "a\\b", "\\evil"],
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "a.keras", (name, b"x"))
    with (
        pytest.raises(UnsafeDeserializationError, match="is refused: its name"),
        open_archive(path),
    ):
        pass


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    path = make(tmp_path / "a.keras", (member("x", kind | 0o777), b"/etc/passwd"))
    with (
        pytest.raises(UnsafeDeserializationError, match="a link or a special file"),
        open_archive(path),
    ):
        pass


def test_repeated_names_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = make(tmp_path / "a.keras", ("x", b"1"), ("x", b"2"))
    with (
        pytest.raises(UnsafeDeserializationError, match="occurs twice"),
        open_archive(path),
    ):
        pass


def test_zip_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b"0" * 50_000_000)
    assert path.stat().st_size < 100_000
    with (
        pytest.raises(UnsafeDeserializationError, match="declares 50,000,000 bytes"),
        open_archive(str(path)),
    ):
        pass


def test_a_member_above_its_limit_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.keras", ("x", b"0123456789"))
    with (
        open_archive(path) as archive,
        pytest.raises(UnsafeDeserializationError, match="at most 5"),
    ):
        archive.read("x", 5)


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.keras", ("x", b"1" * 1000), ("y", b"2" * 1000))
    with zipfile.ZipFile(path, "a") as file:
        for info in file.infolist():
            info.compress_size = info.file_size = 5000
        file.comment = b"rewrite the directory"
    with (
        pytest.raises(UnsafeDeserializationError, match="overlap"),
        open_archive(path),
    ):
        pass


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = Path(make(tmp_path / "a.keras", ("x", b"secret")))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[data.index(b"PK\x03\x04") + 6] |= 1
    path.write_bytes(data)
    with (
        pytest.raises(UnsafeDeserializationError, match="is encrypted"),
        open_archive(str(path)),
    ):
        pass


def _flip(data: bytes) -> bytes:
    return data.replace(b"0123456789", b"0123X56789")


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_flip, "y in .* is truncated or damaged"),
        (_cut, "no readable .keras"),
        (lambda data: b"", r"It is empty \(0 bytes\)"),
        (lambda data: b"\x89HDF\r\n\x1a\n" + data[:20], "It is an HDF5 file: rename"),
    ],
)
def test_damage_is_found(
    tmp_path: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    path = Path(make(tmp_path / "a.keras", ("y", b"0123456789" * 10)))
    path.write_bytes(damage(path.read_bytes()))
    with (
        pytest.raises(DeserializationError, match=message),
        open_archive(str(path)) as archive,
        archive.open("y"),
    ):
        pass


def test_a_missing_member_is_named_with_what_there_is(tmp_path: Path) -> None:
    path = make(tmp_path / "a.keras", ("y", b"1"))
    with (
        open_archive(path) as archive,
        pytest.raises(DeserializationError, match=r"no config.json.*It has: y"),
    ):
        archive.read("config.json", 10)
