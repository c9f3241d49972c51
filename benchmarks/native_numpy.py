"""The workloads' forward passes as a NumPy user writes them; nothing here trains.

Parameters are the flat list of arrays that the Keras model has, in its order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import workloads as w

Array = np.ndarray
Arrays = list[np.ndarray]


def random(*shape: int) -> Array:
    scale = 1 / np.sqrt(np.prod(shape[:-1]))
    return (np.random.standard_normal(shape) * scale).astype("float32")


def zeros(*shape: int) -> Array:
    return np.zeros(shape, "float32")


def dense(inputs: int, units: int) -> Arrays:
    return [random(inputs, units), zeros(units)]


def init_mlp() -> Arrays:
    return dense(64, w.HIDDEN) + dense(w.HIDDEN, w.HIDDEN) + dense(w.HIDDEN, w.CLASSES)


def mlp(v: Arrays, x: Array) -> Array:
    x = np.maximum(x @ v[0] + v[1], 0)
    x = np.maximum(x @ v[2] + v[3], 0)
    return x @ v[4] + v[5]


def init_convnet() -> Arrays:
    first, second = w.CONV_FILTERS
    kernels = [random(3, 3, 1, first), zeros(first)]
    kernels += [random(3, 3, first, second), zeros(second)]
    return kernels + dense(second * 25, w.CLASSES)


def conv(x: Array, kernel: Array, bias: Array) -> Array:
    """3x3 convolution as one matrix product over sliding windows."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    columns = windows.transpose(0, 1, 2, 4, 5, 3)
    flat = columns.reshape(*columns.shape[:3], -1)
    return flat @ kernel.reshape(-1, kernel.shape[-1]) + bias


def pool(x: Array) -> Array:
    rows, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return x.reshape(rows, height // 2, 2, width // 2, 2, channels).max((2, 4))


def convnet(v: Arrays, x: Array) -> Array:
    x = pool(np.maximum(conv(x, v[0], v[1]), 0))
    x = pool(np.maximum(conv(x, v[2], v[3]), 0))
    return x.reshape(len(x), -1) @ v[4] + v[5]


def init_transformer() -> Arrays:
    found = [random(w.VOCABULARY, w.WIDTH)]
    for _ in range(w.BLOCKS):
        found += [zeros(w.WIDTH) + 1, zeros(w.WIDTH)]
        for _ in range(4):  # query, key, value, out
            found += dense(w.WIDTH, w.WIDTH)
        found += [zeros(w.WIDTH) + 1, zeros(w.WIDTH)]
        found += dense(w.WIDTH, w.FEED_FORWARD) + dense(w.FEED_FORWARD, w.WIDTH)
    return found + dense(w.WIDTH, w.CLASSES)


def norm(scale: Array, bias: Array, x: Array) -> Array:
    mean = x.mean(-1, keepdims=True)
    variance = x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + w.NORM_EPSILON) * scale + bias


def softmax(x: Array) -> Array:
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def attention(v: Arrays, x: Array) -> Array:
    rows, steps, _ = x.shape
    size = w.WIDTH // w.HEADS
    query, key, value = (
        (x @ v[i] + v[i + 1]).reshape(rows, steps, w.HEADS, size).swapaxes(1, 2)
        for i in (0, 2, 4)
    )
    scores = softmax(query @ key.swapaxes(2, 3) * np.float32(size**-0.5))
    mixed = (scores @ value).swapaxes(1, 2).reshape(rows, steps, w.WIDTH)
    return mixed @ v[6] + v[7]


def transformer(v: Arrays, x: Array) -> Array:
    x = v[0][x]
    for start in range(1, 1 + 16 * w.BLOCKS, 16):
        b = v[start : start + 16]
        x = x + attention(b[2:10], norm(b[0], b[1], x))
        y = np.maximum(norm(b[10], b[11], x) @ b[12] + b[13], 0)
        x = x + y @ b[14] + b[15]
    return x.mean(1) @ v[-2] + v[-1]


def init_lstm() -> Arrays:
    cell = [random(16, 4 * w.UNITS), random(w.UNITS, 4 * w.UNITS), zeros(4 * w.UNITS)]
    return cell + dense(w.UNITS, w.CLASSES)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm(v: Arrays, x: Array) -> Array:
    by_step = (x @ v[0] + v[2]).swapaxes(0, 1)
    hidden = cell = zeros(len(x), w.UNITS)
    for gates in by_step:
        i, f, g, o = np.split(gates + hidden @ v[1], 4, axis=-1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
    return hidden @ v[3] + v[4]


MODELS: dict[str, tuple[Callable[[], Arrays], Callable[[Arrays, Array], Array]]] = {
    "mlp": (init_mlp, mlp),
    "convnet": (init_convnet, convnet),
    "transformer": (init_transformer, transformer),
    "lstm": (init_lstm, lstm),
}


class Contender:
    """A list of arrays and a function; batches go through it one by one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.batch = w.WORKLOADS[name].batch
        _, self.apply = MODELS[name]
        self.params = self.build()

    @staticmethod
    def facts() -> dict[str, str]:
        return {"numpy": np.__version__}

    def build(self) -> Arrays:
        return MODELS[self.name][0]()

    def predict(self, x: Array) -> Array:
        starts = range(0, len(x), self.batch)
        outputs = [self.apply(self.params, x[i : i + self.batch]) for i in starts]
        return np.concatenate(outputs)

    def predict_on_batch(self, x: Array) -> Array:
        return self.apply(self.params, x)

    def tensor(self, x: Array) -> Array:
        return x

    def call(self, x: Array) -> Array:
        return self.apply(self.params, x)

    def save(self, folder: str) -> None:
        np.savez(f"{folder}/native.npz", *self.params)

    def load(self, folder: str) -> None:
        with np.load(f"{folder}/native.npz") as arrays:
            self.params = [arrays[name] for name in arrays.files]

    def set_weights(self, weights: Arrays) -> None:
        pairs = zip(self.params, weights, strict=True)
        self.params = [array.reshape(own.shape) for own, array in pairs]


def setup() -> None:
    np.random.seed(0)
