"""Files that are either whole and new, or as they were.

What is written goes to a temporary file in the same folder, is forced to the disk
and then takes the name of the target in one step. A crash, an exception or a full
disk before that step leaves the previous file untouched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from keras.core import placement

NewFile = Callable[..., str]


@contextmanager
def new_file(path: str, overwrite: bool = True) -> Iterator[str]:
    """Yields the path of a temporary file that becomes `path` if the block succeeds.

    Args:
        path: the file to be.
        overwrite: whether an existing one is replaced.

    Raises:
        FileExistsError: if there is one and `overwrite` is False.
        FileNotFoundError: if the folder does not exist.
        OSError: what the system says, with the path.
    """
    with new_files() as make:
        yield make(path, overwrite)


@contextmanager
def new_files() -> Iterator[NewFile]:
    """Files that take their names together, once all of them are on the disk.

    Yields a function from the path of a file, and whether an existing one is replaced,
    to that of a temporary file. What names others is made after them.
    """
    made: list[tuple[str, str, str]] = []

    def make(path: str, overwrite: bool = True) -> str:
        target = os.path.realpath(path)
        refuse_existing(path, overwrite)
        folder = os.path.dirname(target)
        _require_folder(folder, path)
        handle, temporary = tempfile.mkstemp(
            prefix=f".{os.path.basename(target)}.", suffix=".tmp", dir=folder
        )
        os.close(handle)
        made.append((temporary, target, path))
        os.chmod(temporary, _mode_for(target))
        return temporary

    try:
        yield make
        for temporary, _, _ in made:
            _sync(temporary)
        for temporary, target, path in made:
            with placement.one_writes(path) as writes:
                if writes:
                    os.replace(temporary, target)
                else:
                    os.unlink(temporary)
    except BaseException as error:
        for temporary, _, _ in made:
            with suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = made[-1][2] if made else None
        raise
    for folder in {os.path.dirname(target) for _, target, _ in made}:
        with suppress(OSError):
            _sync(folder)


@contextmanager
def new_folder(path: str, overwrite: bool = True) -> Iterator[str]:
    """Yields a temporary folder that becomes `path` if the block succeeds."""
    target = os.path.realpath(path)
    refuse_existing(path, overwrite)
    parent = os.path.dirname(target)
    _require_folder(parent, path)
    if os.path.lexists(target) and not os.path.isdir(target):
        raise FileExistsError(f"{path!r} is a file, so no folder can be saved there.")
    temporary = tempfile.mkdtemp(prefix=f".{os.path.basename(target)}.", dir=parent)
    retired = temporary + ".old"
    try:
        yield temporary
        for folder, _, names in os.walk(temporary):
            for name in names:
                _sync(os.path.join(folder, name))
        os.chmod(temporary, _mode_for(target, 0o777))
        with placement.one_writes(path) as writes:
            if writes:
                _replace_folder(temporary, target, retired)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def _replace_folder(temporary: str, target: str, retired: str) -> None:
    if os.path.isdir(target):
        os.replace(target, retired)
    try:
        os.replace(temporary, target)
    except OSError:
        if os.path.isdir(retired):
            os.replace(retired, target)
        raise


def refuse_existing(path: str, overwrite: bool) -> None:
    """Raises if the file is there and may not be replaced."""
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(
            f"{path!r} exists, and overwrite=False. Choose another path, or pass "
            "overwrite=True."
        )


def _require_folder(folder: str, path: str) -> None:
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"{path!r} cannot be written: there is no folder {folder!r}. Create it "
            "first (os.makedirs)."
        )


def _mode_for(target: str, new: int = 0o666) -> int:
    """The permissions of what is replaced, else what the process gives new ones."""
    with suppress(OSError):
        return os.stat(target).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return new & ~mask


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
