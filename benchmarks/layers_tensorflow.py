"""The rows of `layers.py` as a TensorFlow user writes them, under `tf.function`.

Each side is compiled twice, with XLA and without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from layer_rows import LayerRow, Pass, cotangent, right_padding

Weights = Sequence[tf.Variable]
Native = Callable[..., Any]
LAYOUTS = {3: "NWC", 4: "NHWC", 5: "NDHWC"}


def conv(weights: Weights, x: tf.Tensor, **options: Any) -> tf.Tensor:
    kernel, *bias = weights
    options = {"padding": "VALID", "data_format": LAYOUTS[len(x.shape)], **options}
    found = tf.nn.convolution(x, kernel, **options)
    return found + bias[0] if bias else found


def causal_conv(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    return conv(weights, tf.pad(x, [[0, 0], [4, 0], [0, 0]]), dilations=2)


def conv_channels_first(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    """The CPU kernels know the channels at the end only."""
    found = conv(weights, tf.transpose(x, (0, 2, 3, 1)))
    return tf.transpose(found, (0, 3, 1, 2))


def transposed(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    kernel, bias = weights
    spatial = [2 * size + 1 for size in x.shape[1:-1]]
    shape = [x.shape[0], *spatial, kernel.shape[-2]]
    return tf.nn.conv_transpose(x, kernel, shape, 2, "VALID") + bias


def depthwise(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    kernel, *bias = weights
    line = len(x.shape) == 3
    if line:
        x, kernel = x[:, None], kernel[None]
    found = tf.nn.depthwise_conv2d(x, kernel, (1, 1, 1, 1), "VALID")
    found = found + bias[0] if bias else found
    return found[:, 0] if line else found


def separable(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    return conv(weights[1:], depthwise(weights[:1], x))


def pooled(kind: str) -> Native:
    return lambda weights, x: tf.nn.pool(
        x, [2] * (len(x.shape) - 2), kind, [2] * (len(x.shape) - 2), "VALID"
    )


def dense(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    if len(x.shape) == 3:
        return tf.tensordot(x, weights[0], 1) + weights[1]
    return x @ weights[0] + weights[1]


def einsum_dense(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    return tf.einsum("abc,cde->abde", x, weights[0]) + weights[1]


def batch_norm(weights: Weights, x: tf.Tensor, training: bool) -> Any:
    gamma, beta, mean, variance = (tf.convert_to_tensor(w) for w in weights)
    y, seen_mean, seen_variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=1e-3,
        is_training=training,
    )
    if training:
        weights[2].assign(0.99 * mean + 0.01 * seen_mean)
        weights[3].assign(0.99 * variance + 0.01 * seen_variance)
    return y


def normalized(x: tf.Tensor, axes: Sequence[int]) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-3)


def layer_norm(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    return normalized(x, [-1]) * weights[0] + weights[1]


def rms_norm(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    mean = tf.reduce_mean(tf.square(x), -1, keepdims=True)
    return x * tf.math.rsqrt(mean + 1e-6) * weights[0]


def group_norm(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    split = tf.reshape(x, [*x.shape[:-1], 4, x.shape[-1] // 4])
    found = tf.reshape(normalized(split, [1, 2, 4]), x.shape)
    return found * weights[0] + weights[1]


def attention(
    weights: Weights,
    query: tf.Tensor,
    value: tf.Tensor,
    key: tf.Tensor,
    mask: tf.Tensor | None = None,
    causal: bool = False,
) -> tf.Tensor:
    q, k, v = (
        tf.einsum("bsw,whd->bhsd", x, kernel) + bias[:, None]
        for x, kernel, bias in zip(
            (query, key, value), weights[0:6:2], weights[1:6:2], strict=True
        )
    )
    if k.shape[1] != q.shape[1]:
        k, v = (tf.repeat(x, q.shape[1] // x.shape[1], axis=1) for x in (k, v))
    scores = tf.matmul(q, k, transpose_b=True) * q.shape[-1] ** -0.5
    if mask is not None:
        scores += tf.where(mask, 0.0, -1e9)[:, None, None, :]
    if causal:
        steps = q.shape[2]
        scores += np.triu(np.full((steps, steps), -1e9, "float32"), 1)
    found = tf.matmul(tf.nn.softmax(scores), v)
    return tf.einsum("bhsd,hdw->bsw", found, weights[6]) + weights[7]


def loop(
    gates: tf.Tensor, state: Any, step: Native, seen: tf.Tensor | None = None
) -> tf.Tensor:
    """A `tf.while_loop` over time; the product of the inputs is done before."""
    order = (1, 0, *range(2, len(gates.shape)))
    gates = tf.transpose(gates, order)
    steps = gates.shape[0]
    found = tf.TensorArray(tf.float32, steps, element_shape=state[0].shape)

    def body(time: tf.Tensor, state: Any, found: Any) -> Any:
        new = step(gates[time], *state)
        if seen is not None:
            now = seen[:, time, None]
            new = [tf.where(now, a, b) for a, b in zip(new, state, strict=True)]
        return time + 1, tuple(new), found.write(time, new[0])

    *_, found = tf.while_loop(
        lambda time, *_: time < steps,
        body,
        (tf.constant(0), tuple(state), found),
        maximum_iterations=steps,
    )
    return tf.transpose(found.stack(), order)


def lstm(weights: Weights, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    kernel, recurrent, bias = weights

    def step(now: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
        i, f, g, o = tf.split(now + h @ recurrent, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return [tf.sigmoid(o) * tf.tanh(c), c]

    start = [tf.zeros((x.shape[0], recurrent.shape[0]))] * 2
    return loop(dense((kernel, bias), x), start, step, mask)


def gru(weights: Weights, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    kernel, recurrent, bias = weights

    def step(now: tf.Tensor, h: tf.Tensor) -> Any:
        z, r, n = tf.split(now, 3, axis=-1)
        rz, rr, rn = tf.split(h @ recurrent + bias[1], 3, axis=-1)
        z, r = tf.sigmoid(z + rz), tf.sigmoid(r + rr)
        return [z * h + (1 - z) * tf.tanh(n + r * rn)]

    start = [tf.zeros((x.shape[0], recurrent.shape[0]))]
    return loop(dense((kernel, bias[0]), x), start, step, mask)


def conv_lstm(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    kernel, recurrent, bias = weights
    gates = conv((kernel, bias), tf.reshape(x, (-1, *x.shape[2:])))
    gates = tf.reshape(gates, (*x.shape[:2], *gates.shape[1:]))

    def step(now: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
        both = now + conv((recurrent,), h, padding="SAME")
        i, f, g, o = tf.split(both, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return [tf.sigmoid(o) * tf.tanh(c), c]

    shape = (x.shape[0], *gates.shape[2:-1], recurrent.shape[-2])
    return loop(gates, [tf.zeros(shape)] * 2, step)


def adaptive(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    """Means of parts of equal size."""
    batch, *sizes, channels = x.shape
    parts = [part for size in sizes for part in (4, size // 4)]
    return tf.reduce_mean(tf.reshape(x, (batch, *parts, channels)), (2, 4))


def both_ways(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    backward = lstm(weights[3:], tf.reverse(x, [1]))
    return tf.concat([lstm(weights[:3], x), tf.reverse(backward, [1])], axis=-1)


ROWS: dict[str, Native] = {
    "Dense": dense,
    "Dense, sequence": lambda w, x: tf.nn.relu(dense(w, x)),
    "EinsumDense": einsum_dense,
    "Embedding": lambda w, x: tf.gather(w[0], x),
    "Conv1D": conv,
    "Conv1D, causal": causal_conv,
    "Conv2D": conv,
    "Conv2D, same": partial(conv, padding="SAME"),
    "Conv2D, same, strided": partial(conv, padding="SAME", strides=2),
    "Conv2D, dilated": partial(conv, dilations=2),
    "Conv2D, channels first": conv_channels_first,
    "Conv3D": conv,
    "Conv1DTranspose": transposed,
    "Conv2DTranspose": transposed,
    "Conv3DTranspose": transposed,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
    "MaxPooling1D": pooled("MAX"),
    "MaxPooling2D": pooled("MAX"),
    "MaxPooling3D": pooled("MAX"),
    "AveragePooling1D": pooled("AVG"),
    "AveragePooling2D": pooled("AVG"),
    "AveragePooling3D": pooled("AVG"),
    "GlobalAveragePooling2D": lambda w, x: tf.reduce_mean(x, (1, 2)),
    "GlobalMaxPooling2D": lambda w, x: tf.reduce_max(x, (1, 2)),
    "AdaptiveAveragePooling2D": adaptive,
    "BatchNormalization, training": partial(batch_norm, training=True),
    "BatchNormalization, inference": partial(batch_norm, training=False),
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "GroupNormalization": group_norm,
    "UnitNormalization": lambda w, x: tf.math.l2_normalize(x, -1),
    "MultiHeadAttention": attention,
    "MultiHeadAttention, causal": partial(attention, causal=True),
    "MultiHeadAttention, masked": attention,
    "GroupQueryAttention": attention,
    "LSTM": lstm,
    "LSTM, masked": lstm,
    "GRU": gru,
    "GRU, masked": gru,
    "Bidirectional LSTM": both_ways,
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), conv_lstm),
}


def setup() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def pass_of(
    function: Native,
    weights: Weights,
    inputs: Sequence[tf.Tensor],
    gradient: tf.Tensor,
    xla: bool,
) -> Pass:
    @tf.function(jit_compile=xla)
    def train(inputs: Any, gradient: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x for x in inputs if x.dtype.is_floating])
            y = function(*inputs)
        wanted = [*weights, *(x for x in inputs if x.dtype.is_floating)]
        found = tape.gradient(y, wanted, output_gradients=gradient)
        found = [tf.convert_to_tensor(each) for each in found if each is not None]
        return [y, *found]

    def run() -> Any:
        return train(list(inputs), gradient)

    return Pass(run, lambda: [x.numpy() for x in run()])


def sides(
    name: str, row: LayerRow, layer: Any, arrays: Sequence[np.ndarray]
) -> dict[str, Pass]:
    """This keras and TensorFlow by hand on the same values, with XLA and without."""
    inputs = [tf.constant(x) for x in arrays]
    masks = []
    if row.lengths:
        masks = [tf.sequence_mask(right_padding(row.shape[0]), row.shape[0])]
    options = row.call_options(*masks)
    values = [tf.Variable(w) for w in layer.get_weights()]
    trained = [v.value for v in layer.trainable_variables]

    def ours(*inputs: tf.Tensor) -> tf.Tensor:
        return layer(*inputs, **options)

    def native(*inputs: tf.Tensor) -> tf.Tensor:
        return ROWS[name](values, *inputs, *masks)

    gradient = tf.constant(cotangent(ours(*inputs).shape))
    found: dict[str, Pass] = {}
    for end, xla in (("", False), (" XLA", True)):
        for side, run, weights in (
            ("ours", ours, trained),
            ("native", native, values[: len(trained)]),
        ):
            found[side + end] = pass_of(run, weights, inputs, gradient, xla)
    return found
