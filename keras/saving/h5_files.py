"""HDF5 files that are read without trusting them.

An HDF5 file can point at other files (external links, external storage, virtual
datasets), declare sizes that it does not hold, unfold a small chunk to any size, and
ask for filter plug-ins. Nothing of Keras uses these, so each is refused before
anything is followed or allocated. Everything that reads HDF5 goes through here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from keras.core import host_memory, limits
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving.contents import what_was_found
from keras.saving.h5_chunks import FILTERS, filters_of, read_filtered
from keras.saving.h5_headers import check_group, longest_claim
from keras.saving.h5_heaps import HeapSource

# Bytes declared for each byte stored, beyond which a dataset is taken for a bomb.
# DEFLATE cannot do better than about 1032.
MOST_EXPANSION = 1040
_SLACK = 1 << 20
_MOST_TEXT = 256 << 20
# Names of groups that other versions of Keras 3 use for the same thing.
_OTHER_NAMES = {"layers": "_layer_checkpoint_dependencies"}
# Where the open files come from, by the number that HDF5 gives them.
_sources: dict[int, HeapSource] = {}
# What HDF5 and h5py raise for what is damaged.
_DAMAGE = (
    *(OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError),
    *(OverflowError, IndexError, MemoryError),
)


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
    except (FileNotFoundError, PermissionError):
        raise
    except _DAMAGE as error:
        raise DeserializationError(
            f"{what} is no readable HDF5 file: it is truncated, damaged or of another "
            f"format ({error}). {what_was_found(source, 'an HDF5 file')}"
        ) from error
    with file:
        with damage(what):
            number = _number(file)
        _sources[number] = HeapSource(source)
        try:
            yield file
        except (OSError, RuntimeError) as error:
            if not str(error).startswith(("Unable to", "Can't", "Unspecified")):
                raise
            raise DeserializationError(
                f"{what} is damaged: HDF5 reports {error}."
            ) from error
        finally:
            _sources.pop(number).close()


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Turns what HDF5 reports of a damaged place into an error that names it."""
    try:
        yield
    except DeserializationError:
        raise
    except _DAMAGE as error:
        raise DeserializationError(
            f"{where} in the HDF5 file is damaged: {type(error).__name__}: {error}."
        ) from error


def child(group: Any, name: str) -> Any:
    """A member of a group, or None; links that leave the group are refused."""
    import h5py

    if not name or name in (".", "..") or "/" in name:
        raise UnsafeDeserializationError(f"{name!r} is no name of an HDF5 member.")
    with damage(f"{name!r}"):
        _walk(group)
        link = group.get(name, getlink=True)
        if link is None:
            return None
        where = f"{group.name.rstrip('/')}/{name}"
    if not isinstance(link, h5py.HardLink):
        kind = "an external" if isinstance(link, h5py.ExternalLink) else "a soft"
        raise UnsafeDeserializationError(
            f"{where} in the HDF5 file is {kind} link. Files of Keras have none, and "
            "following it could read something else. Make the file anew with "
            "model.save()."
        )
    with damage(where):
        return group[name]


def has(group: Any, name: str) -> bool:
    """Whether a group has a member, looked up without following any link."""
    with damage(f"{name!r}"):
        _walk(group)
        return group.get(name, getlink=True) is not None


def names(group: Any) -> list[str]:
    """The names of the members of a group."""
    with damage("A group"):
        _walk(group)
        return list(group)


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


def text(holder: Any, name: str, most: int = _MOST_TEXT) -> str | None:
    """An attribute that is one text, or None if there is none.

    Args:
        holder: a file, group or dataset.
        name: of the attribute.
        most: bytes that are read.
    """
    where = f"The attribute {name!r} of {holder.name}"
    with damage(where):
        if name not in holder.attrs:
            return None
        attribute = holder.attrs.get_id(name)
        if attribute.shape != () or attribute.dtype.kind not in "SO":
            raise DeserializationError(f"{where} in the HDF5 file is no text.")
        size = max(attribute.get_storage_size(), attribute.dtype.itemsize)
        if attribute.dtype.kind == "O":
            _longest_text(holder, name)
        if size > min(most, _file_size(holder)):
            raise UnsafeDeserializationError(f"{where} declares {size:,} bytes.")
        value = holder.attrs[name]
        value = value.decode("utf-8") if isinstance(value, bytes) else value
    if not isinstance(value, str) or len(value) > most:
        raise DeserializationError(f"{where} in the HDF5 file is no text.")
    return value


def texts(holder: Any, name: str, most: int) -> list[str]:
    """An attribute that is a list of texts.

    Args:
        holder: a file, group or dataset.
        name: of the attribute.
        most: how many texts are read.
    """
    where = f"The attribute {name!r} of {holder.name}"
    with damage(where):
        attribute = holder.attrs.get_id(name)
        shape, dtype = attribute.shape or (), attribute.dtype
        count = math.prod(shape)
        # Many of variable length may all be one and the same place in the file.
        each = _longest_text(holder, name) if dtype.kind == "O" else dtype.itemsize
        size = max(_MOST_TEXT, 2 * _file_size(holder))
        if count and (count > most or count * each > size):
            raise UnsafeDeserializationError(
                f"{where} in the HDF5 file declares {count:,} texts of up to "
                f"{each:,} bytes."
            )
        if count and dtype.kind not in "SO":
            raise DeserializationError(f"{where} in the HDF5 file holds no texts.")
        values = np.atleast_1d(holder.attrs[name]).ravel() if count else ()
        return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in values]


def _longest_text(holder: Any, name: str) -> int:
    """Bytes that no text of variable length in an attribute can exceed.

    Raises:
        DeserializationError: if HDF5 could not read such texts, would never end, or
            take memory for more.
    """
    source, address = _place(holder)
    most = min(source.largest, _file_size(holder))
    claimed = longest_claim(source.data, address, name)
    if claimed is not None and claimed > most:
        raise UnsafeDeserializationError(
            f"The attribute {name!r} of {holder.name} in the HDF5 file says to be a "
            f"text of {claimed:,} bytes; no text in the file has more than {most:,}."
        )
    return most


def _walk(group: Any) -> None:
    """Finds damage that HDF5 itself would not survive, once for each group."""
    source, address = _place(group)
    if address not in source.walked:
        check_group(source.data, address)
        source.walked.add(address)


def _place(member: Any) -> tuple[HeapSource, int]:
    """The bytes of the file of a member, and where its header is."""
    import h5py

    info = h5py.h5o.get_info(member.id)
    source = _sources.get(info.fileno)
    if source is None:  # a file that the caller opened, perhaps to write
        member.file.flush()
        source = HeapSource(member.file.filename)
    return source, info.addr


def _number(member: Any) -> int:
    """What HDF5 tells the files by that are open in this process."""
    import h5py

    return h5py.h5o.get_info(member.file.id).fileno


def checked(dataset: Any) -> Any:
    """The dataset, if it holds in this file what it declares.

    Raises:
        UnsafeDeserializationError: if its data is elsewhere, its declared size is out
            of proportion, or it needs a foreign filter.
    """
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise DeserializationError(f"{dataset.name} in the HDF5 file is no dataset.")
    with damage(str(dataset.name)):
        if dataset.is_virtual or dataset.external:
            raise UnsafeDeserializationError(
                f"{dataset.name} in the HDF5 file keeps its data in other files "
                "(virtual or external storage). Files of Keras do not."
            )
        if not _is_numbers(dataset.dtype):
            raise UnsafeDeserializationError(
                f"{dataset.name} in the HDF5 file holds {dataset.dtype}, not numbers."
            )
        if dataset.shape is None:
            raise DeserializationError(f"{dataset.name} in the HDF5 file is empty.")
        foreign = {identity for identity, _ in filters_of(dataset)} - set(FILTERS)
        if foreign:
            raise UnsafeDeserializationError(
                f"{dataset.name} in the HDF5 file needs the filters {sorted(foreign)}. "
                f"Read are {', '.join(FILTERS.values())}: write it with one of these."
            )
        _check_size(dataset)
    return dataset


def _is_numbers(dtype: np.dtype) -> bool:
    raw = dtype.kind == "V" and dtype.fields is None and dtype.subdtype is None
    return dtype.kind in "biufc" or raw


def _check_size(dataset: Any) -> None:
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored, total = dataset.id.get_storage_size(), _file_size(dataset)
    offset = dataset.id.get_offset() if dataset.chunks is None else 0
    allowed, chunk = stored, 0
    if dataset.chunks is not None:
        allowed = stored * (MOST_EXPANSION if filters_of(dataset) else 1) + _SLACK
        chunk = math.prod(dataset.chunks) * dataset.dtype.itemsize
    there = stored + (offset or 0) <= total
    if declared > allowed or chunk > declared + _SLACK or not there:
        raise UnsafeDeserializationError(
            f"{dataset.name} in the HDF5 file declares shape {dataset.shape} of "
            f"{dataset.dtype} ({declared:,} bytes, {chunk:,} in a chunk) but stores "
            f"{stored:,} bytes in a file of {total:,}. Memory is not allocated for "
            "what is not there; the file is damaged or made to exhaust memory."
        )


def _file_size(member: Any) -> int:
    return member.file.id.get_filesize()


def read_array(dataset: Any) -> np.ndarray:
    """The values of a dataset, which is checked first."""
    dataset = checked(dataset)
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    limits.claim_array(f"{dataset.name} of shape {dataset.shape}", size)
    with damage(dataset.name):
        if filters_of(dataset):
            array = read_filtered(dataset)
        else:
            array = host_memory.empty(dataset.shape, dataset.dtype)
            if array.size:
                dataset.read_direct(array)
        if array.dtype.kind == "V":
            name = text(dataset, "dtype", 64)
            array = array.view(_extended_dtype(name, array.dtype, dataset.name))
    return array


def verify(dataset: Any) -> None:
    """Reads what may turn out damaged only when it is read: what is compressed.

    Raises:
        DeserializationError: if it is.
    """
    if dataset.chunks is not None:
        read_array(dataset)


def _extended_dtype(name: str | None, raw: np.dtype, where: str) -> np.dtype:
    import ml_dtypes

    scalar = getattr(ml_dtypes, name or "", None)
    known = isinstance(scalar, type) and issubclass(scalar, np.generic)
    if not known or np.dtype(scalar).itemsize != raw.itemsize:
        raise DeserializationError(
            f"{where} in the HDF5 file has unknown dtype {name!r} of {raw.itemsize} "
            "bytes."
        )
    return np.dtype(scalar)


def dtype_of(dataset: Any) -> np.dtype:
    """The dtype that the values of a dataset will have."""
    dtype = dataset.dtype
    if dtype.kind == "V":
        with damage(dataset.name):
            return _extended_dtype(text(dataset, "dtype", 64), dtype, dataset.name)
    return dtype


def write_array(group: Any, key: str, array: np.ndarray) -> None:
    """Stores an array; dtypes that HDF5 lacks as raw bytes with their name."""
    if array.dtype.kind == "V" and array.dtype.fields is None:
        raw = np.ascontiguousarray(array).view(np.dtype(f"V{array.dtype.itemsize}"))
        dataset = group.create_dataset(key, data=raw.reshape(array.shape))
        dataset.attrs["dtype"] = array.dtype.name
    else:
        group.create_dataset(key, data=array)
