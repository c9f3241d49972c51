"""`save_weights` and `load_weights`: which format a path means."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

from keras.core import limits
from keras.core.dtypes import itemsize
from keras.core.reading import boundary
from keras.saving import h5_files
from keras.saving.atomic import new_file, new_files, refuse_existing
from keras.saving.h5_sink import new_h5
from keras.saving.legacy_weights import is_legacy, load_legacy_weights
from keras.saving.mapped_weights import load_mapped, save_mapped
from keras.saving.open_weights import HDF5, check_readable, open_reader
from keras.saving.orbax import is_checkpoint, load_checkpoint
from keras.saving.report import LoadReport
from keras.saving.safetensors import SafetensorsWriter
from keras.saving.sharded import INDEX_SUFFIX, TENSORS_INDEX_SUFFIX, ShardedWriter
from keras.saving.state import load_state, save_state
from keras.saving.stores import H5Reader, H5Writer, Writer
from keras.saving.walk import own_variables, owners

if TYPE_CHECKING:
    from keras.models.model import Model


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
            files), in `.safetensors` or in `.safetensors.index.json` (several, as
            Hugging Face writes them).
        overwrite: whether an existing file is replaced; if not, it is an error.
        max_shard_size: gigabytes in one file, for `.weights.json`; default 10.
        **kwargs: `objects_to_skip`, layers whose weights are left out; `name_map`,
            name in the file -> path of a variable, or a list of paths: writes these
            alone, so named and in the layout of torch.

    Raises:
        ValueError: for another ending, or unknown options.
        FileExistsError: if the file exists and `overwrite` is False.

    Example:

    >>> import keras, tempfile, os
    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> path = os.path.join(tempfile.mkdtemp(), "a.weights.h5")
    >>> keras.saving.save_weights(layer, path)
    >>> report = keras.saving.load_weights(layer, path)
    """
    skip = kwargs.pop("objects_to_skip", None)
    name_map = kwargs.pop("name_map", None)
    if kwargs:
        raise ValueError(
            f"save_weights() got unknown options: {sorted(kwargs)}. Allowed: "
            "objects_to_skip, name_map."
        )
    path = os.fspath(filepath)
    indices = (INDEX_SUFFIX, TENSORS_INDEX_SUFFIX)
    if max_shard_size is not None and not path.endswith(indices):
        raise ValueError(
            f"`max_shard_size` needs a path that ends in {INDEX_SUFFIX!r} (or "
            f"{TENSORS_INDEX_SUFFIX!r}), the index of the shards. Received: "
            f"filepath={path!r}."
        )
    if not getattr(model, "built", True):
        raise ValueError(
            f"{type(model).__name__} {getattr(model, 'name', '')!r} is not built, so "
            "it has no weights to save. Call it on data, or build(input_shape), first."
        )
    refuse_existing(path, overwrite)
    gigabytes = 10.0 if max_shard_size is None else max_shard_size
    if name_map is None:
        fill = lambda writer: save_state(model, writer, skip)  # noqa: E731
    else:
        fill = lambda writer: save_mapped(model, writer, name_map)  # noqa: E731
    write_weights(path, fill, gigabytes)


def write_weights(
    path: str, fill: Callable[[Writer], None], max_shard_size: float = 10.0
) -> None:
    """Writes a file of weights of any format, whole or not at all.

    Args:
        path: ends in `.weights.h5`, `.weights.json` or `.safetensors`.
        fill: puts the weights into the writer it is given.
        max_shard_size: gigabytes in one file, where there are several.
    """
    if max_shard_size <= 0:
        raise ValueError(f"`max_shard_size` must be > 0. Received: {max_shard_size}.")
    if path.endswith(INDEX_SUFFIX):
        with new_files() as make, ShardedWriter(path, max_shard_size, make) as writer:
            fill(writer)
            writer.write_index(path)
    elif path.endswith(TENSORS_INDEX_SUFFIX):
        tensors = SafetensorsWriter()
        fill(tensors)
        with new_files() as make:
            tensors.write_shards(path, max_shard_size, make)
    elif path.endswith(".safetensors"):
        tensors = SafetensorsWriter()
        fill(tensors)
        with new_file(path) as temporary:
            tensors.write(temporary)
    elif path.endswith(".weights.h5"):
        with new_file(path) as temporary:
            _write_h5(temporary, fill)
    else:
        raise ValueError(
            "The path of a weights file must end in '.weights.h5', '.weights.json' "
            f"(several files) or '.safetensors'. Received: filepath={path!r}."
        )


def write_h5(model: Model, target: str | BinaryIO) -> None:
    """Writes the weights of a model into a new HDF5 file, at a path or a place."""
    _write_h5(target, lambda writer: save_state(model, writer))


def _write_h5(target: str | BinaryIO, fill: Callable[[Writer], None]) -> None:
    with new_h5(target) as file:
        fill(H5Writer(file))


def load_weights(
    model: Model,
    filepath: str | os.PathLike[str],
    skip_mismatch: bool = False,
    **kwargs: Any,
) -> LoadReport:
    """Reads weights from a file into a model.

    Everything is compared before anything is assigned: if the file does not fit, the
    model keeps all its values.

    Args:
        model: a built model or layer.
        filepath: a `.weights.h5`, `.weights.json`, `.safetensors`, `.keras` or
            legacy `.h5` file, or a folder of `keras.callbacks.OrbaxCheckpoint`.
        skip_mismatch: load what fits, and warn of the rest.
        **kwargs: `objects_to_skip`, layers to leave as they are; `by_name`, for
            legacy `.h5` files: match layers by name instead of order; `name_map`,
            for files of others: name in the file -> path of a variable, or a
            function that says it. Arrays in torch's layout are turned; a list of
            paths is for an array that holds several, as `in_proj_weight` of torch,
            and `"gru/gru_cell/bias[0]"` is the first row of a variable.

    Returns:
        What was loaded, and what was missing, unexpected or of another shape.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, unsafe, or of another architecture.
    """
    path = os.fspath(filepath)
    skip = kwargs.pop("objects_to_skip", None)
    by_name = kwargs.pop("by_name", False)
    name_map = kwargs.pop("name_map", None)
    if kwargs:
        raise ValueError(
            f"load_weights() got unknown options: {sorted(kwargs)}. Allowed: "
            "skip_mismatch, objects_to_skip, name_map, by_name (legacy .h5 files)."
        )
    if is_checkpoint(path):
        return load_checkpoint(
            model, path, skip_mismatch=skip_mismatch, objects_to_skip=skip
        )
    check_readable(path)
    legacy_name = path.endswith(HDF5) and not path.endswith(".weights.h5")
    if by_name and not legacy_name:
        raise ValueError(
            "by_name=True is for legacy .h5 files only. Use skip_mismatch=True or "
            f"objects_to_skip. Received: filepath={path!r}."
        )
    with boundary(path), ExitStack() as files:
        reader, stored = open_reader(path, files)
        files.enter_context(limits.of_file(path, stored, _bytes_of(model)))
        if name_map is not None:
            return load_mapped(model, reader, name_map, skip_mismatch, path)
        if isinstance(reader, H5Reader) and is_legacy(reader.file):
            file = reader.file
            return load_legacy_weights(file, model, by_name, skip_mismatch, path)
        return load_state(model, reader, skip_mismatch, skip, path)


def _bytes_of(model: Model) -> int:
    variables = (v for _, obj in owners(model) for v in own_variables(obj))
    return sum(math.prod(v.shape) * itemsize(v.dtype) for v in variables)


def load_from_h5(model: Model, source: Any, what: str) -> None:
    """Reads weights from an open HDF5 file or file object."""
    with h5_files.open_h5(source, what) as file:
        load_state(model, H5Reader(file), source=what)
