"""Every file of the corpus ends in an error of ours, soon, with little memory taken."""

from __future__ import annotations

import subprocess
import sys
import time
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
from tests.saving import corpus

NAMES = Path(__file__).parent / "loadable_names.txt"
# These are run once more where memory is really short and nothing may be opened.
_IN_A_CHILD = (
    *("model_bomb_chunk", "weights_huge_chunk", "braces", "packed_weights"),
    *("file_split", "file_kron", "json_long_texts", "file_mean_iou"),
)
CHILD = """
import os, resource, sys, tempfile, pathlib
import keras
keras.config.set_backend("numpy")
from tests.saving import corpus
from keras.core.errors import DeserializationError
keras.saving.load_model, keras.saving.load_weights
calls = [(name, function(pathlib.Path(tempfile.mkdtemp())))
         for name, function in corpus.CASES.items()
         if name.startswith(tuple(sys.argv[1:]))]
inside = tempfile.gettempdir()
def audit(event, args):
    if event in ("os.system", "subprocess.Popen", "pickle.find_class"):
        raise SystemExit(f"{event} {args}")
    if event == "open" and isinstance(args[0], str) and isinstance(args[2], int):
        writes = args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes and not args[0].startswith(inside):
            raise SystemExit(f"wrote {args[0]}")
sys.addaudithook(audit)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), used + (1 << 30)))
for name, call in calls:
    try:
        call()
    except DeserializationError:
        print("refused", name)
"""


def refused_soon(call: Any) -> str:
    start = time.process_time()
    with pytest.raises(DeserializationError) as caught:
        call()
    assert time.process_time() - start < 10  # on a busy machine; a second or two alone
    return str(caught.value)


@pytest.mark.filterwarnings("ignore:The optimizer keeps its state")
@pytest.mark.parametrize("name", corpus.CASES)
def test_each_is_refused(name: str, tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        text = refused_soon(corpus.CASES[name](tmp_path))
    assert len(text) < 5000


@pytest.mark.parametrize("name", ["file_nested_twice", "weights_complex_instead"])
def test_on_each_backend(name: str, tmp_path: Path, backend: str) -> None:
    refused_soon(corpus.CASES[name](tmp_path))


def test_with_one_gibibyte() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *_IN_A_CHILD],
        capture_output=True,
        text=True,
        timeout=300,
    )
    refused = [name for name in _IN_A_CHILD if f"refused {name}" in done.stdout]
    assert refused == list(_IN_A_CHILD), done.stderr[-2000:]


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
