"""A BERT-like encoder: pretrained on hidden characters, fine-tuned with LoRA.

    python examples/bert.py --backend torch

The encoder learns to fill in characters that were hidden from it (Devlin et al., 2018,
https://arxiv.org/abs/1810.04805), in prose and code that ship with Python. Then a head
on it learns to tell the two from few labelled examples, while of the encoder only small
matrices beside its kernels train (Hu et al., 2021, https://arxiv.org/abs/2106.09685).
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops

# Code points of ASCII; the last one stands for all else, and the first hides one.
VOCABULARY = 128
HIDDEN = 0
LENGTH = 32


def load_texts() -> tuple[str, str]:
    """Prose (the help texts of Python) and code (modules of its library)."""
    import argparse as code_1
    import inspect
    import typing as code_2
    from pydoc_data.topics import topics

    prose = " ".join(topics[name] for name in sorted(topics))
    code = inspect.getsource(code_1) + inspect.getsource(code_2)
    # Without line breaks and indentation, which would give code away.
    return " ".join(prose.split()), " ".join(code.split())


def make_data(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of text as numbers, `(count, 32)`, and whether each is code."""
    rng = np.random.default_rng(seed)
    texts = [
        np.frombuffer(text.encode("ascii", "replace"), "uint8") for text in load_texts()
    ]
    labels = rng.integers(0, 2, count)
    starts = [rng.integers(0, len(texts[label]) - LENGTH) for label in labels]
    pieces = [
        texts[label][start : start + LENGTH]
        for label, start in zip(labels, starts, strict=True)
    ]
    return np.stack(pieces).astype("int32"), labels.astype("float32")


def hide(tokens: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Tokens of which some are hidden, all tokens, and 1.0 where one is hidden."""
    hidden = np.random.default_rng(seed).uniform(size=tokens.shape) < 0.15
    return np.where(hidden, HIDDEN, tokens), tokens, hidden.astype("float32")


class Positions(layers.Layer):
    """Adds a learned vector to each place of a sequence `(batch, places, width)`."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.vectors = self.add_weight(
            shape=input_shape[1:], initializer="random_normal", name="vectors"
        )

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x + self.vectors


def make_encoder(
    vocabulary: int = VOCABULARY,
    length: int = LENGTH,
    width: int = 64,
    depth: int = 2,
    heads: int = 4,
    dropout: float = 0.0,
) -> keras.Model:
    """Vectors of the places of tokens, `(batch, length, width)`."""
    tokens = keras.Input((length,), dtype="int32")
    x = layers.ReversibleEmbedding(vocabulary, width, name="embedding")(tokens)
    x = Positions(name="positions")(x)
    for _ in range(depth):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.MultiHeadAttention(heads, width // heads, dropout=dropout)(y, y)
        x = layers.Add()([x, y])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(4 * width, activation="gelu")(y)
        y = layers.Dropout(dropout)(layers.Dense(width)(y))
        x = layers.Add()([x, y])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(tokens, x, name="encoder")


def pretrain(encoder: keras.Model, tokens: np.ndarray, epochs: int) -> float:
    """Fills in hidden tokens; the accuracy at the end."""
    embedding = encoder.get_layer("embedding")
    logits = embedding(encoder.output, reverse=True)
    model = keras.Model(encoder.input, logits)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
    )
    seen, wanted, hidden = hide(tokens)
    history = model.fit(
        seen, wanted, sample_weight=hidden, epochs=epochs, batch_size=64
    )
    return history.history["accuracy"][-1]


def make_classifier(encoder: keras.Model, rank: int = 4) -> keras.Model:
    """Whether tokens are code; of the encoder, LoRA of queries and values trains."""
    for layer in encoder.layers:
        attention = isinstance(layer, layers.MultiHeadAttention)
        layer.trainable = attention
        if attention:
            layer.key_dense.trainable = layer.output_dense.trainable = False
            layer.query_dense.enable_lora(rank)
            layer.value_dense.enable_lora(rank)
    x = layers.GlobalAveragePooling1D()(encoder.output)
    code = layers.Dense(1, activation="sigmoid", name="is_code")(x)
    model = keras.Model(encoder.input, code)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    encoder = make_encoder()
    filled = pretrain(encoder, make_data(6000, seed=0)[0], options.epochs)
    print(f"Hidden characters filled in: {filled:.1%}")
    model = make_classifier(encoder)
    trained = sum(int(ops.size(weight)) for weight in model.trainable_weights)
    print(f"{trained:,} of {model.count_params():,} weights are fine-tuned")
    model.fit(*make_data(1200, seed=1), epochs=2 * options.epochs)
    _, accuracy = model.evaluate(*make_data(1000, seed=2), verbose=0)
    print(f"Prose told from code: {accuracy:.1%} of unseen pieces")


if __name__ == "__main__":
    main()
