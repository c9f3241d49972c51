"""Files that cannot be read: each error says which, what was found, and what to do.

One table, a row for each kind of damage at each entry point. What the errors say is the
same on every backend.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import pytest

import keras
from keras.core.errors import DeserializationError

AGAIN = "Copy or download it again, or save it anew."
PICTURE = b"\x89PNG\r\n\x1a\nabc" * 90
# Files by what loads them; the models below are written to all of them.
WHOLE, WEIGHTS = ("a.keras", "a.h5"), ("a.weights.h5", "a.safetensors")
INDEXED = {"s.weights.json": "s_00001.weights.h5"}
INDEXED["t.safetensors.index.json"] = "t-00001-of-00002.safetensors"
FORMATS = {"a.keras": r"\.keras \(zip\)", "a.safetensors": "safetensors"}
Damage = Callable[[bytes], bytes]


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


# Damage -> what the error says of what was found, and what to do.
DAMAGES: dict[str, tuple[Damage, str]] = {
    "truncated": (half, r"It has [\d,]+ bytes and begins as one. " + AGAIN),
    "empty": (lambda _: b"", r"It is empty \(0 bytes\). " + AGAIN),
    "other": (lambda _: PICTURE, r"begins with b'\\x89PNG.*'. " + AGAIN),
    "pointer": (
        lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d",
        "It is a pointer of Git LFS: run `git lfs pull`.",
    ),
    "page": (lambda _: b"<!DOCTYPE html><p>Not found", "download the file itself."),
}


def make(units: int = 5, kind: Any = None) -> Any:
    kind = keras.layers.Dense if kind is None else kind
    start = [keras.Input((4,), name="x"), keras.layers.Dense(3, name="first")]
    return keras.Sequential([*start, kind(units, name="second")], name="m")


@pytest.fixture(autouse=True)
def on_numpy() -> Iterator[None]:
    with keras.backend_scope("numpy"):
        yield


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    with keras.backend_scope("numpy"):
        model = make()
        for name in WHOLE:
            model.save(folder / name)
        for name in (*WEIGHTS, *INDEXED):
            limit = 1e-7 if name in INDEXED else None
            model.save_weights(folder / name, max_shard_size=limit)
    return folder


@pytest.fixture
def files(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "files"))


def load(path: Path) -> Any:
    if path.name in WHOLE:
        return keras.saving.load_model(path)
    return make().load_weights(path)


def error_of(action: Callable[[], Any]) -> str:
    with pytest.raises(DeserializationError) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [*WHOLE, *WEIGHTS])
def test_another_format_or_a_part(name: str, damage: str, files: Path) -> None:
    path = files / name
    change, found = DAMAGES[damage]
    path.write_bytes(change(path.read_bytes()))
    wanted = FORMATS.get(name, "HDF5")
    with pytest.raises(DeserializationError, match=found) as caught:
        load(path)
    caught.match(rf"^{path} is no readable {wanted} file: ")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("index", INDEXED)
def test_damaged_shards(index: str, damage: str, files: Path) -> None:
    shard = files / INDEXED[index]
    change, found = DAMAGES[damage]
    shard.write_bytes(change(shard.read_bytes()))
    with pytest.raises(DeserializationError, match=found) as caught:
        load(files / index)
    caught.match(rf"^Shard '{shard.name}' of {files / index} is no readable ")


@pytest.mark.parametrize("damage", ["truncated", "empty"])
@pytest.mark.parametrize("name", ["a.json", *INDEXED])
def test_damaged_json(name: str, damage: str, files: Path) -> None:
    if name == "a.json":
        text = make().to_json()
        read = keras.models.model_from_json
        found = error_of(lambda: read(text[:99] if damage == "truncated" else ""))
        assert found.startswith("The JSON of the model is no readable JSON: ")
    else:
        path = files / name
        path.write_bytes(DAMAGES[damage][0](path.read_bytes()))
        found = error_of(lambda: load(path))
        assert found.startswith(f"{path} is no readable JSON: ")
    assert "characters and begins with" in found
    assert found.endswith(AGAIN)


@pytest.mark.parametrize("held", ["{}", "[]", '{"weight_map": []}'])
@pytest.mark.parametrize("name", ["a.json", *INDEXED])
def test_json_of_something_else(name: str, held: str, files: Path) -> None:
    if name == "a.json":
        found = error_of(lambda: keras.models.model_from_json(held))
        assert "as model.to_json() returns it" in found
    else:
        (files / name).write_text(held)
        found = error_of(lambda: load(files / name))
        assert found.startswith(f"{files / name} is no index of sharded weights: ")
        assert "'weight_map'" in found
        assert "as model.save_weights(filepath) writes it" in found
    assert f"it holds {json.loads(held)!r}" in found


@pytest.mark.parametrize("index", INDEXED)
def test_missing_shards(index: str, files: Path) -> None:
    (files / INDEXED[index]).unlink()
    text = (
        f"{files / index} names the shard '{INDEXED[index]}', which is not in "
        f"'{files}'. Put all shards beside their index, or save the weights anew."
    )
    with pytest.raises(FileNotFoundError) as caught:
        load(files / index)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("given", "name", "advice"),
    [
        ("a.h5", "b.keras", "rename it to .h5 (model) or .weights.h5 (weights)."),
        ("a.keras", "b.h5", "if Keras wrote it, rename it to .keras."),
        ("a.safetensors", "b.weights.h5", "rename it to .safetensors."),
        ("a.weights.h5", "b.safetensors", "rename it to .h5 (model) or .weights.h5"),
    ],
)
def test_a_wrong_ending(given: str, name: str, advice: str, files: Path) -> None:
    path = shutil.copy(files / given, files / name)
    reads = name in ("b.keras", "b.h5")
    read = keras.saving.load_model if reads else make().load_weights
    assert advice in error_of(lambda: read(path))


@pytest.mark.parametrize("name", [*WEIGHTS, *INDEXED, "a.keras", "a.h5"])
def test_no_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(FileNotFoundError, match=rf"no file '{path}' to load weights"):
        make().load_weights(path)
    with pytest.raises(ValueError, match=f"File not found: filepath='{path}'. It must"):
        keras.saving.load_model(path)


@pytest.mark.parametrize("name", [*WEIGHTS, *INDEXED])
def test_a_folder_instead(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=f"'{path}' is a folder. Expected a fi"):
        make().load_weights(path)


@pytest.mark.parametrize("name", [*WEIGHTS, "s.weights.json", "a.json"])
def test_weights_instead_of_a_model(name: str, files: Path) -> None:
    path = files / name
    path.touch()
    with pytest.raises(ValueError, match=r"model.load_weights\(filepath\)") as caught:
        keras.saving.load_model(path)
    caught.match(str(path))


def edited(path: Path, old: str, new: str, version: str | None = None) -> Path:
    """The model's file with a text of its config replaced, and of another version."""
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = file.attrs["model_config"].replace(old, new)
            file.attrs["keras_version"] = version or file.attrs["keras_version"]
        return path
    target = path.with_name("edited.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                data = data.replace(old.encode(), new.encode())
            if name == "metadata.json" and version:
                data = json.dumps({"keras_version": version}).encode()
            out.writestr(name, data)
    return target


@pytest.mark.parametrize("name", [*WHOLE, "a.json"])
def test_a_missing_class(name: str, files: Path) -> None:
    old, new = '"class_name": "Dense"', '"class_name": "Till"'
    if name == "a.json":
        text = make().to_json().replace(old, new)
        found, place = error_of(lambda: keras.models.model_from_json(text)), ""
    else:
        path = edited(files / name, old, new)
        found, place = error_of(lambda: keras.saving.load_model(path)), f" in {path}"
    assert "names the class 'Till'" in found
    assert f"It stands at: Sequential 'm' > Till 'first'{place}. Allowed are" in found
    assert "pass custom_objects={'Till': Till}" in found
    assert "newer" not in found


@pytest.mark.parametrize("name", [*WHOLE, "a.json"])
@pytest.mark.parametrize("version", ["3.99.1", "9.0.0", "10.0.0.dev1"])
def test_a_version_from_the_future(name: str, version: str, files: Path) -> None:
    """What it has that is not known here may be known to the version that wrote it."""
    old, new = '"units"', '"speed": 1, "units"'
    if name == "a.json":
        config = json.loads(make().to_json().replace(old, new))
        text = json.dumps({**config, "keras_version": version})
        found = error_of(lambda: keras.models.model_from_json(text))
    else:
        path = edited(files / name, old, new, version)
        if name == "a.h5":  # where other arguments are those of Keras 2
            path = edited(path, '"class_name": "Dense"', '"class_name": "Till"')
        found = error_of(lambda: keras.saving.load_model(path))
        assert str(path) in found
    assert f"It was written by Keras {version}, which is newer than" in found
    assert found.endswith("update this one.")


@pytest.mark.parametrize("name", [*WEIGHTS, "a.keras", "a.h5", *INDEXED])
def test_other_shapes(name: str, files: Path) -> None:
    model, path = make(units=6), files / name
    before = model.get_weights()
    found = error_of(lambda: model.load_weights(path))
    assert str(path) in found
    assert "ayer 'second'" in found
    assert "variable 'kernel' has shape (3, 6), in the file (3, 5)" in found
    assert found.endswith("or pass skip_mismatch=True to load what fits.")
    for now, then in zip(model.get_weights(), before, strict=True):
        assert (now == then).all()


@pytest.mark.parametrize("name", [*WEIGHTS, "a.keras", *INDEXED])
def test_another_layer(name: str, files: Path) -> None:
    """One of another class has another place, at which the file has nothing."""
    model = make(kind=lambda units, name: keras.layers.EinsumDense(
        "ab,bc->ac", (units,), name=name
    ))  # fmt: skip
    found = error_of(lambda: model.load_weights(files / name))
    assert "'second' (EinsumDense, at 'layers/einsum_dense')" in found
    assert "has 1 variables (kernel), the file has 0 for it" in found


def test_a_renamed_layer(files: Path) -> None:
    """Layers are matched by order; by name, what has no partner is said."""
    model = make(kind=lambda units, name: keras.layers.Dense(units, name="other"))
    for name in (*WEIGHTS, "a.keras", "a.h5", *INDEXED):
        report = model.load_weights(files / name)
        assert not report.missing
    report = model.load_weights(files / "a.h5", by_name=True)
    assert (report.missing, report.unexpected) == (["other"], ["second"])
    with pytest.raises(ValueError, match="by_name=True is for legacy .h5 files only"):
        model.load_weights(files / "a.keras", by_name=True)


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_a_missing_member(member: str, files: Path) -> None:
    path = files / "less.keras"
    with (
        zipfile.ZipFile(files / "a.keras") as source,
        zipfile.ZipFile(path, "w") as out,
    ):
        for name in source.namelist():
            if name != member:
                out.writestr(name, source.read(name))
    found = error_of(lambda: keras.saving.load_model(path))
    assert found.startswith(f"{path} has no {member}, so it is not a complete .keras")
    assert "It has: metadata.json, " in found
    assert found.endswith("Save the model anew, with model.save(filepath).")
