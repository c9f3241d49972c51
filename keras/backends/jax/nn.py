"""Activations, losses, normalization and attention of the JAX backend.

What is made of many steps is one program also where nothing else is compiled: it is
dispatched once, and what compiles a model meets it traced.
"""

from __future__ import annotations

from functools import partial
from operator import index
from typing import Any

import jax
import jax.numpy as jnp
from jax._src.core import get_axis_env as _get_axis_env  # no public name

from keras.backends import arguments
from keras.backends.jax import linalg
from keras.backends.jax.core import native_dtype
from keras.core import config
from keras.core.typing import Axis, DType, TensorLike

# Activations ----------------------------------------------------------------------

relu = jax.nn.relu
relu6 = jax.nn.relu6
sigmoid = jax.nn.sigmoid
softsign = jax.nn.soft_sign
softplus = jax.nn.softplus
silu = jax.nn.silu
log_sigmoid = jax.nn.log_sigmoid
hard_sigmoid = jax.nn.hard_sigmoid
hard_silu = jax.nn.hard_silu
hard_tanh = jax.nn.hard_tanh
selu = jax.nn.selu
celu = jax.nn.celu
elu = jax.nn.elu
glu = jax.nn.glu
sparse_plus = jax.nn.sparse_plus
sparse_sigmoid = jax.nn.sparse_sigmoid
squareplus = jax.nn.squareplus
log_softmax = jax.jit(jax.nn.log_softmax, static_argnames="axis")


def gelu(x: jax.Array, approximate: bool = True) -> jax.Array:
    return _gelu(x, approximate=bool(approximate))


_gelu = jax.jit(jax.nn.gelu, static_argnames="approximate")


def leaky_relu(x: jax.Array, negative_slope: float = 0.2) -> jax.Array:
    return jax.nn.leaky_relu(x, negative_slope)


def tanh_shrink(x: jax.Array) -> jax.Array:
    return x - jnp.tanh(x)


def threshold(x: jax.Array, threshold: float, default_value: float) -> jax.Array:
    return jnp.where(x > threshold, x, jnp.asarray(default_value, x.dtype))


def soft_shrink(x: jax.Array, threshold: float = 0.5) -> jax.Array:
    # What is neither above nor below is 0, but for NaN, which stays.
    inside = jnp.where(jnp.abs(x) <= threshold, jnp.zeros_like(x), x)
    below = jnp.where(x < -threshold, x + threshold, inside)
    return jnp.where(x > threshold, x - threshold, below)


def hard_shrink(x: jax.Array, threshold: float = 0.5) -> jax.Array:
    return jnp.where(jnp.abs(x) > threshold, x, jnp.zeros_like(x))


def softmax(x: jax.Array, axis: Axis = -1) -> jax.Array:
    arguments.warn_of_ones(axis, x.shape)
    return _softmax(x, axis=axis)


_softmax = jax.jit(jax.nn.softmax, static_argnames="axis")


def sparsemax(x: jax.Array, axis: int = -1) -> jax.Array:
    z = jnp.moveaxis(x, axis, -1)
    ordered = -jnp.sort(-z, axis=-1)
    ranks = jnp.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    inside = 1 + ranks * ordered > jnp.cumsum(ordered, -1)
    count = jnp.sum(inside, -1, keepdims=True).astype(z.dtype)
    chosen = jnp.sum(jnp.where(inside, ordered, 0), -1, keepdims=True)
    return jnp.moveaxis(jnp.maximum(z - (chosen - 1) / count, 0), -1, axis)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: jax.Array, kernel: jax.Array, bias: jax.Array | None = None, axes: int = 1
) -> jax.Array:
    if axes == 1 and kernel.ndim == 2:
        y = jnp.matmul(x, kernel)
    else:
        y = jnp.tensordot(x, kernel, axes)
    return y if bias is None else y + bias


def one_hot(
    x: jax.Array,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> jax.Array:
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    if x.dtype == bool:  # which JAX compares with no numbers
        x = x.astype("int8")
    hot = jax.nn.one_hot(x, num_classes, dtype=wanted, axis=axis)
    return _sparse(hot, x.size) if sparse else hot


def _sparse(x: jax.Array, most: int) -> Any:
    """The array as a sparse one, with at most so many numbers that are not zero."""
    from jax.experimental.sparse import BCOO

    found = BCOO.fromdense(x, nse=min(most, x.size))
    return BCOO((found.data.astype(x.dtype), found.indices), shape=x.shape)


def multi_hot(
    inputs: jax.Array,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> jax.Array:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.ndim:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, dtype)  # type: ignore[arg-type]
    hot = jnp.max(hot, 1 if inputs.ndim > 1 else 0)
    return _sparse(hot, inputs.size) if sparse else hot


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: jax.Array, output: jax.Array, from_logits: bool = False
) -> jax.Array:
    arguments.require_same_shape(target, output)
    if from_logits:
        positive = jax.nn.log_sigmoid(output)
        return -target * positive - (1 - target) * (positive - output)
    output = _probabilities(output)
    return -(target * jnp.log(output) + (1 - target) * jnp.log1p(-output))


def _probabilities(output: jax.Array) -> jax.Array:
    epsilon = config.epsilon()
    return jnp.clip(output, epsilon, 1 - epsilon)


def _log_probabilities(output: jax.Array, from_logits: bool, axis: int) -> jax.Array:
    if from_logits:
        return log_softmax(output, axis=axis)
    return jnp.log(_probabilities(output / jnp.sum(output, axis, keepdims=True)))


def categorical_crossentropy(
    target: jax.Array, output: jax.Array, from_logits: bool = False, axis: int = -1
) -> jax.Array:
    axis = index(axis)
    arguments.require_same_shape(target, output)
    return -jnp.sum(target * _log_probabilities(output, from_logits, axis), axis)


def sparse_categorical_crossentropy(
    target: jax.Array, output: jax.Array, from_logits: bool = False, axis: int = -1
) -> jax.Array:
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = jnp.squeeze(target, -1)
    shape = list(output.shape)
    del shape[axis]
    if target.shape != tuple(shape):
        raise ValueError("Target and output do not fit.")
    logs = _log_probabilities(output, from_logits, axis)
    hot = jax.nn.one_hot(target.astype("int32"), output.shape[axis], axis=axis)
    return -jnp.sum(hot.astype(logs.dtype) * logs, axis)


# Normalization ----------------------------------------------------------------------


def moments(
    x: jax.Array, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    axes = None if axes is None else tuple(axes) if not isinstance(axes, int) else axes
    wide = x.astype("float32") if x.dtype == "float16" else x
    mean = jnp.mean(wide, axes, keepdims=True)
    # Replicas of one program have batches of one size.
    mean = _mean_of_replicas(mean) if synchronized else mean
    variance = jnp.mean(jnp.square(wide - mean), axes, keepdims=keepdims)
    variance = _mean_of_replicas(variance) if synchronized else variance
    mean = mean if keepdims else jnp.squeeze(mean, axes)
    if wide is x:
        return mean, variance
    most = jnp.finfo(x.dtype).max  # rather than infinity
    mean, variance = (jnp.clip(v, -most, most) for v in (mean, variance))
    return mean.astype(x.dtype), variance.astype(x.dtype)


def _replica_axes() -> tuple[Any, ...]:
    """The named axes that `jax.pmap`, `jax.shard_map` and `jax.vmap` map over here.

    Under `jax.jit` an array is whole, however it is split over devices.
    """
    return tuple(_get_axis_env().axis_names())


def _mean_of_replicas(x: jax.Array) -> jax.Array:
    axes = _replica_axes()
    return jax.lax.pmean(x, axes) if axes else x


def sum_over_replicas(x: jax.Array) -> jax.Array:
    axes = _replica_axes()
    return jax.lax.psum(x, axes) if axes else x


@partial(jax.jit, static_argnames=("axis", "epsilon"))
def batch_normalization(
    x: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    axis: int,
    offset: jax.Array | None = None,
    scale: TensorLike = None,
    epsilon: float = 0.001,
) -> jax.Array:
    factor = jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if factor.ndim > 1 or shift.ndim > 1 or not x.ndim:
        raise ValueError("Vectors are needed.")
    shape = [1] * x.ndim
    shape[axis] = -1
    return x * factor.reshape(shape) + shift.reshape(shape)


@partial(jax.jit, static_argnames=("axis", "epsilon"))
def batch_statistics_normalization(
    x: jax.Array,
    offset: jax.Array,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = jnp.mean(wide, axes, keepdims=True)
    variance = jnp.mean(jnp.square(wide - mean), axes)
    mean = mean.reshape(variance.shape)
    y = batch_normalization(wide, mean, variance, axis, offset, scale, epsilon)
    stop = jax.lax.stop_gradient
    return y.astype(x.dtype), stop(mean), stop(variance)


def layer_normalization(
    x: jax.Array,
    gamma: jax.Array | None = None,
    beta: jax.Array | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> jax.Array:
    eps = config.epsilon() if epsilon is None else epsilon
    is_rms = bool(kwargs) and arguments.takes_rms_scaling(kwargs)
    axes, shape = arguments.along(x, axis)
    for vector in (gamma, beta):
        if vector is not None and vector.ndim != len(axes):
            raise ValueError("The ranks differ.")
    return _layer_normalization(
        x,
        None if gamma is None else gamma.reshape(shape),
        None if beta is None or is_rms else beta.reshape(shape),
        axes=axes,
        epsilon=eps,
        is_rms=is_rms,
    )


@partial(jax.jit, static_argnames=("axes", "epsilon", "is_rms"))
def _layer_normalization(
    x: jax.Array,
    gamma: jax.Array | None,
    beta: jax.Array | None,
    axes: tuple[int, ...],
    epsilon: float,
    is_rms: bool,
) -> jax.Array:
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = jnp.mean(wide, axes, keepdims=True)
    variance = jnp.mean(jnp.square(wide - mean), axes, keepdims=True)
    # A factor and a shift: of `(x - mean) * factor` XLA works out again what is cheap,
    # through all blocks of a small model, and compiles for long.
    factor = jax.lax.rsqrt(variance + epsilon)
    factor = factor if gamma is None else factor * gamma
    y = wide * factor
    if not is_rms:
        shift = -mean * factor
        y = y + (shift if beta is None else beta + shift)
    return y if wide is x else y.astype(_dtype_of(x, gamma, beta))


def _dtype_of(*tensors: jax.Array | None) -> Any:
    """The dtype of what is computed of tensors, some of which may not be there."""
    return jnp.result_type(*(x for x in tensors if x is not None))


def rms_normalization(
    x: jax.Array,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> jax.Array:
    eps = config.epsilon() if epsilon is None else epsilon
    axes, shape = arguments.along(x, axis)
    if scale is not None and scale.ndim not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is not None and scale.ndim:
        scale = scale.reshape(shape)
    return _rms_normalization(x, scale, axes=axes, epsilon=eps)


@partial(jax.jit, static_argnames=("axes", "epsilon"))
def _rms_normalization(
    x: jax.Array, scale: TensorLike, axes: tuple[int, ...], epsilon: float
) -> jax.Array:
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    mean = jnp.mean(jnp.square(wide), axes, keepdims=True)
    y = (wide * jax.lax.rsqrt(mean + epsilon)).astype(x.dtype)
    return y if scale is None else y * scale


def normalize(
    x: jax.Array, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> jax.Array:
    eps = config.epsilon() if epsilon is None else epsilon
    axis = () if not x.shape and axis in (0, -1) else arguments.axis_tuple(axis)
    order = float(order)
    if order == 2:  # the square root of 0 has no gradient
        squares = jnp.sum(jnp.square(x), axis, keepdims=True)
        return x * jax.lax.rsqrt(jnp.maximum(squares, eps**2))
    if isinstance(axis, int):
        norm = linalg.norm(x, order, axis, True)
    else:  # which would be that of a matrix
        powers = jnp.sum(jnp.abs(x) ** order, axis, keepdims=True)
        norm = powers ** (1 / order)
    return x / jnp.maximum(norm, eps)


# Attention --------------------------------------------------------------------------


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: TensorLike = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    dtype = jnp.result_type(query, key, value)
    query, key, value = query.astype(dtype), key.astype(dtype), value.astype(dtype)
    cap = attn_logits_soft_cap
    own_size = value.shape[3] != key.shape[3]
    if flash_attention and (own_size or cap is not None):
        raise ValueError(
            "keras.ops.dot_product_attention: no fused kernel of JAX takes "
            "`attn_logits_soft_cap`, or values of another head size than keys. Pass "
            "flash_attention=None."
        )
    on_gpu = jax.default_backend() == "gpu"
    fused = on_gpu and flash_attention is not False and dtype.itemsize == 2
    if flash_attention and not fused:
        raise ValueError(
            "keras.ops.dot_product_attention: flash attention in JAX needs a GPU and "
            f"float16 or bfloat16. Received: {jax.default_backend()}, {dtype}. Pass "
            "flash_attention=None."
        )
    if dtype == jnp.float16 and jax.default_backend() == "cpu":
        # Inside `jit`, XLA has no such product of float16 on a CPU.
        wide = (x.astype("float32") for x in (query, key, value))
        bias = None if bias is None else bias.astype("float32")
        q, k, v = wide
        y = dot_product_attention(q, k, v, bias, mask, scale, is_causal, None, cap)
        return y.astype(dtype)
    if own_size or cap is not None:
        return _composed_attention(query, key, value, bias, mask, scale, is_causal, cap)
    return _attention(
        query,
        key,
        value,
        bias=None if bias is None else _four(bias).astype(dtype),
        mask=None if mask is None else _four(mask),
        scale=scale,
        is_causal=is_causal,
        implementation="cudnn" if flash_attention else None,
    )


_attention = jax.jit(
    jax.nn.dot_product_attention,
    static_argnames=("scale", "is_causal", "implementation"),
)


def _four(x: TensorLike) -> jax.Array:
    return x.reshape((1,) * (4 - x.ndim) + x.shape)


def _composed_attention(
    query: jax.Array,
    key: jax.Array,
    value: Any,
    bias: TensorLike,
    mask: Any,
    scale: float | None,
    is_causal: bool,
    cap: float | None,
) -> jax.Array:
    groups = query.shape[2] // key.shape[2]
    key, value = jnp.repeat(key, groups, 2), jnp.repeat(value, groups, 2)
    factor: Any = query.shape[-1] ** -0.5 if scale is None else scale
    wide = jnp.promote_types(query.dtype, "float32")
    logits = factor * jnp.einsum(
        "btnh,bsnh->bnts", query, key, preferred_element_type=wide
    )
    logits = logits if cap is None else cap * jnp.tanh(logits / cap)
    logits = logits if bias is None else logits + _four(bias)
    least = jnp.finfo(logits.dtype).min
    if is_causal:
        seen = jnp.tril(jnp.ones(logits.shape[-2:], bool))
        logits = jnp.where(seen, logits, least)
    if mask is not None:
        logits = jnp.where(_four(mask), logits, least)
    weights = _softmax(logits, axis=-1).astype(value.dtype)
    return jnp.einsum("bnts,bsnh->btnh", weights, value)
