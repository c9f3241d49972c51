"""What one call costs over the framework's function: ops, and a layer over its `call`.

    python benchmarks/op_overhead.py [--backend torch] [--rounds 15] [--json FILE]
    python benchmarks/op_overhead.py --table [--backend torch]

Tiny tensors, so that the call and not the arithmetic is measured. The two sides of each
row take turns in one process, some half a millisecond each. What is reported is CPU
time in microseconds, the least of all turns, because that stands a busy machine. Uses
the public Keras API only, so the PyPI keras can run it too.

With `--table`: every op of the tests' table on its sample inputs, over the backend's
own function (conversion done). It needs this repository. The difference of two long
calls is noisy, so there is a column "path" besides: the same call where a function that
does nothing stands in the backend's place, less that function's own time.
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
from typing import Any, cast

import machine
import numpy as np
from report import table

Call = Callable[[], Any]
OP_LIMIT_US = 1.0
LAYER_LIMIT_US = 8.0
TURN_US = 500.0


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
        **torch_shaping_rows(ops),
        **torch_numeric_rows(ops),
        **torch_window_rows(ops),
    }


def torch_shaping_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """Rows of ops that make, move and find elements, over what one writes in torch."""
    import torch

    x, y, row = torch.ones(4, 8), torch.ones(4, 8), torch.ones(1, 8)
    half, f32 = torch.ones(4, 8).half(), torch.float32
    few, whole = torch.ones(2, 3), torch.tensor([[1], [0], [3], [2]])
    return {
        "cast": (lambda: ops.cast(half, "float32"), lambda: half.float()),
        "cast, same": (lambda: ops.cast(x, "float32"), lambda: x.float()),
        "zeros_like": (lambda: ops.zeros_like(x), lambda: torch.zeros_like(x)),
        "arange": (
            lambda: ops.arange(8, dtype="float32"),
            lambda: torch.arange(8, dtype=f32),
        ),
        "full": (lambda: ops.full((4, 8), 2.0), lambda: torch.full((4, 8), 2.0)),
        "squeeze": (lambda: ops.squeeze(row, 0), lambda: torch.squeeze(row, 0)),
        "broadcast_to": (
            lambda: ops.broadcast_to(row, (4, 8)),
            lambda: torch.broadcast_to(row, (4, 8)),
        ),
        "stack": (lambda: ops.stack([x, y]), lambda: torch.stack([x, y])),
        "unstack": (lambda: ops.unstack(x), lambda: torch.unbind(x)),
        "swapaxes": (lambda: ops.swapaxes(x, 0, 1), lambda: torch.swapaxes(x, 0, 1)),
        "moveaxis": (lambda: ops.moveaxis(x, 0, 1), lambda: torch.moveaxis(x, 0, 1)),
        "flip": (lambda: ops.flip(x, 1), lambda: torch.flip(x, (1,))),
        "roll": (lambda: ops.roll(x, 1, 1), lambda: torch.roll(x, 1, 1)),
        "repeat": (
            lambda: ops.repeat(x, 2, 1),
            lambda: torch.repeat_interleave(x, 2, 1),
        ),
        "tile": (lambda: ops.tile(x, (1, 2)), lambda: torch.tile(x, (1, 2))),
        "pad": (
            lambda: ops.pad(x, ((1, 1), (0, 0))),
            lambda: torch.nn.functional.pad(x, (0, 0, 1, 1)),
        ),
        "tril": (lambda: ops.tril(x), lambda: torch.tril(x)),
        "x[1]": (lambda: ops.get_item(x, 1), lambda: x[1]),
        "slice": (
            lambda: ops.slice(x, (1, 2), (2, 3)),
            lambda: x[1:3, 2:5],
        ),
        "slice_update": (
            lambda: ops.slice_update(x, (1, 2), few),
            lambda: _updated(x, few),
        ),
        "take_along_axis": (
            lambda: ops.take_along_axis(x, whole, 1),
            lambda: torch.take_along_dim(x, whole, 1),
        ),
        "sort": (lambda: ops.sort(x), lambda: torch.sort(x)[0]),
        "argsort": (
            lambda: ops.argsort(x),
            lambda: torch.argsort(x, stable=True).int(),
        ),
        "argmax": (lambda: ops.argmax(x, 1), lambda: torch.argmax(x, 1).int()),
        "top_k": (lambda: ops.top_k(x, 2), lambda: torch.topk(x, 2)[1].int()),
    }


def _updated(x: Any, part: Any) -> Any:
    y = x.clone()
    y[1:3, 2:5] = part
    return y


def torch_numeric_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """Rows of ops that compute, over what one writes in torch."""
    import torch
    from torch.nn import functional as F

    x, y, row = torch.ones(4, 8), torch.rand(4, 8) * 0.9 + 0.05, torch.ones(8)
    pair, mask, hot = (x, y), x > y, torch.eye(8)[:4]
    whole, long = torch.ones(4, 8).int(), torch.ones(4, 8).long()
    labels, last = torch.tensor([1, 0, 3, 2]), cast(Any, ((1,), (1,)))
    return {
        "x + 1": (lambda: ops.add(x, 1), lambda: torch.add(x, 1)),
        "int32 + int64": (
            lambda: ops.add(whole, long),
            lambda: torch.add(whole, long),
        ),
        "int32 == int64": (
            lambda: ops.equal(whole, long),
            lambda: torch.eq(whole, long),
        ),
        "greater": (lambda: ops.greater(x, 0), lambda: torch.gt(x, 0)),
        "logical_and": (
            lambda: ops.logical_and(mask, mask),
            lambda: torch.logical_and(mask, mask),
        ),
        "abs": (lambda: ops.abs(x), lambda: torch.abs(x)),
        "square": (lambda: ops.square(x), lambda: torch.square(x)),
        "power": (lambda: ops.power(x, 2), lambda: torch.pow(x, 2)),
        "any": (lambda: ops.any(mask, 1), lambda: torch.any(mask, 1)),
        "sum of int32": (
            lambda: ops.sum(whole, 1),
            lambda: torch.sum(whole, 1, dtype=torch.int32),
        ),
        "sum of all": (lambda: ops.sum(x), lambda: torch.sum(x)),
        "cumsum": (lambda: ops.cumsum(x, 1), lambda: torch.cumsum(x, 1)),
        "logsumexp": (lambda: ops.logsumexp(x, 1), lambda: torch.logsumexp(x, 1)),
        "norm": (lambda: ops.norm(x, axis=1), lambda: torch.linalg.norm(x, dim=1)),
        "median": (
            lambda: ops.median(x, 1),
            lambda: torch.quantile(x, 0.5, 1),
        ),
        "quantile": (
            lambda: ops.quantile(x, 0.3, 1),
            lambda: torch.quantile(x, 0.3, 1),
        ),
        "einsum": (
            lambda: ops.einsum("ij,kj->ik", x, y),
            lambda: torch.einsum("ij,kj->ik", x, y),
        ),
        "tensordot": (
            lambda: ops.tensordot(x, y, last),
            lambda: torch.tensordot(x, y, last),
        ),
        "outer": (lambda: ops.outer(row, row), lambda: torch.outer(row, row)),
        "sigmoid": (lambda: ops.sigmoid(x), lambda: torch.sigmoid(x)),
        "silu": (lambda: ops.silu(x), lambda: F.silu(x)),
        "gelu": (lambda: ops.gelu(x), lambda: F.gelu(x, approximate="tanh")),
        "leaky_relu": (lambda: ops.leaky_relu(x), lambda: F.leaky_relu(x, 0.2)),
        "log_softmax": (
            lambda: ops.log_softmax(x),
            lambda: torch.log_softmax(x, -1),
        ),
        "one_hot": (
            lambda: ops.one_hot(labels, 8),
            lambda: (labels[:, None] == torch.arange(8)).float(),
        ),
        "layer_normalization": (
            lambda: ops.layer_normalization(x, row, row, epsilon=1e-5),
            lambda: F.layer_norm(x, (8,), row, row, 1e-5),
        ),
        "rms_normalization": (
            lambda: ops.rms_normalization(x, row, epsilon=1e-5),
            lambda: F.rms_norm(x, (8,), row, 1e-5),
        ),
        "batch_normalization": (
            torch.no_grad()(lambda: ops.batch_normalization(x, row, row, -1, row, row)),
            torch.no_grad()(
                lambda: F.batch_norm(x, row, row, row, row, False, 0.0, 0.001)
            ),
        ),
        "moments": (
            lambda: ops.moments(x, (0,)),
            lambda: torch.var_mean(x, (0,), correction=0),
        ),
        "binary_crossentropy": (
            lambda: ops.binary_crossentropy(hot, x, from_logits=True),
            lambda: F.binary_cross_entropy_with_logits(x, hot, reduction="none"),
        ),
        "categorical_crossentropy": (
            lambda: ops.categorical_crossentropy(hot, x, from_logits=True),
            lambda: -(hot * torch.log_softmax(x, -1)).sum(-1),
        ),
        "sparse_categorical_crossentropy": (
            lambda: ops.sparse_categorical_crossentropy(labels, x, from_logits=True),
            lambda: F.cross_entropy(x, labels, reduction="none"),
        ),
        "inv": (lambda: ops.inv(hot[:, :4]), lambda: torch.linalg.inv(hot[:, :4])),
        # Who holds pairs of reals in torch makes complex numbers, and takes them apart.
        "fft": (
            lambda: ops.fft(pair),
            lambda: _parts(torch.fft.fft(torch.complex(*pair))),
        ),
        "rfft": (lambda: ops.rfft(x), lambda: _parts(torch.fft.rfft(x))),
    }


def torch_window_rows(ops: Any) -> dict[str, tuple[Call, Call]]:
    """Rows of convolutions, pools and segments, over what one writes in torch."""
    import torch
    from torch.nn import functional as F

    image, kernel = torch.ones(1, 4, 4, 2), torch.ones(2, 2, 2, 3)
    odd, each = torch.ones(3, 3, 2, 3), torch.ones(3, 3, 2, 1)
    back = torch.ones(2, 2, 3, 2)
    rows, groups = torch.ones(6, 2), torch.tensor([0, 2, 1, 0, 2, 1])
    places = torch.tensor([[0], [3]])
    first, last, weights = (0, 3, 1, 2), (0, 2, 3, 1), (3, 2, 0, 1)
    permute = torch.permute
    return {
        "conv": (
            lambda: ops.conv(image, kernel, data_format="channels_last"),
            lambda: permute(
                F.conv2d(permute(image, first), permute(kernel, weights)), last
            ),
        ),
        "conv, same": (
            lambda: ops.conv(image, odd, padding="same"),
            lambda: permute(
                F.conv2d(permute(image, first), permute(odd, weights), padding=1), last
            ),
        ),
        "depthwise_conv": (
            lambda: ops.depthwise_conv(image, each),
            lambda: permute(
                F.conv2d(permute(image, first), permute(each, (2, 3, 0, 1)), groups=2),
                last,
            ),
        ),
        "conv_transpose": (
            lambda: ops.conv_transpose(image, back, 2),
            lambda: permute(
                F.conv_transpose2d(
                    permute(image, first), permute(back, weights), stride=2
                ),
                last,
            ),
        ),
        "max_pool": (
            lambda: ops.max_pool(image, 2, data_format="channels_last"),
            lambda: permute(F.max_pool2d(permute(image, first), 2), last),
        ),
        "average_pool, same": (
            lambda: ops.average_pool(image, 2, padding="same"),
            lambda: permute(F.avg_pool2d(permute(image, first), 2), last),
        ),
        "segment_sum": (
            lambda: ops.segment_sum(rows, groups, 3),
            lambda: rows.new_zeros((3, 2)).index_add(0, groups, rows),
        ),
        "scatter_update": (
            lambda: ops.scatter_update(rows, places, rows[:2]),
            lambda: rows.index_put((places[:, 0],), rows[:2]),
        ),
    }


def _parts(x: Any) -> tuple[Any, Any]:
    return x.real, x.imag


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


def table_paths(ops: Any, rounds: int) -> dict[str, float]:
    """CPU microseconds from the public op to the backend's function, for each op."""
    from keras.backends import current
    from tests.ops.rows import all_rows, map_arrays

    backend, result = current(), object()
    paths: dict[str, float] = {}

    def nothing(*args: Any, **kwargs: Any) -> Any:
        return result

    for row in all_rows():
        public = getattr(ops, row.op)
        natives = public.declaration.natives
        if row.op in paths or row.op not in vars(backend):
            continue
        args = map_arrays(ops.convert_to_tensor, row.args)
        kwargs = map_arrays(ops.convert_to_tensor, row.kwargs)
        function, plain, *rest = natives[backend]
        natives[backend] = nothing, nothing, *rest
        try:
            if public(*args, **kwargs) is result:
                found = measure(
                    lambda f=public, a=args, k=kwargs: f(*a, **k),
                    lambda a=args, k=kwargs: nothing(*a, **k),
                    rounds,
                )
                paths[row.op] = found["extra_us"]
        finally:
            natives[backend] = function, plain, *rest
    return paths


def per_call(call: Call, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats * 1e6


def measure(ours: Call, bare: Call, rounds: int) -> dict[str, float]:
    """CPU microseconds of both calls, the least of so many rounds."""
    repeats = max(5, int(TURN_US / (per_call(bare, 20) + 1)))
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
            *([f"{row['path_us']:.2f}"] if "path_us" in row else []),
            "met" if row.get("path_us", row["extra_us"]) <= limit else "MISSED",
        ]
        for name, row in rows.items()
    ]
    path = ["path us"] if any("path_us" in row for row in rows.values()) else []
    columns = [what, "bare us", "keras us", "extra us", *path, f"goal {limit:g}"]
    return table(columns, body)


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
    parser.add_argument("--rounds", type=int, default=120)
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
            name: measure(*row, options.rounds) for name, row in rows.items()
        }
    if options.table:
        for name, path in table_paths(keras.ops, options.rounds).items():
            results["ops"][name]["path_us"] = path
    print(f"keras {keras.__version__} on {options.backend}\n")
    print(render(results["ops"], OP_LIMIT_US, "op"))
    if "layers" in results:
        print()
        print(render(results["layers"], LAYER_LIMIT_US, "layer call over its call()"))
    print()
    for what in ("extra", "path"):
        found = [
            row[f"{what}_us"] for row in results["ops"].values() if f"{what}_us" in row
        ]
        over = sum(x > OP_LIMIT_US for x in found)
        if found:
            middle = f"median {median(found):.2f} us"
            print(f"{what}: {len(found)} ops, {middle}, {over} over the limit")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
