"""One crafted file per known hole of Keras model loading: each is a typed error.

The files are made here. An audit hook watches that reading them opens nothing else,
starts nothing and connects to nothing; memory must not grow with what they declare.
"""

from __future__ import annotations

import base64
import json
import marshal
import os
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving import deserialize_keras_object, load_model

_watch = threading.local()
_FORBIDDEN = (
    "os.system",
    "subprocess.Popen",
    "socket.connect",
    "socket.getaddrinfo",
    "pickle.find_class",
    "shutil.rmtree",
)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    seen = getattr(_watch, "seen", None)
    if seen is None:
        return
    if event in _FORBIDDEN:
        seen.append((event, args))
    elif event == "open" and isinstance(args[0], (str, bytes)):
        name = os.fsdecode(args[0])
        if "secret" in name or name.startswith("/etc/pass"):
            seen.append((event, name))


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[None]:
    """Fails if something forbidden happens in the block."""
    _watch.seen = []
    try:
        yield
        assert _watch.seen == []
    finally:
        _watch.seen = None


@pytest.fixture(autouse=True)
def on_torch() -> Iterator[None]:
    with keras.backend_scope("torch"):
        yield


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["kernel"] = np.zeros((3, 2), "float32")
    return path


def make() -> Any:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")])


def craft(
    path: Path,
    config: Callable[[dict[str, Any]], Any] | None = None,
    weights: Callable[[h5py.File], None] | None = None,
) -> Path:
    """A saved model whose config or weights are changed."""
    folder = path.with_suffix(".d")
    keras.saving.save_model(make(), folder, zipped=False)
    if config is not None:
        data = json.loads((folder / "config.json").read_text())
        data = config(data) or data
        (folder / "config.json").write_text(json.dumps(data))
    if weights is not None:
        with h5py.File(folder / "model.weights.h5", "r+") as file:
            weights(file)
    with zipfile.ZipFile(path, "w") as file:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            file.write(folder / name, name)
    return path


def refused(
    load: Callable[[], Any], message: str, kind: type[Exception] = DeserializationError
) -> None:
    with watched(), pytest.raises(kind, match=message):
        load()


def layer(module: Any, name: str, config: Any) -> Callable[[dict[str, Any]], None]:
    """Puts an object at the end of the layers."""

    def change(data: dict[str, Any]) -> None:
        data["config"]["layers"].append(
            {
                "module": module,
                "class_name": name,
                "config": config,
                "registered_name": name,
            }
        )

    return change


def byte_code() -> str:
    code = (lambda x: __import__("os").system("true")).__code__
    return base64.b64encode(marshal.dumps(code)).decode()


LAMBDA = {
    "name": "l",
    "function": {
        "class_name": "__lambda__",
        "config": {"code": byte_code(), "defaults": None, "closure": None},
    },
    "arguments": {},
}


@pytest.mark.parametrize("safe_mode", [True, None])
def test_lambda_layers_need_unsafe_mode(tmp_path: Path, safe_mode: Any) -> None:
    """CVE-2024-3660, CVE-2026-12481."""
    path = craft(tmp_path / "a.keras", layer("keras.layers", "Lambda", LAMBDA))
    refused(
        lambda: load_model(path, safe_mode=safe_mode),
        "safe_mode=False",
        UnsafeDeserializationError,
    )


def test_lambda_layers_need_unsafe_mode_without_a_file() -> None:
    """CVE-2026-12481: from_config, layers.deserialize."""
    whole = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": LAMBDA,
        "registered_name": None,
    }
    for load in (
        lambda: keras.layers.Lambda.from_config(LAMBDA),
        lambda: keras.layers.deserialize(whole),
        lambda: deserialize_keras_object(whole, safe_mode=None),
    ):
        refused(load, "safe_mode=False", UnsafeDeserializationError)


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("os", "system", "true"),
        ("subprocess", "run", {"args": ["true"]}),
        ("keras.src.utils.file_utils", "get_file", {"origin": "http://127.0.0.1/x"}),
        ("keras.utils", "get_file", {"origin": "http://127.0.0.1/x"}),
        ("keras.src.saving.saving_lib", "load_model", {"filepath": "secret"}),
        ("builtins", "exec", {"source": "1/0"}),
        ("keras.callbacks", "LambdaCallback", {}),
    ],
)
def test_modules_and_functions_are_not_imported_or_called(
    tmp_path: Path, module: str, name: str, config: Any
) -> None:
    """CVE-2025-1550, CVE-2025-8747."""
    path = craft(tmp_path / "a.keras", layer(module, name, config))
    refused(lambda: load_model(path, safe_mode=False), "not known")


def test_the_guard_cannot_be_turned_off_from_a_config(tmp_path: Path) -> None:
    """CVE-2025-9906."""
    for module in ("keras.config", "keras.src.saving.serialization_lib"):
        name = "enable_unsafe_deserialization"
        path = craft(tmp_path / "a.keras", layer(module, name, {}))
        refused(lambda path=path: load_model(path), "not known")
        config = {"module": module, "class_name": "function", "config": name}
        refused(lambda c=config: deserialize_keras_object(c), "not known")


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
def test_legacy_files_obey_safe_mode(tmp_path: Path, ending: str) -> None:
    """CVE-2025-9905."""
    path = tmp_path / f"a{ending}"
    keras.saving.save_model(make(), path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"].append({"class_name": "Lambda", "config": LAMBDA})
        file.attrs["model_config"] = json.dumps(config)
    refused(lambda: load_model(path), "safe_mode=False", UnsafeDeserializationError)


@pytest.mark.parametrize("name", ["TorchModuleWrapper", "TFSMLayer"])
def test_layers_that_would_unpickle_or_load_programs(tmp_path: Path, name: str) -> None:
    """CVE-2025-49655, CVE-2026-12484, CVE-2026-1462."""
    if not hasattr(keras.layers, name):
        pytest.skip(f"keras.layers.{name} is not part of this version")
    config = {"name": "x", "module": "gASVIgAAAA==", "filepath": "/etc/passwd"}
    path = craft(tmp_path / "a.keras", layer("keras.layers", name, config))
    refused(lambda: load_model(path), "safe_mode=False", UnsafeDeserializationError)


def test_torch_modules_are_not_unpickled_by_from_config() -> None:
    """CVE-2026-12484: outside any scope."""
    config = {"name": "x", "module": base64.b64encode(b"\x80\x04.").decode()}
    refused(
        lambda: keras.layers.TorchModuleWrapper.from_config(config),
        "safe_mode",
        UnsafeDeserializationError,
    )


def test_a_vocabulary_is_not_a_path_to_read(tmp_path: Path, secret: Path) -> None:
    """CVE-2025-12058."""
    if not hasattr(keras.layers, "StringLookup"):
        pytest.skip("keras.layers.StringLookup is not part of this version")
    config = {"name": "s", "vocabulary": str(secret)}
    path = craft(tmp_path / "a.keras", layer("keras.layers", "StringLookup", config))
    refused(lambda: load_model(path), "names a file", UnsafeDeserializationError)


def external_storage(file: h5py.File, secret: Path) -> None:
    file.create_dataset(
        "layers/dense/vars/0", (3, 2), "float32", external=[(str(secret), 0, 24)]
    )


def virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource(str(secret), "kernel", (3, 2), "float32")
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def external_link(file: h5py.File, secret: Path) -> None:
    file["layers/dense/vars/0"] = h5py.ExternalLink(str(secret), "/kernel")


def soft_link(file: h5py.File, secret: Path) -> None:
    file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense/vars/1")


def shape_bomb(file: h5py.File, secret: Path) -> None:
    file.create_dataset("layers/dense/vars/0", (1 << 30, 1 << 10), "float32")


def honest_bomb(file: h5py.File, secret: Path) -> None:
    file.create_dataset("layers/dense/vars/0", (3, 2), "float32")


@pytest.mark.parametrize(
    "change",
    [external_storage, virtual, external_link, soft_link, shape_bomb, honest_bomb],
)
@pytest.mark.parametrize("entry", ["load_model", "load_weights", "load_weights h5"])
def test_weights_stay_inside_the_file(
    tmp_path: Path, secret: Path, change: Callable[..., None], entry: str
) -> None:
    """CVE-2026-0897, -1669, -9335, -12480, -12570."""

    def weights(file: h5py.File) -> None:
        del file["layers/dense/vars/0"]
        change(file, secret)

    path = craft(tmp_path / "a.keras", weights=weights)
    if entry == "load_weights h5":
        folder = path.with_suffix(".d")
        path = tmp_path / "a.weights.h5"
        os.replace(folder / "model.weights.h5", path)
    load = load_model if entry == "load_model" else make().load_weights
    refused(lambda: load(path), "HDF5 file", UnsafeDeserializationError)


def test_legacy_weights_stay_inside_the_file(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "a.h5"
    keras.saving.save_model(make(), path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/d"]
        name = group.attrs["weight_names"][0]
        del group[name]
        group[name] = h5py.ExternalLink(str(secret), "/kernel")
    for load in (load_model, make().load_weights):
        refused(
            lambda load=load: load(path), "external link", UnsafeDeserializationError
        )


def test_a_config_cannot_declare_more_than_the_weights(tmp_path: Path) -> None:
    """CVE-2026-12570: the same bomb, in config.json."""

    def huge(data: dict[str, Any]) -> None:
        data["config"]["layers"][1]["config"]["units"] = 1 << 31

    path = craft(tmp_path / "a.keras", huge)
    refused(
        lambda: load_model(path),
        "stores weights for far less",
        UnsafeDeserializationError,
    )


@pytest.mark.parametrize("name", ["..", "../../x", "/etc/x", "a/b", "", "C:\\x"])
def test_layer_names_cannot_lead_outside(tmp_path: Path, name: str) -> None:
    """CVE-2026-12479."""

    def rename(data: dict[str, Any]) -> None:
        data["config"]["layers"][1]["config"]["name"] = name

    inside = tmp_path / "inside"
    inside.mkdir()
    path = craft(inside / "a.keras", rename)
    before = sorted(os.listdir(tmp_path))
    try:
        model = load_model(path)
    except ValueError as error:
        assert "name" in str(error)
        return
    keras.saving.save_model(model, inside / "b", zipped=False)
    assert sorted(os.listdir(tmp_path)) == before
    assert sorted(os.listdir(inside / "b")) == [
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]


def test_zip_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * 100_000_000)
    refused(
        lambda: load_model(path), "declares 100,000,000", UnsafeDeserializationError
    )


def test_members_that_lead_outside_are_refused(tmp_path: Path) -> None:
    path = craft(tmp_path / "a.keras")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("assets/../../evil", b"x")
    refused(lambda: load_model(path), "leads outside", UnsafeDeserializationError)
    assert not (tmp_path.parent / "evil").exists()
