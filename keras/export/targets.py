"""Where an export goes: nothing is there before all of it is.

What is written goes beside the target and takes its place at the end, so that a failure
leaves what was there. Folders above the target are made.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from keras.saving.atomic import new_file, new_folder


@contextmanager
def target_file(path: str) -> Iterator[str]:
    """Yields the path of a temporary file that becomes `path` if the block succeeds."""
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{path!r} is a folder, so no file can be written there. Choose another "
            "path."
        )
    _make_parent(path)
    with new_file(path) as temporary:
        yield temporary


@contextmanager
def target_folder(path: str) -> Iterator[str]:
    """Yields a temporary folder whose content comes to `path` if the block succeeds.

    Other files of a folder that is there already stay, as TensorFlow leaves them: it
    may hold what a server was given besides.
    """
    if os.path.lexists(path) and not os.path.isdir(path):
        raise FileExistsError(
            f"{path!r} is a file, so no folder can be written there. Choose another "
            "path."
        )
    _make_parent(path)
    if not os.path.isdir(path) or not os.listdir(path):
        with new_folder(path) as temporary:
            yield temporary
        return
    with tempfile.TemporaryDirectory(prefix=".export.", dir=path) as temporary:
        yield temporary
        for folder, _, names in os.walk(temporary):
            there = os.path.join(path, os.path.relpath(folder, temporary))
            os.makedirs(there, exist_ok=True)
            for name in names:
                os.replace(os.path.join(folder, name), os.path.join(there, name))


def _make_parent(path: str) -> None:
    parent = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(parent, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"{path!r} cannot be written: the folder {parent!r} cannot be made: "
            f"{error.strerror}."
        ) from error
