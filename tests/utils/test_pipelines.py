"""Data sets of grain, and layers for strings inside grain and torch's workers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS

utils = keras.utils
layers = keras.layers
X = np.arange(10)


def lists(data: Any) -> list[Any]:
    """All batches as lists."""
    return [tuple(np.asarray(part).tolist() for part in batch) for batch in data]


def vectorization() -> Any:
    """A layer for strings that knows three words."""
    return layers.TextVectorization(
        vocabulary=["a", "b", "word"], output_sequence_length=4
    )


def test_windows_over_series_in_grain() -> None:
    grain = pytest.importorskip("grain")
    given: dict[str, Any] = {"sequence_length": 3, "batch_size": 4}
    make = utils.timeseries_dataset_from_array
    data = make(X, X * 10, format="grain", **given)
    assert isinstance(data, grain.IterDataset) and len(data) == 2
    with keras.backend_scope("numpy"):
        wanted = lists(make(X, X * 10, **given))
    assert lists(data) == wanted == lists(data)
    doubled = data.map(lambda pair: (pair[0] * 2, pair[1]))
    assert next(iter(doubled))[0][1].tolist() == [2, 4, 6]
    singles = make(X, None, 2, batch_size=None, format="grain")
    assert [x.tolist() for x in singles][:2] == [[0, 1], [1, 2]]
    # Another order each time; iterators that run side by side keep theirs.
    mixed = make(X, X, 1, batch_size=1, shuffle=True, seed=1, format="grain")
    first, second = iter(mixed), iter(mixed)
    pairs = [(int(next(first)[1][0]), int(next(second)[1][0])) for _ in X]
    orders = list(zip(*pairs, strict=True))
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))


def test_strings_in_grain(folder: Path, backend: str) -> None:
    pytest.importorskip("grain")
    data: Any = utils.text_dataset_from_directory(
        folder, batch_size=4, shuffle=False, format="grain", verbose=False
    )
    assert data.class_names == ["a", "b"] and len(data.file_paths) == 6
    layer = vectorization()
    found = lists(data.map(lambda pair: (layer(pair[0]), pair[1])))
    assert found[0] == ([[2, 1, 4, 0]] * 3 + [[3, 1, 4, 0]], [0, 0, 0, 1])


def test_a_model_is_trained_on_grain(folder: Path, training_backend: str) -> None:
    pytest.importorskip("grain")
    data = utils.text_dataset_from_directory(
        folder, batch_size=2, format="grain", verbose=False
    )
    text = layers.TextVectorization(output_mode="multi_hot")
    text.adapt(data.map(lambda pair: pair[0]))
    model = keras.Sequential([keras.Input((), dtype="string"), text, layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss, metrics=["accuracy"])
    model.fit(data, epochs=15, verbose=0)
    assert model.evaluate(data, verbose=0)[1] == 1.0


def test_images_in_grain(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    pytest.importorskip("grain")
    for name in "ab":
        (tmp_path / name).mkdir()
        utils.save_img(tmp_path / name / "x.png", np.full((4, 6, 3), 7), scale=False)
    data: Any = utils.image_dataset_from_directory(
        tmp_path, image_size=(3, 3), format="grain", verbose=False
    )
    images, labels = next(iter(data))
    assert images.shape == (2, 3, 3, 3) and sorted(labels.tolist()) == [0, 1]


def test_without_grain_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install grain"):
        utils.timeseries_dataset_from_array(X, None, 2, format="grain")


# Other frameworks of this process warn of forks; the workers use none of them.
@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif("torch" not in TRAINING_BACKENDS, reason="torch's workers")
def test_strings_in_workers_of_torch() -> None:
    from torch.utils.data import DataLoader

    texts: Any = [f"{'ab'[i % 2]} word" for i in range(8)]
    with keras.backend_scope("torch"):
        layer = vectorization()
        loader = DataLoader(
            texts, batch_size=2, collate_fn=layer, num_workers=2, timeout=60
        )
        found = [batch.tolist() for batch in loader]
        wanted = layer(np.array(texts, dtype=object)).tolist()
    assert [row for batch in found for row in batch] == wanted
