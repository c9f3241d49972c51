"""Files made to harm that take no way of the lists: other names, links, lies of size.

They join those of `corpus.py`.
"""

from __future__ import annotations

import io
import json
import shutil
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

import keras
from tests.saving.corpus import (
    CASES,
    case,
    into,
    load,
    safetensors,
    saved,
    small,
    zipped,
)
from tests.saving.corpus_cves import CODE, CVES, Crafted, config_rows, form, row

_OWN = {"name": "l", "function": CODE, "arguments": {}}

# Names ------------------------------------------------------------------------------

for _module, _name, _registered in (
    ("keras", "Lambda", "keras>Lambda"),
    ("keras.src.layers.core.lambda_layer", "Lambda", None),
    ("keras._tf_keras.keras.layers", "Lambda", "Custom>Lambda"),
    (None, "Lambda", None),
    ("keras", "layers.Lambda", None),
    ("keras.layers", "Dense.__init__", None),
    ("functools", "partial", "partial"),
):
    _item = {**form(_module, _name, _OWN), "registered_name": _registered}
    config_rows("other names", _item, "not known|safe_mode", kind=f" {_module} {_name}")
for _where, _item in (
    ("build_config", form("keras.layers", "Dense", {"name": "d", "units": 2})),
    ("compile_config", form("keras", "Sequential", {"name": "s", "layers": []})),
):
    _item[_where] = {"input_shape": CODE, "optimizer": CODE, "loss": CODE}
    config_rows(f"code in {_where}", _item, "build_config|safe_mode|no layers")
for _name, _family in (("loss", keras.losses), ("optimizer", keras.optimizers)):

    @row("another family", _name, f"is no {_name}")
    def _another(folder: Path, family: Any = _family) -> Callable[[], Any]:
        layer = form("keras.layers", "Dense", {"units": 2})
        return lambda: family.deserialize(layer)


# Links ------------------------------------------------------------------------------


def _with_words(folder: Path) -> Path:
    words = keras.layers.StringLookup(name="s")
    words.adapt(["a", "b"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), words])
    keras.saving.save_model(model, folder / "w", zipped=False)
    return folder / "w"


def _led(path: Path, target: str | Path) -> None:
    path.unlink()
    path.symlink_to(target)


@row("links in folders", "vocabulary", "is a link")
def _vocabulary(folder: Path) -> Callable[[], Any]:
    path = _with_words(folder)
    _led(next(path.rglob("vocabulary.txt")), "/etc/hostname")
    return load(path)


@row("links in folders", "assets", "is a link")
def _assets(folder: Path) -> Callable[[], Any]:
    path = _with_words(folder)
    shutil.rmtree(path / "assets")
    (path / "assets").symlink_to("/etc")
    return load(path)


for _member in ("config.json", "model.weights.h5"):

    @row("links in folders", _member, "a link that leads out")
    def _linked(folder: Path, member: str = _member) -> Callable[[], Any]:
        path = saved(folder)
        shutil.copy(path / member, folder / "other")
        _led(path / member, folder / "other")
        return load(path)


for _index, _first in (
    ("a.weights.json", "a_00000.weights.h5"),
    ("a.safetensors.index.json", "a-00001-of-00001.safetensors"),
):

    @row("links of shards", _index, "a link that leads out")
    def _shard(
        folder: Path, index: str = _index, shard: str = _first
    ) -> Callable[[], Any]:
        inner = folder / "inner"
        inner.mkdir()
        small().save_weights(inner / index)
        shutil.move(inner / shard, folder / shard)
        (inner / shard).symlink_to(folder / shard)
        return into(inner / index)


# Sizes ------------------------------------------------------------------------------


@case
def index_of_many(folder: Path) -> Callable[[], Any]:
    path = folder / "a.weights.json"
    small().save_weights(path)
    names = {f"/a{i}/vars": "a_00000.weights.h5" for i in range(100_000)}
    path.write_text(json.dumps({"weight_map": names}))
    return into(path)


@case
def safetensors_of_many(folder: Path) -> Callable[[], Any]:
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return into(safetensors(folder, {f"a/{i}": entry for i in range(100_001)}))


@case
def holes_for_assets(folder: Path) -> Callable[[], Any]:
    path = _with_words(folder)
    with next(path.rglob("vocabulary.txt")).open("r+b") as file:
        file.truncate(1 << 31)
    return load(path)


@case
def zip64_lies(folder: Path) -> Callable[[], Any]:
    """The last member has sizes of 2**50 in an entry that zip64 is for."""
    path = zipped(saved(folder))
    data = bytearray(path.read_bytes())
    place, end = data.rfind(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    extra = struct.pack("<HHQQQ", 1, 24, *[1 << 50] * 3)
    data[place + 20 : place + 28] = b"\xff" * 8
    data[place + 42 : place + 46] = b"\xff" * 4
    data[place + 30 : place + 32] = struct.pack("<H", len(extra))
    size = int.from_bytes(data[end + 12 : end + 16], "little") + len(extra)
    data[end + 12 : end + 16] = struct.pack("<L", size)
    path.write_bytes(bytes(data[:end] + extra + data[end:]))
    return load(path)


@case
def group_for_a_weight(folder: Path) -> Callable[[], Any]:
    """A weight is the group that it lies in."""

    def change(file: h5py.File) -> None:
        group = file["layers/dense/vars"]
        del group["0"]
        group["0"] = file["layers"]

    return load(zipped(saved(folder, weights=change)))


# Archives ---------------------------------------------------------------------------


def _tar(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
    return buffer.getvalue()


for _kind, _data, _match in (
    ("file over folder", _tar("a/b", "a"), "is a file and a folder"),
    ("deep", _tar("a/" * 2000 + "b"), "longer than names of files"),
    ("without a name", _tar(""), "is a file and a folder"),
):

    @row("odd archives", f"get_file {_kind}", _match)
    def _extracted(folder: Path, data: bytes = _data) -> Callable[[], Any]:
        (folder / "datasets").mkdir()
        (folder / "datasets" / "data.zip").write_bytes(data)
        return lambda: keras.utils.get_file(
            "data.zip", "http://127.0.0.1:1/a", extract=True, cache_dir=str(folder)
        )


EVERY: dict[str, Crafted] = {
    **CASES,
    **{name: made for name, (made, _) in CVES.items()},
}
