"""HDF5 files that are read without trusting them.

An HDF5 file can point at other files (external links, external storage, virtual
datasets), declare sizes that it does not hold, and ask for filter plug-ins. Nothing
of Keras uses these, so each is refused before anything is followed or allocated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from keras.core.errors import DeserializationError, UnsafeDeserializationError

# Bytes declared for each byte stored, beyond which a dataset is taken for a bomb.
# DEFLATE cannot do better than about 1032.
MOST_EXPANSION = 1040
_SLACK = 1 << 20
_KNOWN_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})  # those built into h5py
# Names of groups that other versions of Keras 3 use for the same thing.
_OTHER_NAMES = {"layers": "_layer_checkpoint_dependencies"}


@contextmanager
def open_h5(source: Any, what: str) -> Iterator[Any]:
    """Opens an HDF5 file for reading.

    Args:
        source: a path, or a binary file object.
        what: how errors name it.

    Raises:
        DeserializationError: if it is no HDF5 file, or truncated.
    """
    import h5py

    try:
        file = h5py.File(source, "r")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise DeserializationError(
            f"{what} is no readable HDF5 file: it is truncated, damaged or of another "
            f"format ({error})."
        ) from error
    with file:
        try:
            yield file
        except (OSError, RuntimeError) as error:
            if not str(error).startswith(("Unable to", "Can't", "Unspecified")):
                raise
            raise DeserializationError(
                f"{what} is damaged: HDF5 reports {error}."
            ) from error


def child(group: Any, name: str) -> Any:
    """A member of a group, or None; links that leave the group are refused."""
    import h5py

    if not name or name in (".", "..") or "/" in name:
        raise UnsafeDeserializationError(f"{name!r} is no name of an HDF5 member.")
    link = group.get(name, getlink=True)
    if link is None:
        return None
    if not isinstance(link, h5py.HardLink):
        kind = "an external" if isinstance(link, h5py.ExternalLink) else "a soft"
        raise UnsafeDeserializationError(
            f"{group.name.rstrip('/')}/{name} in the HDF5 file is {kind} link. Files "
            "of Keras have none, and following it could read something else. Make "
            "the file anew with model.save()."
        )
    return group[name]


def has(group: Any, name: str) -> bool:
    """Whether a group has a member, looked up without following any link."""
    return group.get(name, getlink=True) is not None


def subgroup(group: Any, path: str) -> Any:
    """The group at a path below another one, or None."""
    import h5py

    for name in path.split("/") if path else ():
        found = child(group, name)
        if found is None:
            for other in (_OTHER_NAMES.get(name), f"_{name}", name.lstrip("_")):
                if other and other != name and found is None:
                    found = child(group, other)
        if not isinstance(found, h5py.Group):
            return None
        group = found
    return group


def checked(dataset: Any) -> Any:
    """The dataset, if it holds in this file what it declares.

    Raises:
        UnsafeDeserializationError: if its data is elsewhere, its declared size is out
            of proportion, or it needs a foreign filter.
    """
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise DeserializationError(f"{dataset.name} in the HDF5 file is no dataset.")
    if dataset.is_virtual or dataset.external:
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file keeps its data in other files (virtual "
            "or external storage). Files of Keras do not."
        )
    if dataset.dtype.hasobject:
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file holds {dataset.dtype}, not numbers."
        )
    if dataset.shape is None:
        raise DeserializationError(f"{dataset.name} in the HDF5 file is empty.")
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if filters - _KNOWN_FILTERS:
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file needs the filters "
            f"{sorted(filters - _KNOWN_FILTERS)}, which are not those of HDF5 itself."
        )
    _check_size(dataset, chunked=dataset.chunks is not None)
    return dataset


def _check_size(dataset: Any, chunked: bool) -> None:
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    allowed = stored * MOST_EXPANSION + _SLACK if chunked else stored
    chunk = math.prod(dataset.chunks) * dataset.dtype.itemsize if chunked else 0
    if declared > allowed or chunk > max(allowed, declared + _SLACK):
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file declares shape {dataset.shape} of "
            f"{dataset.dtype} ({declared:,} bytes) but stores {stored:,} bytes. "
            "Memory is not allocated for what is not there; the file is damaged or "
            "made to exhaust memory."
        )


def read_array(dataset: Any) -> np.ndarray:
    """The values of a checked dataset."""
    array = np.asarray(checked(dataset)[()])
    name = dataset.attrs.get("dtype")
    if isinstance(name, bytes):
        name = name.decode()
    if name and array.dtype.kind == "V":
        array = array.view(_extended_dtype(name, dataset.name))
    return array


def _extended_dtype(name: str, where: str) -> np.dtype:
    import ml_dtypes

    scalar = getattr(ml_dtypes, name, None)
    if not isinstance(scalar, type) or not issubclass(scalar, np.generic):
        raise DeserializationError(
            f"{where} in the HDF5 file has unknown dtype {name!r}."
        )
    return np.dtype(scalar)


def write_array(group: Any, key: str, array: np.ndarray) -> None:
    """Stores an array; dtypes that HDF5 lacks as raw bytes with their name."""
    if array.dtype.kind == "V" and array.dtype.fields is None:
        raw = np.ascontiguousarray(array).view(np.dtype(f"V{array.dtype.itemsize}"))
        dataset = group.create_dataset(key, data=raw.reshape(array.shape))
        dataset.attrs["dtype"] = array.dtype.name
    else:
        group.create_dataset(key, data=array)
