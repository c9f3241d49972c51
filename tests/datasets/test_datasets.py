"""Each data set is read from a file of its real format, which a local server has."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import struct
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import keras
from keras.datasets import arrays
from keras.datasets.source import Source
from tests.datasets.make_golden import write_files
from tests.utils.http_server import Server

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
NUMBERS = np.random.RandomState(0)
datasets = keras.datasets


def bytes_of(*shape: int) -> np.ndarray:
    return NUMBERS.randint(0, 255, shape).astype("uint8")


class Python2Pickler(pickle._Pickler):
    """Writes text and bytes as Python 2 did, which the originals come from."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, value: Any) -> None:
        data = value.encode() if isinstance(value, str) else value
        self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_text


def pickled_by_python_2(value: Any) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def archive_of(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return whole.getvalue()


def npz_of(**members: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


@pytest.fixture
def put(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[ModuleType, str, bytes], Source]]:
    """Puts a file on the server, in place of that of a data set."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    server = Server()

    def place(module: ModuleType, name: str, data: bytes) -> Source:
        old = getattr(module, name)
        path = f"/{old.url.rpartition('/')[2]}"
        server.answers[path] = data
        new = Source(server.url + path, hashlib.sha256(data).hexdigest())
        monkeypatch.setattr(module, name, new)
        return new

    yield place
    server.close()


def check(found: Any, wanted: list[np.ndarray]) -> None:
    arrays_found = [array for part in found for array in part]
    for array, expected in zip(arrays_found, wanted, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype
        assert array.flags.writeable


def test_mnist(put: Any, tmp_path: Path) -> None:
    wanted = [bytes_of(6, 28, 28), bytes_of(6), bytes_of(3, 28, 28), bytes_of(3)]
    names = ("x_train", "y_train", "x_test", "y_test")
    put(datasets.mnist, "FILE", npz_of(**dict(zip(names, wanted, strict=True))))
    check(datasets.mnist.load_data(), wanted)
    assert (tmp_path / "home" / "datasets" / "mnist.npz").is_file()
    # From the cache, with nobody to ask.
    source = datasets.mnist.FILE
    datasets.mnist.FILE = Source("http://127.0.0.1:9/mnist.npz", source.hash)
    check(datasets.mnist.load_data(), wanted)


def test_fashion_mnist(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = datasets.fashion_mnist
    files = {}
    wanted = []
    for part, count in (("train", 6), ("test", 3)):
        images, labels = bytes_of(count, 28, 28), bytes_of(count)
        wanted += [images, labels]
        for name, array in (("images", images), ("labels", labels)):
            head = bytes([0, 0, 8, array.ndim])
            sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
            files[f"{part} {name}"] = gzip.compress(head + sizes + array.tobytes())
    holder: Any = ModuleType("holder")
    holder.__dict__.update(module.FILES)
    for name, data in files.items():
        put(holder, name, data)
    monkeypatch.setattr(module, "FILES", {name: vars(holder)[name] for name in files})
    check(module.load_data(), wanted)
    broken = put(holder, "test labels", gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"))
    monkeypatch.setitem(module.FILES, "test labels", broken)
    with (
        pytest.warns(UserWarning, match="downloaded anew"),
        pytest.raises(ValueError, match="no array of bytes in IDX form"),
    ):
        module.load_data()


def cifar_batch(count: int, **labels: Any) -> tuple[np.ndarray, bytes]:
    data = bytes_of(count, 3072)
    batch = {b"data": data, **{key.encode(): value for key, value in labels.items()}}
    images = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return images, pickled_by_python_2(batch)


def test_cifar10(put: Any) -> None:
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    made = {name: cifar_batch(2, labels=[i, 9 - i]) for i, name in enumerate(names)}
    files = {f"cifar-10-batches-py/{name}": data for name, (_, data) in made.items()}
    put(datasets.cifar10, "FILE", archive_of(files))
    train = np.concatenate([made[name][0] for name in names[:5]])
    labels = np.array([x for i in range(5) for x in (i, 9 - i)], "uint8")[:, None]
    wanted = [train, labels, made["test_batch"][0], np.array([[5], [4]], "uint8")]
    check(datasets.cifar10.load_data(), wanted)
    keras.config.set_image_data_format("channels_first")
    try:
        assert datasets.cifar10.load_data()[0][0].shape == (10, 3, 32, 32)
    finally:
        keras.config.set_image_data_format("channels_last")


def test_cifar100(put: Any) -> None:
    first, train = cifar_batch(2, fine_labels=[7, 99], coarse_labels=[1, 19])
    second, test = cifar_batch(1, fine_labels=[3], coarse_labels=[2])
    files = {"cifar-100-python/train": train, "cifar-100-python/test": test}
    put(datasets.cifar100, "FILE", archive_of(files))
    fine = [first, np.array([[7], [99]]), second, np.array([[3]])]
    check(datasets.cifar100.load_data(), fine)
    coarse = [first, np.array([[1], [19]]), second, np.array([[2]])]
    check(datasets.cifar100.load_data("coarse"), coarse)
    with pytest.raises(ValueError, match="'fine' or 'coarse'"):
        datasets.cifar100.load_data("rough")


def test_houses(put: Any) -> None:
    x, y = NUMBERS.rand(20, 13), np.arange(20.0)
    put(datasets.boston_housing, "FILE", npz_of(x=x, y=y))
    train, test = datasets.boston_housing.load_data(test_split=0.25, seed=3)
    order = np.random.RandomState(3).permutation(20)
    check((train, test), [x[order][:15], y[order][:15], x[order][15:], y[order][15:]])
    with pytest.raises(ValueError, match="from 0 to below 1"):
        datasets.boston_housing.load_data(test_split=1.0)
    x, y = NUMBERS.rand(700, 8).astype("float32"), np.arange(700, dtype="float32")
    put(datasets.california_housing, "FILE", npz_of(x=x, y=y))
    (_, train), (_, test) = datasets.california_housing.load_data()
    assert (len(train), len(test)) == (560, 140)
    (_, train), (_, test) = datasets.california_housing.load_data("small")
    assert sorted([*train, *test]) == list(range(600))
    # As the PyPI keras orders them.
    assert train[:5].tolist() == [568, 505, 59, 71, 298]
    with pytest.raises(ValueError, match="'small' or 'large'"):
        datasets.california_housing.load_data("tiny")


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_texts(name: str, put: Any, tmp_path: Path) -> None:
    module: Any = getattr(datasets, name)
    write_files(tmp_path)
    put(module, "FILE", (tmp_path / f"{name}.npz").read_bytes())
    put(module, "WORDS", b'{"the": 1, "of": 2}')
    cases = [(options, wanted) for which, options, wanted in GOLDEN if which == name]
    for options, wanted in cases:
        found = module.load_data(**options)
        for (x, y), (texts, labels) in zip(found, wanted, strict=True):
            assert x.tolist() == texts, options
            assert x.ndim == 1
            assert y.tolist() == labels, options
    assert len(cases) == 8
    assert module.get_word_index() == {"the": 1, "of": 2}
    with pytest.raises(ValueError, match="No text is shorter than maxlen=3"):
        module.load_data(maxlen=3)


def test_names_of_older_programs(put: Any, tmp_path: Path) -> None:
    write_files(tmp_path)
    put(datasets.imdb, "FILE", (tmp_path / "imdb.npz").read_bytes())
    with pytest.raises(TypeError, match=r"unknown arguments: \['words'\]"):
        datasets.imdb.load_data(words=3)
    with pytest.warns(UserWarning, match="`num_words`"):
        (old, _), _ = datasets.imdb.load_data(nb_words=15)
    (new, _), _ = datasets.imdb.load_data(num_words=15)
    assert old.tolist() == new.tolist()


def test_label_names() -> None:
    names = datasets.reuters.get_label_names()
    assert (len(names), names[3], names[-1]) == (46, "earn", "lead")


def test_a_file_with_another_hash_is_refused(put: Any) -> None:
    source = put(datasets.mnist, "FILE", b"another file")
    datasets.mnist.FILE = Source(source.url, "0" * 64)
    with pytest.raises(ValueError, match="damaged or another file"):
        datasets.mnist.load_data()


class Runs:
    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


HOSTILE = {
    "system": pickle.dumps(Runs(os.system, "true")),
    "eval": pickle.dumps(Runs(eval, "1")),
    "getattr": pickle.dumps([Runs(getattr, "x", "upper")]),
    "numpy": b"cnumpy\nload\n(S'x'\ntR.",
    "dtype": pickle.dumps(np.zeros(1, [("a", "i4")])),
    "object in dtype": b"cnumpy\ndtype\n(S'M8'\nI0\nI1\ntR.",
    "state": b"c_codecs\nencode\n(N}S'_make'\nI1\nstb.",
    "cut": pickle.dumps(np.zeros(4))[:-9],
    "text": b"no pickle at all",
    "encoding": pickle.dumps(Runs(__import__("codecs").encode, "x", "rot13")),
    "size": pickle.dumps(np.zeros(2), 2).replace(b"K\x02\x85", b"K\x03\x85"),
    "frame": b"\x80\x04\x95" + b"\xff" * 8,
    "bytes that are no text": b"X\x01\0\0\0\xff.",
    "no array": b"cnumpy.core.multiarray\n_reconstruct\n(tR(I1\nI2\nI3\nI4\nI5\ntb.",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_no_pickle_runs_code(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(os, "system", ran.append)
    with pytest.raises(ValueError, match="cannot be read|damaged"):
        arrays.read_pickle(io.BytesIO(HOSTILE[name]))
    assert not ran


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_pickles_of_arrays(protocol: int) -> None:
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1, 2], [3]]
    for value in (np.arange(6.0).reshape(2, 3).T, np.arange(3, dtype=">i4"), ragged):
        found = arrays.read_pickle(io.BytesIO(pickle.dumps(value, protocol)))
        np.testing.assert_array_equal(found, value)


def test_damaged_archives(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(npz_of(x=np.zeros(100))[:-30])
    with pytest.raises(ValueError, match="is damaged"):
        arrays.read_npz(str(path))
