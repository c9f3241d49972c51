"""Three of the real models as a JAX user writes them: pure functions, one jitted step.

Parameters are lists in the order of Keras' weights, which a model takes one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import real_workloads as w

Arrays = list[Any]
# A moving statistic and what it becomes: filled in training.
Moved = list[Any]


def conv(x: Any, p: Iterator[Any], stride: int = 1, padding: Any = "VALID") -> Any:
    kernel, bias = next(p), next(p)
    numbers = ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=numbers
    )
    return y + bias


def batch_norm(x: Any, p: Iterator[Any], moved: Moved | None) -> Any:
    gamma, beta, mean, variance = next(p), next(p), next(p), next(p)
    if moved is not None:
        new_mean, new_variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        moved += [gamma, beta]
        moved += [0.99 * mean + 0.01 * new_mean, 0.99 * variance + 0.01 * new_variance]
        mean, variance = new_mean, new_variance
    scale = gamma * jax.lax.rsqrt(variance + 1.001e-5)
    return x * scale + (beta - mean * scale)


def resnet_block(
    x: Any, p: Iterator[Any], moved: Moved | None, stride: int, first: bool
) -> Any:
    """Weights come in the order in which Keras' graph has its layers."""

    def remember(count: int) -> list[Any]:
        taken = [next(p) for _ in range(count)]
        if moved is not None:
            moved.extend(taken)
        return taken

    shortcut = x
    x = conv(x, iter(remember(2)), stride)
    x = jax.nn.relu(batch_norm(x, p, moved))
    x = conv(x, iter(remember(2)), 1, "SAME")
    x = jax.nn.relu(batch_norm(x, p, moved))
    if first:
        shortcut = conv(shortcut, iter(remember(2)), stride)
    x = conv(x, iter(remember(2)))
    if first:
        shortcut = batch_norm(shortcut, p, moved)
    return jax.nn.relu(batch_norm(x, p, moved) + shortcut)


def resnet50(params: Arrays, x: Any, moved: Moved | None = None) -> Any:
    p = iter(params)
    first = [next(p), next(p)]
    if moved is not None:
        moved.extend(first)
    x = conv(x, iter(first), 2, ((3, 3), (3, 3)))
    x = jax.nn.relu(batch_norm(x, p, moved))
    window, strides = (1, 3, 3, 1), (1, 2, 2, 1)
    pads = ((0, 0), (1, 1), (1, 1), (0, 0))
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, strides, pads)
    for stack, count in enumerate((3, 4, 6, 3)):
        for index in range(count):
            stride = 2 if stack and not index else 1
            x = resnet_block(x, p, moved, stride, index == 0)
    kernel, bias = next(p), next(p)
    if moved is not None:
        moved += [kernel, bias]
    return jnp.mean(x, (1, 2)) @ kernel + bias


def layer_norm(x: Any, p: Iterator[Any], epsilon: float) -> Any:
    gamma, beta = next(p), next(p)
    mean = jnp.mean(x, -1, keepdims=True)
    variance = jnp.mean(jnp.square(x), -1, keepdims=True) - jnp.square(mean)
    return (x - mean) * (jax.lax.rsqrt(variance + epsilon) * gamma) + beta


def dense(x: Any, p: Iterator[Any]) -> Any:
    kernel, bias = next(p), next(p)
    return x @ kernel + bias


def heads(x: Any, p: Iterator[Any]) -> Any:
    kernel, bias = next(p), next(p)
    return jnp.einsum("btw,whs->bths", x, kernel) + bias


def bert(params: Arrays, x: Any, moved: Moved | None = None) -> Any:
    p = iter(params)
    embedding = next(p)
    x = jnp.take(embedding, x, axis=0) + next(p)
    for _ in range(w.DEPTH):
        y = layer_norm(x, p, 1e-6)
        y = jax.nn.dot_product_attention(heads(y, p), heads(y, p), heads(y, p))
        kernel, bias = next(p), next(p)
        x = x + jnp.einsum("bths,hsw->btw", y, kernel) + bias
        y = layer_norm(x, p, 1e-6)
        x = x + dense(jax.nn.gelu(dense(y, p), approximate=False), p)
    x = layer_norm(x, p, 1e-6)
    if moved is not None:
        moved.extend(params)
    return x @ embedding.T


def split(x: Any, p: Iterator[Any]) -> list[Any]:
    parts = jnp.split(dense(layer_norm(x, p, 1e-5), p), 3, axis=-1)
    return [part.reshape(*x.shape[:2], w.HEADS, -1) for part in parts]


def rest(x: Any, y: Any, p: Iterator[Any]) -> Any:
    x = x + dense(y.reshape(x.shape), p)
    y = dense(layer_norm(x, p, 1e-5), p)
    return x + dense(jax.nn.gelu(y, approximate=False), p)


def gpt(params: Arrays, x: Any, moved: Moved | None = None) -> Any:
    p = iter(params)
    tokens, places = next(p), next(p)
    x = jnp.take(tokens, x, axis=0) + places[: x.shape[1]]
    for _ in range(w.DEPTH):
        y = jax.nn.dot_product_attention(*split(x, p), is_causal=True)
        x = rest(x, y, p)
    x = layer_norm(x, p, 1e-5)
    if moved is not None:
        moved.extend(params)
    return x @ next(p)


@jax.jit
def gpt_step(params: Arrays, token: Any, position: Any, cache: Arrays) -> Any:
    """The most likely token after another, and the next cache."""
    p = iter(params)
    tokens, places = next(p), next(p)
    x = (tokens[token] + places[position])[:, None]
    seen = (jnp.arange(w.LENGTH) <= position)[None, None, None]
    following = []
    for keys, values in cache:
        query, key, value = split(x, p)
        keys = jax.lax.dynamic_update_slice(keys, key, (0, position, 0, 0))
        values = jax.lax.dynamic_update_slice(values, value, (0, position, 0, 0))
        following.append((keys, values))
        y = jax.nn.dot_product_attention(query, keys, values, mask=seen)
        x = rest(x, y, p)
    logits = (layer_norm(x, p, 1e-5) @ next(p))[:, 0]
    return jnp.argmax(logits, -1).astype("int32"), following


MODELS: dict[str, Callable[..., Any]] = {"resnet50": resnet50, "bert": bert, "gpt": gpt}


def warm_up() -> None:
    """A training of next to nothing."""
    jax.jit(jax.grad(lambda x: jnp.square(x).sum()))(jnp.zeros(2)).block_until_ready()


class Contender:
    """A function, its parameters, and one jitted and donated step of Adam."""

    def __init__(self, name: str) -> None:
        self.name, self.apply = name, MODELS[name]
        self.params: Arrays = []
        self.infer = jax.jit(self.apply)
        self.step = jax.jit(partial(train_step, self.apply), donate_argnums=(0, 1))
        self.state: Any = None

    @staticmethod
    def facts() -> dict[str, str]:
        return {"jax": jax.__version__}

    def fit(self, x: np.ndarray, y: np.ndarray) -> float:
        total = 0.0
        for start in range(0, len(x), w.BATCH):
            part = slice(start, start + w.BATCH)
            self.params, self.state, loss = self.step(
                self.params, self.state, x[part], y[part]
            )
            total = total + loss
        return float(total) * w.BATCH / len(x)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.infer(self.params, x))

    def write(self, prompt: np.ndarray, count: int) -> np.ndarray:
        shape = (1, w.LENGTH, w.HEADS, w.WIDTH // w.HEADS)
        cache = [(jnp.zeros(shape), jnp.zeros(shape)) for _ in range(w.DEPTH)]
        token, tokens = jnp.asarray(prompt), []
        for position in range(count):
            token, cache = gpt_step(self.params, token, position, cache)
            tokens.append(token)
        return np.concatenate([np.asarray(token) for token in tokens])

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.params = [jnp.array(array) for array in weights]
        zeros = [jnp.zeros_like(array) for array in self.params]
        self.state = (jnp.zeros((), "int32"), zeros, [jnp.copy(z) for z in zeros])


def train_step(
    apply: Callable[..., Any], params: Arrays, state: Any, x: Any, y: Any
) -> Any:
    """One step of Adam; statistics have no gradient and become what they moved to."""

    def loss_of(params: Arrays) -> Any:
        moved: Moved = []
        logits = jax.nn.log_softmax(apply(params, x, moved))
        picked = jnp.take_along_axis(logits, y[..., None], -1)
        return -jnp.mean(picked), moved

    (loss, moved), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
    count, first, second = state
    count = count + 1
    rate = w.LEARNING_RATE * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    first = [0.9 * m + 0.1 * g for m, g in zip(first, grads, strict=True)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, grads, strict=True)]
    params = [
        p - rate * m / (jnp.sqrt(v) + 1e-7)
        for p, m, v in zip(moved, first, second, strict=True)
    ]
    return params, (count, first, second), loss


def setup() -> None:
    """Nothing to set."""
