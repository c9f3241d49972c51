"""Models whose first layers take strings: fit, predict and files on every backend."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS

layers = keras.layers
TEXTS = np.array(["good film", "bad film", "good good", "bad"] * 8)
LABELS = np.array([1.0, 0.0, 1.0, 0.0] * 8)


def sequential(deferred: bool = False) -> Any:
    """Text to a number."""
    text = layers.TextVectorization(output_sequence_length=3)
    text.adapt(TEXTS)
    size = text.vocabulary_size()
    rest = [
        text,
        layers.Embedding(size, 4),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
    start = [] if deferred else [keras.Input((), dtype="string")]
    return keras.Sequential([*start, *rest])


def functional() -> Any:
    """Text, a category and a number to a number; the text layer is in a model."""
    text = layers.TextVectorization(output_mode="multi_hot")
    text.adapt(TEXTS)
    inner = keras.Sequential([keras.Input((1,), dtype="string"), text], name="inner")
    words = keras.Input((1,), dtype="string", name="words")
    kind = keras.Input((1,), dtype="string", name="kind")
    number = keras.Input((2,), name="number")
    parts = [inner(words), layers.Hashing(4, output_mode="one_hot")(kind), number]
    joined = layers.Concatenate()(parts)
    outputs = layers.Dense(1, activation="sigmoid")(joined)
    return keras.Model({"words": words, "kind": kind, "number": number}, outputs)


def inputs() -> dict[str, np.ndarray]:
    """Data for the functional model."""
    rng = np.random.default_rng(0)
    return {
        "words": TEXTS[:, None],
        "kind": np.array(["a", "b"] * 16, dtype=object)[:, None],
        "number": rng.normal(size=(32, 2)).astype("float32"),
    }


MODELS = {
    "sequential": (sequential, lambda: TEXTS),
    "deferred": (lambda: sequential(deferred=True), lambda: TEXTS),
    "functional": (functional, inputs),
}


@pytest.mark.parametrize("name", MODELS)
def test_calls_and_predictions_take_strings(
    name: str, backend: str, tmp_path: Path
) -> None:
    make, data = MODELS[name]
    model, x = make(), data()
    called = keras.ops.convert_to_numpy(model(x))
    assert called.shape == (32, 1)
    predicted = model.predict(x, batch_size=8, verbose=0)
    np.testing.assert_allclose(predicted, called, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), called, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_fit_takes_strings(name: str, training_backend: str) -> None:
    make, data = MODELS[name]
    model, x = make(), data()
    model.compile(
        keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"]
    )
    before = None
    if name != "deferred":
        before = model.evaluate(x, LABELS, verbose=0)[0]
    model.fit(x, LABELS, batch_size=8, epochs=8, verbose=0)
    loss, accuracy = model.evaluate(x, LABELS, verbose=0)
    assert accuracy == 1.0
    assert before is None or loss < before / 2


def test_a_step_of_the_users_gets_the_numbers(training_backend: str) -> None:
    seen = []

    class Own(keras.Model):
        def train_step(self, data: Any) -> Any:
            x, y = data
            seen.append(x)

            def loss_of(x: Any, y: Any) -> Any:
                return keras.ops.mean((self(x, training=True)[:, 0] - y) ** 2)

            loss, grads = keras.value_and_grad(loss_of, self.trainable_variables)(x, y)
            self.optimizer.apply(grads)
            return {"loss": loss}

    model = functional()
    model = Own(model.input, model.output)
    model.compile("sgd")
    x = inputs()
    history = model.fit(dict(x), LABELS, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    assert len(seen) >= 1


def test_copies_keep_their_vocabulary(backend: str) -> None:
    model = sequential()
    wanted = model.predict(TEXTS, verbose=0)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_allclose(again.predict(TEXTS, verbose=0), wanted, atol=1e-5)
    layer = model.layers[0]
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert again.get_vocabulary() == layer.get_vocabulary()
        found = keras.ops.convert_to_numpy(again(["good new film"]))
        assert found.tolist() == [[2, 1, 3]]


def test_a_model_moves_to_another_backend_with_its_vocabulary() -> None:
    if len(TRAINING_BACKENDS) < 2:
        pytest.skip("one backend")
    with keras.backend_scope(TRAINING_BACKENDS[0]):
        model = sequential()
    other = model.to_backend(TRAINING_BACKENDS[1])
    found = other.predict(TEXTS, verbose=0)
    np.testing.assert_allclose(found, model.predict(TEXTS, verbose=0), atol=1e-5)
