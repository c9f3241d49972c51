"""The workloads as a TensorFlow user writes them without Keras: tf.function steps.

Variables, tf.nn functions, TensorFlow's own fused Adam kernel, and NumPy slices handed
to a compiled step. Run with XLA and without (`NATIVE_XLA=1`): the better one counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import workloads as w

XLA = os.environ.get("NATIVE_XLA") == "1"
Variables = list[tf.Variable]


def glorot(*shape: int) -> tf.Variable:
    receptive = int(np.prod(shape[:-2]))
    limit = (6.0 / ((shape[-2] + shape[-1]) * receptive)) ** 0.5
    return tf.Variable(tf.random.uniform(shape, -limit, limit))


def zeros(*shape: int) -> tf.Variable:
    return tf.Variable(tf.zeros(shape))


def ones(*shape: int) -> tf.Variable:
    return tf.Variable(tf.ones(shape))


def dense(inputs: int, units: int) -> Variables:
    return [glorot(inputs, units), zeros(units)]


def linear(kernel: tf.Variable, bias: tf.Variable, x: tf.Tensor) -> tf.Tensor:
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def init_mlp() -> Variables:
    sizes = (64, w.HIDDEN, w.HIDDEN, w.CLASSES)
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [variable for pair in pairs for variable in dense(*pair)]


def mlp(v: Variables, x: tf.Tensor) -> tf.Tensor:
    x = tf.nn.relu(linear(v[0], v[1], x))
    x = tf.nn.relu(linear(v[2], v[3], x))
    return linear(v[4], v[5], x)


def init_convnet() -> Variables:
    first, second = w.CONV_FILTERS
    return [
        glorot(3, 3, 1, first),
        zeros(first),
        glorot(3, 3, first, second),
        zeros(second),
        *dense(second * 25, w.CLASSES),
    ]


def convnet(v: Variables, x: tf.Tensor) -> tf.Tensor:
    for kernel, bias in ((v[0], v[1]), (v[2], v[3])):
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "VALID"), bias))
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    return linear(v[4], v[5], tf.reshape(x, (-1, v[4].shape[0])))


def init_transformer() -> Variables:
    found = [tf.Variable(tf.random.normal((w.VOCABULARY, w.WIDTH), stddev=0.05))]
    for _ in range(w.BLOCKS):
        found += [ones(w.WIDTH), zeros(w.WIDTH)]
        for _ in range(4):  # query, key, value, out
            found += dense(w.WIDTH, w.WIDTH)
        found += [ones(w.WIDTH), zeros(w.WIDTH)]
        found += dense(w.WIDTH, w.FEED_FORWARD) + dense(w.FEED_FORWARD, w.WIDTH)
    return found + dense(w.WIDTH, w.CLASSES)


def norm(scale: tf.Variable, bias: tf.Variable, x: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, bias, scale, w.NORM_EPSILON)


def projected(kernel: tf.Variable, bias: tf.Variable, x: tf.Tensor) -> tf.Tensor:
    """A dense layer over the last axis of `(batch, steps, width)`."""
    flat = linear(kernel, bias, tf.reshape(x, (-1, x.shape[-1])))
    return tf.reshape(flat, (-1, x.shape[1], kernel.shape[1]))


def heads(x: tf.Tensor) -> tf.Tensor:
    split = tf.reshape(x, (-1, x.shape[1], w.HEADS, w.WIDTH // w.HEADS))
    return tf.transpose(split, (0, 2, 1, 3))


def attention(v: Variables, x: tf.Tensor) -> tf.Tensor:
    query, key, value = (heads(projected(v[i], v[i + 1], x)) for i in range(0, 6, 2))
    size = w.WIDTH // w.HEADS
    scores = tf.matmul(query * size**-0.5, key, transpose_b=True)
    mixed = tf.matmul(tf.nn.softmax(scores), value)
    joined = tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (-1, x.shape[1], w.WIDTH))
    return projected(v[6], v[7], joined)


def transformer(v: Variables, x: tf.Tensor) -> tf.Tensor:
    x = tf.gather(v[0], x)
    for start in range(1, 1 + 16 * w.BLOCKS, 16):
        b = v[start : start + 16]
        x = x + attention(b[2:10], norm(b[0], b[1], x))
        y = tf.nn.relu(projected(b[12], b[13], norm(b[10], b[11], x)))
        x = x + projected(b[14], b[15], y)
    return linear(v[-2], v[-1], tf.reduce_mean(x, 1))


def init_lstm() -> Variables:
    recurrent = tf.linalg.qr(tf.random.normal((4 * w.UNITS, w.UNITS)))[0]
    return [
        glorot(16, 4 * w.UNITS),
        tf.Variable(tf.transpose(recurrent)),
        zeros(4 * w.UNITS),
        *dense(w.UNITS, w.CLASSES),
    ]


def cell_step(gates: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    i, f, g, o = tf.split(gates, 4, axis=-1)
    cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(cell), cell


def lstm_unrolled(v: Variables, x: tf.Tensor) -> tf.Tensor:
    """All steps written out, the input's share of the gates in one product."""
    hidden = cell = tf.zeros((tf.shape(x)[0], w.UNITS))
    for gates in tf.unstack(projected(v[0], v[2], x), axis=1):
        hidden, cell = cell_step(gates + tf.matmul(hidden, v[1]), cell)
    return linear(v[3], v[4], hidden)


def lstm_loop(v: Variables, x: tf.Tensor) -> tf.Tensor:
    """A loop over steps, the input's product inside it."""
    start = tf.zeros((tf.shape(x)[0], w.UNITS))
    steps = x.shape[1]
    by_step = tf.transpose(x, (1, 0, 2))

    def step(
        t: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        gates = linear(v[0], v[2], by_step[t]) + tf.matmul(hidden, v[1])
        return t + 1, *cell_step(gates, cell)

    _, hidden, _ = tf.while_loop(
        lambda t, hidden, cell: t < steps,
        step,
        (0, start, start),
        maximum_iterations=steps,
    )
    return linear(v[3], v[4], hidden)


def lstm(v: Variables, x: tf.Tensor) -> tf.Tensor:
    """The fastest spelling of either mode, measured: XLA likes loops, TF does not."""
    return lstm_loop(v, x) if XLA else lstm_unrolled(v, x)


MODELS: dict[str, tuple[Callable[[], Variables], Callable[..., tf.Tensor]]] = {
    "mlp": (init_mlp, mlp),
    "convnet": (init_convnet, convnet),
    "transformer": (init_transformer, transformer),
    "lstm": (init_lstm, lstm),
}


class Model(tf.Module):
    """Variables, Adam's slots and running totals: what a checkpoint holds."""

    def __init__(self, init: Callable[[], Variables]) -> None:
        super().__init__()
        self.params = init()
        self.momentum = [tf.Variable(tf.zeros_like(p)) for p in self.params]
        self.velocity = [tf.Variable(tf.zeros_like(p)) for p in self.params]
        self.step = tf.Variable(0.0)
        self.loss_sum = tf.Variable(0.0)
        self.correct = tf.Variable(0.0)

    def reset(self) -> None:
        self.loss_sum.assign(0.0)
        self.correct.assign(0.0)

    def apply_adam(self, grads: list[tf.Tensor]) -> None:
        step = self.step.assign_add(1.0)
        slots = zip(self.params, self.momentum, self.velocity, grads, strict=True)
        for param, momentum, velocity, grad in slots:
            tf.raw_ops.ResourceApplyAdam(
                var=param.handle,
                m=momentum.handle,
                v=velocity.handle,
                beta1_power=tf.pow(w.BETA_1, step),
                beta2_power=tf.pow(w.BETA_2, step),
                lr=w.LEARNING_RATE,
                beta1=w.BETA_1,
                beta2=w.BETA_2,
                epsilon=w.EPSILON,
                grad=grad,
            )


class Contender:
    """Variables, three compiled functions and the loops around them."""

    def __init__(self, name: str) -> None:
        self.name = name
        load = w.WORKLOADS[name]
        self.batch = load.batch
        _, self.apply = MODELS[name]
        self.model = self.build()
        rows = tf.TensorSpec((None, *load.shape), load.dtype)
        labels = tf.TensorSpec((None,), "int32")
        # XLA compiles per batch size, of which there are few: no signature then.
        both = {} if XLA else {"input_signature": (rows, labels)}
        one = {} if XLA else {"input_signature": (rows,)}
        self.train_step = tf.function(self._train_step, jit_compile=XLA, **both)
        self.test_step = tf.function(self._test_step, jit_compile=XLA, **both)
        self.forward = tf.function(self._forward, jit_compile=XLA, **one)

    @staticmethod
    def facts() -> dict[str, str]:
        return {"tensorflow": tf.__version__, "xla": str(XLA)}

    def build(self) -> Model:
        return Model(MODELS[self.name][0])

    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        return self.apply(self.model.params, x)

    def loss(self, logits: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
        return tf.reduce_mean(each)

    def add_up(self, loss: tf.Tensor, logits: tf.Tensor, y: tf.Tensor) -> None:
        self.model.loss_sum.assign_add(loss * tf.cast(tf.shape(y)[0], "float32"))
        hits = tf.argmax(logits, axis=1, output_type=tf.int32) == y
        self.model.correct.assign_add(tf.reduce_sum(tf.cast(hits, "float32")))

    def _train_step(self, x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logits = self._forward(x)
            loss = self.loss(logits, y)
        grads = tape.gradient(loss, self.model.params)
        self.model.apply_adam([tf.convert_to_tensor(grad) for grad in grads])
        self.add_up(loss, logits, y)

    def _test_step(self, x: tf.Tensor, y: tf.Tensor) -> None:
        logits = self._forward(x)
        self.add_up(self.loss(logits, y), logits, y)

    def fit(self, x: np.ndarray, y: np.ndarray, shuffle: bool = True) -> float:
        if shuffle:
            order = np.random.permutation(len(x))
            x, y = x[order], y[order]
        return self.run(self.train_step, x, y)[0]

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        return self.run(self.test_step, x, y)

    def run(
        self, step: Callable[..., None], x: np.ndarray, y: np.ndarray
    ) -> tuple[float, float]:
        self.model.reset()
        for start in range(0, len(x), self.batch):
            step(x[start : start + self.batch], y[start : start + self.batch])
        return float(self.model.loss_sum) / len(x), float(self.model.correct) / len(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        starts = range(0, len(x), self.batch)
        outputs = [self.forward(x[start : start + self.batch]) for start in starts]
        return np.concatenate([output.numpy() for output in outputs])

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return self.forward(x).numpy()

    def tensor(self, x: np.ndarray) -> tf.Tensor:
        return tf.constant(x)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.forward(x)

    def save(self, folder: str) -> None:
        tf.train.Checkpoint(model=self.model).write(f"{folder}/native")

    def load(self, folder: str) -> None:
        tf.train.Checkpoint(model=self.build()).read(f"{folder}/native")

    def set_weights(self, weights: list[np.ndarray]) -> None:
        for param, array in zip(self.model.params, weights, strict=True):
            param.assign(array.reshape(param.shape))


def setup() -> None:
    tf.random.set_seed(0)
    np.random.seed(0)
