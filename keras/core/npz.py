"""`.npz` files that are read without trusting them.

A member can unfold to a thousand times what it stores, and the array in it declare any
shape, or be a pickle. What a member declares is compared with what it stores before it
is unfolded, and the shape of an array with the bytes that are there.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np

from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.core.unfolding import MOST_MEMBERS, most_unfolded

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def npz_members(path: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The members of a `.npz` file: the name of each array, and its bytes.

    Args:
        path: of the file.

    Raises:
        DeserializationError: if it is damaged.
        UnsafeDeserializationError: if a member was made to exhaust memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            stored = sum(info.compress_size for info in infos)
            declared = sum(info.file_size for info in infos)
            if declared > most_unfolded(stored) or len(infos) > MOST_MEMBERS:
                raise UnsafeDeserializationError(
                    f"The {len(infos):,} arrays of {path} would unfold to "
                    f"{declared:,} bytes, but take {stored:,} in it. It is damaged or "
                    "made to exhaust memory."
                )
            for info in infos:
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise UnsafeDeserializationError(
                        f"{info.filename!r} of {path} is packed by another method than "
                        "deflate."
                    )
                with archive.open(info) as member:
                    data = member.read(info.file_size)
                yield info.filename.removesuffix(".npy"), io.BytesIO(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DeserializationError(f"{path} is damaged: {error}.") from error


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it lies by columns, and dtype of an array that follows.

    Raises:
        ValueError: if it is none.
    """
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"No array file of version {version} is known.")
    return _HEADERS[version](file)


def read_npz(path: str) -> dict[str, np.ndarray]:
    """The arrays of a `.npz` file by name: numbers and texts, no pickles.

    Args:
        path: of the file.

    Raises:
        DeserializationError: if it is damaged or unsafe.
    """
    found = {}
    for name, file in npz_members(path):
        try:
            shape, by_columns, dtype = read_header(file)
        except ValueError as error:
            raise DeserializationError(f"{name!r} of {path}: {error}.") from error
        data = bytearray(file.read())
        if dtype.hasobject:
            raise UnsafeDeserializationError(
                f"{name!r} of {path} is a pickle, which could run code. Arrays of "
                "numbers and texts are read."
            )
        if len(data) != math.prod(shape) * dtype.itemsize or any(n < 0 for n in shape):
            raise DeserializationError(
                f"{name!r} of {path} declares shape {shape} of {dtype}, but has "
                f"{len(data):,} bytes."
            )
        flat = np.frombuffer(data, dtype) if data else np.empty(0, dtype)
        found[name] = flat.reshape(shape, order="F" if by_columns else "C")
    return found
