"""What one call costs over the framework's function: ops, and a layer over its `call`.

    python benchmarks/op_overhead.py [--backend torch] [--rounds 15] [--json FILE]

Tiny tensors, so that the call and not the arithmetic is measured. The two sides of each
row take turns in one process; the median over rounds of their difference is reported,
in microseconds. Uses the public Keras API only, so the PyPI keras can run it too.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import machine
import numpy as np
from report import table

Call = Callable[[], Any]
OP_LIMIT_US = 1.0
LAYER_LIMIT_US = 8.0


def torch_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """(ours, the framework's) for each op, on torch tensors."""
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(1)
    a, b = torch.ones(4, 8), torch.ones(4, 8)
    square, positive = torch.ones(8, 8), torch.ones(4, 8)
    where = a > 0
    return {
        "add": (lambda: ops.add(a, b), lambda: torch.add(a, b)),
        "multiply": (lambda: ops.multiply(a, b), lambda: torch.multiply(a, b)),
        "subtract": (lambda: ops.subtract(a, b), lambda: torch.subtract(a, b)),
        "matmul": (lambda: ops.matmul(a, square), lambda: torch.matmul(a, square)),
        "exp": (lambda: ops.exp(a), lambda: torch.exp(a)),
        "sqrt": (lambda: ops.sqrt(positive), lambda: torch.sqrt(positive)),
        "tanh": (lambda: ops.tanh(a), lambda: torch.tanh(a)),
        "relu": (lambda: ops.relu(a), lambda: F.relu(a)),
        "maximum": (lambda: ops.maximum(a, b), lambda: torch.maximum(a, b)),
        "where": (lambda: ops.where(where, a, b), lambda: torch.where(where, a, b)),
        "sum": (lambda: ops.sum(a, axis=1), lambda: torch.sum(a, dim=1)),
        "mean": (lambda: ops.mean(a, axis=1), lambda: torch.mean(a, dim=1)),
        "max": (lambda: ops.max(a, axis=1), lambda: torch.amax(a, dim=1)),
        "softmax": (lambda: ops.softmax(a), lambda: torch.softmax(a, dim=-1)),
        "reshape": (
            lambda: ops.reshape(a, (8, 4)),
            lambda: torch.reshape(a, (8, 4)),
        ),
        "transpose": (
            lambda: ops.transpose(a, (1, 0)),
            lambda: torch.permute(a, (1, 0)),
        ),
        "concatenate": (
            lambda: ops.concatenate([a, b], axis=0),
            lambda: torch.cat([a, b], dim=0),
        ),
        "expand_dims": (
            lambda: ops.expand_dims(a, 1),
            lambda: torch.unsqueeze(a, 1),
        ),
    }


def jax_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """(ours, the framework's) for each op, on JAX arrays, not waited for."""
    from jax import nn
    from jax import numpy as jnp

    a, b = jnp.ones((4, 8)), jnp.ones((4, 8))
    square = jnp.ones((8, 8))
    return {
        "add": (lambda: ops.add(a, b), lambda: jnp.add(a, b)),
        "multiply": (lambda: ops.multiply(a, b), lambda: jnp.multiply(a, b)),
        "matmul": (lambda: ops.matmul(a, square), lambda: jnp.matmul(a, square)),
        "exp": (lambda: ops.exp(a), lambda: jnp.exp(a)),
        "relu": (lambda: ops.relu(a), lambda: nn.relu(a)),
        "sum": (lambda: ops.sum(a, axis=1), lambda: jnp.sum(a, axis=1)),
        "reshape": (lambda: ops.reshape(a, (8, 4)), lambda: jnp.reshape(a, (8, 4))),
        "softmax": (lambda: ops.softmax(a), lambda: nn.softmax(a)),
    }


def tensorflow_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """(ours, the framework's) for each op, on eager TensorFlow tensors."""
    import tensorflow as tf

    a, b = tf.ones((4, 8)), tf.ones((4, 8))
    square = tf.ones((8, 8))
    return {
        "add": (lambda: ops.add(a, b), lambda: tf.add(a, b)),
        "multiply": (lambda: ops.multiply(a, b), lambda: tf.multiply(a, b)),
        "matmul": (lambda: ops.matmul(a, square), lambda: tf.matmul(a, square)),
        "exp": (lambda: ops.exp(a), lambda: tf.exp(a)),
        "relu": (lambda: ops.relu(a), lambda: tf.nn.relu(a)),
        "sum": (lambda: ops.sum(a, axis=1), lambda: tf.reduce_sum(a, axis=1)),
        "reshape": (lambda: ops.reshape(a, (8, 4)), lambda: tf.reshape(a, (8, 4))),
        "softmax": (lambda: ops.softmax(a), lambda: tf.nn.softmax(a)),
    }


def numpy_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """(ours, NumPy's) for each op."""
    a, b = np.ones((4, 8), "float32"), np.ones((4, 8), "float32")
    square = np.ones((8, 8), "float32")
    return {
        "add": (lambda: ops.add(a, b), lambda: np.add(a, b)),
        "multiply": (lambda: ops.multiply(a, b), lambda: np.multiply(a, b)),
        "matmul": (lambda: ops.matmul(a, square), lambda: np.matmul(a, square)),
        "exp": (lambda: ops.exp(a), lambda: np.exp(a)),
        "sum": (lambda: ops.sum(a, axis=1), lambda: np.sum(a, axis=1)),
        "reshape": (lambda: ops.reshape(a, (8, 4)), lambda: np.reshape(a, (8, 4))),
    }


def layer_rows(keras: Any) -> dict[str, tuple[Call, Call]]:
    """(layer(x), layer.call(x)) for built layers."""
    x = keras.ops.convert_to_tensor(np.ones((4, 8), "float32"))
    rows: dict[str, tuple[Call, Call]] = {}
    for layer in (
        keras.layers.Dense(8),
        keras.layers.Activation("relu"),
        keras.layers.LayerNormalization(),
        keras.layers.Dropout(0.5),
        keras.layers.Flatten(),
    ):
        layer(x)
        rows[type(layer).__name__] = (
            lambda layer=layer: layer(x),
            lambda layer=layer: layer.call(x),
        )
    return rows


def per_call(call: Call, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats * 1e6


def measure(ours: Call, bare: Call, rounds: int, repeats: int) -> dict[str, float]:
    """Medians in microseconds: both calls, and the difference within a round."""
    per_call(ours, repeats)
    per_call(bare, repeats)
    pairs = []
    for number in range(rounds):
        if number % 2:
            first = per_call(ours, repeats)
            pairs.append((first, per_call(bare, repeats)))
        else:
            first = per_call(bare, repeats)
            pairs.append((per_call(ours, repeats), first))
    return {
        "ours_us": median(pair[0] for pair in pairs),
        "bare_us": median(pair[1] for pair in pairs),
        "extra_us": median(pair[0] - pair[1] for pair in pairs),
    }


def render(rows: dict[str, dict[str, float]], limit: float, what: str) -> str:
    body = [
        [
            name,
            f"{row['bare_us']:.2f}",
            f"{row['ours_us']:.2f}",
            f"{row['extra_us']:+.2f}",
            "met" if row["extra_us"] <= limit else "MISSED",
        ]
        for name, row in rows.items()
    ]
    return table([what, "bare us", "keras us", "extra us", f"goal {limit:g}"], body)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    backends = ("torch", "jax", "tensorflow", "numpy")
    parser.add_argument("--backend", choices=backends, default="torch")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    keras = importlib.import_module("keras")
    results: dict[str, Any] = {
        "machine": machine.facts(),
        "backend": options.backend,
        "keras": keras.__version__,
    }
    pairs = {
        "ops": globals()[f"{options.backend}_rows"](keras.ops),
        "layers": layer_rows(keras),
    }
    for kind, rows in pairs.items():
        results[kind] = {
            name: measure(*row, options.rounds, options.repeats)
            for name, row in rows.items()
        }
    print(f"keras {keras.__version__} on {options.backend}\n")
    print(render(results["ops"], OP_LIMIT_US, "op"))
    print()
    print(render(results["layers"], LAYER_LIMIT_US, "layer call over its call()"))
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
