"""`save_weights` and `load_weights`: which format a path means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from keras.saving import h5_files
from keras.saving.archive import open_archive
from keras.saving.atomic import new_file, refuse_existing
from keras.saving.legacy_weights import is_legacy, load_legacy_weights
from keras.saving.safetensors import SafetensorsReader, SafetensorsWriter
from keras.saving.sharded import INDEX_SUFFIX, ShardedReader, ShardedWriter
from keras.saving.state import load_state, save_state
from keras.saving.stores import H5Reader, H5Writer, Reader

if TYPE_CHECKING:
    from keras.models.model import Model

WEIGHTS_MEMBER = "model.weights.h5"
_READABLE = (".weights.h5", INDEX_SUFFIX, ".safetensors", ".keras", ".h5", ".hdf5")


def save_weights(
    model: Model,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    max_shard_size: float | None = None,
    **kwargs: Any,
) -> None:
    """Writes the weights of a model to a file.

    Args:
        model: a built model or layer; the state of its optimizer is written too.
        filepath: ends in `.weights.h5`, in `.weights.json` (an index of several
            files) or in `.safetensors`.
        overwrite: whether an existing file is replaced; if not, it is an error.
        max_shard_size: gigabytes in one file, for `.weights.json`; default 10.
        **kwargs: `objects_to_skip`, layers whose weights are left out.

    Raises:
        ValueError: for another ending, or unknown options.
        FileExistsError: if the file exists and `overwrite` is False.

    Example:

    >>> import keras, tempfile, os
    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> path = os.path.join(tempfile.mkdtemp(), "a.weights.h5")
    >>> keras.saving.save_weights(layer, path)
    >>> keras.saving.load_weights(layer, path)
    """
    skip = kwargs.pop("objects_to_skip", None)
    if kwargs:
        raise ValueError(
            f"save_weights() got unknown options: {sorted(kwargs)}. Allowed: "
            "objects_to_skip."
        )
    path = os.fspath(filepath)
    if max_shard_size is not None and not path.endswith(INDEX_SUFFIX):
        raise ValueError(
            f"`max_shard_size` needs a path that ends in {INDEX_SUFFIX!r}, the index "
            f"of the shards. Received: filepath={path!r}."
        )
    if not getattr(model, "built", True):
        raise ValueError(
            f"{type(model).__name__} {getattr(model, 'name', '')!r} is not built, so "
            "it has no weights to save. Call it on data, or build(input_shape), first."
        )
    refuse_existing(path, overwrite)
    if path.endswith(INDEX_SUFFIX):
        gigabytes = 10.0 if max_shard_size is None else max_shard_size
        _save_sharded(model, path, gigabytes, skip)
    elif path.endswith(".safetensors"):
        writer = SafetensorsWriter()
        save_state(model, writer, skip)
        with new_file(path) as temporary:
            writer.write(temporary)
    elif path.endswith(".weights.h5"):
        with new_file(path) as temporary:
            write_h5(model, temporary, skip)
    else:
        raise ValueError(
            "The path of a weights file must end in '.weights.h5', '.weights.json' "
            f"(several files) or '.safetensors'. Received: filepath={path!r}."
        )


def write_h5(model: Model, path: str, skip: Iterable[Any] | None = None) -> None:
    """Writes the weights of a model into a new HDF5 file."""
    import h5py

    with h5py.File(path, "w") as file:
        save_state(model, H5Writer(file), skip)


def _save_sharded(model: Model, path: str, max_shard_size: float, skip: Any) -> None:
    if max_shard_size <= 0:
        raise ValueError(f"`max_shard_size` must be > 0. Received: {max_shard_size}.")
    with new_file(path) as temporary, ExitStack() as files:
        writer = ShardedWriter(path, max_shard_size, files)
        save_state(model, writer, skip)
        writer.write_index(temporary)


def load_weights(
    model: Model,
    filepath: str | os.PathLike[str],
    skip_mismatch: bool = False,
    **kwargs: Any,
) -> None:
    """Reads weights from a file into a model.

    Everything is compared before anything is assigned: if the file does not fit, the
    model keeps all its values.

    Args:
        model: a built model or layer.
        filepath: a `.weights.h5`, `.weights.json`, `.safetensors`, `.keras` or
            legacy `.h5` file.
        skip_mismatch: load what fits, and warn of the rest.
        **kwargs: `objects_to_skip`, layers to leave as they are; `by_name`, for
            legacy `.h5` files: match layers by name instead of order.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, unsafe, or of another architecture.
    """
    path = os.fspath(filepath)
    skip = kwargs.pop("objects_to_skip", None)
    by_name = kwargs.pop("by_name", False)
    if kwargs:
        raise ValueError(
            f"load_weights() got unknown options: {sorted(kwargs)}. Allowed: "
            "skip_mismatch, objects_to_skip, by_name (legacy .h5 files)."
        )
    _check_readable(path)
    legacy_name = path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")
    if by_name and not legacy_name:
        raise ValueError(
            "by_name=True is for legacy .h5 files only. Use skip_mismatch=True or "
            f"objects_to_skip. Received: filepath={path!r}."
        )
    if legacy_name or path.endswith(".weights.h5"):
        with h5_files.open_h5(path, path) as file:
            if is_legacy(file):
                load_legacy_weights(file, model, by_name, skip_mismatch, path)
            else:
                load_state(model, H5Reader(file), skip_mismatch, skip, path)
        return
    with _open_reader(path) as reader:
        load_state(model, reader, skip_mismatch, skip, path)


@contextmanager
def _open_reader(path: str) -> Iterator[Reader]:
    with ExitStack() as files:
        if path.endswith(INDEX_SUFFIX):
            yield ShardedReader(path, files)
        elif path.endswith(".safetensors"):
            yield SafetensorsReader(files.enter_context(open(path, "rb")), path)
        elif os.path.isdir(path):
            yield H5Reader(
                files.enter_context(
                    h5_files.open_h5(os.path.join(path, WEIGHTS_MEMBER), path)
                )
            )
        else:
            archive = files.enter_context(open_archive(path))
            member = files.enter_context(archive.open(WEIGHTS_MEMBER))
            what = f"{WEIGHTS_MEMBER} in {path}"
            yield H5Reader(files.enter_context(h5_files.open_h5(member, what)))


def _check_readable(path: str) -> None:
    if not path.endswith(_READABLE):
        raise ValueError(
            f"Weights are read from files that end in {', '.join(_READABLE)}. "
            f"Received: filepath={path!r}."
        )
    if not os.path.exists(path):
        raise FileNotFoundError(f"There is no file {path!r} to load weights from.")


def load_from_h5(model: Model, source: Any, what: str) -> None:
    """Reads weights from an open HDF5 file or file object."""
    with h5_files.open_h5(source, what) as file:
        load_state(model, H5Reader(file), source=what)
