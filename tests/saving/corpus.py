"""Files made to harm: one for each known way, and each way in that it can take.

`CASES` holds a function for each, which writes its file into a folder and returns a
call that reads it. All of them have to end in an error of ours, with little memory
taken; `test_corpus.py` has them run, on each backend. Those of a CVE are in
`corpus_cves.py`.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import keras
from keras.saving.h5_files import write_array

Case = Callable[[Path], Callable[[], Any]]
CASES: dict[str, Case] = {}


def memory(what: str) -> int:
    """Bytes of this process that `/proc` knows: `VmRSS` now, `VmHWM` at most."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(what))
    return int(line.split()[1]) * 1024


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def small() -> Any:
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, name="d")])


def saved(
    folder: Path,
    config: Callable[[Any], Any] | None = None,
    weights: Callable[[h5py.File], None] | None = None,
) -> Path:
    """A model as a folder of members, one or two of them changed."""
    keras.saving.save_model(small(), folder / "m", zipped=False)
    if config is not None:
        path = folder / "m" / "config.json"
        data = json.loads(path.read_text())
        path.write_text(json.dumps(config(data) or data))
    if weights is not None:
        with h5py.File(folder / "m" / "model.weights.h5", "r+") as file:
            weights(file)
    return folder / "m"


def zipped(
    folder: Path, method: int = zipfile.ZIP_STORED, **members: bytes | None
) -> Path:
    """The folder as a `.keras` file; `members` replace those of that name."""
    path = folder.parent / "a.keras"
    with zipfile.ZipFile(path, "w", method) as file:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            given = members.get(name.partition(".")[0])
            file.writestr(name, given or (folder / name).read_bytes())
    return path


def load(path: Path) -> Callable[[], Any]:
    return lambda: keras.saving.load_model(path)


def weights_file(folder: Path, change: Callable[[h5py.File], None]) -> Path:
    path = folder / "a.weights.h5"
    small().save_weights(path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def into(path: Path) -> Callable[[], Any]:
    return lambda: small().load_weights(path)


def replaced(
    file: h5py.File, shape: tuple[int, ...] = (6, 4), **options: Any
) -> h5py.Dataset:
    """The kernel anew, in the file of `small`."""
    group = file["layers/dense/vars"]
    del group["0"]
    return group.create_dataset("0", shape, "float32", **options)


# HDF5 -------------------------------------------------------------------------------


def random(count: int, below: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, below, count)


@cache
def zeros(size: int) -> bytes:
    """Packed zeros, a thousandth as large."""
    return zlib.compress(bytes(size), 1)


def huge_chunk(file: h5py.File) -> None:
    data = replaced(file, maxshape=(None, None), chunks=(6, 1 << 21), compression=9)
    data.id.write_direct_chunk((0, 0), zeros(48 << 20))


def bomb_chunk(file: h5py.File) -> None:
    """A chunk that unfolds to 100 times what it declares."""
    data = replaced(file, maxshape=(None, None), chunks=(6, 40_000), compression=9)
    data.id.write_direct_chunk((0, 0), zeros(100 << 20))


def foreign_filter(file: h5py.File) -> None:
    replaced(file, chunks=(6, 4), compression="lzf")


def short_chunk(file: h5py.File) -> None:
    data = replaced(file, chunks=(6, 4), compression=9)
    data.id.write_direct_chunk((0, 0), zlib.compress(bytes(8), 9))


def text_instead(file: h5py.File) -> None:
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (6, 4), "S4")


def void_instead(file: h5py.File) -> None:
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (6, 4), "V4").attrs["dtype"] = "finfo"


def compound_instead(file: h5py.File) -> None:
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (6, 4), [("a", "f2"), ("b", "f2")])


def complex_instead(file: h5py.File) -> None:
    group = file["layers/dense/vars"]
    del group["1"]
    group.create_dataset("1", data=np.ones((4,), "complex64"))


def deep_groups(file: h5py.File) -> None:
    group = file
    for _ in range(3000):
        group = group.create_group("a")
    group.create_dataset("vars/0", data=[1.0])
    del file["layers"]


HDF5 = [
    *(huge_chunk, bomb_chunk, foreign_filter, short_chunk, text_instead),
    *(void_instead, compound_instead, complex_instead, deep_groups),
]
for _change in HDF5:

    def _as_weights(folder: Path, change: Any = _change) -> Callable[[], Any]:
        return into(weights_file(folder, change))

    def _as_model(folder: Path, change: Any = _change) -> Callable[[], Any]:
        return load(zipped(saved(folder, weights=change)))

    CASES[f"weights_{_change.__name__}"] = _as_weights
    CASES[f"model_{_change.__name__}"] = _as_model


@case
def shared_texts(folder: Path) -> Callable[[], Any]:
    """2,000 entries of a list of names are one text of 2 MiB."""
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        names = np.array(["n" * (2 << 20)] * 40, object)
        file.attrs.create("layer_names", names, dtype=h5py.string_dtype())
        file.attrs.create("backend", "x" * 16)
    return into(path)


def _endless(path: Path) -> Path:
    """The first text of each heap takes nothing: HDF5 would look at it for ever."""
    data = path.read_bytes()
    place = data.find(b"GCOL")
    assert place >= 0
    while place >= 0:
        data = data[: place + 16] + bytes(16) + data[place + 32 :]
        place = data.find(b"GCOL", place + 1)
    path.write_bytes(data)
    return path


def _with_named_dtype(file: h5py.File) -> None:
    group = file["layers/dense/vars"]
    del group["0"]
    write_array(group, "0", np.ones((6, 4), "bfloat16"))


@case
def endless_heap_of_a_model(folder: Path) -> Callable[[], Any]:
    small().save(folder / "a.h5")
    return load(_endless(folder / "a.h5"))


@case
def endless_heap_of_weights(folder: Path) -> Callable[[], Any]:
    return into(_endless(weights_file(folder, _with_named_dtype)))


@case
def endless_heap_in_a_zip(folder: Path) -> Callable[[], Any]:
    source = saved(folder, weights=_with_named_dtype)
    _endless(source / "model.weights.h5")
    return load(zipped(source))


@case
def config_is_a_list_of_texts(folder: Path) -> Callable[[], Any]:
    path = folder / "a.h5"
    small().save(path)
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        file.attrs.create("model_config", [text] * 3, dtype=h5py.string_dtype())
    return load(path)


@case
def names_listed_twice(folder: Path) -> Callable[[], Any]:
    path = folder / "a.h5"
    small().save(path)
    with h5py.File(path, "r+") as file:
        file["model_weights"].attrs["layer_names"] = np.array([b"d"] * 2000)
    return load(path)


@case
def deep_h5_config(folder: Path) -> Callable[[], Any]:
    path = folder / "a.h5"
    small().save(path)
    inner: dict[str, Any] = {"class_name": "Dense", "config": {"units": 1}}
    for _ in range(200):
        inner = {"class_name": "TimeDistributed", "config": {"layer": inner}}
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
        text = json.dumps({"class_name": "Sequential", "config": {"layers": [inner]}})
        file.create_dataset("unused", data=[0.0])
        file.attrs["model_config"] = text
    return load(path)


# Zip --------------------------------------------------------------------------------


@case
def bzip2_member(folder: Path) -> Callable[[], Any]:
    return load(zipped(saved(folder), zipfile.ZIP_BZIP2))


@case
def lzma_member(folder: Path) -> Callable[[], Any]:
    return load(zipped(saved(folder), zipfile.ZIP_LZMA))


@case
def member_larger_than_declared(folder: Path) -> Callable[[], Any]:
    """1,000 bytes declared, 100 MiB packed."""
    path = zipped(saved(folder), zipfile.ZIP_DEFLATED, config=bytes(100 << 20))
    data = path.read_bytes()
    real, said = struct.pack("<L", 100 << 20), struct.pack("<L", 1000)
    path.write_bytes(data.replace(real, said))
    return load(path)


@case
def braces(folder: Path) -> Callable[[], Any]:
    some = np.array([b"{},", b"[],"])[random(6 << 20, 2)].tobytes()
    text = b"[" + some + b"{}]"
    return load(zipped(saved(folder), zipfile.ZIP_DEFLATED, config=text))


@case
def packed_weights_raise_no_budget(folder: Path) -> Callable[[], Any]:
    def wide(config: Any) -> None:
        config["config"]["layers"][1]["config"]["units"] = 10_000_000

    source = saved(folder, wide)
    padding = np.repeat(random(1 << 19, 256).astype("uint8"), 64).tobytes()
    padded = (source / "model.weights.h5").read_bytes() + padding
    return load(zipped(source, zipfile.ZIP_DEFLATED, model=padded))


# Configs ----------------------------------------------------------------------------


def graph(*calls: Any, shape: Any = (None, 6), output: str = "op") -> dict[str, Any]:
    """A functional model of an input and operations on it or on constants."""
    start = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": list(shape), "dtype": "float32", "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    }
    return {
        "module": "keras",
        "class_name": "Functional",
        "config": {
            "name": "f",
            "trainable": True,
            "layers": [start, *calls],
            "input_layers": [["x", 0, 0]],
            "output_layers": [[output, 0, 0]],
        },
    }


def operation(name: str, config: Any, *args: Any, module: str = "numpy") -> Any:
    return {
        "module": f"keras.src.ops.{module}",
        "class_name": name,
        "config": {"name": "op", **config},
        "name": "op",
        "inbound_nodes": [{"args": list(args), "kwargs": {}}],
    }


def tensor(name: str = "x") -> Any:
    config = {"shape": [None, 6], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def constant(value: Any) -> Any:
    return {
        "class_name": "__tensor__",
        "config": {"value": value, "dtype": "float32"},
    }


def nested(depth: int) -> dict[str, Any]:
    """Models in models, each of which calls its inner one twice."""
    inner = graph(operation("Relu", {}, tensor(), module="nn"))
    for level in range(depth):
        inner["config"]["name"] = inner["name"] = f"m{level}"
        once = {"args": [tensor()], "kwargs": {}}
        twice = {"args": [tensor(f"m{level}")], "kwargs": {}}
        inner["inbound_nodes"] = [once, twice]
        outer = graph(inner)
        outer["config"]["output_layers"] = [[f"m{level}", 1, 0]]
        inner = outer
    return inner


CONFIGS = {
    "ones": graph(operation("Ones", {"shape": [1 << 30]})),
    "tile": graph(operation("Tile", {"repeats": [1 << 30]}, constant([1.0]))),
    "kron": graph(
        operation("Kron", {}, constant([1.0] * 9000), constant([1.0] * 9000))
    ),
    "split": graph(
        operation("Split", {"indices_or_sections": 1 << 24, "axis": 0}, tensor()),
        shape=(1 << 24, 6),
    ),
    "unstack": graph(
        operation("Unstack", {}, tensor(), module="core"), shape=(1 << 24, 6)
    ),
    "long_texts": {
        "class_name": "__numpy__",
        "config": {"value": ["a" * 100_000, *[""] * 10_000], "dtype": "<U9"},
    },
    "overflow": {
        "class_name": "__numpy__",
        "config": {"value": [10**400], "dtype": "int32"},
    },
    "not_latin": {"class_name": "__bytes__", "config": {"value": "\u20ac"}},
    "shape_of_text": {
        "class_name": "__keras_tensor__",
        "config": {"shape": "abc", "dtype": "float32"},
    },
    "negative_call": graph(
        operation("Relu", {}, tensor(), module="nn") | {"inbound_nodes": [3]}
    ),
    "layers_of_numbers": {
        "module": "keras",
        "class_name": "Functional",
        "config": {
            "name": "f",
            "layers": [1, 2],
            "input_layers": [],
            "output_layers": [],
        },
    },
    "ops_declared_anew": {
        "module": "builtins",
        "class_name": "function",
        "config": "composite",
        "registered_name": "function",
    },
    "long_name": {
        "module": "keras.layers",
        "class_name": "D" * (1 << 20),
        "config": {},
    },
    "nested_twice": nested(28),
    "slow_policy": {
        "module": "keras.dtype_policies",
        "class_name": "DTypePolicyMap",
        "config": {
            "default_policy": "float32",
            "policy_map": {
                "(a+)+$": {
                    "module": "keras.dtype_policies",
                    "class_name": "DTypePolicy",
                    "config": {"name": "float16"},
                }
            },
        },
    },
    "slow_muon": {
        "module": "keras.optimizers",
        "class_name": "Muon",
        "config": {"exclude_layers": ["a*a*a*a*a*a*b"]},
    },
    "very_long_own_name": {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": 1, "name": "a" * 100_000},
    },
    "mean_iou": {
        "module": "keras.metrics",
        "class_name": "MeanIoU",
        "config": {"num_classes": 1 << 27},
    },
}
for _name, _config in CONFIGS.items():

    def _deserialized(folder: Path, config: Any = _config) -> Callable[[], Any]:
        return lambda: keras.saving.deserialize_keras_object(config)

    def _as_json(folder: Path, config: Any = _config) -> Callable[[], Any]:
        text = json.dumps(config)
        return lambda: keras.models.model_from_json(text)

    def _in_a_file(folder: Path, config: Any = _config) -> Callable[[], Any]:
        return load(zipped(saved(folder, lambda old: config)))

    CASES[f"deserialize_{_name}"] = _deserialized
    CASES[f"json_{_name}"] = _as_json
    CASES[f"file_{_name}"] = _in_a_file


# Shards and safetensors -------------------------------------------------------------


@case
def deep_index(folder: Path) -> Callable[[], Any]:
    path = folder / "a.weights.json"
    path.write_text('{"weight_map":' + "[" * 100_000)
    return into(path)


@case
def shards_named_often(folder: Path) -> Callable[[], Any]:
    path = folder / "a.weights.json"
    small().save_weights(path)
    index = json.loads(path.read_text())
    for key, names in index["weight_map"].items():
        names = [names] if isinstance(names, str) else names
        index["weight_map"][key] = [*names * 300_000, "../b.weights.h5"]
    path.write_text(json.dumps(index))
    return into(path)


@case
def index_of_other_things(folder: Path) -> Callable[[], Any]:
    path = folder / "a.weights.json"
    path.write_text('{"weight_map": {"/layers/dense/vars": {"a": 1}}}')
    return into(path)


def safetensors(folder: Path, header: Any, data: bytes = b"") -> Path:
    path = folder / "a.safetensors"
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


SAFETENSORS: dict[str, tuple[Any, bytes]] = {
    "deep": (b"[" * 100_000, b""),
    "many_axes": (
        {"a/0": {"dtype": "F32", "shape": [1] * 99, "data_offsets": [0, 4]}},
        bytes(4),
    ),
    "empty_giant": (
        {
            "d/0": {
                "dtype": "F32",
                "shape": [0, 1 << 62, 1 << 62],
                "data_offsets": [0, 0],
            }
        },
        b"",
    ),
    "overlap": (
        {
            f"layers/dense/{i}": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
            for i in range(9)
        },
        bytes(16),
    ),
    "no_dtype": ({"a/0": {"shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
}
for _name, (_header, _data) in SAFETENSORS.items():

    def _safetensors(
        folder: Path, header: Any = _header, data: bytes = _data
    ) -> Callable[[], Any]:
        return into(safetensors(folder, header, data))

    CASES[f"safetensors_{_name}"] = _safetensors
