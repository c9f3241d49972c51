"""Data sets of Hugging Face: the columns of a batch are read when it is due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.training.data import make_source, train_validation_split
from tests.training.data.hugging_face import Dataset, DatasetDict
from tests.training.test_data_frameworks import BATCH, COUNT, WEIGHTS, X, Y

LABELS = (Y[:, 0] > 0).astype("int64")
DATA = Dataset.from_dict({"x": X, "y": Y, "weight": WEIGHTS, "label": LABELS})


def make(units: int = 1, loss: str = "mse") -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units)])
    model.compile(keras.optimizers.SGD(0.1), loss, weighted_metrics=["mae"])
    return model


def test_a_data_set_trains_as_its_arrays_do(training_backend: str) -> None:
    model = make()
    data = DATA.select_columns(["x", "y", "weight"])

    def trained(*arguments: Any) -> list[float]:
        model.set_weights([np.full((3, 1), 0.1), np.zeros(1)])
        options: dict[str, Any] = {"batch_size": BATCH, "epochs": 2, "shuffle": False}
        x, y, weights = arguments
        history = model.fit(x, y, sample_weight=weights, verbose=0, **options).history
        return [*history["loss"], *history["mae"]]

    expected = trained(X, Y, WEIGHTS)
    for arguments in (
        (data, "y", "weight"),
        (data.to_iterable_dataset(), "y", "weight"),
        (DATA["x"], DATA["y"], DATA["weight"]),
        (DATA.select_columns(["x"]), Y, WEIGHTS),
    ):
        assert trained(*arguments) == pytest.approx(expected, rel=1e-4)


def test_evaluate_and_predict(backend: str) -> None:
    model, pair = make(), DATA.select_columns(["x", "y"])
    expected = model.evaluate(X, Y, verbose=0)
    for data in (pair, pair.to_iterable_dataset()):
        assert model.evaluate(data, "y", verbose=0) == pytest.approx(expected, rel=1e-4)
    outputs = model.predict(X, verbose=0)
    for data in (DATA["x"], DATA.select_columns(["x"])):
        np.testing.assert_allclose(model.predict(data, verbose=0), outputs, rtol=1e-5)
    np.testing.assert_allclose(
        model.predict_on_batch(DATA["x"]), outputs, rtol=1e-5, atol=1e-6
    )


def test_several_columns_are_inputs_by_name(training_backend: str) -> None:
    inputs = {
        name: keras.Input((size,), name=name) for name, size in (("x", 3), ("y", 1))
    }
    model = keras.Model(
        inputs, layers.Dense(1)(layers.Concatenate()(list(inputs.values())))
    )
    model.compile("sgd", "binary_crossentropy")
    data = DATA.select_columns(["x", "y", "label"])
    for given in (data, data.to_iterable_dataset()):
        history = model.fit(given, "label", epochs=2, verbose=0).history
        assert history["loss"][1] < history["loss"][0]
    assert model.predict(data.select_columns(["x", "y"]), verbose=0).shape == (COUNT, 1)


# The source alone --------------------------------------------------------------------


def test_a_batch_is_read_when_it_is_due_and_once() -> None:
    data = Dataset.from_dict({"x": X, "y": Y, "unused": Y, "label": LABELS})
    source = make_source(data, {"a": "y", "b": "label"}, batch_size=BATCH)
    data.reads.clear()
    batches = source.epoch()
    x, y = next(batches)
    assert list(x) == ["x", "unused"] and list(y) == ["a", "b"]
    assert data.reads == [slice(0, BATCH, 1)]
    np.testing.assert_array_equal(x["x"], X[:BATCH])
    assert (x["x"].dtype, y["a"].dtype, y["b"].dtype) == ("float32", "float32", "int64")
    assert len(list(batches)) == 2
    shuffled = make_source(data, ["y", "label"], batch_size=BATCH, shuffle=True, seed=1)
    parts = list(zip(*[(x["x"], *y) for x, y in shuffled.epoch()], strict=True))
    xs, ys, labels = map(np.concatenate, parts)
    assert not np.array_equal(xs, X)
    order = [int(np.flatnonzero((row == X).all(1))[0]) for row in xs]
    np.testing.assert_array_equal(ys, Y[order])
    np.testing.assert_array_equal(labels, LABELS[order])


def test_classes_weigh_and_a_share_validates() -> None:
    class_weight = {0: 1.0, 1: 3.0}
    data = DATA.select_columns(["x", "label"])
    for given in (data, data.to_iterable_dataset()):
        options: dict[str, Any] = {"batch_size": BATCH, "class_weight": class_weight}
        found = [w for _, _, w in make_source(given, "label", **options).epoch()]
        np.testing.assert_array_equal(np.concatenate(found), np.where(LABELS, 3, 1))
    with keras.backend_scope("torch"):
        model = make()
        options = {"validation_split": 0.25, "shuffle": False, "verbose": 0}
        got = model.fit(DATA.select_columns(["x", "y"]), "y", **options).history
        _, rest = train_validation_split((DATA.select_columns(["x", "y"]), "y"), 0.25)
        np.testing.assert_array_equal(rest[0][:], X[30:])
        scores = model.evaluate(X[30:], Y[30:], verbose=0)
        assert got["val_loss"] == pytest.approx([scores[0]], rel=1e-4)


def test_forms_that_the_user_chose() -> None:
    def double(rows: dict[str, Any]) -> dict[str, Any]:
        return {"twice": 2 * np.array(rows["x"]), "target": np.array(rows["y"])}

    x, y = next(make_source(DATA.with_transform(double), "target").epoch())
    np.testing.assert_allclose(x, 2 * X[:32], rtol=1e-6)
    np.testing.assert_allclose(y, Y[:32], rtol=1e-6)
    chosen = DATA.with_format("numpy", columns=["x", "label"])
    x, y = next(make_source(chosen, "label").epoch())
    assert x.shape == (32, 3) and y.tolist() == LABELS[:32].tolist()
    texts = Dataset({"text": ["a", "b c"], "label": [0, 1]})
    x, _ = next(make_source(texts, "label").epoch())
    assert x.tolist() == ["a", "b c"]


def test_a_stream_is_told_its_epoch() -> None:
    stream = DATA.select_columns(["x", "y"]).to_iterable_dataset()
    source = make_source(stream, "y", batch_size=BATCH, steps=2)
    sizes = [[len(x) for x, _ in source.epoch()] for _ in range(3)]
    assert sizes == [[BATCH, BATCH], [COUNT - 2 * BATCH, BATCH], [BATCH, 8]]
    assert stream.epochs == [0, 1]


def test_what_a_data_set_is_refused_for() -> None:
    with pytest.raises(
        ValueError, match=r"no column 'z'.*\['x', 'y', 'weight', 'label'"
    ):
        make_source(DATA, "z")
    with pytest.raises(ValueError, match="No column .* is left for the inputs"):
        make_source(DATA.select_columns(["y"]), "y")
    splits = DatasetDict(train=DATA, test=DATA)
    with pytest.raises(ValueError, match=r"several data sets.*`data\['train'\]`"):
        make_source(splits, "y")
    ragged = Dataset({"ids": [[1, 2], [3]], "label": [0, 1]})
    with pytest.raises((TypeError, ValueError), match="'ids'.*[Pp]ad"):
        list(make_source(ragged, "label").epoch())
    stream = DATA.to_iterable_dataset()
    with pytest.raises(ValueError, match="no column 'z'"):
        list(make_source(stream, "z").epoch())
