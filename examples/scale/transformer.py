"""A decoder that is trained on one process, on two, or on many machines.

    python examples/scale/transformer.py --backend jax
    torchrun --nproc-per-node 2 examples/scale/transformer.py --backend torch
    torchrun --nproc-per-node 2 examples/scale/transformer.py --backend torch --model 2

It learns the help texts that ship with Python, character by character. Batches are
split over the processes (`DataParallel`), or over one axis of a mesh, and the weights
over the other (`--model`, `ModelParallel`). A run that was broken off goes on where it
was when it is started again. How clusters start it stands in the README beside it.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from typing import Any

import numpy as np

import keras
from keras import distribution, layers

BACKENDS = ["jax", "torch", "tensorflow"]
VOCABULARY = 128  # code points of ASCII; all else is the last one
# What tells a process of a job that there are others: set by torchrun, by
# whoever starts a job for Keras, and by Slurm.
OF_A_JOB = ("WORLD_SIZE", "KERAS_DISTRIBUTION_NUM_PROCESSES", "SLURM_NTASKS")


def load_data(count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of the help texts, and the character that follows each place in them."""
    from pydoc_data.topics import topics

    text = "\n\n".join(topics[name] for name in sorted(topics))
    codes = np.array([min(ord(character), VOCABULARY - 1) for character in text])
    starts = np.random.default_rng(0).integers(0, len(codes) - length - 1, count)
    pieces = codes[starts[:, None] + np.arange(length + 1)].astype("int32")
    return pieces[:, :-1], pieces[:, 1:]


class Places(layers.Layer):
    """Adds what was learned of each place of `(batch, places, features)`."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.embeddings = self.add_weight(input_shape[1:], "uniform", name="embeddings")

    def call(self, x: Any) -> Any:
        return x + self.embeddings


def make_model(length: int, width: int, depth: int, heads: int = 4) -> keras.Model:
    """Logits of the next character at each place of `(batch, length)` characters."""
    tokens = keras.Input((length,), dtype="int32")
    x = layers.Embedding(VOCABULARY, width, name="tokens")(tokens)
    x = Places(name="places")(x)
    for number in range(depth):
        name = f"block_{number}"
        y = layers.LayerNormalization(name=f"{name}_norm_1")(x)
        attention = layers.MultiHeadAttention(heads, width // heads, name=name)
        x = x + attention(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(name=f"{name}_norm_2")(x)
        y = layers.Dense(4 * width, activation="gelu", name=f"{name}_up")(y)
        x = x + layers.Dense(width, name=f"{name}_down")(y)
    x = layers.LayerNormalization(name="norm")(x)
    logits = layers.Dense(VOCABULARY, use_bias=False, name="head")(x)
    return keras.Model(tokens, logits, name="decoder")


def make_distribution(model: int) -> Any:
    """Batches over all devices, and weights over so many of them.

    Args:
        model: over how many devices weights are split; 1 for none.
    """
    if model == 1:
        return distribution.DataParallel()
    devices = distribution.get_device_count()
    mesh = distribution.DeviceMesh((devices // model, model), ("batch", "model"))
    rules = distribution.LayoutMap(mesh)
    # Each device has some of the heads, and some of the hidden units: one sum after
    # attention, and one after the dense layers, join what they give.
    rules[r".*(query|key|value)/kernel"] = (None, "model", None)
    rules[r".*(query|key|value)/bias"] = ("model", None)
    rules[r".*attention_output/kernel"] = ("model", None, None)
    rules[r".*up/kernel"] = (None, "model")
    rules[r".*up/bias"] = ("model",)
    rules[r".*down/kernel"] = ("model", None)
    # Of the vocabulary each has some characters; what flows between layers is whole.
    rules["tokens/embeddings"] = ("model", None)
    rules["head/kernel"] = (None, "model")
    return distribution.ModelParallel(layout_map=rules)


def train(arguments: argparse.Namespace) -> list[float]:
    """Trains as the arguments say; the losses of the epochs."""
    x, y = load_data(arguments.samples, arguments.length)
    chosen = make_distribution(arguments.model)
    make = partial(make_model, arguments.length, arguments.width, arguments.depth)
    if first():
        adam = keras.optimizers.AdamW()
        print(distribution.plan(make, chosen, arguments.batch, adam))
    with chosen.scope():
        model = make()
        model.compile(
            keras.optimizers.AdamW(1e-3, weight_decay=0.01, global_clipnorm=1.0),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        callbacks: list[Any] = []
        if arguments.folder:
            os.makedirs(arguments.folder, exist_ok=True)
            backup = os.path.join(arguments.folder, "backup")
            callbacks.append(keras.callbacks.BackupAndRestore(backup))
        start = time.perf_counter()
        history = model.fit(
            x,
            y,
            batch_size=arguments.batch,
            epochs=arguments.epochs,
            callbacks=callbacks,
            verbose=0,
        ).history
        seconds = time.perf_counter() - start
        if arguments.folder:
            # Of a large model in several files, which any tool for safetensors reads.
            path = os.path.join(arguments.folder, "decoder.safetensors.index.json")
            model.save_weights(path, overwrite=True, max_shard_size=1)
    if first():
        tokens = arguments.epochs * x.size / seconds
        print(f"losses {history['loss']}; {tokens:,.0f} characters a second")
    return history["loss"]


def first() -> bool:
    """Whether this is the first process, or the only one."""
    return distribution.DataParallel().data_shard_id == 0


def parse(given: list[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backend", default="torch", choices=BACKENDS)
    parser.add_argument("--model", type=int, default=1, help="devices for a weight")
    parser.add_argument("--folder", help="where backups and weights go")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument(
        "--batch", type=int, default=32, help="samples, of all together"
    )
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--depth", type=int, default=2)
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> list[float]:
    """Joins the other processes, if there are any, and trains."""
    arguments = parse(given)
    keras.config.set_backend(arguments.backend)
    if any(name in os.environ for name in OF_A_JOB):
        distribution.initialize()
    keras.utils.set_random_seed(1)
    return train(arguments)


if __name__ == "__main__":
    main()
