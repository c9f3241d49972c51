"""What one call costs over the framework's function: ops, and a layer over its `call`.

    python benchmarks/op_overhead.py [--backend torch] [--rounds 15] [--json FILE]
    python benchmarks/op_overhead.py --table [--backend torch]

Tiny tensors, so that the call and not the arithmetic is measured. The two sides of each
row take turns in one process. What is reported is CPU time in microseconds, the least
of all rounds, because that stands a busy machine. Uses the public Keras API only, so
the PyPI keras can run it too.

With `--table`: every op of the tests' table on its sample inputs, over the backend's
own function (conversion done). It needs this repository.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
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
    half, places = torch.ones(4, 8).half(), torch.tensor([0, 2, -1])
    heads = torch.ones(1, 4, 2, 8)
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
        "clip": (lambda: ops.clip(a, 0.0, 1.0), lambda: torch.clamp(a, 0.0, 1.0)),
        "std": (
            lambda: ops.std(a, axis=1),
            lambda: torch.std(a, dim=1, correction=0),
        ),
        "split": (lambda: ops.split(a, 2), lambda: torch.split(a, 2)),
        "zeros": (lambda: ops.zeros((4, 8)), lambda: torch.zeros((4, 8))),
        "dot": (lambda: ops.dot(a, square), lambda: torch.matmul(a, square)),
        "take": (lambda: ops.take(a, places, axis=0), lambda: a[places]),
        "2.0 - x": (lambda: ops.subtract(2.0, a), lambda: 2.0 - a),
        "float32 + float16": (lambda: ops.add(a, half), lambda: torch.add(a, half)),
        "attention, mask=None": (
            lambda: ops.dot_product_attention(heads, heads, heads, mask=None),
            lambda: F.scaled_dot_product_attention(
                heads.transpose(1, 2), heads.transpose(1, 2), heads.transpose(1, 2)
            ).transpose(1, 2),
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


def table_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """(ours, the backend's function) for each op of the tests' table."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from keras.backends import current
    from tests.ops.rows import all_rows, map_arrays

    backend = current()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    rows: dict[str, tuple[Call, Call]] = {}
    for row in all_rows():
        native = vars(backend).get(row.op)
        if native is None or row.op in rows:
            continue
        args = map_arrays(ops.convert_to_tensor, row.args)
        kwargs = map_arrays(ops.convert_to_tensor, row.kwargs)
        public = getattr(ops, row.op)
        pair = (
            lambda f=public, a=args, k=kwargs: f(*a, **k),
            lambda f=native, a=args, k=kwargs: f(*a, **k),
        )
        try:
            pair[1]()
        except Exception as error:  # noqa: BLE001 - wants what the op prepares
            print(f"left out: {row.op} ({type(error).__name__} without preparation)")
            continue
        rows[row.op] = pair
    return rows


def per_call(call: Call, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats * 1e6


def measure(ours: Call, bare: Call, rounds: int, repeats: int) -> dict[str, float]:
    """CPU microseconds of both calls, the least of so many rounds."""
    repeats = max(10, min(repeats, int(8000 / (per_call(bare, 20) + 1))))
    pairs = []
    for number in range(rounds):
        if number % 2:
            first = per_call(ours, repeats)
            pairs.append((first, per_call(bare, repeats)))
        else:
            first = per_call(bare, repeats)
            pairs.append((per_call(ours, repeats), first))
    least, bare_least = (min(side) for side in zip(*pairs, strict=True))
    return {"ours_us": least, "bare_us": bare_least, "extra_us": least - bare_least}


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


def both_kinds(keras: Any, backend: str) -> dict[str, dict[str, tuple[Call, Call]]]:
    """The rows of ops and of layers."""
    return {
        "ops": globals()[f"{backend}_rows"](keras.ops),
        "layers": layer_rows(keras),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    backends = ("torch", "jax", "tensorflow", "numpy")
    parser.add_argument("--backend", choices=backends, default="torch")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    keras = importlib.import_module("keras")
    results: dict[str, Any] = {
        "machine": machine.facts(),
        "backend": options.backend,
        "keras": keras.__version__,
    }
    if options.table:
        pairs = {"ops": table_rows(keras.ops)}
    else:
        pairs = both_kinds(keras, options.backend)
    for kind, rows in pairs.items():
        results[kind] = {
            name: measure(*row, options.rounds, options.repeats)
            for name, row in rows.items()
        }
    print(f"keras {keras.__version__} on {options.backend}\n")
    print(render(results["ops"], OP_LIMIT_US, "op"))
    if "layers" in results:
        print()
        print(render(results["layers"], LAYER_LIMIT_US, "layer call over its call()"))
    extra = sorted(row["extra_us"] for row in results["ops"].values())
    over = sum(x > OP_LIMIT_US for x in extra)
    print(f"\n{len(extra)} ops: median {median(extra):.2f} us, {over} over the limit")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
