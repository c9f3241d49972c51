"""Compressed HDF5 datasets, unfolded by us.

The HDF5 library inflates a chunk to whatever its stream holds, and only then compares
sizes. Here chunks are read as they lie, and each filter is undone with the size known
that has to come out.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

from keras.core.errors import DeserializationError, UnsafeDeserializationError

_DEFLATE, _SHUFFLE, _FLETCHER = 1, 2, 3
FILTERS = {_DEFLATE: "deflate (gzip)", _SHUFFLE: "shuffle", _FLETCHER: "fletcher32"}
_MOST_CHUNKS = 1 << 18

Filters = list[tuple[int, tuple[int, ...]]]


def filters_of(dataset: Any) -> Filters:
    """The numbers of the filters of a dataset and their parameters, as applied."""
    properties = dataset.id.get_create_plist()
    found = (properties.get_filter(i) for i in range(properties.get_nfilters()))
    return [(identity, values) for identity, _, values, _ in found]


def read_filtered(dataset: Any) -> np.ndarray:
    """The values of a checked dataset that has filters.

    Raises:
        UnsafeDeserializationError: if a chunk unfolds to more than it may.
        DeserializationError: if a chunk is damaged.
    """
    import h5py

    shape, chunks, dtype = dataset.shape, dataset.chunks, dataset.dtype
    counts = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    if math.prod(counts) > _MOST_CHUNKS:
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file has {math.prod(counts):,} chunks; at "
            f"most {_MOST_CHUNKS:,} are read."
        )
    if dataset.id.get_type() != h5py.h5t.py_create(dtype, logical=True):
        raise DeserializationError(
            f"{dataset.name} in the HDF5 file is compressed and of a number format "
            f"of its own, which is not read. Its nearest is {dtype}."
        )
    filters, total = filters_of(dataset), dataset.file.id.get_filesize()
    result = np.full(shape, dataset.fillvalue, dtype)
    for index in np.ndindex(*counts):
        start = tuple(i * chunk for i, chunk in zip(index, chunks, strict=True))
        info = dataset.id.get_chunk_info_by_coord(start)
        if info.byte_offset is None:
            continue  # never written: it has the fill value
        if info.byte_offset + info.size > total:
            raise DeserializationError(f"{dataset.name} in the HDF5 file is cut off.")
        mask, raw = dataset.id.read_direct_chunk(start)
        applied = [f for i, f in enumerate(filters) if not mask >> i & 1]
        data = _unfolded(raw, applied, math.prod(chunks) * dtype.itemsize, dataset.name)
        ends = zip(start, chunks, strict=True)
        part = result[tuple(slice(first, first + size) for first, size in ends)]
        whole = np.frombuffer(data, dtype).reshape(chunks)
        part[...] = whole[tuple(slice(0, size) for size in part.shape)]
    return result


def _unfolded(data: bytes, filters: Filters, size: int, where: str) -> bytes:
    """The bytes of a chunk, the filters undone, the last one first."""
    checksums = sum(identity == _FLETCHER for identity, _ in filters)
    for identity, values in reversed(filters):
        if identity == _DEFLATE:
            data = _inflated(data, size + 4 * checksums, where)
        elif identity == _SHUFFLE:
            data = _in_order(data, values[0] if values else 1)
        else:
            data = _verified(data, where)
    if len(data) != size:
        raise DeserializationError(
            f"A chunk of {where} in the HDF5 file has {len(data):,} bytes instead of "
            f"{size:,}."
        )
    return data


def _inflated(data: bytes, most: int, where: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        result = stream.decompress(data, most + 1)
    except zlib.error as error:
        raise DeserializationError(
            f"A chunk of {where} in the HDF5 file is damaged: {error}."
        ) from error
    if len(result) > most or not stream.eof:
        raise UnsafeDeserializationError(
            f"A chunk of {where} in the HDF5 file unfolds to other than the "
            f"{most:,} bytes that it declares. It is damaged or made to exhaust memory."
        )
    return result


def _in_order(data: bytes, width: int) -> bytes:
    """Undoes shuffle, which puts the first bytes of all elements before the second."""
    count = len(data) // max(width, 1)
    if count < 2 or width < 2:
        return data
    body = np.frombuffer(data, np.uint8, count * width).reshape(width, count)
    return body.T.tobytes() + data[count * width :]


def _verified(data: bytes, where: str) -> bytes:
    """Takes the Fletcher checksum off the end, and compares it."""
    body, stored = data[:-4], int.from_bytes(data[-4:], "little")
    words = np.frombuffer(body + bytes(len(body) % 2), ">u2").astype(np.int64)
    first, second = 0, 0
    for part in np.split(words, range(1 << 16, len(words), 1 << 16)):
        weights = np.arange(len(part), 0, -1)
        second += len(part) * first + int(part @ weights)
        first = (first + int(part.sum())) % 65535
        second %= 65535
    if (stored % 65536 - first) % 65535 or (stored // 65536 - second) % 65535:
        raise DeserializationError(
            f"A chunk of {where} in the HDF5 file does not match its checksum."
        )
    return body
