"""The CVEs of Keras model loading, each as crafted files at every way in.

`CVES` holds a function for each, called `"CVE-2024-3660 load_model .keras"`: it writes
its file into a folder and returns a call that reads it, and the text that the error of
that call has to contain. `corpus_child.py` runs them.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import keras
from keras.core.npz import read_npz
from keras.datasets import arrays
from tests.saving.corpus import into, load, saved, small, weights_file, zipped

Crafted = Callable[[Path], Callable[[], Any]]
CVES: dict[str, tuple[Crafted, str]] = {}
# Every row of the table that this answers; `-` is for those without a number.
NUMBERS = (
    *("CVE-2021-37678", "CVE-2024-3660", "CVE-2024-55459", "CVE-2025-1550"),
    *("CVE-2025-8747", "CVE-2025-9905", "CVE-2025-9906", "CVE-2025-12058"),
    *("CVE-2025-12060", "CVE-2025-12638", "CVE-2025-49655", "CVE-2026-0897"),
    *("CVE-2026-1462", "CVE-2026-1669", "CVE-2026-9335", "CVE-2026-11816"),
    *("CVE-2026-12479", "CVE-2026-12480", "CVE-2026-12481", "CVE-2026-12482"),
    *("CVE-2026-12484", "CVE-2026-12570", "tar hard links", "npz bombs", "zip bombs"),
    *("pickles in npz",),
)


def form(module: Any, name: str, config: Any) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": name,
    }


def byte_code() -> str:
    code = (lambda x: __import__("os").system("touch /tmp/ran")).__code__
    return base64.b64encode(marshal.dumps(code)).decode()


CODE = form(
    None, "__lambda__", {"code": byte_code(), "defaults": None, "closure": None}
)
LAMBDA = form(
    "keras.layers", "Lambda", {"name": "l", "function": CODE, "arguments": {}}
)

# Ways in ----------------------------------------------------------------------------


def _appended(item: Any) -> Callable[[Any], None]:
    return lambda data: data["config"]["layers"].append(item)


def _legacy(folder: Path, ending: str, item: Any) -> Path:
    path = folder / f"a{ending}"
    keras.saving.save_model(small(), path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"].append(item)
        file.attrs["model_config"] = json.dumps(config)
    return path


def _cloned(item: Any) -> Callable[[], Any]:
    class Sly(keras.layers.TimeDistributed):
        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, "layer": item}

    def call() -> Any:
        inner = Sly(keras.layers.Dense(2))
        return keras.models.clone_model(keras.Sequential([inner]))

    return call


def _sequential(item: Any) -> dict[str, Any]:
    return {"name": "s", "layers": [item]}


# Each takes the form of a layer and the safe mode that is passed where one can be.
CONFIG_WAYS: dict[str, Callable[[Path, Any, Any], Callable[[], Any]]] = {
    "load_model .keras": lambda folder, item, safe: _loaded(
        zipped(saved(folder, _appended(item))), safe
    ),
    "load_model folder": lambda folder, item, safe: _loaded(
        saved(folder, _appended(item)), safe
    ),
    "load_model .h5": lambda folder, item, safe: _loaded(
        _legacy(folder, ".h5", item), safe
    ),
    "load_model .hdf5": lambda folder, item, safe: _loaded(
        _legacy(folder, ".hdf5", item), safe
    ),
    "deserialize_keras_object": lambda folder, item, safe: (
        lambda: keras.saving.deserialize_keras_object(item, safe_mode=safe)
    ),
    "layers.deserialize": lambda folder, item, safe: (
        lambda: keras.layers.deserialize(item)
    ),
    "from_config": lambda folder, item, safe: (
        lambda: keras.Sequential.from_config(_sequential(item))
    ),
    "model_from_json": lambda folder, item, safe: (
        lambda: keras.models.model_from_json(
            json.dumps(form("keras", "Sequential", _sequential(item)))
        )
    ),
    "clone_model": lambda folder, item, safe: _cloned(item),
}


def _loaded(path: Path, safe: Any) -> Callable[[], Any]:
    return lambda: keras.saving.load_model(path, safe_mode=safe)


def config_rows(
    number: str, item: Any, match: str, safe: Any = True, only: str = "", kind: str = ""
) -> None:
    for way, make in CONFIG_WAYS.items():
        if only in way:

            def crafted(
                folder: Path, make: Any = make, item: Any = item
            ) -> Callable[[], Any]:
                return make(folder, item, safe)

            CVES[f"{number} {way}{kind}"] = crafted, match


def row(number: str, way: str, match: str) -> Callable[[Crafted], Crafted]:
    def noted(crafted: Crafted) -> Crafted:
        CVES[f"{number} {way}"] = crafted, match
        return crafted

    return noted


# Code and names in configs ----------------------------------------------------------

config_rows("CVE-2024-3660", LAMBDA, "safe_mode=False")
config_rows("CVE-2026-12481", LAMBDA, "safe_mode=False", safe=None)
config_rows("CVE-2025-9905", LAMBDA, "safe_mode=False", only="5")
for _module, _name, _given in (
    ("os", "system", "true"),
    ("subprocess", "run", {"args": ["true"]}),
    ("builtins", "exec", {"source": "1/0"}),
):
    _item = form(_module, _name, _given)
    config_rows("CVE-2025-1550", _item, "not known", False, kind=f" {_module}.{_name}")
for _module, _name, _given in (
    ("keras.src.utils.file_utils", "get_file", {"origin": "http://127.0.0.1/x"}),
    ("keras.utils", "get_file", {"origin": "http://127.0.0.1/x"}),
    ("keras.src.saving.saving_lib", "load_model", {"filepath": "secret"}),
    ("keras.callbacks", "LambdaCallback", {}),
):
    _item = form(_module, _name, _given)
    config_rows("CVE-2025-8747", _item, "not known", False, kind=f" {_module}.{_name}")
for _module in ("keras.config", "keras.src.saving.serialization_lib"):
    _item = form(_module, "enable_unsafe_deserialization", {})
    config_rows("CVE-2025-9906", _item, "not known", kind=f" {_module}")
config_rows(
    "CVE-2025-49655",
    form("keras.layers", "TorchModuleWrapper", {"name": "x", "module": "gASVIgAAAA=="}),
    "safe_mode=False",
)
config_rows(
    "CVE-2026-12484",
    form("keras.layers", "TorchModuleWrapper", {"name": "x", "module": "gAQu"}),
    "safe_mode=False",
    safe=None,
)
config_rows(
    "CVE-2026-1462",
    form("keras.layers", "TFSMLayer", {"name": "x", "filepath": "/etc"}),
    "safe_mode=False",
)
for _vocabulary in ("/etc/hostname", "http://127.0.0.1/words.txt"):
    config_rows(
        "CVE-2025-12058",
        form("keras.layers", "StringLookup", {"name": "s", "vocabulary": _vocabulary}),
        "names a file",
        kind=f" {_vocabulary}",
    )


@row("CVE-2026-12484", "TorchModuleWrapper.from_config", "safe_mode")
def _wrapper(folder: Path) -> Callable[[], Any]:
    config = {"name": "x", "module": base64.b64encode(b"\x80\x04.").decode()}
    return lambda: keras.layers.TorchModuleWrapper.from_config(config)


@row("CVE-2026-12481", "Lambda.from_config", "safe_mode=False")
def _lambda(folder: Path) -> Callable[[], Any]:
    return lambda: keras.layers.Lambda.from_config(LAMBDA["config"])


@row("CVE-2021-37678", "model_from_json", "no readable JSON")
def _yaml(folder: Path) -> Callable[[], Any]:
    text = "!!python/object/apply:os.system ['touch /tmp/ran']"
    return lambda: keras.models.model_from_json(text)


for _path in ("../../x", "/etc/x", "a/b"):
    config_rows(
        "CVE-2026-12479",
        form("keras.layers", "Dense", {"name": _path, "units": 2}),
        "name",
        kind=f" {_path}",
    )

# Weights ----------------------------------------------------------------------------


def _external_storage(group: Any, secret: str) -> None:
    group.create_dataset("0", (6, 4), "float32", external=[(secret, 0, 96)])


def _virtual(group: Any, secret: str) -> None:
    layout = h5py.VirtualLayout((6, 4), "float32")
    layout[:] = h5py.VirtualSource(secret, "kernel", (6, 4), "float32")
    group.create_virtual_dataset("0", layout)


def _external_link(group: Any, secret: str) -> None:
    group["0"] = h5py.ExternalLink(secret, "/kernel")


def _soft_link(group: Any, secret: str) -> None:
    group["0"] = h5py.SoftLink(f"{group.name}/1")


def _shape_bomb(group: Any, secret: str) -> None:
    group.create_dataset("0", (1 << 30, 1 << 10), "float32")


def _never_written(group: Any, secret: str) -> None:
    group.create_dataset("0", (6, 4), "float32")


CHANGES: dict[str, tuple[Callable[[Any, str], None], tuple[str, ...]]] = {
    "external storage": (_external_storage, ("CVE-2026-1669",)),
    "external link": (_external_link, ("CVE-2026-1669", "CVE-2026-9335")),
    "soft link": (_soft_link, ("CVE-2026-9335",)),
    "virtual": (_virtual, ("CVE-2026-12480",)),
    "shape bomb": (_shape_bomb, ("CVE-2026-0897", "CVE-2026-12570")),
    "never written": (_never_written, ("CVE-2026-12570",)),
}


def _secret(folder: Path) -> Path:
    """Another file, whose values must not come into a model."""
    with h5py.File(folder / "secret.h5", "w") as file:
        file["kernel"] = np.ones((6, 4), "float32")
    return folder / "secret.h5"


def _changed(folder: Path, change: Callable[[Any, str], None]) -> Any:
    """What does it to the kernel of a file of today's layout."""
    secret = _secret(folder)

    def weights(file: h5py.File) -> None:
        del file["layers/dense/vars/0"]
        change(file["layers/dense/vars"], str(secret))

    return weights


def _changed_legacy(folder: Path, change: Callable[[Any, str], None]) -> Path:
    path, secret = folder / "a.h5", _secret(folder)
    keras.saving.save_model(small(), path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/d"]
        kernel, bias = map(str, group.attrs["weight_names"])
        del group[kernel]
        change(group, str(secret))
        group.attrs["weight_names"] = [b"0", bias.encode()]
    return path


def _shard(folder: Path, change: Any) -> Path:
    path = folder / "a.weights.json"
    small().save_weights(path)
    with h5py.File(folder / "a_00000.weights.h5", "r+") as file:
        change(file)
    return path


WEIGHT_WAYS: dict[str, Callable[[Path, Any], Callable[[], Any]]] = {
    "load_model .keras": lambda folder, change: load(
        zipped(saved(folder, weights=_changed(folder, change)))
    ),
    "load_model folder": lambda folder, change: load(
        saved(folder, weights=_changed(folder, change))
    ),
    "load_model .h5": lambda folder, change: load(_changed_legacy(folder, change)),
    "load_weights .keras": lambda folder, change: into(
        zipped(saved(folder, weights=_changed(folder, change)))
    ),
    "load_weights .weights.h5": lambda folder, change: into(
        weights_file(folder, _changed(folder, change))
    ),
    "load_weights .weights.json": lambda folder, change: into(
        _shard(folder, _changed(folder, change))
    ),
    "load_weights .h5": lambda folder, change: into(_changed_legacy(folder, change)),
    "KerasFileEditor": lambda folder, change: _edited(
        weights_file(folder, _changed(folder, change))
    ),
}


def _edited(path: Path) -> Callable[[], Any]:
    return lambda: keras.saving.KerasFileEditor(path)


for _kind, (_change, _numbers) in CHANGES.items():
    for _way, _make in WEIGHT_WAYS.items():

        def _crafted(
            folder: Path, make: Any = _make, change: Any = _change
        ) -> Callable[[], Any]:
            return make(folder, change)

        for _number in _numbers:
            CVES[f"{_number} {_way} {_kind}"] = _crafted, "HDF5 file"


def _wide(config: Any) -> None:
    config["config"]["layers"][1]["config"]["units"] = 1 << 31


@row("CVE-2026-12570", "load_model .keras units", "stores weights for far less")
def _units(folder: Path) -> Callable[[], Any]:
    return load(zipped(saved(folder, _wide)))


for _metric, _options in (
    ("AUC", {"num_thresholds": 10**11}),
    ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 10**11}),
    ("MeanIoU", {"num_classes": 10**7}),
):

    def _metrics(
        folder: Path, name: str = _metric, options: Any = _options
    ) -> Callable[[], Any]:
        def change(config: Any) -> None:
            metrics = [form("keras.metrics", name, options)]
            settings = {"optimizer": "sgd", "loss": "mse", "metrics": metrics}
            config["compile_config"] = settings

        return load(zipped(saved(folder, change)))

    _row = row("CVE-2026-12570", f"compile_config {_metric}", "weights for far less")
    _row(_metrics)

# Archives ---------------------------------------------------------------------------


@row("zip bombs", "load_model .keras", "declares 100,000,000")
def _zip_bomb(folder: Path) -> Callable[[], Any]:
    text = b" " * 100_000_000
    return load(zipped(saved(folder), zipfile.ZIP_DEFLATED, config=text))


@row("CVE-2026-11816", "load_model .keras", "leads outside")
def _asset_outside(folder: Path) -> Callable[[], Any]:
    path = zipped(saved(folder))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("assets/../../evil", b"x")
    return load(path)


def _tar(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        archive.addfile(info)
        inner = tarfile.TarInfo("a/inner")
        inner.size = 1
        archive.addfile(inner, io.BytesIO(b"x"))
    return buffer.getvalue()


def _zip(name: str, mode: int = 0, data: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return buffer.getvalue()


_HERE = os.path.join(os.getcwd(), "evil")
ARCHIVES: dict[tuple[str, str], tuple[bytes, str]] = {
    ("CVE-2024-55459", "tar"): (_tar("../evil"), "leads outside"),
    ("CVE-2025-12060", "tar"): (_tar("a/../../evil"), "leads outside"),
    ("CVE-2025-12638", "tar absolute"): (_tar("/tmp/evil"), "leads outside"),
    ("CVE-2026-11816", "tar"): (_tar(_HERE), "leads outside"),
    ("CVE-2026-11816", "zip"): (_zip("../evil"), "leads outside"),
    ("CVE-2026-12482", "tar"): (_tar("a", tarfile.SYMTYPE, "/tmp"), "a link"),
    ("CVE-2026-12482", "tar up"): (_tar("a", tarfile.SYMTYPE, "../.."), "a link"),
    ("CVE-2026-12482", "zip"): (_zip("a", stat.S_IFLNK | 0o777, b"/etc"), "a link"),
    ("tar hard links", ""): (_tar("a", tarfile.LNKTYPE, "/etc/hostname"), "a link"),
    ("zip bombs", "zip"): (_zip("a", data=bytes(5_000_000)), "made to fill the disk"),
}
for (_number, _kind), (_data, _match) in ARCHIVES.items():

    def _extracted(folder: Path, data: bytes = _data) -> Callable[[], Any]:
        cache = folder / "datasets"
        cache.mkdir()
        (cache / "data.zip").write_bytes(data)  # as if it had been downloaded
        return lambda: keras.utils.get_file(
            "data.zip", "http://127.0.0.1:1/a", extract=True, cache_dir=str(folder)
        )

    CVES[f"{_number} get_file {_kind}".strip()] = _extracted, _match

# Arrays -----------------------------------------------------------------------------


def _npz(folder: Path, data: bytes) -> str:
    path = folder / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", data)
    return str(path)


def _npy(shape: tuple[int, ...], kind: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    described = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue() + data


_CALL = b"cos\nsystem\n(S'touch /tmp/ran'\ntR."
NPZ: dict[tuple[str, str], tuple[bytes, str]] = {
    ("npz bombs", "packed"): (_npy((1 << 26,), "|u1", bytes(1 << 26)), "would unfold"),
    ("npz bombs", "declared"): (_npy((1 << 40,), "<f4", bytes(8)), "fit|declares"),
    ("pickles in npz", ""): (_npy((1,), "|O", _CALL), "a pickle|names os.system"),
}
for (_number, _kind), (_data, _match) in NPZ.items():
    for _name, _read in (("state", read_npz), ("dataset", arrays.read_npz)):

        def _of_npz(
            folder: Path, data: bytes = _data, read: Any = _read
        ) -> Callable[[], Any]:
            path = _npz(folder, data)
            return lambda: read(path)

        CVES[f"{_number} {_name} {_kind}".strip()] = _of_npz, _match
