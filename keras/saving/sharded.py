"""Weights over several `.weights.h5` files, with a `.weights.json` that says what is
where."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np

from keras.core.errors import (
    DeserializationError,
    UnsafeDeserializationError,
    brief,
)
from keras.saving import h5_files
from keras.saving.atomic import NewFile
from keras.saving.h5_sink import new_h5
from keras.saving.json_text import read_json
from keras.saving.stores import H5Reader, Store, to_array

INDEX_SUFFIX = ".weights.json"
TENSORS_INDEX_SUFFIX = ".safetensors.index.json"  # as Hugging Face writes it
_MOST_INDEX = 256 << 20
_LEAST_OF_OBJECT = 100  # bytes that a group takes in an HDF5 file


class ShardedWriter:
    """Weights into as many files as are needed.

    Args:
        path: the index file, `name.weights.json`; shards are `name_00000.weights.h5`.
        max_shard_size: gigabytes (2**30 bytes) of weights in one file; one weight is
            never split.
        make: gives the temporary file of a path.
    """

    def __init__(self, path: str, max_shard_size: float, make: NewFile) -> None:
        self._stem = path.removesuffix(INDEX_SUFFIX)
        self._limit = max_shard_size * (1 << 30)
        self._make = make
        self._open = ExitStack()  # the shard that is being written
        self._shard: Any = None
        self._count = self._size = 0
        self.total = 0
        self.weight_map: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._open.__exit__(exc_type, exc, tb)

    def at(self, path: str, name: str) -> MutableMapping[str, Any]:
        return _ShardedWriteStore(self, path, name)

    def put(self, path: str, name: str, key: str, array: np.ndarray) -> None:
        """Writes one array into the current shard, or into a new one."""
        full = self._size and self._size + array.nbytes > self._limit
        shard = self._open_shard() if self._shard is None or full else self._shard
        self._size += array.nbytes
        self.total += array.nbytes
        group = shard.require_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = name
        h5_files.write_array(group, key, array)
        files = self.weight_map.setdefault(f"/{path}/vars" if path else "/vars", [])
        if self._shard_name() not in files:
            files.append(self._shard_name())

    def _shard_name(self) -> str:
        return f"{os.path.basename(self._stem)}_{self._count - 1:05d}.weights.h5"

    def _open_shard(self) -> Any:
        self._open.close()
        self._count += 1
        target = os.path.join(os.path.dirname(self._stem), self._shard_name())
        self._shard = self._open.enter_context(new_h5(self._make(target)))
        self._size = 0
        return self._shard

    def write_index(self, path: str) -> None:
        """Writes the index, which comes last."""
        self._open.close()
        index = {
            "metadata": {"total_size": float(self.total)},
            "weight_map": self.weight_map,
        }
        with open(self._make(path), "w", encoding="utf-8") as file:
            json.dump(index, file, indent=4)


class _ShardedWriteStore(dict[str, Any]):
    def __init__(self, writer: ShardedWriter, path: str, name: str) -> None:
        super().__init__()
        self._writer, self._path, self._name = writer, path, name

    def __setitem__(self, key: str, value: Any) -> None:
        self._writer.put(self._path, self._name, str(key), to_array(value))
        super().__setitem__(str(key), None)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value


class ShardedReader:
    """Weights out of the files that an index names, which stay in its folder."""

    def __init__(self, path: str, files: ExitStack) -> None:
        self._path = path
        self._map: dict[str, list[str]] = {}
        for key, names in read_index(path).items():
            inner = key.strip("/").removesuffix("vars").strip("/")
            known = self._map.get(inner, ())
            self._map[inner] = list(dict.fromkeys([*known, *names]))
        self._readers: dict[str, H5Reader] = {}
        for name in dict.fromkeys(n for names in self._map.values() for n in names):
            opened = h5_files.open_h5(
                shard_path(path, name), f"Shard {name!r} of {path}"
            )
            self._readers[name] = H5Reader(files.enter_context(opened))
        count, stored = len(self._map), self.stored()
        if count > stored // _LEAST_OF_OBJECT + 1:
            raise UnsafeDeserializationError(
                f"{path} names {count:,} objects, but its shards have {stored:,} "
                "bytes. It is damaged or made to take time."
            )

    def at(self, path: str) -> Store:
        names = self._map.get(path, [])
        return _JoinedStore([self._readers[name].at(path) for name in names])

    def paths(self) -> Iterator[str]:
        yield from self._map

    def name_of(self, path: str) -> str | None:
        names = (self._readers[name].name_of(path) for name in self._map.get(path, ()))
        return next((name for name in names if name is not None), None)

    def read_through(self) -> None:
        for reader in self._readers.values():
            reader.read_through()

    def stored(self) -> int:
        """Bytes of all shards."""
        return sum(
            os.path.getsize(shard_path(self._path, name)) for name in self._readers
        )


class _JoinedStore(Store):
    fresh = True

    def __init__(self, parts: list[Store]) -> None:
        self._parts = parts
        self._where = {key: part for part in parts for key in part}

    def __getitem__(self, key: str) -> np.ndarray:
        return self._where[str(key)][key]

    def shape_of(self, key: str) -> tuple[int, ...]:
        return self._where[key].shape_of(key)

    def dtype_of(self, key: str) -> np.dtype:
        return self._where[key].dtype_of(key)

    def verify(self) -> None:
        for part in self._parts:
            part.verify()

    def __iter__(self) -> Iterator[str]:
        return iter(self._where)

    def __len__(self) -> int:
        return len(self._where)


def read_index(path: str) -> dict[str, list[str]]:
    """What an index of shards says: the files of each object or tensor.

    Raises:
        DeserializationError: if it is no such index.
    """
    if os.path.getsize(path) > _MOST_INDEX:
        raise UnsafeDeserializationError(f"{path} is too large for an index.")
    with open(path, "rb") as file:
        index = read_json(file.read(), path)
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict):
        raise DeserializationError(
            f"{path} is no index of sharded weights: it holds {brief(index)}. Expected "
            "a JSON object with a 'weight_map', from names to files, as "
            "model.save_weights(filepath) writes it."
        )
    result = {}
    for key, names in weight_map.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(
            isinstance(name, str) for name in names
        ):
            raise DeserializationError(
                f"{path}: {brief(key)} maps to {brief(names)}. Expected the name of a "
                "file, or a list of such."
            )
        result[key] = list(dict.fromkeys(names))
    return result


def shard_path(index: str, name: str, ending: str = ".h5") -> str:
    """The path of a shard, which is in the folder of its index.

    Raises:
        UnsafeDeserializationError: for a name that leads elsewhere.
        FileNotFoundError: if it is not there.
    """
    folder = os.path.dirname(os.path.abspath(index))
    plain = os.path.basename(name) == name and "\\" not in name
    if not plain or name in ("", ".", "..") or not name.endswith(ending):
        raise UnsafeDeserializationError(
            f"{index} names the shard {brief(name)}. A shard is a file that ends in "
            f"{ending!r} in the folder of its index."
        )
    shard = os.path.join(folder, name)
    if not os.path.isfile(shard):
        raise FileNotFoundError(
            f"{index} names the shard {brief(name)}, which is not in {folder!r}. Put "
            "all shards beside their index, or save the weights anew."
        )
    # The cache of Hugging Face links index and shards to files that lie together.
    homes = {os.path.realpath(folder), os.path.dirname(os.path.realpath(index))}
    if os.path.dirname(os.path.realpath(shard)) not in homes:
        raise UnsafeDeserializationError(
            f"{index} names the shard {brief(name)}, which is a link that leads out of "
            "the folder. Put the file itself beside its index."
        )
    return shard
