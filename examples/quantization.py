"""What a small language model loses when its weights get few bits.

    python examples/quantization.py --backend torch

A decoder learns the help texts that ship with Python, character by character. Then its
weights are quantized in several ways, and the perplexity of text that it has not seen
is measured anew: 8 bits, 4 bits as they come, and 4 bits by GPTQ and AWQ, which look at
some of the text that it has seen.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops, quantizers

VOCABULARY = 128
LENGTH = 64
GROUP = 32


def load_text() -> tuple[np.ndarray, np.ndarray]:
    """The help texts that `help()` shows, in two parts: to learn, and to be asked."""
    from pydoc_data.topics import topics

    text = "\n\n".join(topics[name] for name in sorted(topics))
    codes = np.minimum(np.frombuffer(text.encode("utf-32-le"), "uint32"), 127)
    part = len(codes) * 9 // 10
    return codes[:part].astype("int32"), codes[part:].astype("int32")


def windows(text: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of a text from anywhere in it, and the character that follows each."""
    starts = np.random.default_rng(0).integers(0, len(text) - LENGTH - 1, count)
    pieces = text[starts[:, None] + np.arange(LENGTH + 1)]
    return pieces[:, :-1], pieces[:, 1:]


class Block(layers.Layer):
    """Attention to what was before, and two dense layers."""

    def __init__(self, width: int, heads: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norms = [layers.LayerNormalization() for _ in range(2)]
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.wide = layers.Dense(4 * width, activation="gelu")
        self.narrow = layers.Dense(width)

    def call(self, x: Any) -> Any:
        y = self.norms[0](x)
        x = x + self.attention(y, y, use_causal_mask=True)
        return x + self.narrow(self.wide(self.norms[1](x)))


class Decoder(keras.Model):
    """Gives for each place of a text what follows it, as logits of characters."""

    def __init__(self, width: int = 96, depth: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.characters = layers.Embedding(VOCABULARY, width)
        self.places = layers.Embedding(LENGTH, width)
        self.enter = layers.Lambda(self._with_places, name="enter")
        self.blocks = [Block(width, name=f"block_{i}") for i in range(depth)]
        self.head = layers.Dense(VOCABULARY)

    def _with_places(self, x: Any) -> Any:
        return x + self.places(ops.arange(LENGTH))

    def call(self, tokens: Any) -> Any:
        x = self.enter(self.characters(tokens))
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        """The order in which data passes the layers, for GPTQ and AWQ."""
        before = [self.characters, self.enter]
        return {"pre_block_layers": before, "sequential_blocks": self.blocks}


def trained(text: np.ndarray, steps: int, width: int, depth: int) -> Any:
    """A decoder that has seen so many batches of text."""
    keras.utils.set_random_seed(0)
    model = Decoder(width, depth)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, steps)
    model.compile(keras.optimizers.AdamW(rate), loss)
    model.fit(*windows(text, 32 * steps), batch_size=32, verbose=0)
    return model


def perplexity(model: Any, text: np.ndarray, count: int = 256) -> float:
    """How many characters the model wavers between, on average."""
    x, y = windows(text, count)
    logits = model.predict(x, batch_size=64, verbose=0)
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return float(np.exp(-np.take_along_axis(logs, y[..., None], -1).mean()))


def ways(text: np.ndarray) -> dict[str, Any]:
    """The configs that are compared. All of 4 bits share scales among as many."""
    data = {"num_samples": 64, "sequence_length": LENGTH, "group_size": GROUP}
    return {
        "int8": quantizers.Int8QuantizationConfig(),
        "int4": quantizers.Int4QuantizationConfig(block_size=GROUP),
        "gptq": quantizers.GPTQConfig([text], None, **data),
        "awq": quantizers.AWQConfig([text], None, **data),
    }


def compared(steps: int = 600, width: int = 96, depth: int = 3) -> dict[str, float]:
    """The perplexity of the float model, and of it in each of the ways."""
    text, unseen = load_text()
    model = trained(text, steps, width, depth)
    weights = model.get_weights()
    found = {"float32": perplexity(model, unseen)}
    for name, config in ways(text).items():
        small = Decoder(width, depth)
        small(np.zeros((1, LENGTH), "int32"))
        small.set_weights(weights)
        # The same layers in all ways: those of the blocks.
        small.quantize(config=config, filters=in_blocks(small))
        found[name] = perplexity(small, unseen)
    return found


def in_blocks(model: Any) -> Any:
    """Whether a layer is inside the blocks."""
    inside = {id(x) for block in model.blocks for x in block._flatten_layers()}
    return lambda layer: id(layer) in inside


def main() -> None:
    """Prints the perplexities."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default=None)
    parser.add_argument("--steps", type=int, default=600)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    found = compared(options.steps)
    for name, value in found.items():
        print(f"{name:8} {value:7.3f}  {100 * (value / found['float32'] - 1):+.2f} %")


if __name__ == "__main__":
    main()
