"""The workloads as a JAX user writes them: pure functions, one jitted step, a loop.

The state is one nested dictionary, donated to the step that returns the next one. NumPy
batches go straight into the jitted function, which is the fastest way in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
import workloads as w
from jax import lax
from jax import numpy as jnp

Params = dict[str, Any]


def dense(key: jax.Array, inputs: int, units: int) -> Params:
    kernel = jax.nn.initializers.glorot_uniform()(key, (inputs, units))
    return {"kernel": kernel, "bias": jnp.zeros(units)}


def linear(params: Params, x: jax.Array) -> jax.Array:
    return x @ params["kernel"] + params["bias"]


def init_mlp(key: jax.Array) -> list[Params]:
    keys = jax.random.split(key, 3)
    sizes = (64, w.HIDDEN, w.HIDDEN, w.CLASSES)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [dense(key, before, after) for key, before, after in pairs]


def mlp(params: list[Params], x: jax.Array) -> jax.Array:
    for layer in params[:-1]:
        x = jax.nn.relu(linear(layer, x))
    return linear(params[-1], x)


def init_convnet(key: jax.Array) -> list[Params]:
    first, second = w.CONV_FILTERS
    keys = jax.random.split(key, 3)
    init = jax.nn.initializers.glorot_uniform()
    return [
        {"kernel": init(keys[0], (3, 3, 1, first)), "bias": jnp.zeros(first)},
        {"kernel": init(keys[1], (3, 3, first, second)), "bias": jnp.zeros(second)},
        dense(keys[2], second * 25, w.CLASSES),
    ]


def convnet(params: list[Params], x: jax.Array) -> jax.Array:
    for layer in params[:-1]:
        x = lax.conv_general_dilated(
            x,
            layer["kernel"],
            (1, 1),
            "VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        x = jax.nn.relu(x + layer["bias"])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return linear(params[-1], x.reshape(x.shape[0], -1))


def init_norm() -> Params:
    return {"scale": jnp.ones(w.WIDTH), "bias": jnp.zeros(w.WIDTH)}


def norm(params: Params, x: jax.Array) -> jax.Array:
    mean = x.mean(-1, keepdims=True)
    variance = x.var(-1, keepdims=True)
    scale = params["scale"] * lax.rsqrt(variance + w.NORM_EPSILON)
    return (x - mean) * scale + params["bias"]


def init_block(key: jax.Array) -> Params:
    keys = iter(jax.random.split(key, 6))
    return {
        "norm_1": init_norm(),
        "query": dense(next(keys), w.WIDTH, w.WIDTH),
        "key": dense(next(keys), w.WIDTH, w.WIDTH),
        "value": dense(next(keys), w.WIDTH, w.WIDTH),
        "out": dense(next(keys), w.WIDTH, w.WIDTH),
        "norm_2": init_norm(),
        "up": dense(next(keys), w.WIDTH, w.FEED_FORWARD),
        "down": dense(next(keys), w.FEED_FORWARD, w.WIDTH),
    }


def block(params: Params, x: jax.Array) -> jax.Array:
    y = norm(params["norm_1"], x)
    heads = (*y.shape[:-1], w.HEADS, w.WIDTH // w.HEADS)
    y = jax.nn.dot_product_attention(
        linear(params["query"], y).reshape(heads),
        linear(params["key"], y).reshape(heads),
        linear(params["value"], y).reshape(heads),
    )
    x = x + linear(params["out"], y.reshape(x.shape))
    y = jax.nn.relu(linear(params["up"], norm(params["norm_2"], x)))
    return x + linear(params["down"], y)


def init_transformer(key: jax.Array) -> Params:
    keys = jax.random.split(key, w.BLOCKS + 2)
    return {
        "embedding": 0.05 * jax.random.normal(keys[0], (w.VOCABULARY, w.WIDTH)),
        "blocks": [init_block(key) for key in keys[1:-1]],
        "head": dense(keys[-1], w.WIDTH, w.CLASSES),
    }


def transformer(params: Params, x: jax.Array) -> jax.Array:
    x = params["embedding"][x]
    for layer in params["blocks"]:
        x = block(layer, x)
    return linear(params["head"], x.mean(1))


def init_lstm(key: jax.Array) -> Params:
    keys = jax.random.split(key, 3)
    orthogonal = jax.nn.initializers.orthogonal()
    return {
        "cell": dense(keys[0], 16, 4 * w.UNITS),
        "recurrent": orthogonal(keys[1], (w.UNITS, 4 * w.UNITS)),
        "head": dense(keys[2], w.UNITS, w.CLASSES),
    }


def lstm(params: Params, x: jax.Array) -> jax.Array:
    # On CPU the product with the inputs is faster inside the scan than before it.
    def step(
        carry: tuple[jax.Array, jax.Array], now: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], None]:
        hidden, cell = carry
        gates = linear(params["cell"], now) + hidden @ params["recurrent"]
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(cell), cell), None

    zeros = jnp.zeros((x.shape[0], w.UNITS))
    (hidden, _), _ = lax.scan(step, (zeros, zeros), x.swapaxes(0, 1))
    return linear(params["head"], hidden)


MODELS: dict[str, tuple[Callable[..., Any], Callable[..., jax.Array]]] = {
    "mlp": (init_mlp, mlp),
    "convnet": (init_convnet, convnet),
    "transformer": (init_transformer, transformer),
    "lstm": (init_lstm, lstm),
}


def losses(logits: jax.Array, labels: jax.Array) -> jax.Array:
    scores = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(scores, labels[:, None], axis=1)[:, 0]


def add_up(totals: Params, loss: jax.Array, logits: jax.Array, y: jax.Array) -> Params:
    """Loss and accuracy so far, kept on the device."""
    return {
        "loss": totals["loss"] + loss * len(y),
        "correct": totals["correct"] + (logits.argmax(1) == y).sum(),
    }


def adam(state: Params, grads: Any) -> Params:
    step = state["step"] + 1
    moved = jax.tree.map(
        lambda m, g: m + (g - m) * (1 - w.BETA_1), state["momentum"], grads
    )
    scaled = jax.tree.map(
        lambda v, g: v + (g * g - v) * (1 - w.BETA_2), state["velocity"], grads
    )
    rate = w.LEARNING_RATE * jnp.sqrt(1 - w.BETA_2**step) / (1 - w.BETA_1**step)
    params = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + w.EPSILON),
        state["params"],
        moved,
        scaled,
    )
    return {"step": step, "momentum": moved, "velocity": scaled, "params": params}


class Contender:
    """Pure functions, jitted once, and the loops around them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.batch = w.WORKLOADS[name].batch
        _, self.apply = MODELS[name]
        self.state = self.build()
        self.forward = jax.jit(self.apply)
        self.train_step = jax.jit(self._train_step, donate_argnums=(0, 1))
        self.test_step = jax.jit(self._test_step, donate_argnums=(1,))

    @staticmethod
    def facts() -> dict[str, str]:
        return {"jax": jax.__version__, "device": str(jax.devices()[0])}

    def build(self) -> Params:
        init, _ = MODELS[self.name]
        params = init(jax.random.key(0))
        return {
            "params": params,
            "momentum": jax.tree.map(jnp.zeros_like, params),
            "velocity": jax.tree.map(jnp.zeros_like, params),
            "step": jnp.zeros(()),
        }

    def _train_step(
        self, state: Params, totals: Params, x: jax.Array, y: jax.Array
    ) -> tuple[Params, Params]:
        def objective(params: Any) -> tuple[jax.Array, jax.Array]:
            logits = self.apply(params, x)
            return losses(logits, y).mean(), logits

        grad = jax.value_and_grad(objective, has_aux=True)
        (loss, logits), grads = grad(state["params"])
        return adam(state, grads), add_up(totals, loss, logits, y)

    def _test_step(
        self, params: Any, totals: Params, x: jax.Array, y: jax.Array
    ) -> Params:
        logits = self.apply(params, x)
        return add_up(totals, losses(logits, y).mean(), logits, y)

    def fit(self, x: np.ndarray, y: np.ndarray, shuffle: bool = True) -> float:
        if shuffle:
            order = np.random.permutation(len(x))
            x, y = x[order], y[order]
        state, totals = self.state, zero_totals()
        for start in range(0, len(x), self.batch):
            stop = start + self.batch
            state, totals = self.train_step(state, totals, x[start:stop], y[start:stop])
        self.state = state
        return {key: float(value) / len(x) for key, value in totals.items()}["loss"]

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        params, totals = self.state["params"], zero_totals()
        for start in range(0, len(x), self.batch):
            stop = start + self.batch
            totals = self.test_step(params, totals, x[start:stop], y[start:stop])
        return float(totals["loss"]) / len(x), float(totals["correct"]) / len(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        params, forward, batch = self.state["params"], self.forward, self.batch
        starts = range(0, len(x), batch)
        outputs = [forward(params, x[start : start + batch]) for start in starts]
        return np.concatenate([np.asarray(output) for output in outputs])

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.forward(self.state["params"], x))

    def tensor(self, x: np.ndarray) -> jax.Array:
        return jnp.asarray(x)

    def call(self, x: jax.Array) -> jax.Array:
        return self.forward(self.state["params"], x)

    def save(self, folder: str) -> None:
        leaves = jax.tree.leaves(self.state)
        np.savez(f"{folder}/native.npz", *[np.asarray(leaf) for leaf in leaves])

    def load(self, folder: str) -> None:
        with np.load(f"{folder}/native.npz") as arrays:
            leaves = [jnp.asarray(arrays[name]) for name in arrays.files]
        jax.block_until_ready(leaves)

    def set_weights(self, weights: list[np.ndarray]) -> None:
        params = self.from_keras([np.asarray(array) for array in weights])
        own = jax.tree.map(jnp.shape, self.state["params"])
        if jax.tree.map(np.shape, params) != own:
            raise ValueError(f"{self.name}: weights do not fit {own}")
        # copied: the state is donated, and jnp.asarray may share NumPy's memory
        self.state["params"] = jax.tree.map(partial(jnp.array, copy=True), params)

    def from_keras(self, weights: list[np.ndarray]) -> Any:
        """Keras' flat list as this model's nested parameters."""
        take = iter(weights)

        def pair() -> Params:
            kernel, bias = next(take), next(take)
            flat = {3: (w.WIDTH, w.WIDTH)}.get(kernel.ndim, kernel.shape)
            return {"kernel": kernel.reshape(flat), "bias": bias.reshape(-1)}

        def norm_pair() -> Params:
            return {"scale": next(take), "bias": next(take)}

        if self.name in {"mlp", "convnet"}:
            return [pair() for _ in range(len(weights) // 2)]
        if self.name == "lstm":
            kernel, recurrent, bias = next(take), next(take), next(take)
            cell = {"kernel": kernel, "bias": bias}
            return {"cell": cell, "recurrent": recurrent, "head": pair()}
        embedding, blocks = next(take), []
        for _ in range(w.BLOCKS):
            layer = {"norm_1": norm_pair()}
            layer |= {part: pair() for part in ("query", "key", "value", "out")}
            layer |= {"norm_2": norm_pair(), "up": pair(), "down": pair()}
            blocks.append(layer)
        return {"embedding": embedding, "blocks": blocks, "head": pair()}


def zero_totals() -> Params:
    return {"loss": jnp.zeros(()), "correct": jnp.zeros((), "int32")}


def setup() -> None:
    np.random.seed(0)
