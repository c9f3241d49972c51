"""A layer of the user's own, written in `keras.ops`, on every backend.

The token and position embedding of the documents' text guides, once with sublayers
and once with plain weights and a normalization by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import keras
from keras import layers, ops

VOCABULARY, LENGTH, WIDTH = 30, 8, 6


class TokenAndPositionEmbedding(keras.layers.Layer):
    """Embeds tokens and their positions, and scales each vector to length one."""

    def __init__(self, maxlen: int, vocab_size: int, embed_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.maxlen = maxlen
        self.vocab_size = vocab_size
        self.embed_dim = embed_dim
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(
            shape=(self.vocab_size, self.embed_dim),
            initializer="random_normal",
            name="table",
        )
        self.pos_emb.build((None,))

    def call(self, x: Any) -> Any:
        maxlen = ops.shape(x)[-1]
        positions = ops.arange(start=0, stop=maxlen, step=1)
        tokens = ops.take(self.table, ops.cast(x, "int32"), axis=0)
        both = tokens + self.pos_emb(positions)
        squares = ops.sum(ops.square(both), axis=-1, keepdims=True)
        return both / ops.maximum(ops.sqrt(squares), 1e-6)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            maxlen=self.maxlen, vocab_size=self.vocab_size, embed_dim=self.embed_dim
        )
        return config


def texts(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Rows of tokens; the target says whether the first is of the upper half."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, VOCABULARY, (count, LENGTH)).astype("int32")
    return x, (x[:, 0] >= VOCABULARY // 2).astype("float32")[:, None]


def classifier(length: int | None = LENGTH) -> keras.Model:
    inputs = layers.Input(shape=(length,), dtype="int32")
    x = TokenAndPositionEmbedding(LENGTH, VOCABULARY, WIDTH)(inputs)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def by_hand(layer: Any, x: np.ndarray) -> np.ndarray:
    table, positions = layer.table.numpy(), layer.pos_emb.get_weights()[0]
    both = table[x] + positions[: x.shape[1]]
    norm = np.sqrt((both**2).sum(-1, keepdims=True))
    return both / np.maximum(norm, 1e-6)


def test_values(backend: str) -> None:
    layer = TokenAndPositionEmbedding(LENGTH, VOCABULARY, WIDTH)
    x, _ = texts(5)
    result = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(result, by_hand(layer, x), rtol=1e-5, atol=1e-6)
    assert [weight.name for weight in layer.weights] == ["table", "embeddings"]


def test_symbolic_shape_with_unknown_length(backend: str) -> None:
    model = classifier(None)
    assert model.layers[1].output.shape == (None, None, WIDTH)
    assert model.output_shape == (None, 1)
    for length in (3, LENGTH):
        x = texts(4)[0][:, :length]
        assert model.predict(x, verbose=0).shape == (4, 1)


def test_unknown_length_by_position(backend: str) -> None:
    class Places(layers.Layer):
        def call(self, x: Any) -> Any:
            return x + ops.cast(ops.arange(0, ops.shape(x)[1]), x.dtype)

    assert Places()(keras.Input((None,))).shape == (None, None)
    result = Places()(np.zeros((2, 3), "float32"))
    assert ops.convert_to_numpy(result)[0].tolist() == [0.0, 1.0, 2.0]


def test_trains_saves_and_loads(training_backend: str, tmp_path: Path) -> None:
    x, y = texts()
    model = classifier()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.05
    table = model.layers[1].table.numpy().copy()
    history = model.fit(x, y, epochs=12, batch_size=16, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert not np.allclose(model.layers[1].table.numpy(), table)
    path = tmp_path / "text.keras"
    model.save(path)
    own = {"TokenAndPositionEmbedding": TokenAndPositionEmbedding}
    loaded = keras.models.load_model(path, custom_objects=own)
    assert type(loaded.layers[1]).__name__ == "TokenAndPositionEmbedding"
    assert isinstance(loaded.layers[1], TokenAndPositionEmbedding)
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )
    np.testing.assert_allclose(
        loaded.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-4
    )
    loaded.fit(x, y, epochs=1, verbose=0)


def test_a_saved_model_moves_to_numpy(training_backend: str, tmp_path: Path) -> None:
    x, _ = texts()
    model = classifier()
    model.save(tmp_path / "text.keras")
    own = {"TokenAndPositionEmbedding": TokenAndPositionEmbedding}
    with keras.backend_scope("numpy"):
        loaded = keras.models.load_model(tmp_path / "text.keras", custom_objects=own)
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
