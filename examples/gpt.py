"""A small GPT that learns to write like Python's own documentation.

    python examples/gpt.py --backend jax

It reads the help texts that ship with Python, character by character, and then writes
on by itself. While it writes, each layer keeps the keys and values of the past (a KV
cache), so that a new character costs one step of `keras.jit`, not a pass over the text.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops

# Code points of ASCII; all else is the last one.
VOCABULARY = 128


def encode(text: str) -> np.ndarray:
    """The numbers of characters."""
    codes = np.array([ord(character) for character in text], "int32")
    return np.minimum(codes, VOCABULARY - 1)


def decode(tokens: np.ndarray) -> str:
    """The text of numbers."""
    return "".join(chr(token) for token in tokens)


def load_text() -> np.ndarray:
    """The help texts that `help()` shows, as numbers of characters."""
    from pydoc_data.topics import topics

    return encode("\n\n".join(topics[name] for name in sorted(topics)))


def windows(text: np.ndarray, count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of a text from anywhere in it, and the character that follows each."""
    starts = np.random.default_rng(0).integers(0, len(text) - length - 1, count)
    pieces = text[starts[:, None] + np.arange(length + 1)]
    return pieces[:, :-1], pieces[:, 1:]


class CausalAttention(layers.Layer):
    """Attention of each place to those before it, with a cache for one at a time."""

    def __init__(self, width: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.heads = width, heads
        self.inward = layers.Dense(3 * width, name="inward")
        self.outward = layers.Dense(width, name="outward")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.inward.build(input_shape)
        self.outward.build(input_shape)

    def heads_of(self, x: Any) -> list[Any]:
        """Queries, keys and values, each `(batch, places, heads, size)`."""
        parts = ops.split(self.inward(x), 3, axis=-1)
        shape = (-1, x.shape[1], self.heads, self.width // self.heads)
        return [ops.reshape(part, shape) for part in parts]

    def call(self, x: Any) -> Any:
        query, key, value = self.heads_of(x)
        x = ops.dot_product_attention(query, key, value, is_causal=True)
        return self.outward(ops.reshape(x, (-1, x.shape[1], self.width)))

    def step(self, x: Any, position: Any, seen: Any, cache: Any) -> tuple[Any, Any]:
        """The output at one place, `(batch, 1, width)`, and the cache with it.

        `seen` says which places of the cache are there for the one at `position`.
        """
        query, *new = map(ops.stop_gradient, self.heads_of(x))
        start = (0, position, 0, 0)
        cache = [ops.slice_update(c, start, n) for c, n in zip(cache, new, strict=True)]
        x = ops.dot_product_attention(query, *cache, mask=seen)
        return self.outward(ops.reshape(x, (-1, 1, self.width))), cache


class Block(layers.Layer):
    """Attention, then two dense layers, each added to what came in."""

    def __init__(self, width: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm_1 = layers.LayerNormalization(epsilon=1e-5, name="norm_1")
        self.attention = CausalAttention(width, heads, name="attention")
        self.norm_2 = layers.LayerNormalization(epsilon=1e-5, name="norm_2")
        self.up = layers.Dense(4 * width, activation="gelu", name="up")
        self.down = layers.Dense(width, name="down")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        for layer in (self.norm_1, self.attention, self.norm_2, self.up):
            layer.build(input_shape)
        self.down.build((*input_shape[:-1], self.up.units))

    def call(self, x: Any) -> Any:
        x = x + self.attention(self.norm_1(x))
        return x + self.down(self.up(self.norm_2(x)))

    def step(self, x: Any, position: Any, seen: Any, cache: Any) -> tuple[Any, Any]:
        """What `call` gives for one place."""
        y, cache = self.attention.step(self.norm_1(x), position, seen, cache)
        x = x + y
        return x + self.down(self.up(self.norm_2(x))), cache


class GPT(keras.Model):
    """Logits of the next token at each place of tokens `(batch, places)`."""

    def __init__(
        self,
        vocabulary: int = VOCABULARY,
        length: int = 128,
        width: int = 96,
        depth: int = 3,
        heads: int = 4,
    ) -> None:
        super().__init__(name="gpt")
        self.length, self.shape_of_heads = length, (heads, width // heads)
        self.tokens = layers.Embedding(vocabulary, width, name="tokens")
        self.places = layers.Embedding(length, width, name="places")
        self.blocks = [Block(width, heads, name=f"block_{i}") for i in range(depth)]
        self.norm = layers.LayerNormalization(epsilon=1e-5, name="norm")
        self.head = layers.Dense(vocabulary, use_bias=False, name="head")

    def call(self, tokens: Any) -> Any:
        x = self.tokens(tokens) + self.places(ops.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def empty_cache(self, batch: int = 1) -> list[Any]:
        """Room for the keys and values of each block."""
        shape = (batch, self.length, *self.shape_of_heads)
        return [[ops.zeros(shape), ops.zeros(shape)] for _ in self.blocks]

    def step(self, token: Any, position: Any, cache: Any) -> tuple[Any, Any]:
        """Logits `(batch, vocabulary)` after tokens `(batch,)`, and the next cache."""
        x = ops.expand_dims(self.tokens(token) + self.places(position), 1)
        seen = (ops.arange(self.length) <= position)[None, None, None]
        following = []
        for block, past in zip(self.blocks, cache, strict=True):
            x, past = block.step(x, position, seen, past)
            following.append(past)
        return self.head(self.norm(x))[:, 0], following


def generate(
    model: GPT, prompt: np.ndarray, count: int, temperature: float = 0.7, seed: int = 1
) -> np.ndarray:
    """The prompt, `(places,)`, and as many tokens after it."""
    seeds = keras.random.SeedGenerator(seed)

    def step(token: Any, position: Any, cache: Any) -> tuple[Any, Any]:
        logits, cache = model.step(token, position, cache)
        drawn = keras.random.categorical(logits / temperature, 1, seed=seeds)
        return ops.cast(drawn[:, 0], "int32"), cache

    run = keras.jit(step, jit_compile="auto")
    cache = model.empty_cache()
    tokens = [np.array([token], "int32") for token in prompt]
    for position in range(len(prompt) + count - 1):
        token, cache = run(tokens[position], np.array(position, "int32"), cache)
        if position >= len(prompt) - 1:
            tokens.append(token)
    return np.concatenate([ops.convert_to_numpy(token) for token in tokens])


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--windows", type=int, default=6400)
    parser.add_argument("--prompt", default="The ")
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    text = load_text()
    training, unseen = text[:-20_000], text[-20_000:]
    model = GPT()
    model.compile(
        optimizer=keras.optimizers.AdamW(3e-3, weight_decay=1e-2, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(*windows(training, options.windows, 64), batch_size=32)
    loss = model.evaluate(*windows(unseen, 64, 64), verbose=0)
    print(f"{loss / np.log(2):.2f} bits for a character of a text that it has not seen")

    start = time.perf_counter()
    prompt = encode(options.prompt)
    written = generate(model, prompt, min(model.length - len(prompt), 120))
    seconds = time.perf_counter() - start
    print(decode(written))
    print(f"{len(written) / seconds:.0f} characters a second")


if __name__ == "__main__":
    main()
