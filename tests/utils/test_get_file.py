"""`get_file`: what is downloaded is whole, checked, and stays inside the cache."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from keras.utils import archives, downloads, get_file
from tests.utils.http_server import Answer, Server

DATA = bytes(range(256)) * 1000


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.answers["/data.bin"] = DATA
    yield server
    server.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_downloads_once_and_keeps(server: Server, home: Path) -> None:
    path = get_file(origin=f"{server.url}/data.bin?query=1")
    assert path == str(home / "datasets" / "data.bin")
    assert Path(path).read_bytes() == DATA
    assert get_file("data.bin", f"{server.url}/data.bin") == path
    assert server.asked == ["/data.bin"]
    get_file("data.bin", f"{server.url}/data.bin", force_download=True)
    assert server.asked == ["/data.bin"] * 2
    assert files(home) == ["datasets/data.bin"]


def test_folders(server: Server, home: Path, tmp_path: Path) -> None:
    url = f"{server.url}/data.bin"
    assert get_file("a", url, cache_subdir="x/y") == str(home / "x" / "y" / "a")
    other = tmp_path / "other"
    assert get_file("a", url, cache_dir=other) == str(other / "datasets" / "a")
    assert get_file("a", url, cache_subdir=other / "z") == str(other / "z" / "a")


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_right_hash_is_taken(server: Server, algorithm: str) -> None:
    digest = hashlib.new(algorithm, DATA).hexdigest()
    url = f"{server.url}/data.bin"
    get_file("a", url, file_hash=digest.upper())
    get_file("b", url, file_hash=digest, hash_algorithm=algorithm)
    if algorithm == "md5":
        get_file("c", url, md5_hash=digest)


def test_a_wrong_hash_leaves_nothing(server: Server, home: Path) -> None:
    with pytest.raises(ValueError, match="has the md5 hash .* expected 0000"):
        get_file("a", f"{server.url}/data.bin", file_hash="0" * 32)
    assert files(home) == []


def test_a_damaged_file_in_the_cache_is_replaced(server: Server, home: Path) -> None:
    path = home / "datasets" / "a"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    digest = hashlib.sha256(DATA).hexdigest()
    with pytest.warns(UserWarning, match="downloaded anew"):
        get_file("a", f"{server.url}/data.bin", file_hash=digest)
    assert path.read_bytes() == DATA


def test_a_failed_download_leaves_the_old_file(server: Server, home: Path) -> None:
    path = Path(get_file("a", f"{server.url}/data.bin"))
    with pytest.raises(OSError, match="404"):
        get_file("a", f"{server.url}/gone", force_download=True)
    assert path.read_bytes() == DATA
    assert files(home) == ["datasets/a"]


@pytest.mark.parametrize("name", ["../a", "sub/a", "/a", "..", ".", "a\0b", "a\\b"])
def test_a_name_is_no_path(server: Server, name: str) -> None:
    with pytest.raises(ValueError, match="name of a file, not a path"):
        get_file(name, f"{server.url}/data.bin")


@pytest.mark.parametrize("url", ["/%2e%2e%2fa", "/", "/..%5ca"])
def test_a_name_from_the_address_is_no_path(server: Server, url: str) -> None:
    with pytest.raises(ValueError, match="name of a file, not a path"):
        get_file(origin=server.url + url)


def test_origin_is_needed() -> None:
    with pytest.raises(ValueError, match="needs `origin`"):
        get_file("a")


def test_only_known_kinds_of_addresses(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="A URL begins with one of: http, https"):
        get_file("a", str(tmp_path / "a"))
    with pytest.raises(ValueError, match="Unknown hash_algorithm: 'crc'"):
        get_file("a", "http://127.0.0.1/a", file_hash="0", hash_algorithm="crc")


def test_nobody_answers() -> None:
    server = Server()
    server.close()
    with pytest.raises(OSError, match="connected to the network"):
        get_file("a", f"{server.url}/a")


# Connections that break ------------------------------------------------------------


def breaking(parts: int, ranges: bool, tag: str | None = '"1"') -> Answer:
    """Breaks off after each part of the data; goes on where it is asked to."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        begin = 0
        if ranges and asked and handler.headers.get("If-Range") == tag:
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
            handler.send_response(206)
            end = len(DATA) - 1
            handler.send_header("Content-Range", f"bytes {begin}-{end}/{len(DATA)}")
        else:
            handler.send_response(200)
        if tag is not None:
            handler.send_header("ETag", tag)
        handler.send_header("Content-Length", str(len(DATA) - begin))
        handler.end_headers()
        handler.wfile.write(DATA[begin : begin + len(DATA) // parts + 1])

    return answer


def test_a_broken_download_is_taken_up(server: Server) -> None:
    server.answers["/breaks"] = breaking(3, ranges=True)
    path = get_file("a", f"{server.url}/breaks")
    assert Path(path).read_bytes() == DATA
    assert len(server.asked) == 3


@pytest.mark.parametrize("tag", ['"1"', None])
def test_a_server_without_ranges_ends_in_an_error(
    server: Server, home: Path, tag: str | None
) -> None:
    server.answers["/breaks"] = breaking(3, ranges=False, tag=tag)
    with pytest.raises(OSError, match="IncompleteRead"):
        get_file("a", f"{server.url}/breaks")
    assert 1 < len(server.asked) <= downloads.ATTEMPTS
    assert files(home) == []


def test_a_wrong_part_is_not_taken(server: Server) -> None:
    """A server that claims to go on, but from elsewhere: all is read anew."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("Range"):
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes 0-{len(DATA) - 1}/{len(DATA)}")
            handler.send_header("Content-Length", str(len(DATA)))
            handler.end_headers()
            handler.wfile.write(DATA)
        else:
            breaking(2, ranges=False)(handler)

    server.answers["/part"] = answer
    assert Path(get_file("a", f"{server.url}/part")).read_bytes() == DATA


def test_a_silent_server(
    server: Server, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT", 0.2)
    stop = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        stop.wait(5)

    server.answers["/silent"] = answer
    with pytest.raises(OSError, match="timed out"):
        get_file("a", f"{server.url}/silent")
    stop.set()
    assert files(home) == []


# Archives --------------------------------------------------------------------------


def tar(members: dict[str, bytes], *infos: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in infos:
            archive.addfile(info)
    return buffer.getvalue()


def zipped(members: dict[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


MEMBERS = {"inner/a.txt": b"hello", "b.txt": b"you"}


@pytest.mark.parametrize(
    ("name", "data", "folder"),
    [
        ("t.tar.gz", tar(MEMBERS), "t_extracted"),
        ("t.tgz", tar(MEMBERS), "t_extracted"),
        ("z.zip", zipped(MEMBERS), "z_extracted"),
        ("plain", zipped(MEMBERS), "plain"),
    ],
    ids=["tar.gz", "tgz", "zip", "no ending"],
)
def test_archives_are_extracted(
    server: Server, home: Path, name: str, data: bytes, folder: str
) -> None:
    server.answers["/archive"] = data
    path = get_file(name, f"{server.url}/archive", extract=True)
    assert path == str(home / "datasets" / folder)
    assert files(Path(path)) == ["b.txt", "inner/a.txt"]
    assert (Path(path) / "inner" / "a.txt").read_bytes() == b"hello"
    assert get_file(name, f"{server.url}/archive", extract=True) == path
    assert server.asked == ["/archive"]


@pytest.mark.parametrize("name", ["t.tar.gz", "z.zip", "plain"])
def test_the_folder_of_a_url_has_its_name(
    server: Server, home: Path, name: str
) -> None:
    # As in Keras, whose cache is the same one.
    server.answers[f"/{name}"] = zipped(MEMBERS)
    path = get_file(origin=f"{server.url}/{name}", extract=True)
    assert path == str(home / "datasets" / name)
    assert files(Path(path)) == ["b.txt", "inner/a.txt"]
    assert (home / "datasets" / f"{name}_archive").is_file()


def test_untar(server: Server) -> None:
    server.answers["/archive"] = tar(MEMBERS)
    path = get_file("data", f"{server.url}/archive", untar=True)
    assert files(Path(path)) == ["b.txt", "inner/a.txt"]
    server.answers["/archive"] = zipped(MEMBERS)
    with pytest.raises(ValueError, match="no archive of the format tar"):
        get_file("other", f"{server.url}/archive", untar=True)


def link(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


BAD = {
    "no archive": (b"hello", "no archive of the format tar or zip"),
    "tar up": (tar({"../a": b"x"}), "leads outside"),
    "tar absolute": (tar({"/a": b"x"}), "leads outside"),
    "tar backslash": (tar({"..\\a": b"x"}), "leads outside"),
    "tar link": (tar({}, link("a", tarfile.SYMTYPE)), "a link"),
    "tar hard link": (tar({}, link("a", tarfile.LNKTYPE)), "a link"),
    "tar device": (tar({}, link("a", tarfile.CHRTYPE)), "a device"),
    "tar pipe": (tar({}, link("a", tarfile.FIFOTYPE)), "a device"),
    "tar bomb": (tar({"a": bytes(5_000_000)}), "made to fill the disk"),
    "tar cut off": (tar({"a": os.urandom(9000)})[:5000], "is damaged"),
    "tar cut off at once": (tar(MEMBERS)[:60], "is damaged"),
    "tar of a file that is a folder": (tar({"a": b"", "a/b": b""}), "and a folder"),
    "tar of a folder that is a file": (tar({"a/b": b"", "a": b""}), "and a folder"),
    "zip with a password": (
        zipped(MEMBERS).replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
        "is damaged: File .* is encrypted",
    ),
    "zip up": (zipped({"a/../../b": b"x"}), "leads outside"),
    "zip absolute": (zipped({"/a": b"x"}), "leads outside"),
    "zip link": (zipped({"a": b"/etc/passwd"}, stat.S_IFLNK | 0o777), "a link"),
    "zip device": (zipped({"a": b""}, stat.S_IFCHR | 0o666), "a device"),
    "zip bomb": (zipped({"a": bytes(5_000_000)}), "made to fill the disk"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_archives_leave_nothing(server: Server, home: Path, case: str) -> None:
    data, message = BAD[case]
    server.answers["/archive"] = data
    with pytest.raises(ValueError, match=message):
        get_file("data.zip", f"{server.url}/archive", extract=True)
    assert files(home) == ["datasets/data.zip"]
    assert sorted(os.listdir(home.parent)) == ["home"]
    assert os.listdir(home / "datasets") == ["data.zip"]


def test_a_format_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="archive_format is 'auto', 'tar', 'zip'"):
        get_file("a", "http://127.0.0.1/a", extract=True, archive_format="rar")


def test_a_new_archive_replaces_the_folder(tmp_path: Path) -> None:
    path, folder = tmp_path / "a.zip", tmp_path / "a"
    for members in ({"old": b"1"}, {"new": b"2"}):
        path.write_bytes(zipped(members))
        archives.extract_archive(str(path), str(folder))
    assert files(folder) == ["new"]
