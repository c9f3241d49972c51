"""`get_file`: a file from the web, kept in the user's cache.

A file is in its place whole and checked, or not at all: it is downloaded beside it,
compared with its hash, and takes its name in one step.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from keras.core.config import keras_home
from keras.utils.downloads import download
from keras.utils.messages import show

# What `extract_archive` unpacks.
_FORMATS = ("tar", "zip")
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_ARCHIVE_ENDINGS = (".tar.gz", ".tar.bz2", ".tar.xz")
_BLOCK = 1 << 20


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | os.PathLike[str] = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file, which is downloaded unless it is in the cache.

    Args:
        fname: name of the file in the cache; that of the URL by default. An archive
            to extract keeps a name with ending, and its folder ends in `_extracted`;
            a name without ending, and that of the URL, is the name of the folder.
        origin: the URL.
        untar: the same as `extract=True, archive_format="tar"`.
        md5_hash: an MD5 hash of the file; `file_hash` is the newer name.
        file_hash: the hash of the file, in hexadecimal digits. A file in the cache
            with another hash is downloaded anew.
        cache_subdir: folder in the cache, or an absolute path.
        hash_algorithm: `"md5"`, `"sha256"`, another name that `hashlib` knows, or
            `"auto"` to tell it by the length of the hash.
        extract: whether to extract the file, a tar or zip archive.
        archive_format: `"tar"`, `"zip"`, several, or `"auto"` for both.
        cache_dir: the cache; by default `$KERAS_HOME` or `~/.keras`.
        force_download: whether to download a file that is in the cache.

    Returns:
        The path of the file, or of the folder that it was extracted to.

    Raises:
        ValueError: if the name is no plain file name, the file has another hash, or
            an archive is none, or not safe to extract.
        OSError: if the file cannot be downloaded.
    """
    if origin is None:
        raise ValueError("get_file() needs `origin`, the URL of the file.")
    name = _file_name(fname, origin)
    formats = _formats(archive_format) if extract and not untar else ("tar",)
    hash_algorithm = "md5" if md5_hash and not file_hash else hash_algorithm
    expected = _Hash(file_hash or md5_hash, hash_algorithm)
    folder = os.path.join(cache_dir or keras_home(), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    if not extract and not untar:
        path = os.path.join(folder, name)
        _fetch(path, origin, expected, force_download)
        return path
    # A name out of the URL is the folder's, with its ending: so is it in Keras' cache.
    names = _archive_names(name) if fname else (f"{name}_archive", name)
    archive, target = (os.path.join(folder, part) for part in names)
    new = _fetch(archive, origin, expected, force_download)
    if new or not os.path.isdir(target):
        # Unpackers are loaded by those who unpack, not with every layer.
        from keras.utils.archives import extract_archive

        extract_archive(archive, target, formats)
    return target


def _file_name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    name = os.fspath(fname) if fname else ""
    name = name or unquote(urlsplit(origin).path.rpartition("/")[2])
    plain = name not in ("", ".", "..") and not set(name) & set("/\\\0")
    if not plain or os.path.splitdrive(name)[0]:
        raise ValueError(
            "`fname` is the name of a file, not a path: say the folder with "
            f"`cache_dir` and `cache_subdir`. Received: fname={fname!r}, "
            f"origin={origin!r}."
        )
    return name


def _archive_names(name: str) -> tuple[str, str]:
    """The names of an archive and of the folder that it is extracted to."""
    for ending in (*_ARCHIVE_ENDINGS, os.path.splitext(name)[1]):
        if ending and name.endswith(ending):
            return name, f"{name.removesuffix(ending)}_extracted"
    return f"{name}_archive", name


def _formats(archive_format: str | Sequence[str] | None) -> tuple[str, ...]:
    if archive_format == "auto":
        return _FORMATS
    formats = (archive_format,) if isinstance(archive_format, str) else archive_format
    formats = tuple(formats or ())
    if not formats or set(formats) - set(_FORMATS):
        raise ValueError(
            "archive_format is 'auto', 'tar', 'zip' or a list of these. Received: "
            f"archive_format={archive_format!r}."
        )
    return formats


class _Hash:
    """The hash that a file is to have, or None."""

    def __init__(self, value: str | None, algorithm: str) -> None:
        self.value = value.lower() if value else None
        if value is None:
            return
        if algorithm == "auto":
            algorithm = _ALGORITHMS.get(len(value), "sha256")
        if algorithm not in hashlib.algorithms_available:
            raise ValueError(
                f"Unknown hash_algorithm: {algorithm!r}. Expected 'auto', 'md5' or "
                "'sha256'."
            )
        self.algorithm = algorithm

    def of(self, path: str) -> str | None:
        """The hash that a file has; None where none is asked for."""
        if self.value is None:
            return None
        found = hashlib.new(self.algorithm, usedforsecurity=False)
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
        return found.hexdigest()


def _fetch(path: str, origin: str, expected: _Hash, force: bool) -> bool:
    """Sees that a file is there; says whether it is a new one."""
    if os.path.exists(path) and not force:
        if expected.of(path) == expected.value:
            return False
        warnings.warn(
            f"{path} has another {expected.algorithm} hash than {expected.value}: it "
            "is downloaded anew.",
            stacklevel=3,
        )
    show(f"Downloading data from {origin}")
    with _beside(path) as temporary:
        download(origin, temporary)
        found = expected.of(temporary)
        if found != expected.value:
            raise ValueError(
                f"The file of {origin} has the {expected.algorithm} hash {found}, "
                f"expected {expected.value}. It is damaged or another file, and was "
                "not kept."
            )
        os.replace(temporary, path)
    return True


@contextmanager
def _beside(path: str) -> Iterator[str]:
    """The path of a new file in the folder of another, gone afterwards."""
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
