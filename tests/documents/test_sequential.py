"""The first lines that a user of Keras writes: Sequential, compile, fit, on arrays."""

from __future__ import annotations

import numpy as np
import pytest

import keras
from keras import layers

CLASSES = 3


def blobs(count: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Points around three corners, and which corner."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, count)
    corners = np.eye(CLASSES, 4, dtype="float32") * 4
    x = corners[y] + 0.3 * rng.standard_normal((count, 4)).astype("float32")
    return x, y


def model_by_add() -> keras.Sequential:
    model = keras.Sequential()
    model.add(keras.Input(shape=(4,)))
    model.add(layers.Dense(units=16, activation="relu"))
    model.add(layers.Dense(units=CLASSES, activation="softmax"))
    return model


def check_learns(model: keras.Model, y: np.ndarray) -> None:
    """fit, evaluate, train_on_batch and predict do what the documents say."""
    x, labels = blobs()
    history = model.fit(x, y, epochs=5, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    assert history.epoch == [0, 1, 2, 3, 4]
    loss, accuracy = model.evaluate(x, y, batch_size=32, verbose=0)
    assert accuracy > 0.95
    classes = model.predict(x, batch_size=40, verbose=0)
    assert isinstance(classes, np.ndarray) and classes.shape == (len(x), CLASSES)
    np.testing.assert_allclose(classes.sum(-1), 1.0, rtol=1e-5)
    assert np.mean(classes.argmax(-1) == labels) == pytest.approx(accuracy)
    assert model.test_on_batch(x, y)[0] == pytest.approx(loss, rel=1e-4, abs=1e-6)


def test_compile_with_strings(training_backend: str) -> None:
    _, labels = blobs()
    model = model_by_add()
    model.compile(
        loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
    )
    model.optimizer.learning_rate = 0.05
    check_learns(model, np.eye(CLASSES, dtype="float32")[labels])


def test_compile_with_objects(training_backend: str) -> None:
    model = model_by_add()
    model.compile(
        optimizer=keras.optimizers.SGD(
            learning_rate=0.1, momentum=0.9, nesterov=True, clipnorm=1.0
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
    )
    check_learns(model, blobs()[1])


def test_compile_with_functions(training_backend: str) -> None:
    def share_of_hits(y_true: object, y_pred: object) -> object:
        hits = keras.ops.equal(
            keras.ops.cast(y_true, "int64"),
            keras.ops.cast(keras.ops.argmax(y_pred, axis=-1), "int64"),
        )
        return keras.ops.cast(hits, "float32")

    model = model_by_add()
    model.compile(
        optimizer=keras.optimizers.Adam(0.05),
        loss=keras.losses.sparse_categorical_crossentropy,
        metrics=[share_of_hits],
    )
    check_learns(model, blobs()[1])
    assert "share_of_hits" in model.evaluate(*blobs(), verbose=0, return_dict=True)


def test_layers_in_a_list_are_built_by_fit(training_backend: str) -> None:
    model = keras.Sequential(
        [layers.Dense(16, activation="relu"), layers.Dense(CLASSES, "softmax")]
    )
    assert model.weights == [] and not model.built
    model.compile(
        keras.optimizers.Adam(0.05),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    check_learns(model, blobs()[1])
    assert [w.path.split("/", 1)[1] for w in model.weights] == [
        f"{layer.name}/{name}" for layer in model.layers for name in ("kernel", "bias")
    ]


def test_with_numpy_alone() -> None:
    x, y = blobs()
    with keras.backend_scope("numpy"):
        model = model_by_add()
        model.compile(
            loss="sparse_categorical_crossentropy",
            optimizer="adam",
            metrics=["accuracy"],
        )
        probabilities = model.predict(x, verbose=0)
        loss, accuracy = model.evaluate(x, y, verbose=0)
    assert type(model(x)) is np.ndarray
    picked = probabilities[np.arange(len(x)), y]
    assert loss == pytest.approx(-np.log(picked).mean(), rel=1e-5)
    assert accuracy == pytest.approx(np.mean(probabilities.argmax(-1) == y))
