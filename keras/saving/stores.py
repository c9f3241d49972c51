"""Where the variables of one object are kept in a file: `store["0"]`, `store["1"]`.

The hooks `save_own_variables(store)` and `load_own_variables(store)` of layers and
optimizers see a mapping from keys to arrays, whatever the format of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, BinaryIO, Protocol

import numpy as np

from keras.backends import current
from keras.core.errors import DeserializationError
from keras.saving import h5_files

_DEEPEST = 200  # groups within groups


class Store(Mapping[str, np.ndarray]):
    """The arrays of one object, read when they are asked for.

    Attributes:
        fresh: whether each array is read anew, so that who asks for it is the only one
            who has it.
    """

    fresh = False

    def shape_of(self, key: str) -> tuple[int, ...]:
        """The shape of an entry, without reading it."""
        raise NotImplementedError

    def dtype_of(self, key: str) -> np.dtype:
        """The dtype of an entry, without reading it."""
        raise NotImplementedError

    def __contains__(self, key: object) -> bool:
        """Whether there is an entry; `Mapping` would read it."""
        return any(key == own for own in self)

    def verify(self) -> None:
        """Finds what would turn out damaged only when it is read."""


class Reader(Protocol):
    """A file that weights are read from."""

    def at(self, path: str) -> Store:
        """The store of the object at a path; empty if the file has none."""
        ...

    def paths(self) -> Iterator[str]:
        """The paths of all objects of which there are weights."""
        ...

    def name_of(self, path: str) -> str | None:
        """The name that the object at a path had, where the file says it."""
        ...

    def read_through(self) -> None:
        """Reads every byte once: what cannot be read is known then."""
        ...


class Writer(Protocol):
    """A file that weights are written to."""

    def at(self, path: str, name: str) -> MutableMapping[str, Any]:
        """The store for the object at a path, called `name`."""
        ...


def to_array(value: Any) -> np.ndarray:
    """The value of a variable, tensor, array or number as a NumPy array."""
    if getattr(value, "_is_keras_variable", False):
        return value.backend.host_view(value._value)
    if isinstance(value, (np.ndarray, np.generic, int, float, bool, list, tuple)):
        return np.asarray(value)
    return current().host_view(value)


def read_to_end(file: BinaryIO) -> None:
    """Reads all of a file and forgets it; raises what the system reports."""
    file.seek(0)
    room = bytearray(1 << 20)
    while file.readinto(room):
        pass


class _H5Store(Store):
    fresh = True

    def __init__(self, group: Any) -> None:
        self._group = group
        self._datasets: dict[str, Any] = {}  # those found and checked

    def _dataset(self, key: str) -> Any:
        dataset = self._datasets.get(key)
        if dataset is None:
            found = None if self._group is None else h5_files.child(self._group, key)
            if found is None:
                raise KeyError(key)
            dataset = self._datasets[key] = h5_files.checked(found)
        return dataset

    def __getitem__(self, key: str) -> np.ndarray:
        return h5_files.read_array(self._dataset(str(key)))

    def shape_of(self, key: str) -> tuple[int, ...]:
        return tuple(self._dataset(key).shape)

    def dtype_of(self, key: str) -> np.dtype:
        return h5_files.dtype_of(self._dataset(key))

    def verify(self) -> None:
        for key in self:
            h5_files.verify(self._dataset(key))

    def __contains__(self, key: object) -> bool:
        if self._group is None or not isinstance(key, str):
            return False
        return h5_files.has(self._group, key)

    def __iter__(self) -> Iterator[str]:
        return iter(() if self._group is None else h5_files.names(self._group))

    def __len__(self) -> int:
        return 0 if self._group is None else len(self._group)


class H5Reader:
    """Weights in an open HDF5 file, as `.weights.h5` keeps them."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def at(self, path: str) -> Store:
        group = h5_files.subgroup(self.file, path)
        return _H5Store(None if group is None else h5_files.subgroup(group, "vars"))

    def paths(self) -> Iterator[str]:
        yield from _paths_with_data(self.file)

    def name_of(self, path: str) -> str | None:
        group = h5_files.subgroup(self.file, f"{path}/vars" if path else "vars")
        return None if group is None else h5_files.text(group, "name", 1 << 16)

    def read_through(self) -> None:
        if self.file.driver != "fileobj":  # members of archives have been verified
            with open(self.file.filename, "rb") as file:
                read_to_end(file)


def _paths_with_data(file: Any) -> Iterator[str]:
    """Paths of groups with weights; a group that contains itself is met once."""
    import h5py

    seen, todo = set(), [("", file)]
    while todo:
        path, group = todo.pop()
        if path.count("/") > _DEEPEST:
            raise DeserializationError(
                f"The groups of the HDF5 file are nested more than {_DEEPEST} deep, "
                f"at {path[:200]!r}."
            )
        with h5_files.damage(path or "The top"):
            address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            continue
        seen.add(address)
        inner = []
        for name in h5_files.names(group):
            found = h5_files.child(group, name)
            if not isinstance(found, h5py.Group):
                continue
            if name != "vars":
                inner.append((f"{path}/{name}" if path else name, found))
            elif len(found):
                yield path
        todo.extend(reversed(inner))


class _H5WriteStore(dict[str, Any]):
    """Writes each entry when it is set; only one array is in memory at a time."""

    def __init__(self, group: Any) -> None:
        super().__init__()
        self._group = group

    def __setitem__(self, key: str, value: Any) -> None:
        h5_files.write_array(self._group, str(key), to_array(value))
        super().__setitem__(str(key), None)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __getitem__(self, key: str) -> np.ndarray:
        return h5_files.read_array(self._group[key])


class H5Writer:
    """Weights into an open HDF5 file, as `.weights.h5` keeps them."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def at(self, path: str, name: str) -> MutableMapping[str, Any]:
        group = self._file.require_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = name
        return _H5WriteStore(group)
