"""Activations, losses, normalization and attention of the JAX backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import jax as _jax
import jax.numpy as _jnp

from keras.backends import arguments as _arguments
from keras.backends.jax.core import native_dtype as _native_dtype
from keras.backends.jax.linalg import norm as _norm
from keras.core import config as _config
from keras.core.typing import Axis, DType, TensorLike

# Activations ----------------------------------------------------------------------

relu = _jax.nn.relu
relu6 = _jax.nn.relu6
sigmoid = _jax.nn.sigmoid
softsign = _jax.nn.soft_sign
softplus = _jax.nn.softplus
silu = _jax.nn.silu
log_sigmoid = _jax.nn.log_sigmoid
hard_sigmoid = _jax.nn.hard_sigmoid
hard_silu = _jax.nn.hard_silu
hard_tanh = _jax.nn.hard_tanh
selu = _jax.nn.selu
celu = _jax.nn.celu
elu = _jax.nn.elu
glu = _jax.nn.glu
sparse_plus = _jax.nn.sparse_plus
sparse_sigmoid = _jax.nn.sparse_sigmoid
squareplus = _jax.nn.squareplus
log_softmax = _jax.nn.log_softmax


def gelu(x: _jax.Array, approximate: bool = True) -> _jax.Array:
    return _jax.nn.gelu(x, approximate)


def leaky_relu(x: _jax.Array, negative_slope: float = 0.2) -> _jax.Array:
    return _jax.nn.leaky_relu(x, negative_slope)


def tanh_shrink(x: _jax.Array) -> _jax.Array:
    return x - _jnp.tanh(x)


def threshold(x: _jax.Array, threshold: float, default_value: float) -> _jax.Array:
    return _jnp.where(x > threshold, x, _jnp.asarray(default_value, x.dtype))


def soft_shrink(x: _jax.Array, threshold: float = 0.5) -> _jax.Array:
    # What is neither above nor below is 0, but for NaN, which stays.
    inside = _jnp.where(_jnp.abs(x) <= threshold, _jnp.zeros_like(x), x)
    below = _jnp.where(x < -threshold, x + threshold, inside)
    return _jnp.where(x > threshold, x - threshold, below)


def hard_shrink(x: _jax.Array, threshold: float = 0.5) -> _jax.Array:
    return _jnp.where(_jnp.abs(x) > threshold, x, _jnp.zeros_like(x))


def softmax(x: _jax.Array, axis: Axis = -1) -> _jax.Array:
    _arguments.warn_of_ones(axis, x.shape)
    return _jax.nn.softmax(x, axis)


def sparsemax(x: _jax.Array, axis: int = -1) -> _jax.Array:
    z = _jnp.moveaxis(x, axis, -1)
    ordered = -_jnp.sort(-z, axis=-1)
    ranks = _jnp.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    inside = 1 + ranks * ordered > _jnp.cumsum(ordered, -1)
    count = _jnp.sum(inside, -1, keepdims=True).astype(z.dtype)
    chosen = _jnp.sum(_jnp.where(inside, ordered, 0), -1, keepdims=True)
    return _jnp.moveaxis(_jnp.maximum(z - (chosen - 1) / count, 0), -1, axis)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: _jax.Array, kernel: _jax.Array, bias: _jax.Array | None = None, axes: int = 1
) -> _jax.Array:
    if axes == 1 and kernel.ndim == 2:
        y = _jnp.matmul(x, kernel)
    else:
        y = _jnp.tensordot(x, kernel, axes)
    return y if bias is None else y + bias


def one_hot(
    x: _jax.Array,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> _jax.Array:
    wanted = _native_dtype(_config.floatx() if dtype is None else dtype)
    hot = _jax.nn.one_hot(x, num_classes, dtype=wanted, axis=axis)
    return _sparse(hot, x.size) if sparse else hot


def _sparse(x: _jax.Array, most: int) -> Any:
    """The array as a sparse one, with at most so many numbers that are not zero."""
    from jax.experimental.sparse import BCOO

    found = BCOO.fromdense(x, nse=min(most, x.size))
    return BCOO((found.data.astype(x.dtype), found.indices), shape=x.shape)


def multi_hot(
    inputs: _jax.Array,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> _jax.Array:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.ndim:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, dtype)  # type: ignore[arg-type]
    hot = _jnp.max(hot, 1 if inputs.ndim > 1 else 0)
    return _sparse(hot, inputs.size) if sparse else hot


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: _jax.Array, output: _jax.Array, from_logits: bool = False
) -> _jax.Array:
    _same_shape(target, output)
    if from_logits:
        positive = _jax.nn.log_sigmoid(output)
        return -target * positive - (1 - target) * (positive - output)
    output = _probabilities(output)
    return -(target * _jnp.log(output) + (1 - target) * _jnp.log1p(-output))


def _same_shape(target: _jax.Array, output: _jax.Array) -> None:
    if target.shape != output.shape:
        raise ValueError("The shapes of target and output differ.")


def _probabilities(output: _jax.Array) -> _jax.Array:
    epsilon = _config.epsilon()
    return _jnp.clip(output, epsilon, 1 - epsilon)


def _log_probabilities(output: _jax.Array, from_logits: bool, axis: int) -> _jax.Array:
    if from_logits:
        return _jax.nn.log_softmax(output, axis)
    return _jnp.log(_probabilities(output / _jnp.sum(output, axis, keepdims=True)))


def categorical_crossentropy(
    target: _jax.Array, output: _jax.Array, from_logits: bool = False, axis: int = -1
) -> _jax.Array:
    axis = _index(axis)
    _same_shape(target, output)
    return -_jnp.sum(target * _log_probabilities(output, from_logits, axis), axis)


def sparse_categorical_crossentropy(
    target: _jax.Array, output: _jax.Array, from_logits: bool = False, axis: int = -1
) -> _jax.Array:
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = _jnp.squeeze(target, -1)
    shape = list(output.shape)
    del shape[axis]
    if target.shape != tuple(shape):
        raise ValueError("Target and output do not fit.")
    logs = _log_probabilities(output, from_logits, axis)
    hot = _jax.nn.one_hot(target.astype("int32"), output.shape[axis], axis=axis)
    return -_jnp.sum(hot.astype(logs.dtype) * logs, axis)


# Normalization ----------------------------------------------------------------------


def moments(
    x: _jax.Array, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    axes = None if axes is None else tuple(axes) if not isinstance(axes, int) else axes
    wide = x.astype("float32") if x.dtype == "float16" else x
    mean = _jnp.mean(wide, axes, keepdims=True)
    variance = _jnp.mean(_jnp.square(wide - mean), axes, keepdims=keepdims)
    mean = mean if keepdims else _jnp.squeeze(mean, axes)
    if wide is x:
        return mean, variance
    most = _jnp.finfo(x.dtype).max  # rather than infinity
    mean, variance = (_jnp.clip(v, -most, most) for v in (mean, variance))
    return mean.astype(x.dtype), variance.astype(x.dtype)


def batch_normalization(
    x: _jax.Array,
    mean: _jax.Array,
    variance: _jax.Array,
    axis: int,
    offset: _jax.Array | None = None,
    scale: TensorLike = None,
    epsilon: float = 0.001,
) -> _jax.Array:
    factor = _jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if factor.ndim > 1 or shift.ndim > 1 or not x.ndim:
        raise ValueError("Vectors are needed.")
    shape = [1] * x.ndim
    shape[axis] = -1
    return x * factor.reshape(shape) + shift.reshape(shape)


def batch_statistics_normalization(
    x: _jax.Array,
    offset: _jax.Array,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = _jnp.mean(wide, axes, keepdims=True)
    variance = _jnp.mean(_jnp.square(wide - mean), axes)
    mean = mean.reshape(variance.shape)
    y = batch_normalization(wide, mean, variance, axis, offset, scale, epsilon)
    stop = _jax.lax.stop_gradient
    return y.astype(x.dtype), stop(mean), stop(variance)


def layer_normalization(
    x: _jax.Array,
    gamma: _jax.Array | None = None,
    beta: _jax.Array | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> _jax.Array:
    eps = _config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = _jnp.mean(wide, axes, keepdims=True)
    centred = wide - mean
    variance = _jnp.mean(_jnp.square(centred), axes, keepdims=True)
    if kwargs and _arguments.takes_rms_scaling(kwargs):
        centred, beta = wide, None
    y = (centred * _jax.lax.rsqrt(variance + eps)).astype(x.dtype)
    for vector in (gamma, beta):
        if vector is not None and vector.ndim != len(axes):
            raise ValueError("The ranks differ.")
    y = y if gamma is None else y * gamma.reshape(shape)
    return y if beta is None else y + beta.reshape(shape)


def _axes(x: Any, axis: Axis) -> tuple[tuple[int, ...], list[int]]:
    """The axes in order, and the shape that a vector along them is given."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = _arguments.normal_axes(axes, x.ndim)
    return axes, [n if i in axes else 1 for i, n in enumerate(x.shape)]


def rms_normalization(
    x: _jax.Array,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> _jax.Array:
    eps = _config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = _jnp.mean(_jnp.square(wide), axes, keepdims=True)
    y = (wide * _jax.lax.rsqrt(mean + eps)).astype(x.dtype)
    if scale is not None and scale.ndim not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is None:
        return y
    return y * (scale.reshape(shape) if scale.ndim else scale)


def normalize(
    x: _jax.Array, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> _jax.Array:
    eps = _config.epsilon() if epsilon is None else epsilon
    axis = () if not x.shape and axis in (0, -1) else _arguments.axis_tuple(axis)
    order = float(order)
    if order == 2:  # the square root of 0 has no gradient
        squares = _jnp.sum(_jnp.square(x), axis, keepdims=True)
        return x * _jax.lax.rsqrt(_jnp.maximum(squares, eps**2))
    if isinstance(axis, int):
        norm = _norm(x, order, axis, True)
    else:  # which would be that of a matrix
        powers = _jnp.sum(_jnp.abs(x) ** order, axis, keepdims=True)
        norm = powers ** (1 / order)
    return x / _jnp.maximum(norm, eps)


# Attention --------------------------------------------------------------------------


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    dtype = _jnp.result_type(query, key, value)
    query, key, value = query.astype(dtype), key.astype(dtype), value.astype(dtype)
    if attn_logits_soft_cap is not None:
        if flash_attention:
            raise ValueError(
                "keras.ops.dot_product_attention: no fused kernel of JAX takes "
                "`attn_logits_soft_cap`. Pass flash_attention=None."
            )
        return _capped_attention(
            query, key, value, bias, mask, scale, is_causal, attn_logits_soft_cap
        )
    on_gpu = _jax.default_backend() == "gpu"
    fused = on_gpu and flash_attention is not False and dtype.itemsize == 2
    if flash_attention and not fused:
        raise ValueError(
            "keras.ops.dot_product_attention: flash attention in JAX needs a GPU and "
            f"float16 or bfloat16. Received: {_jax.default_backend()}, {dtype}. Pass "
            "flash_attention=None."
        )
    if dtype == _jnp.float16 and _jax.default_backend() == "cpu":
        # Inside `jit`, XLA has no such product of float16 on a CPU.
        wide = (x.astype("float32") for x in (query, key, value))
        bias = None if bias is None else bias.astype("float32")
        q, k, v = wide
        y = dot_product_attention(q, k, v, bias, mask, scale, is_causal)
        return y.astype(dtype)
    return _jax.nn.dot_product_attention(
        query,
        key,
        value,
        bias=None if bias is None else _four(bias).astype(dtype),
        mask=None if mask is None else _four(mask),
        scale=scale,
        is_causal=is_causal,
        implementation="cudnn" if flash_attention else None,
    )


def _four(x: Any) -> _jax.Array:
    return x.reshape((1,) * (4 - x.ndim) + x.shape)


def _capped_attention(
    query: _jax.Array,
    key: _jax.Array,
    value: Any,
    bias: Any,
    mask: Any,
    scale: float | None,
    is_causal: bool,
    cap: float,
) -> _jax.Array:
    groups = query.shape[2] // key.shape[2]
    key, value = _jnp.repeat(key, groups, 2), _jnp.repeat(value, groups, 2)
    factor: Any = query.shape[-1] ** -0.5 if scale is None else scale
    logits = _jnp.einsum("btnh,bsnh->bnts", query, key).astype(
        _jnp.promote_types(query.dtype, "float32")
    )
    logits = cap * _jnp.tanh(logits * factor / cap)
    logits = logits if bias is None else logits + _four(bias)
    least = _jnp.finfo(logits.dtype).min
    if is_causal:
        seen = _jnp.tril(_jnp.ones(logits.shape[-2:], bool))
        logits = _jnp.where(seen, logits, least)
    if mask is not None:
        logits = _jnp.where(_four(mask), logits, least)
    weights = _jax.nn.softmax(logits, -1).astype(value.dtype)
    return _jnp.einsum("bnts,bsnh->btnh", weights, value)
