"""Opening a file of weights: which reader a path means."""

from __future__ import annotations

import os
from contextlib import ExitStack

from keras.saving import h5_files
from keras.saving.archive import member_of_folder, open_archive
from keras.saving.safetensors import SafetensorsReader, ShardedSafetensorsReader
from keras.saving.sharded import INDEX_SUFFIX, TENSORS_INDEX_SUFFIX, ShardedReader
from keras.saving.stores import H5Reader, Reader

WEIGHTS_MEMBER = "model.weights.h5"
HDF5 = (".h5", ".hdf5")
READABLE = (
    *(".weights.h5", INDEX_SUFFIX, ".safetensors", TENSORS_INDEX_SUFFIX),
    *(".keras", ".h5", ".hdf5"),
)


def open_reader(path: str, files: ExitStack) -> tuple[Reader, int]:
    """A reader of a file of weights or of a model.

    Args:
        path: the file, or the folder of an unzipped model.
        files: closes what is opened.

    Returns:
        The reader, and the bytes of weights as they lie on the disk.

    Raises:
        DeserializationError: if it is damaged or unsafe.
    """
    if path.endswith(INDEX_SUFFIX):
        sharded = ShardedReader(path, files)
        return sharded, sharded.stored()
    if path.endswith(TENSORS_INDEX_SUFFIX):
        tensors = ShardedSafetensorsReader(path, files)
        return tensors, tensors.stored()
    if path.endswith(".safetensors"):
        file = files.enter_context(open(path, "rb"))  # noqa: SIM115
        return SafetensorsReader(file, path), os.path.getsize(path)
    if path.endswith(HDF5):
        file = files.enter_context(h5_files.open_h5(path, path))
        return H5Reader(file), os.path.getsize(path)
    if os.path.isdir(path):
        inner = member_of_folder(path, WEIGHTS_MEMBER)
        file = files.enter_context(h5_files.open_h5(inner, path))
        return H5Reader(file), os.path.getsize(inner)
    archive = files.enter_context(open_archive(path))
    member = files.enter_context(archive.open(WEIGHTS_MEMBER))
    what = f"{WEIGHTS_MEMBER} in {path}"
    file = files.enter_context(h5_files.open_h5(member, what))
    return H5Reader(file), archive.stored_size(WEIGHTS_MEMBER)


def check_readable(path: str) -> None:
    """Raises for a path that cannot be a file of weights, or leads to none."""
    if not path.endswith(READABLE) and not os.path.isdir(path):
        raise ValueError(
            f"Weights are read from files that end in {', '.join(READABLE)}. "
            f"Received: filepath={path!r}."
        )
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"There is no file {path!r} to load weights from. Pass the path that "
            "model.save_weights(filepath) was given."
        )
    if os.path.isdir(path) and path.endswith(READABLE) and not path.endswith(".keras"):
        raise IsADirectoryError(
            f"{path!r} is a folder. Expected a file of weights; a folder of a model "
            "ends in none of these: name it otherwise, or pass the file in it."
        )
