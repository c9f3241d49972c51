"""How the ops of layers are written to ONNX: activations, normalizations, attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras.core.typing import Axis
from keras.export.onnx.graph import Value, constant, emit, graph, in_order, ops
from keras.ops.declaration import DEFAULTS

# Activations ----------------------------------------------------------------------


def _along(op: str, name: str) -> Callable[..., Value]:
    def rule(x: Value, axis: Axis = -1) -> Value:
        if isinstance(axis, (tuple, list)) and len(axis) == 1:
            axis = axis[0]
        if not isinstance(axis, int):
            return DEFAULTS[name](x, axis)
        axis %= x.ndim
        base, order = (x, range(x.ndim)) if x.base is None else (x.base, x.order)
        found = emit(op, base, axis=order[axis], shape=base.shape, dtype=base.dtype)
        return in_order(found, order)

    rule.__name__ = name
    return rule


softmax = _along("Softmax", "softmax")
log_softmax = _along("LogSoftmax", "log_softmax")


def sparsemax(x: Value, axis: int = -1) -> Value:
    x = ops.moveaxis(x, axis, -1)
    ordered = ops.flip(ops.sort(x, -1), -1)
    sums = ops.cumsum(ordered, -1)
    count = ops.cumsum(ops.ones_like(x), -1)
    inside = ops.greater(ops.add(ops.multiply(ordered, count), 1.0), sums)
    size = ops.sum(ops.cast(inside, x.dtype), -1, keepdims=True)
    chosen = ops.sum(ops.where(inside, ordered, 0.0), -1, keepdims=True)
    edge = ops.divide(ops.subtract(chosen, 1.0), size)
    return ops.moveaxis(ops.maximum(ops.subtract(x, edge), 0.0), -1, axis)


# Normalization --------------------------------------------------------------------


def moments(
    x: Value, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Value, Value]:
    kind = x.dtype
    if kind in ("float16", "bfloat16"):
        x = ops.cast(x, "float32")
    mean = ops.mean(x, axes, True)
    variance = ops.mean(ops.square(ops.subtract(x, mean)), axes, keepdims)
    mean = mean if keepdims else ops.squeeze(mean, axes)
    return ops.cast(mean, kind), ops.cast(variance, kind)


def batch_normalization(
    x: Value, mean: Value, variance: Value, axis: int, offset: Any = None,
    scale: Any = None, epsilon: float = 1e-3,
) -> Value:  # fmt: skip
    axis %= x.ndim
    base, order = (x, tuple(range(x.ndim))) if x.base is None else (x.base, x.order)
    one = constant(np.ones(variance.shape), variance.dtype)
    if order[axis] == 1 and x.dtype in ("float32", "float64"):
        scale = one if scale is None else scale
        offset = ops.zeros_like(one) if offset is None else offset
        found = emit(
            "BatchNormalization", base, scale, offset, mean, variance,
            epsilon=float(epsilon), shape=base.shape, dtype=base.dtype,
        )  # fmt: skip
        return in_order(found, order)
    factor = ops.rsqrt(ops.add(variance, epsilon))
    factor = factor if scale is None else ops.multiply(factor, scale)
    shift = ops.negative(ops.multiply(mean, factor))
    shift = shift if offset is None else ops.add(shift, offset)
    shape = [1] * x.ndim
    shape[axis] = -1
    factor, shift = ops.reshape(factor, shape), ops.reshape(shift, shape)
    return ops.cast(ops.add(ops.multiply(x, factor), shift), x.dtype)


def batch_statistics_normalization(
    x: Value, offset: Value, scale: Value, axis: int = -1, epsilon: float = 1e-3
) -> tuple[Value, Value, Value]:
    axes = [a for a in range(x.ndim) if a != axis % x.ndim]
    mean, variance = ops.moments(x, axes)
    normalized = ops.batch_normalization(
        x, mean, variance, axis, offset, scale, epsilon
    )
    return normalized, mean, variance


def _trailing(x: Value, axis: Any) -> tuple[list[int], bool]:
    """The axes, and whether they are the last ones."""
    axes = sorted(
        a % x.ndim for a in (axis if isinstance(axis, (tuple, list)) else [axis])
    )
    return axes, axes == list(range(axes[0], x.ndim))


def _fitted(scale: Value, x: Value, axes: list[int]) -> Value:
    """A scale of the axes, shaped so that it can be multiplied with `x`."""
    if scale.ndim == 1 and len(axes) > 1:
        return ops.reshape(
            scale, [x.shape[a] if a in axes else 1 for a in range(x.ndim)]
        )
    sizes = iter(ops.shape(scale))
    return ops.reshape(scale, [next(sizes) if a in axes else 1 for a in range(x.ndim)])


def layer_normalization(
    x: Value, gamma: Any = None, beta: Any = None, axis: Any = -1,
    epsilon: float | None = None, **kwargs: Any,
) -> Value:  # fmt: skip
    epsilon = 1e-7 if epsilon is None else float(epsilon)
    axes, last = _trailing(x, axis)
    sizes = [x.shape[a] for a in axes]
    if last and None not in sizes and x.dtype in ("float32", "float64", "float16"):
        one = constant(np.ones(sizes), x.dtype)
        scale = one if gamma is None else ops.reshape(gamma, sizes)
        bias = None if beta is None else ops.reshape(beta, sizes)
        return emit("LayerNormalization", x, scale, bias, axis=axes[0], epsilon=epsilon)
    kind = x.dtype
    mean, variance = ops.moments(x, axes, keepdims=True)
    factor = ops.rsqrt(ops.add(variance, epsilon))
    found = ops.multiply(ops.subtract(x, mean), factor)
    if gamma is not None:
        found = ops.multiply(found, _fitted(gamma, x, axes))
    if beta is not None:
        found = ops.add(found, _fitted(beta, x, axes))
    return ops.cast(found, kind)


def rms_normalization(
    x: Value, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Value:
    epsilon = 1e-7 if epsilon is None else float(epsilon)
    axes, last = _trailing(x, axis)
    sizes = [x.shape[a] for a in axes]
    if graph().opset >= 23 and last and None not in sizes and x.dtype == "float32":
        one = constant(np.ones(sizes), x.dtype)
        given = one if scale is None else ops.reshape(scale, sizes)
        return emit("RMSNormalization", x, given, axis=axes[0], epsilon=epsilon)
    mean = ops.mean(ops.square(x), axes, keepdims=True)
    found = ops.multiply(x, ops.rsqrt(ops.add(mean, epsilon)))
    return found if scale is None else ops.multiply(found, _fitted(scale, x, axes))


def normalize(
    x: Value, axis: Any = -1, order: int = 2, epsilon: float | None = None
) -> Value:
    epsilon = 1e-7 if epsilon is None else float(epsilon)
    if order == 2:
        total = ops.sum(ops.square(x), axis, keepdims=True)
        return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon**2)))
    length = ops.norm(x, ord=order, axis=axis, keepdims=True)
    return ops.divide(x, ops.maximum(length, epsilon))


def norm(x: Value, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Value:
    matrix = isinstance(axis, (tuple, list)) and len(axis) == 2
    matrix = matrix or (axis is None and x.ndim == 2)
    size = ops.absolute(x)
    if ord in (None, "fro") or (ord == 2 and not matrix):
        return ops.sqrt(ops.sum(ops.square(x), axis, keepdims))
    if matrix or isinstance(ord, str):
        raise TypeError(
            "keras.ops.norm of matrices can be written to ONNX for ord=None and "
            f"ord='fro' only. Received: ord={ord!r}."
        )
    if ord == float("inf"):
        return ops.max(size, axis, keepdims)
    if ord == -float("inf"):
        return ops.min(size, axis, keepdims)
    if ord == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), x.dtype), axis, keepdims)
    if ord == 1:
        return ops.sum(size, axis, keepdims)
    return ops.power(ops.sum(ops.power(size, ord), axis, keepdims), 1 / ord)


# Attention ------------------------------------------------------------------------


def dot_product_attention(
    query: Value, key: Value, value: Value, bias: Any = None, mask: Any = None,
    scale: float | None = None, is_causal: bool = False,
    flash_attention: bool | None = None, attn_logits_soft_cap: float | None = None,
) -> Value:  # fmt: skip
    heads, key_heads, width = query.shape[2], key.shape[2], query.shape[3]
    factor = int(width) ** -0.5 if scale is None else float(scale)
    q, k, v = (ops.swapaxes(x, 1, 2) for x in (query, key, value))
    added = _added_to_logits(q, k, bias, mask, is_causal)
    fused = graph().opset >= 23 and q.dtype == k.dtype == v.dtype == "float32"
    if fused and None not in (heads, key_heads):
        found = emit(
            "Attention", q, k, v, added, scale=factor,
            softcap=attn_logits_soft_cap and float(attn_logits_soft_cap),
            shape=(*q.shape[:3], v.shape[3]), dtype=q.dtype,
        )  # fmt: skip
        return ops.swapaxes(found, 1, 2)
    if heads != key_heads:
        groups = int(heads) // int(key_heads)
        k, v = ops.repeat(k, groups, 1), ops.repeat(v, groups, 1)
    logits = ops.matmul(ops.multiply(q, factor), ops.swapaxes(k, 2, 3))
    if attn_logits_soft_cap is not None:
        bent = ops.tanh(ops.divide(logits, attn_logits_soft_cap))
        logits = ops.multiply(bent, attn_logits_soft_cap)
    if added is not None:
        logits = ops.add(logits, added)
    return ops.swapaxes(ops.matmul(ops.softmax(logits), v), 1, 2)


def _added_to_logits(
    q: Value, k: Value, bias: Any, mask: Any, is_causal: bool
) -> Value | None:
    """Bias and masks as one term: where no attention is paid it is far below zero."""
    if is_causal:
        row = ops.expand_dims(ops.arange(ops.shape(q)[2], dtype="int32"), 1)
        causal = ops.less_equal(ops.arange(ops.shape(k)[2], dtype="int32"), row)
        mask = causal if mask is None else ops.logical_and(mask, causal)
    if mask is None:
        return bias
    low = constant(-6e4 if q.dtype == "float16" else -1e9, q.dtype)
    return ops.where(mask, ops.cast(0.0 if bias is None else bias, q.dtype), low)
