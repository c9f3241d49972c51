"""HDF5 files that point elsewhere, or declare what they do not hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest

import keras
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving import h5_files
from keras.saving.h5_files import open_h5, read_array, subgroup, write_array
from keras.saving.h5_trees import checksum
from keras.saving.stores import H5Reader


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.weights.h5")


def read(path: str) -> np.ndarray:
    with open_h5(path, path) as file:
        return H5Reader(file).at("layer")["0"]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "bfloat16", "uint8"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_arrays_come_back(path: str, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, getattr(ml_dtypes, dtype, dtype))
    with h5py.File(path, "w") as file:
        write_array(file.create_group("layer/vars"), "0", array)
    back = read(path)
    assert back.dtype == array.dtype
    assert back.shape == shape
    assert (back == array).all()


def test_compressed_weights_are_read(path: str) -> None:
    array = np.zeros((500, 500), "float32")
    with h5py.File(path, "w") as file:
        file.create_dataset("layer/vars/0", data=array, compression="gzip")
    assert (read(path) == array).all()


def external_storage(file: h5py.File, outside: Path) -> None:
    file.create_dataset(
        "layer/vars/0", (4,), "uint8", external=[(str(outside), 0, h5py.h5f.UNLIMITED)]
    )


def virtual_dataset(file: h5py.File, outside: Path) -> None:
    layout = h5py.VirtualLayout((4,), "uint8")
    layout[:] = h5py.VirtualSource(str(outside), "secret", (4,), "uint8")
    file.create_virtual_dataset("layer/vars/0", layout)


def external_link(file: h5py.File, outside: Path) -> None:
    file.create_group("layer/vars")["0"] = h5py.ExternalLink(str(outside), "/secret")


def external_group(file: h5py.File, outside: Path) -> None:
    file["layer"] = h5py.ExternalLink(str(outside), "/")


def soft_link(file: h5py.File, outside: Path) -> None:
    file.create_dataset("other", data=np.zeros(4))
    file.create_group("layer/vars")["0"] = h5py.SoftLink("/other")


def shape_bomb(file: h5py.File, outside: Path) -> None:
    file.create_dataset("layer/vars/0", (1 << 40,), "float32")


def chunked_bomb(file: h5py.File, outside: Path) -> None:
    file.create_dataset(
        "layer/vars/0", (1 << 40,), "float32", chunks=(1 << 10,), compression="gzip"
    )


def chunk_size_bomb(file: h5py.File, outside: Path) -> None:
    file.create_dataset(
        "layer/vars/0", (4,), "float32", chunks=(1 << 28,), maxshape=(None,)
    )


def objects(file: h5py.File, outside: Path) -> None:
    file.create_dataset("layer/vars/0", data=["text"], dtype=h5py.string_dtype())


@pytest.mark.parametrize(
    ("craft", "message"),
    [
        (external_storage, "keeps its data in other files"),
        (virtual_dataset, "keeps its data in other files"),
        (external_link, "is an external link"),
        (external_group, "is an external link"),
        (soft_link, "is a soft link"),
        (shape_bomb, "but stores 0 bytes"),
        (chunked_bomb, "but stores 0 bytes"),
        (chunk_size_bomb, "but stores"),
        (objects, "not numbers"),
    ],
)
def test_crafted_files_are_refused(
    path: str, tmp_path: Path, craft: Callable[[h5py.File, Path], None], message: str
) -> None:
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as file:
        file["secret"] = np.arange(4, dtype="uint8")
    with h5py.File(path, "w") as file:
        craft(file, outside)
    with pytest.raises(UnsafeDeserializationError, match=message):
        read(path)


def test_groups_that_contain_themselves_end(path: str) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("layer/vars/0", data=np.zeros(3))
        for name in "abcdef":
            file[f"layer/{name}"] = file["/"]
    with open_h5(path, path) as file:
        assert list(H5Reader(file).paths()) == ["layer"]


@pytest.mark.parametrize("name", ["..", ".", "", "a/../b", "/etc"])
def test_paths_do_not_climb(path: str, name: str) -> None:
    with h5py.File(path, "w") as file:
        file.create_group("a")
    with open_h5(path, path) as file:
        try:
            assert subgroup(file["a"], f"x/{name}") is None
        except UnsafeDeserializationError as error:
            assert "no name of an HDF5 member" in str(error)


def test_an_unknown_extended_dtype_is_an_error(path: str) -> None:
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", data=np.zeros(3, "V2"))
        dataset.attrs["dtype"] = "finfo"
        with pytest.raises(DeserializationError, match="unknown dtype 'finfo'"):
            read_array(dataset)


@pytest.mark.parametrize("keep", [0, 10, 500, 2000])
def test_truncated_files_are_errors(path: str, keep: int) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("layer/vars/0", data=np.zeros(3))
    data: Any = Path(path).read_bytes()
    Path(path).write_bytes(data[: min(keep, len(data) - 1)])
    with pytest.raises(DeserializationError, match="no readable HDF5 file"):
        read(path)


def test_many_names_in_a_large_file(tmp_path: Path) -> None:
    """Names of variable length are bounded by what holds them, not by the file."""
    with keras.backend_scope("numpy"):
        layers = [keras.layers.Dense(1, name=f"layer_{i}") for i in range(80)]
        wide = keras.layers.Dense(1_000_000, kernel_initializer="zeros", name="wide")
        model = keras.Sequential([keras.Input((1,)), *layers, wide])
        path = tmp_path / "model.h5"
        model.save(path)
        assert 81 * path.stat().st_size > h5_files._MOST_TEXT
        model.load_weights(path)


def test_texts_that_are_one_long_text(tmp_path: Path) -> None:
    """The heap of 4 MiB stands for each of the names."""
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["long"] = "x" * (4 << 20)
        file.attrs["layer_names"] = [f"name_{i}" for i in range(100)]
    with (
        h5_files.open_h5(path, "The file") as file,
        pytest.raises(UnsafeDeserializationError, match="declares 100 texts of up"),
    ):
        h5_files.texts(file, "layer_names", 1000)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("count", [1, 9, 400])
def test_groups_of_any_size_and_kind(path: str, libver: Any, count: int) -> None:
    with h5py.File(path, "w", libver=libver, track_order=count == 9) as file:
        for number in range(count):
            file.create_group(f"a{number}").attrs["name"] = "n" * number
    with open_h5(path, path) as file:
        assert len(h5_files.names(file)) == count
        last = h5_files.child(file, f"a{count - 1}")
        assert h5_files.text(last, "name") == "n" * (count - 1)


@pytest.mark.parametrize(
    "part", ["TREE", "SNOD", "HEAP", "BTHD", "BTLF", "FRHP", "FHDB"]
)
def test_a_damaged_index_of_a_group(path: str, part: str) -> None:
    """HDF5 reads some of these, and then frees what it never had."""
    older = part in ("TREE", "SNOD", "HEAP")
    with h5py.File(path, "w", libver="earliest" if older else "latest") as file:
        for number in range(20):
            file.create_group(f"group/a{number}")
    data = Path(path).read_bytes()
    places = [m.start() for m in re.finditer(part.encode(), data)]
    assert places
    for place in places:  # the signature itself, or what its checksum is of
        at = place if older else place + 14
        Path(path).write_bytes(data[:at] + b"\xaa" + data[at + 1 :])
        with pytest.raises(DeserializationError), open_h5(path, path) as file:
            for name in h5_files.names(file):
                h5_files.names(h5_files.child(file, name))
                for inner in h5_files.names(file[name]):
                    h5_files.names(file[name][inner])


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_text_that_claims_more_than_there_is(path: str, libver: Any) -> None:
    """HDF5 would take as much memory as the text says to have."""
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs.create("names", ["a", "bcd"], dtype=h5py.string_dtype())
        file.attrs["name"] = "efghi"
    data = Path(path).read_bytes()
    heap = data.find(b"GCOL").to_bytes(8, "little")
    for length, name in ((3, "names"), (5, "name")):
        reference = length.to_bytes(4, "little") + heap
        assert data.count(reference) == 1
        lie = (3 << 29).to_bytes(4, "little") + heap
        changed = bytearray(data.replace(reference, lie))
        if libver == "latest":
            block = changed.find(b"OHDR")
            size = len(_header(changed, block))
            changed[block + size : block + size + 4] = checksum(
                bytes(changed[block : block + size])
            ).to_bytes(4, "little")
        Path(path).write_bytes(changed)
        text = "says to be a text of 1,610,612,736 bytes"
        with (
            open_h5(path, path) as file,
            pytest.raises(DeserializationError, match=text),
        ):
            h5_files.text(file, name) if name == "name" else h5_files.texts(
                file, name, 9
            )


def _header(data: bytearray, start: int) -> bytes:
    """The first block of a header of the newer kind, without its checksum."""
    flags = data[start + 5]
    place = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(data[place : place + width], "little")
    return bytes(data[start : place + width + size])
