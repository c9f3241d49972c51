"""Weights as `.safetensors`: a JSON header with names, dtypes, shapes and offsets, then
the bytes. Read and written here; the format is small, and no package is needed.

A weight is called by its path and its number, `layers/dense/0`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from typing import Any, BinaryIO

import numpy as np

from keras.core import host_memory
from keras.core.dtypes import itemsize
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.core.unfolding import MOST_MEMBERS
from keras.saving.atomic import NewFile
from keras.saving.contents import what_was_found
from keras.saving.json_text import read_json
from keras.saving.sharded import TENSORS_INDEX_SUFFIX, read_index, shard_path
from keras.saving.stores import Store, read_to_end, to_array

_MOST_HEADER = 100_000_000
_CODES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
}
_NAMES = {code: name for name, code in _CODES.items()}


def _dtype(code: Any, where: str) -> np.dtype:
    name = _NAMES.get(code) if isinstance(code, str) else None
    if name is None:
        raise DeserializationError(
            f"{where} has dtype {code!r}. Known: {', '.join(sorted(_NAMES))}."
        )
    if name.startswith(("bfloat", "float8")):
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)


class SafetensorsReader:
    """Weights in a `.safetensors` file.

    Args:
        file: the open file.
        what: how errors name it.

    Raises:
        DeserializationError: if header and file do not agree.
    """

    def __init__(self, file: BinaryIO, what: str) -> None:
        self._file = file
        self._what = what
        self._entries: dict[str, dict[str, dict[str, Any]]] = {}
        header, self._start = self._header()
        size = os.fstat(file.fileno()).st_size - self._start
        claimed = 0
        for name, entry in header.items():
            if name != "__metadata__":
                claimed += self._check(name, entry, size)
                path, _, key = name.rpartition("/")
                self._entries.setdefault(path, {})[key] = entry
        if claimed > size:
            raise self._error(f"its entries overlap: {claimed:,} bytes of {size:,}")

    def _header(self) -> tuple[dict[str, Any], int]:
        length = int.from_bytes(self._file.read(8), "little")
        total = os.fstat(self._file.fileno()).st_size
        if not 2 <= length <= min(_MOST_HEADER, total - 8):
            raise self._error(f"its header claims {length:,} bytes")
        try:
            header = read_json(self._file.read(length), f"The header of {self._what}")
        except UnsafeDeserializationError:
            raise
        except DeserializationError as error:
            raise self._error(f"its header is no JSON ({error})") from error
        if not isinstance(header, dict):
            raise self._error("its header is no JSON object")
        if len(header) > MOST_MEMBERS:
            raise self._error(f"its header has {len(header):,} entries")
        return header, 8 + length

    def _error(self, reason: str) -> DeserializationError:
        found = what_was_found(self._file, "a safetensors file")
        return DeserializationError(
            f"{self._what} is no readable safetensors file: {reason}. {found}"
        )

    def _check(self, name: str, entry: Any, size: int) -> int:
        shape, begin, end = _layout(entry)
        if shape is None:
            raise self._error(f"the entry of {name!r} is {entry!r}"[:300])
        itemsize = _dtype(entry.get("dtype"), f"{name!r} in {self._what}").itemsize
        if end > size or end - begin != math.prod(shape) * itemsize:
            raise self._error(
                f"{name!r} of shape {shape} claims bytes {begin} to {end} of {size}"
            )
        return end - begin

    def at(self, path: str) -> Store:
        entries = self._entries.get(path, {})
        return _SafetensorsStore(dict.fromkeys(entries, self), entries)

    def entries_at(self, path: str) -> dict[str, dict[str, Any]]:
        """What the header says of the arrays of an object."""
        return self._entries.get(path, {})

    def paths(self) -> Iterator[str]:
        yield from self._entries

    def name_of(self, path: str) -> str | None:
        del path  # the format has no place for it
        return None

    def read_through(self) -> None:
        read_to_end(self._file)

    def read(self, entry: dict[str, Any]) -> np.ndarray:
        """The array of an entry."""
        begin, end = entry["data_offsets"]
        self._file.seek(self._start + begin)
        dtype = _dtype(entry["dtype"], self._what)
        array = host_memory.empty(entry["shape"], dtype)
        flat = array.reshape(-1).view(np.uint8) if array.size else np.empty(0, np.uint8)
        if self._file.readinto(flat.data) != end - begin:
            raise self._error("it is truncated")
        return array


def _layout(entry: Any) -> tuple[list[int] | None, int, int]:
    """Shape and offsets of an entry; no shape if something is not as it must be."""
    try:
        shape, (begin, end) = list(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        return None, 0, 0
    whole = all(type(n) is int and 0 <= n < 1 << 48 for n in (*shape, begin, end))
    return (shape if whole and len(shape) <= 32 else None), begin, end


class _SafetensorsStore(Store):
    fresh = True

    def __init__(
        self, readers: dict[str, SafetensorsReader], entries: dict[str, Any]
    ) -> None:
        self._readers = readers
        self._entries = entries

    def __getitem__(self, key: str) -> np.ndarray:
        return self._readers[str(key)].read(self._entries[str(key)])

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def shape_of(self, key: str) -> tuple[int, ...]:
        return tuple(self._entries[key]["shape"])

    def dtype_of(self, key: str) -> np.dtype:
        return _dtype(self._entries[key]["dtype"], key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class ShardedSafetensorsReader:
    """Weights in several `.safetensors` files, which an index names.

    Args:
        path: the index, `….safetensors.index.json`.
        files: closes the shards.
    """

    def __init__(self, path: str, files: ExitStack) -> None:
        names = read_index(path).values()
        self._entries: dict[str, dict[str, tuple[SafetensorsReader, Any]]] = {}
        self._size = 0
        self._shards: list[SafetensorsReader] = []
        for name in dict.fromkeys(name for found in names for name in found):
            shard = shard_path(path, name, ".safetensors")
            self._size += os.path.getsize(shard)
            file = files.enter_context(open(shard, "rb"))  # noqa: SIM115
            reader = SafetensorsReader(file, f"Shard {name!r} of {path}")
            self._shards.append(reader)
            for inner in reader.paths():
                entries = self._entries.setdefault(inner, {})
                for key, entry in reader.entries_at(inner).items():
                    entries[key] = reader, entry

    def at(self, path: str) -> Store:
        found = self._entries.get(path, {})
        return _SafetensorsStore(
            {key: reader for key, (reader, _) in found.items()},
            {key: entry for key, (_, entry) in found.items()},
        )

    def paths(self) -> Iterator[str]:
        yield from self._entries

    def name_of(self, path: str) -> str | None:
        del path  # the format has no place for it
        return None

    def read_through(self) -> None:
        for shard in self._shards:
            shard.read_through()

    def stored(self) -> int:
        """Bytes of all shards."""
        return self._size


class SafetensorsWriter:
    """Collects references to variables, then writes them one after the other."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def write_shards(self, path: str, most: float, make: NewFile) -> None:
        """Writes as many files as are needed, and the index of them.

        Args:
            path: the index, `name.safetensors.index.json`; shards are
                `name-00001-of-00002.safetensors`.
            most: gigabytes (2**30 bytes) of weights in one file.
            make: gives the temporary file of a path.
        """
        parts: list[dict[str, Any]] = [{}]
        total = held = 0
        for name, value in self._values.items():
            shape, dtype = _described(value)
            size = math.prod(shape) * itemsize(dtype)
            if parts[-1] and held + size > most * (1 << 30):
                parts.append({})
                held = 0
            parts[-1][name] = value
            total, held = total + size, held + size
        stem = path.removesuffix(TENSORS_INDEX_SUFFIX)
        weight_map = {}
        for number, part in enumerate(parts, 1):
            shard = f"{stem}-{number:05d}-of-{len(parts):05d}.safetensors"
            writer = SafetensorsWriter()
            writer._values = part
            writer.write(make(shard))
            weight_map.update(dict.fromkeys(part, os.path.basename(shard)))
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        with open(make(path), "w", encoding="utf-8") as file:
            json.dump(index, file, indent=2)

    def at(self, path: str, name: str) -> MutableMapping[str, Any]:
        del name
        return _SafetensorsWriteStore(self._values, path)

    def write(self, path: str) -> None:
        """Writes the file."""
        header: dict[str, Any] = {"__metadata__": {"format": "keras"}}
        offset = 0
        for name, value in self._values.items():
            shape, dtype = _described(value)
            if dtype not in _CODES:
                raise ValueError(
                    f"{name!r} has dtype {dtype}, which safetensors files cannot "
                    f"hold. Allowed: {', '.join(_CODES)}. Save as .weights.h5 instead."
                )
            size = math.prod(shape) * _dtype(_CODES[dtype], name).itemsize
            header[name] = {
                "dtype": _CODES[dtype],
                "shape": list(shape),
                "data_offsets": [offset, offset + size],
            }
            offset += size
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for value in self._values.values():
                array = np.ascontiguousarray(to_array(value))
                file.write(array.reshape(-1).view(np.uint8).data)


def _described(value: Any) -> tuple[tuple[int, ...], str]:
    if getattr(value, "_is_keras_variable", False):
        return tuple(value.shape), value._dtype
    array = to_array(value)
    return array.shape, array.dtype.name


class _SafetensorsWriteStore(dict[str, Any]):
    def __init__(self, values: dict[str, Any], path: str) -> None:
        super().__init__()
        self._values = values
        self._path = path

    def __setitem__(self, key: str, value: Any) -> None:
        name = f"{self._path}/{key}" if self._path else str(key)
        self._values[name] = value
        super().__setitem__(str(key), value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value
