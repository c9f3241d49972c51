"""Every kind of data, through fit, evaluate and predict, on every backend.

The same numbers come as NumPy arrays and as each container; whatever the container,
the history must be that of the arrays.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.utils import PyDataset

COUNT, BATCH = 40, 16
RNG = np.random.default_rng(7)
X = RNG.standard_normal((COUNT, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")
WEIGHTS = np.linspace(0.5, 1.5, COUNT).astype("float32")


class Batches(PyDataset):
    def __init__(self, *parts: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = parts

    def __len__(self) -> int:
        return -(-COUNT // BATCH)

    def __getitem__(self, index: int) -> Any:
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return tuple(part[rows] for part in self.parts)


def batches(*parts: Any) -> Iterator[Any]:
    """One pass, as a generator."""
    for start in range(0, COUNT, BATCH):
        yield tuple(part[start : start + BATCH] for part in parts)


def tf_dataset(*parts: Any) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(parts).batch(BATCH)


def torch_loader(*parts: Any) -> Any:
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    tensors = [torch.from_numpy(part) for part in parts]
    return DataLoader(TensorDataset(*tensors), batch_size=BATCH)


def torch_loader_of_arrays(*parts: Any) -> Any:
    """A loader whose collate function makes NumPy arrays, or whatever it likes."""
    pytest.importorskip("torch")
    from torch.utils.data import DataLoader

    rows = list(zip(*parts, strict=True))
    return DataLoader(
        rows,  # pyright: ignore
        batch_size=BATCH,
        collate_fn=lambda got: tuple(np.stack(column) for column in zip(*got)),
    )


# What is given as `x`, batches and all.
LOADERS: dict[str, Callable[..., Any]] = {
    "tf.data": tf_dataset,
    "DataLoader": torch_loader,
    "DataLoader-numpy": torch_loader_of_arrays,
    "PyDataset": Batches,
    "PyDataset-workers": lambda *parts: Batches(*parts, workers=2),
    "generator": batches,
}


def as_frame(array: np.ndarray) -> Any:
    pandas = pytest.importorskip("pandas")
    names = [f"column_{i}" for i in range(array.shape[1])]
    return pandas.DataFrame(array, columns=names)


def as_series(array: np.ndarray) -> Any:
    return pytest.importorskip("pandas").Series(array.reshape(-1))


def as_arrow(array: np.ndarray) -> Any:
    columns = {f"column_{i}": array[:, i] for i in range(array.shape[1])}
    return pytest.importorskip("pyarrow").table(columns)


def as_arrow_lists(array: np.ndarray) -> Any:
    arrow = pytest.importorskip("pyarrow")
    return arrow.FixedSizeListArray.from_arrays(array.ravel(), array.shape[1])


class Holder:
    """Anything with `__array__`."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.array if dtype is None else self.array.astype(dtype)

    def __len__(self) -> int:
        return len(self.array)


# What holds all rows, in place of a NumPy array.
ARRAYS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda array: array.tolist(),
    "float64": lambda array: array.astype("float64"),
    "DataFrame": as_frame,
    "Series": as_series,
    "polars": lambda array: pytest.importorskip("polars").DataFrame(array),
    "polars-array": lambda array: pytest.importorskip("polars").Series(array),
    "arrow": as_arrow,
    "arrow-lists": as_arrow_lists,
    "torch": lambda array: pytest.importorskip("torch").from_numpy(array),
    "tensorflow": lambda a: pytest.importorskip("tensorflow").constant(a),
    "jax": lambda array: pytest.importorskip("jax").numpy.asarray(array),
    "__array__": Holder,
    "memory-mapped": lambda array: array.view(np.memmap),
}


def new() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, name="only")])
    model.compile(
        keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"], weighted_metrics=["mse"]
    )
    return start(model)


def start(model: keras.Model) -> keras.Model:
    model.set_weights([np.full((3, 1), 0.1), np.zeros(1)])
    if model.optimizer.built:
        model.optimizer.iterations.assign(0)
    return model


@cache
def _compiled_once(backend: str) -> keras.Model:
    return new()


def make() -> keras.Model:
    """A model as a new one is, but compiled before: the data is what is tested."""
    return start(_compiled_once(keras.config.backend()))


OPTIONS: dict[str, Any] = {"shuffle": False, "verbose": 0}


def check_history(got: Any, expected: Any) -> None:
    assert set(got.history) == set(expected.history)
    for name, values in expected.history.items():
        np.testing.assert_allclose(got.history[name], values, 1e-4, err_msg=name)


@cache
def of_arrays(backend: str, epochs: int, weighted: bool) -> tuple[Any, list[Any]]:
    """What training on plain arrays gives: history and weights."""
    model = make()
    if weighted:
        history = model.fit(X, Y, BATCH, epochs, sample_weight=WEIGHTS, **OPTIONS)
    else:
        history = model.fit(X, Y, BATCH, epochs, validation_data=(X, Y), **OPTIONS)
    return history, model.get_weights()


@pytest.mark.parametrize("kind", LOADERS)
def test_loaders_train_as_arrays_do(training_backend: str, kind: str) -> None:
    epochs = 1 if kind == "generator" else 2
    model = make()
    got = model.fit(LOADERS[kind](X, Y, WEIGHTS), epochs=epochs, **OPTIONS)
    expected, weights = of_arrays(training_backend, epochs, True)
    check_history(got, expected)
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)


@pytest.mark.parametrize("kind", LOADERS)
def test_loaders_in_evaluate_and_predict(backend: str, kind: str) -> None:
    model = make()
    got = model.evaluate(LOADERS[kind](X, Y), verbose=0, return_dict=True)
    expected = model.evaluate(X, Y, BATCH, verbose=0, return_dict=True)
    assert got == pytest.approx(expected, rel=1e-4)
    outputs = model.predict(X, verbose=0)
    for parts in ((X,), (X, Y), (X, Y, WEIGHTS)):
        predicted = model.predict(LOADERS[kind](*parts), verbose=0)
        np.testing.assert_allclose(predicted, outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LOADERS)
def test_loaders_as_validation_data(training_backend: str, kind: str) -> None:
    model = make()
    loader = LOADERS[kind](X, Y)
    epochs = 1 if kind == "generator" else 2
    got = model.fit(X, Y, epochs=epochs, validation_data=loader, **OPTIONS)
    scores = model.evaluate(X, Y, BATCH, verbose=0, return_dict=True)
    last = {name: got.history[f"val_{name}"][-1] for name in scores}
    assert last == pytest.approx(scores, rel=1e-4)


@pytest.mark.parametrize("kind", ARRAYS)
def test_holders_of_arrays_train_as_arrays_do(training_backend: str, kind: str) -> None:
    wrap = ARRAYS[kind]
    x = X if kind in ("Series", "list") else wrap(X)  # a list would be three inputs
    got = make().fit(x, wrap(Y), BATCH, 2, validation_data=(x, wrap(Y)), **OPTIONS)
    check_history(got, of_arrays(training_backend, 2, False)[0])


@pytest.mark.parametrize("kind", [kind for kind in ARRAYS if kind != "Series"])
def test_holders_of_arrays_in_predict(backend: str, kind: str) -> None:
    model = make()
    outputs = model.predict(X, verbose=0)
    x = np.array(X.tolist()) if kind == "list" else ARRAYS[kind](X)
    predicted = model.predict(x, batch_size=BATCH, verbose=0)
    assert isinstance(predicted, np.ndarray) and predicted.dtype == "float32"
    np.testing.assert_allclose(predicted, outputs, rtol=1e-5, atol=1e-6)
    scores = model.evaluate(x, Y, verbose=0)
    assert scores == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-4)


def test_pandas_columns_and_weights(training_backend: str) -> None:
    frame = as_frame(X)
    frame["target"] = Y[:, 0]
    frame["weight"] = WEIGHTS
    inputs = [keras.Input((1,), name=f"column_{i}") for i in range(3)]
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()(inputs)))
    model.compile("sgd", "mse")
    columns = {f"column_{i}": frame[f"column_{i}"] for i in range(3)}
    history = model.fit(
        columns, frame["target"], sample_weight=frame["weight"], epochs=2, **OPTIONS
    ).history
    assert history["loss"][1] < history["loss"][0]
    assert model.predict(columns, verbose=0).shape == (COUNT, 1)


@pytest.mark.parametrize("kind", ["Series", "array", "list"])
def test_labels_that_are_text(training_backend: str, kind: str) -> None:
    labels: Any = ["cat", "dog"] * (COUNT // 2)
    if kind == "Series":
        labels = pytest.importorskip("pandas").Series(labels)
    labels = np.array(labels) if kind == "array" else labels
    with pytest.raises(ValueError, match="text.*loss compares numbers.*np.unique"):
        make().fit(X, labels, verbose=0)


# Generators ---------------------------------------------------------------------------


def test_a_finite_generator_warns_in_its_second_epoch(training_backend: str) -> None:
    model = make()
    with pytest.warns(UserWarning, match="ran out of data") as caught:
        history = model.fit(batches(X, Y), epochs=3, verbose=0)
    text = str(caught[0].message)
    assert "generator" in text.lower() and "repeat" in text
    assert history.epoch == [0]
    assert int(model.optimizer.iterations.numpy()) == 3


def test_a_generator_shorter_than_the_steps_warns(training_backend: str) -> None:
    model = make()
    with pytest.warns(UserWarning) as caught:
        history = model.fit(batches(X, Y), epochs=3, steps_per_epoch=2, verbose=0)
    first, second = (str(warning.message) for warning in caught)
    assert "ended after 1 of 2 steps" in first and "after 2 of 3 epochs" in second
    assert history.epoch == [0, 1]
    assert int(model.optimizer.iterations.numpy()) == 3


def test_steps_of_an_endless_generator(training_backend: str) -> None:
    def endless() -> Iterator[Any]:
        while True:
            yield from batches(X, Y)

    mine, usual = make(), new()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = mine.fit(
            endless(),
            epochs=2,
            steps_per_epoch=3,
            validation_data=endless(),
            validation_steps=3,
            **OPTIONS,
        )
        scores = mine.evaluate(endless(), steps=3, verbose=0, return_dict=True)
        predicted = mine.predict(endless(), steps=3, verbose=0)
    expected = usual.fit(X, Y, BATCH, 2, validation_data=(X, Y), **OPTIONS)
    validation = usual.evaluate(X, Y, BATCH, verbose=0, return_dict=True)
    np.testing.assert_allclose(got.history["loss"], expected.history["loss"], 1e-4)
    assert scores == pytest.approx(validation, rel=1e-4)
    np.testing.assert_allclose(predicted, usual.predict(X, verbose=0), rtol=1e-4)


def test_endless_data_without_steps_is_told(training_backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH).repeat()
    model = make()
    with pytest.raises(ValueError, match="steps_per_epoch") as error:
        model.fit(data, verbose=0)
    assert "infinite" in str(error.value) or "endless" in str(error.value)
    with pytest.raises(ValueError, match="steps"):
        model.evaluate(data, verbose=0)


def test_steps_per_epoch_of_a_dataset_go_on(training_backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH).repeat()
    model = make()
    history = model.fit(data, steps_per_epoch=2, epochs=3, verbose=0)
    assert len(history.history["loss"]) == 3
    assert int(model.optimizer.iterations.numpy()) == 6


# Structures ---------------------------------------------------------------------------


def test_dictionaries_of_named_inputs_and_outputs(training_backend: str) -> None:
    tf = pytest.importorskip("tensorflow")
    a, b = keras.Input((3,), name="a"), keras.Input((1,), name="b")
    total = layers.Concatenate()([a, b])
    outputs = {
        "size": layers.Dense(1, name="size")(total),
        "kind": layers.Dense(2, activation="softmax", name="kind")(total),
    }
    model = keras.Model({"a": a, "b": b}, outputs)
    model.compile(
        "adam",
        loss={"size": "mse", "kind": "sparse_categorical_crossentropy"},
        metrics={"kind": ["accuracy"]},
    )
    x = {"a": X, "b": Y}
    y = {"size": Y, "kind": (Y[:, 0] > 0).astype("int32")}
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)
    for source in (data, data.prefetch(1)):
        history = model.fit(source, validation_data=source, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert "val_kind_accuracy" in history
    predicted = model.predict(data, verbose=0)
    assert {k: v.shape for k, v in predicted.items()} == {
        "size": (COUNT, 1),
        "kind": (COUNT, 2),
    }


def test_data_of_another_framework_in_train_on_batch(training_backend: str) -> None:
    torch, tf = pytest.importorskip("torch"), pytest.importorskip("tensorflow")
    losses = []
    for wrap in (np.asarray, torch.from_numpy, tf.constant):
        model = make()
        model.train_on_batch(wrap(X), wrap(Y))
        losses.append(model.test_on_batch(wrap(X), wrap(Y))[0])
        assert model.predict_on_batch(wrap(X)).shape == (COUNT, 1)
    np.testing.assert_allclose(losses, losses[0], rtol=1e-5)
