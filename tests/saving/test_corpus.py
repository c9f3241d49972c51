"""Every file of the corpus ends in an error of ours, soon, with little memory taken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras
from keras.core import public_names
from keras.core.errors import DeserializationError, UnsafeDeserializationError
from keras.saving.archive import Archive
from keras.saving.safetensors import SafetensorsReader
from tests.conftest import BACKENDS
from tests.saving import corpus
from tests.saving.corpus_cves import CVES, NUMBERS
from tests.saving.corpus_own import EVERY

NAMES = Path(__file__).parent / "loadable_names.txt"
Results = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What became of each file on each backend, in a process of its own."""
    folder = tmp_path_factory.mktemp("corpus")
    root = Path(__file__).parents[2]
    child = [sys.executable, "-m", "tests.saving.corpus_child"]
    done = subprocess.run(
        [*child, str(folder / "out"), *BACKENDS],
        capture_output=True,
        text=True,
        timeout=900,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: Results = {}
    for line in (folder / "out").read_text().splitlines():
        result = json.loads(line)
        found.setdefault(result["name"], []).append(result)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_each_is_refused(name: str, results: Results) -> None:
    """A typed error that says why, soon, with little memory; nothing else happens."""
    assert [one["backend"] for one in results[name]] == BACKENDS
    for one in results[name]:
        assert "DeserializationError" in one["kinds"], (one["text"], one["where"])
        assert re.search(CVES[name][1] if name in CVES else ".", one["text"])
        assert len(one["text"]) < 5000
        assert one["seen"] == []
        assert one["seconds"] < 2
        assert one["bytes"] < 512 << 20


def test_each_row_has_a_file() -> None:
    for number in NUMBERS:
        assert any(name.startswith(f"{number} ") for name in CVES), number


def test_the_names_that_files_can_name() -> None:
    """A new one can be named by every file: it is looked at, then written down.

    `python -m tests.saving.test_corpus` writes the list anew.
    """
    assert public_names.loadable_names() == NAMES.read_text().split()


def test_what_declares_ops_has_no_name() -> None:
    for name in ("op", "composite", "get", "serialize", "deserialize", "vectorize"):
        assert public_names.find_function("keras.ops.linalg", name) is None
        assert public_names.find_function(None, name) is None


def test_assets_that_nobody_wants_are_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keras.backend_scope("torch"):
        path = corpus.zipped(corpus.saved(tmp_path))
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("assets/words.txt", b"word")
        monkeypatch.setattr(Archive, "extract", None)
        assert len(keras.saving.load_model(path).layers) == 1


def test_extracted_files_have_one_limit(tmp_path: Path) -> None:
    from keras.saving.archive import open_archive

    path = tmp_path / "a.keras"
    letters = np.repeat(corpus.random(10_000, 256).astype("uint8"), 60).tobytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(200):
            file.writestr(f"assets/{number}", letters)
    refused = pytest.raises(UnsafeDeserializationError, match="fill the disk")
    with open_archive(str(path)) as archive, refused:
        archive.extract(archive.names(), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ending", [".weights.h5", ".safetensors", ".weights.json"])
def test_a_load_that_fails_changes_nothing(
    ending: str, tmp_path: Path, backend: str
) -> None:
    """Damage in the last weight is found before the first is set."""
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, name="d")])
    model.set_weights([np.ones((6, 4)), np.ones((4,))])
    path = tmp_path / f"a{ending}"
    model.save_weights(path)
    model.set_weights([np.zeros((6, 4)), np.zeros((4,))])
    if ending == ".safetensors":
        path.write_bytes(path.read_bytes()[:-2])
    else:
        shard = path if ending == ".weights.h5" else tmp_path / "a_00000.weights.h5"
        with h5py.File(shard, "r+") as file:
            group = file["layers/dense/vars"]
            del group["1"]
            data = group.create_dataset("1", (4,), "f4", chunks=(4,), compression=9)
            data.id.write_direct_chunk((0,), b"no deflate stream")
    with pytest.raises(DeserializationError):
        model.load_weights(path)
    assert all((w == 0).all() for w in model.get_weights())


def test_asking_for_an_entry_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each array of a file is read once."""
    with keras.backend_scope("numpy"):
        model = corpus.small()
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        path = tmp_path / "a.safetensors"
        model.save_weights(path)
        reads: list[Any] = []
        read = SafetensorsReader.read
        monkeypatch.setattr(
            SafetensorsReader, "read", lambda *a: (reads.append(a), read(*a))[1]
        )
        model.load_weights(path)
    assert len(reads) == 2 + len(model.optimizer.variables)


def test_a_report_of_a_load(tmp_path: Path, backend: str) -> None:
    corpus.small().save_weights(tmp_path / "a.weights.h5")
    same = corpus.small().load_weights(tmp_path / "a.weights.h5")
    assert same.loaded == ["layers/dense"]
    assert same.problems == same.unexpected == []
    other = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(5), keras.layers.Dense(4)]
    )
    with pytest.warns(UserWarning, match="do not fit"):
        report = other.load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    assert report.loaded == []
    assert len(report.missing) == len(report.mismatched) == 1
    text = str(report)
    assert "0 loaded, 1 missing, 1 mismatched, 0 unexpected" in text
    assert "shape (6, 5), in the file (6, 4)" in text


if __name__ == "__main__":
    NAMES.write_text("\n".join(public_names.loadable_names()) + "\n")
