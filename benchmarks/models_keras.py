"""The workloads in Keras' public API: one text for this keras and the PyPI one.

Which keras that is, the interpreter that runs the worker decides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import workloads as w

import keras
from keras import layers


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(w.HIDDEN, activation="relu"),
            layers.Dense(w.HIDDEN, activation="relu"),
            layers.Dense(w.CLASSES),
        ]
    )


def convnet() -> keras.Model:
    first, second = w.CONV_FILTERS
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(first, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(second, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(w.CLASSES),
        ]
    )


def transformer() -> keras.Model:
    tokens = keras.Input((32,), dtype="int32")
    x = layers.Embedding(w.VOCABULARY, w.WIDTH)(tokens)
    for _ in range(w.BLOCKS):
        y = layers.LayerNormalization(epsilon=w.NORM_EPSILON)(x)
        y = layers.MultiHeadAttention(w.HEADS, w.WIDTH // w.HEADS)(y, y)
        x = layers.Add()([x, y])
        y = layers.LayerNormalization(epsilon=w.NORM_EPSILON)(x)
        y = layers.Dense(w.FEED_FORWARD, activation="relu")(y)
        y = layers.Dense(w.WIDTH)(y)
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(w.CLASSES)(x))


def lstm() -> keras.Model:
    return keras.Sequential(
        [keras.Input((40, 16)), layers.LSTM(w.UNITS), layers.Dense(w.CLASSES)]
    )


MODELS: dict[str, Callable[[], keras.Model]] = {
    "mlp": mlp,
    "convnet": convnet,
    "transformer": transformer,
    "lstm": lstm,
}


class KerasSide:
    """What any Keras model brings to the small interface that all sides share."""

    model: keras.Model

    @staticmethod
    def facts() -> dict[str, str]:
        return {
            "keras": keras.__version__,
            "keras_file": keras.__file__ or "",
            "backend": keras.backend.backend(),
        }

    def get_weights(self) -> list[np.ndarray]:
        return [np.asarray(weight) for weight in self.model.get_weights()]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.model.set_weights(weights)


class Contender(KerasSide):
    """One of the workloads."""

    checkpoint = "model.keras"

    def __init__(self, name: str, trains: bool = True) -> None:
        self.name = name
        self.batch = w.WORKLOADS[name].batch
        self.trains = trains
        self.model = self.build()
        self.fused: keras.Model | None = None
        self.by_batch: keras.Model | None = None

    def build(self) -> keras.Model:
        model = MODELS[self.name]()
        if self.trains:
            model.compile(
                optimizer=keras.optimizers.Adam(
                    w.LEARNING_RATE, w.BETA_1, w.BETA_2, w.EPSILON
                ),
                loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            )
        return model

    def fit(self, x: np.ndarray, y: np.ndarray, shuffle: bool = True) -> float:
        history = self.model.fit(
            x, y, batch_size=self.batch, epochs=1, verbose=0, shuffle=shuffle
        )
        return float(history.history["loss"][-1])

    def fit_fused(self, x: np.ndarray, y: np.ndarray) -> float:
        """`fit` of another such model, many steps of which are one program."""
        if self.fused is None:
            self.fused = self.build()
            self.fused.steps_per_execution = w.FUSED
        plain, self.model = self.model, self.fused
        try:
            return self.fit(x, y)
        finally:
            self.model = plain

    def train_on_batch(self, x: np.ndarray, y: np.ndarray) -> float:
        """By another such model: a loop of one's own is there instead of `fit`."""
        if self.by_batch is None:
            self.by_batch = self.build()
        return float(self.by_batch.train_on_batch(x, y)[0])

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        loss, accuracy = self.model.evaluate(x, y, batch_size=self.batch, verbose=0)
        return float(loss), float(accuracy)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, batch_size=self.batch, verbose=0)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict_on_batch(x)

    def tensor(self, x: np.ndarray) -> object:
        return keras.ops.convert_to_tensor(x)

    def call(self, x: object) -> object:
        return self.model(x)

    def save(self, folder: str) -> None:
        self.model.save(f"{folder}/{self.checkpoint}")

    def load(self, folder: str) -> None:
        keras.saving.load_model(f"{folder}/{self.checkpoint}")
