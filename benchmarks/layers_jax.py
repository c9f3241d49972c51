"""The rows of `layers.py` as a JAX user writes them: pure functions under `jax.jit`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from layer_rows import LayerRow, Pass, cotangent, right_padding

Weights = Sequence[jax.Array]
Native = Callable[..., Any]
LAYOUTS = {3: ("NWC", "WIO", "NWC"), 4: ("NHWC", "HWIO", "NHWC")}
LAYOUTS[5] = ("NDHWC", "DHWIO", "NDHWC")


def conv(
    weights: Weights,
    x: jax.Array,
    strides: int = 1,
    padding: Any = "VALID",
    layout: tuple[str, str, str] | None = None,
    **options: Any,
) -> jax.Array:
    kernel, *bias = weights
    found = lax.conv_general_dilated(
        x,
        kernel,
        (strides,) * (x.ndim - 2),
        padding,
        dimension_numbers=layout or LAYOUTS[x.ndim],
        **options,
    )
    if layout:
        return found + bias[0][:, None, None]
    return found + bias[0] if bias else found


def transposed(weights: Weights, x: jax.Array) -> jax.Array:
    kernel, bias = weights
    rank = x.ndim - 2
    strides = (2,) * rank
    found = lax.conv_transpose(
        x, kernel, strides, "VALID", dimension_numbers=LAYOUTS[x.ndim],
        transpose_kernel=True,
    )  # fmt: skip
    return found + bias


def depthwise(weights: Weights, x: jax.Array) -> jax.Array:
    kernel, *bias = weights
    groups = kernel.shape[-2]
    flat = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return conv((flat, *bias), x, feature_group_count=groups)


def separable(weights: Weights, x: jax.Array) -> jax.Array:
    return conv(weights[1:], depthwise(weights[:1], x))


def pooled(start: float, reduce: Any, mean: bool = False) -> Native:
    def run(weights: Weights, x: jax.Array) -> jax.Array:
        window = (1, *(2,) * (x.ndim - 2), 1)
        found = lax.reduce_window(x, start, reduce, window, window, "VALID")
        return found / 2 ** (x.ndim - 2) if mean else found

    return run


def dense(weights: Weights, x: jax.Array) -> jax.Array:
    return x @ weights[0] + weights[1]


def einsum_dense(weights: Weights, x: jax.Array) -> jax.Array:
    return jnp.einsum("abc,cde->abde", x, weights[0]) + weights[1]


def normalized(x: jax.Array, axes: tuple[int, ...], epsilon: float) -> jax.Array:
    mean = x.mean(axes, keepdims=True)
    return (x - mean) * lax.rsqrt(x.var(axes, keepdims=True) + epsilon)


def batch_norm_training(weights: Weights, x: jax.Array) -> Any:
    gamma, beta, mean, variance = weights
    seen_mean, seen_variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    y = (x - seen_mean) * (gamma * lax.rsqrt(seen_variance + 1e-3)) + beta
    moved = 0.99 * mean + 0.01 * seen_mean, 0.99 * variance + 0.01 * seen_variance
    return y, jax.tree.map(lax.stop_gradient, moved)


def batch_norm(weights: Weights, x: jax.Array) -> jax.Array:
    gamma, beta, mean, variance = weights
    return (x - mean) * (gamma * lax.rsqrt(variance + 1e-3)) + beta


def layer_norm(weights: Weights, x: jax.Array) -> jax.Array:
    return normalized(x, (-1,), 1e-3) * weights[0] + weights[1]


def rms_norm(weights: Weights, x: jax.Array) -> jax.Array:
    mean = jnp.square(x).mean(-1, keepdims=True)
    return x * lax.rsqrt(mean + 1e-6) * weights[0]


def group_norm(weights: Weights, x: jax.Array) -> jax.Array:
    split = x.reshape(*x.shape[:-1], 4, -1)
    return normalized(split, (1, 2, 4), 1e-3).reshape(x.shape) * weights[0] + weights[1]


def unit_norm(weights: Weights, x: jax.Array) -> jax.Array:
    return x * lax.rsqrt(jnp.maximum(jnp.square(x).sum(-1, keepdims=True), 1e-12))


def attention(
    weights: Weights,
    query: jax.Array,
    value: jax.Array,
    key: jax.Array,
    mask: jax.Array | None = None,
    causal: bool = False,
) -> jax.Array:
    q, k, v = (
        jnp.einsum("bsw,whd->bshd", x, kernel) + bias
        for x, kernel, bias in zip(
            (query, key, value), weights[0:6:2], weights[1:6:2], strict=True
        )
    )
    found = jax.nn.dot_product_attention(
        q, k, v, mask=None if mask is None else mask[:, None, None, :], is_causal=causal
    )
    return jnp.einsum("bshd,hdw->bsw", found, weights[6]) + weights[7]


def lstm(
    weights: Weights, x: jax.Array, mask: jax.Array | None = None, reverse: bool = False
) -> jax.Array:
    """`lax.scan` over time; the product of the inputs is done before."""
    kernel, recurrent, bias = weights
    units = recurrent.shape[0]

    def step(state: Any, now: Any) -> Any:
        h, c = state
        gates, seen = now
        i, f, g, o = jnp.split(gates + h @ recurrent, 4, axis=-1)
        new_c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        new_h = jax.nn.sigmoid(o) * jnp.tanh(new_c)
        if seen is not None:
            new_h, new_c = (
                jnp.where(seen, new_h, h),
                jnp.where(seen, new_c, c),
            )
        return (new_h, new_c), new_h

    start = (jnp.zeros((x.shape[0], units)),) * 2
    gates = (x @ kernel + bias).swapaxes(0, 1)
    seen = None if mask is None else mask.T[..., None]
    _, found = lax.scan(step, start, (gates, seen), reverse=reverse)
    return found.swapaxes(0, 1)


def gru(weights: Weights, x: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    kernel, recurrent, bias = weights

    def step(h: jax.Array, now: Any) -> Any:
        gates, seen = now
        z, r, n = jnp.split(gates, 3, axis=-1)
        rz, rr, rn = jnp.split(h @ recurrent + bias[1], 3, axis=-1)
        z, r = jax.nn.sigmoid(z + rz), jax.nn.sigmoid(r + rr)
        new = z * h + (1 - z) * jnp.tanh(n + r * rn)
        new = new if seen is None else jnp.where(seen, new, h)
        return new, new

    start = jnp.zeros((x.shape[0], recurrent.shape[0]))
    gates = (x @ kernel + bias[0]).swapaxes(0, 1)
    seen = None if mask is None else mask.T[..., None]
    return lax.scan(step, start, (gates, seen))[1].swapaxes(0, 1)


def conv_lstm(weights: Weights, x: jax.Array) -> jax.Array:
    """`lax.scan` over time; the convolution of the inputs is done before."""
    kernel, recurrent, bias = weights
    gates = conv((kernel, bias), x.reshape(-1, *x.shape[2:]))
    gates = gates.reshape(*x.shape[:2], *gates.shape[1:]).swapaxes(0, 1)

    def step(state: Any, now: jax.Array) -> Any:
        h, c = state
        both = now + conv((recurrent,), h, padding="SAME")
        i, f, g, o = jnp.split(both, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    start = (jnp.zeros((*gates.shape[1:-1], recurrent.shape[-2])),) * 2
    return lax.scan(step, start, gates)[1].swapaxes(0, 1)


def adaptive(weights: Weights, x: jax.Array) -> jax.Array:
    """Means of parts of equal size."""
    batch, *sizes, channels = x.shape
    parts = [part for size in sizes for part in (4, size // 4)]
    return x.reshape(batch, *parts, channels).mean((2, 4))


def both_ways(weights: Weights, x: jax.Array) -> jax.Array:
    forward, backward = lstm(weights[:3], x), lstm(weights[3:], x, reverse=True)
    return jnp.concatenate([forward, backward], axis=-1)


ROWS: dict[str, Native] = {
    "Dense": dense,
    "Dense, sequence": lambda w, x: jax.nn.relu(dense(w, x)),
    "EinsumDense": einsum_dense,
    "Embedding": lambda w, x: jnp.take(w[0], x, axis=0),
    "Conv1D": conv,
    "Conv1D, causal": partial(conv, padding=[(4, 0)], rhs_dilation=(2,)),
    "Conv2D": conv,
    "Conv2D, same": partial(conv, padding="SAME"),
    "Conv2D, same, strided": partial(conv, padding="SAME", strides=2),
    "Conv2D, dilated": partial(conv, rhs_dilation=(2, 2)),
    "Conv2D, grouped": partial(conv, feature_group_count=4),
    "Conv2D, channels first": partial(conv, layout=("NCHW", "HWIO", "NCHW")),
    "Conv3D": conv,
    "Conv1DTranspose": transposed,
    "Conv2DTranspose": transposed,
    "Conv3DTranspose": transposed,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
    "MaxPooling1D": pooled(-np.inf, lax.max),
    "MaxPooling2D": pooled(-np.inf, lax.max),
    "MaxPooling3D": pooled(-np.inf, lax.max),
    "AveragePooling1D": pooled(0.0, lax.add, mean=True),
    "AveragePooling2D": pooled(0.0, lax.add, mean=True),
    "AveragePooling3D": pooled(0.0, lax.add, mean=True),
    "GlobalAveragePooling2D": lambda w, x: x.mean((1, 2)),
    "GlobalMaxPooling2D": lambda w, x: x.max((1, 2)),
    "AdaptiveAveragePooling2D": adaptive,
    "BatchNormalization, training": batch_norm_training,
    "BatchNormalization, inference": batch_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "GroupNormalization": group_norm,
    "UnitNormalization": unit_norm,
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
    pass


def pass_of(
    function: Native, weights: Any, inputs: Sequence[jax.Array], wanted: int
) -> Pass:
    """`function(weights, *inputs)` gives the output, or it and new state."""

    def output(weights: Any, *inputs: jax.Array) -> Any:
        found = function(weights, *inputs)
        return found if isinstance(found, tuple) else (found, ())

    shape = jax.eval_shape(output, weights, *inputs)[0].shape
    gradient = jnp.asarray(cotangent(shape))

    @jax.jit
    def train(weights: Any, inputs: Any, gradient: jax.Array) -> Any:
        floats = inputs[:wanted]
        rest = inputs[wanted:]
        y, back, state = jax.vjp(
            lambda w, *x: output(w, *x, *rest), weights, *floats, has_aux=True
        )
        return y, back(gradient), state

    def run() -> Any:
        return jax.block_until_ready(train(weights, tuple(inputs), gradient))

    return Pass(run, lambda: [np.asarray(x) for x in jax.tree.leaves(run()[:2])])


def sides(
    name: str, row: LayerRow, layer: Any, arrays: Sequence[np.ndarray]
) -> dict[str, Pass]:
    """This keras through `stateless_call` and JAX by hand, on the same values."""
    inputs = [jnp.asarray(x) for x in arrays]
    masks = []
    if row.lengths:
        steps = row.shape[0]
        masks = [jnp.arange(steps)[None] < jnp.asarray(right_padding(steps))[:, None]]
    options = row.call_options(*masks)
    trainable = [v.value for v in layer.trainable_variables]
    fixed = [v.value for v in layer.non_trainable_variables]

    def ours(weights: Any, *inputs: jax.Array) -> Any:
        y, state = layer.stateless_call(weights, fixed, *inputs, **options)
        return y, state if row.training else ()

    values = [jnp.asarray(w) for w in layer.get_weights()]
    count = len(trainable)

    def native(weights: Any, *inputs: jax.Array) -> Any:
        return ROWS[name]([*weights, *values[count:]], *inputs, *masks)

    floats = 0 if row.integers else len(inputs)
    return {
        "ours": pass_of(ours, trainable, inputs, floats),
        "native": pass_of(native, values[:count], inputs, floats),
    }
