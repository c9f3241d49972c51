"""Sample and class weights with every kind of data: batches are those of arrays."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras.training.data import make_source
from keras.utils import PyDataset

COUNT, BATCH = 10, 4
X = np.arange(COUNT * 2, dtype="float32").reshape(COUNT, 2)
LABELS = np.arange(COUNT) % 3
WEIGHTS = np.linspace(0.5, 2.0, COUNT).astype("float32")
TABLE = {0: 1.0, 1: 0.25, 2: 4.0}
OF_CLASSES = np.float32([TABLE[label] for label in LABELS])


def needs(name: str) -> Any:
    return pytest.importorskip(name)


def tensors_of(backend: str) -> Callable[..., list[Any]]:
    def make(*parts: Any) -> list[Any]:
        needs(backend)
        with keras.backend_scope(backend):
            return [keras.ops.convert_to_tensor(part) for part in parts]

    return make


def frames(*parts: Any) -> list[Any]:
    pandas = needs("pandas")
    return [pandas.DataFrame(parts[0]), *map(pandas.Series, parts[1:])]


def arrow(*parts: Any) -> list[Any]:
    library = needs("pyarrow")
    columns = {str(i): parts[0][:, i] for i in range(2)}
    return [library.table(columns), *map(library.array, parts[1:])]


def polars(*parts: Any) -> list[Any]:
    library = needs("polars")
    return [library.DataFrame(parts[0]), *map(library.Series, parts[1:])]


def sparse(*parts: Any) -> list[Any]:
    return [needs("scipy.sparse").csr_matrix(parts[0]), *parts[1:]]


# Arrays of all samples: x, y, sample_weight.
WHOLE: dict[str, Callable[..., list[Any]]] = {
    "lists": lambda *parts: [part.tolist() for part in parts],
    "torch": tensors_of("torch"),
    "jax": tensors_of("jax"),
    "tensorflow": tensors_of("tensorflow"),
    "pandas": frames,
    "pyarrow": arrow,
    "polars": polars,
    "scipy": sparse,
}


def in_batches(*parts: Any) -> list[Any]:
    starts = range(0, COUNT, BATCH)
    return [tuple(part[s : s + BATCH] for part in parts) for s in starts]


class Batches(PyDataset):
    def __init__(self, *parts: Any) -> None:
        super().__init__()
        self.batches = in_batches(*parts)

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        return self.batches[index]


def loader(*parts: Any) -> Any:
    needs("torch")
    data = importlib.import_module("torch.utils.data")
    tensors = tensors_of("torch")(*parts)
    return data.DataLoader(data.TensorDataset(*tensors), batch_size=BATCH)


def dataset(*parts: Any) -> Any:
    return needs("tensorflow").data.Dataset.from_tensor_slices(parts).batch(BATCH)


def grain(*parts: Any) -> Any:
    rows = list(zip(*parts, strict=True))
    return needs("grain").MapDataset.source(rows).to_iter_dataset().batch(BATCH)


LOADED: dict[str, Callable[..., Any]] = {
    "generator": lambda *parts: iter(in_batches(*parts)),
    "PyDataset": Batches,
    "DataLoader": loader,
    "tf.data": dataset,
    "grain": grain,
}


def check(source: Any, weights: np.ndarray) -> None:
    found = [tuple(map(np.asarray, batch)) for batch in source.epoch()]
    for got, expected in zip(found, in_batches(X, LABELS, weights), strict=True):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one.reshape(other.shape), other, rtol=1e-6)


@pytest.mark.parametrize("kind", WHOLE)
def test_arrays(kind: str) -> None:
    x, y, weights = WHOLE[kind](X, LABELS, WEIGHTS)
    check(make_source(x, y, weights, batch_size=BATCH), WEIGHTS)
    check(make_source(x, y, class_weight=TABLE, batch_size=BATCH), OF_CLASSES)


@pytest.mark.parametrize("kind", LOADED)
def test_batches(kind: str) -> None:
    check(make_source(LOADED[kind](X, LABELS, WEIGHTS)), WEIGHTS)
    check(make_source(LOADED[kind](X, LABELS), class_weight=TABLE), OF_CLASSES)
