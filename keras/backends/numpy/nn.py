"""Activations, losses, normalization and attention of the NumPy backend.

The reference: each function is its definition. Half precision is computed in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any

import numpy as np

from keras.backends import arguments
from keras.backends.numpy.core import native_dtype
from keras.backends.numpy.gradients import Traced, as_array, differentiable, primal
from keras.backends.numpy.gradients.linear_algebra import root_of
from keras.backends.numpy.half import widened
from keras.backends.numpy.special import erf
from keras.core import config
from keras.core.typing import Axis, DType, TensorLike


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one tensor, computed wide and brought back to its dtype."""

    @wraps(function)
    def call(x: np.ndarray, *args: Any, **kwargs: Any) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return as_array(function(widened(x), *args, **kwargs)).astype(
                x.dtype, copy=False
            )

    return call


# Activations ----------------------------------------------------------------------


def _relu_rule(out: TensorLike, x: TensorLike) -> Any:
    return (lambda g: g * (primal(x) > 0).astype(g.dtype),)


@differentiable(_relu_rule)
def _traced_relu(x: np.ndarray) -> np.ndarray:
    return relu(x)


def relu(x: np.ndarray) -> np.ndarray:
    if type(x) is Traced:  # asked here, as this is most often called of all
        return _traced_relu(x)
    return np.maximum(x, np.zeros((), x.dtype))


@_elementwise
def relu6(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0, 6)


def _sigmoid_rule(out: TensorLike, x: TensorLike) -> Any:
    return (lambda g: g * out * (1 - out),)


@differentiable(_sigmoid_rule)
@_elementwise
def sigmoid(x: np.ndarray) -> np.ndarray:
    if np.iscomplexobj(x):  # has no order: no way around large numbers
        return 1 / (1 + np.exp(-x))
    exponential = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, exponential) / (1 + exponential)


@_elementwise
def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, np.zeros((), x.dtype))


@_elementwise
def softsign(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.abs(x))


@_elementwise
def silu(x: np.ndarray) -> np.ndarray:
    return x * sigmoid(x)


@_elementwise
def log_sigmoid(x: np.ndarray) -> np.ndarray:
    return -softplus(-x)


@_elementwise
def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x + 3, 0, 6) / 6


@_elementwise
def hard_silu(x: np.ndarray) -> np.ndarray:
    return x * hard_sigmoid(x)


def hard_tanh(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -1, 1).astype(x.dtype, copy=False)


@_elementwise
def selu(x: np.ndarray) -> np.ndarray:
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def _below(x: np.ndarray) -> np.ndarray:
    """What is above 0 is left out; the slope at 0 is that below."""
    return np.where(x > 0, np.zeros((), x.dtype), x)


@_elementwise
def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(x > 0, x, alpha * np.expm1(_below(x)))


@_elementwise
def celu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(x > 0, x, alpha * np.expm1(_below(x) / alpha))


@_elementwise
def gelu(x: np.ndarray, approximate: bool = True) -> np.ndarray:
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + np.tanh(inner))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


@_elementwise
def leaky_relu(x: np.ndarray, negative_slope: float = 0.2) -> np.ndarray:
    return np.where(x > 0, x, negative_slope * x)


@_elementwise
def sparse_plus(x: np.ndarray) -> np.ndarray:
    return np.where(x <= -1, 0, np.where(x < 1, 0.25 * (x + 1) ** 2, x))


@_elementwise
def sparse_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip((x + 1) / 2, 0, 1)


@_elementwise
def squareplus(x: np.ndarray, b: float = 4) -> np.ndarray:
    return (x + np.sqrt(x * x + b)) / 2


@_elementwise
def tanh_shrink(x: np.ndarray) -> np.ndarray:
    return x - np.tanh(x)


def threshold(x: np.ndarray, threshold: float, default_value: float) -> np.ndarray:
    return np.where(x > threshold, x, float(default_value)).astype(x.dtype)


@_elementwise
def soft_shrink(x: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


@_elementwise
def hard_shrink(x: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    return np.where(np.abs(x) > threshold, x, 0)


@_elementwise
def _glu(x: np.ndarray, axis: int) -> np.ndarray:
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


def glu(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return _glu(x, axis)


def _softmax_rule(out: TensorLike, x: TensorLike, axis: Axis) -> Any:
    axes = tuple(axis) if isinstance(axis, list) else axis
    return (lambda g: out * (g - np.sum(g * out, axis=axes, keepdims=True)),)


@differentiable(_softmax_rule)
@_elementwise
def _softmax(x: np.ndarray, axis: Axis) -> np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    exponentials = np.exp(x - np.max(x, axis, keepdims=True))
    return exponentials / np.sum(exponentials, axis, keepdims=True)


def softmax(x: np.ndarray, axis: Axis = -1) -> np.ndarray:
    if isinstance(axis, int) and not x.ndim:
        raise ValueError("A scalar has no axes.")
    arguments.warn_of_ones(axis, x.shape)
    return _softmax(x, axis)


def _log_softmax_rule(out: TensorLike, x: TensorLike, axis: Axis) -> Any:
    axes = tuple(axis) if isinstance(axis, list) else axis
    return (lambda g: g - np.exp(out) * np.sum(g, axis=axes, keepdims=True),)


@differentiable(_log_softmax_rule)
@_elementwise
def _log_softmax(x: np.ndarray, axis: Axis) -> np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    if isinstance(axis, int) and not x.ndim:
        raise ValueError("A scalar has no axes.")
    shifted = x - np.max(x, axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis, keepdims=True))


def log_softmax(x: np.ndarray, axis: Axis = -1) -> np.ndarray:
    return _log_softmax(x, axis)


@_elementwise
def _sparsemax(x: np.ndarray, axis: int) -> np.ndarray:
    z = np.moveaxis(x, axis, -1)
    ordered = -np.sort(-z, axis=-1)
    ranks = np.arange(1, z.shape[-1] + 1)
    inside = 1 + ranks * ordered > np.cumsum(ordered, -1)
    count = np.sum(inside, -1, keepdims=True)
    chosen = np.sum(np.where(inside, ordered, 0), -1, keepdims=True)
    return np.moveaxis(np.maximum(z - (chosen - 1) / count, 0), -1, axis)


def sparsemax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return _sparsemax(x, axis)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None, axes: int = 1
) -> np.ndarray:
    y = np.tensordot(widened(x), widened(kernel), axes).astype(x.dtype, copy=False)
    return y if bias is None else y + bias


def one_hot(
    x: np.ndarray,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> np.ndarray:
    if sparse:
        raise ValueError("The numpy backend has no sparse tensors.")
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    if index(num_classes) < 0:
        raise ValueError("Negative number of classes.")
    hot = (primal(x)[..., None] == np.arange(num_classes)).astype(wanted)
    return np.moveaxis(hot, -1, axis)


def multi_hot(
    inputs: np.ndarray,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> np.ndarray:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.ndim:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)  # type: ignore[arg-type]
    return np.max(hot, 1 if inputs.ndim > 1 else 0)


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: np.ndarray, output: np.ndarray, from_logits: bool = False
) -> np.ndarray:
    arguments.require_same_shape(target, output)
    dtype, output, target = output.dtype, widened(output), widened(target)
    if from_logits:
        loss = target * softplus(-output) + (1 - target) * softplus(output)
    else:
        output = _probabilities(output)
        loss = -(target * np.log(output) + (1 - target) * np.log1p(-output))
    return loss.astype(dtype, copy=False)


def _probabilities(output: np.ndarray) -> np.ndarray:
    epsilon = config.epsilon()
    return np.clip(output, epsilon, 1 - epsilon)


def _log_probabilities(output: np.ndarray, from_logits: bool, axis: int) -> np.ndarray:
    if from_logits:
        return log_softmax(output, axis)
    return np.log(_probabilities(output / np.sum(output, axis, keepdims=True)))


def categorical_crossentropy(
    target: np.ndarray, output: np.ndarray, from_logits: bool = False, axis: int = -1
) -> np.ndarray:
    axis = index(axis)
    arguments.require_same_shape(target, output)
    logs = _log_probabilities(widened(output), from_logits, axis)
    return as_array(-np.sum(target * logs, axis)).astype(output.dtype, copy=False)


def sparse_categorical_crossentropy(
    target: np.ndarray, output: np.ndarray, from_logits: bool = False, axis: int = -1
) -> np.ndarray:
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = np.squeeze(target, -1)
    shape = list(output.shape)
    del shape[axis]
    if target.shape != tuple(shape):
        raise ValueError("Target and output do not fit.")
    hot = one_hot(target.astype("int64"), output.shape[axis], axis, output.dtype)
    return categorical_crossentropy(hot, output, from_logits, axis)


# Normalization ----------------------------------------------------------------------


def moments(
    x: np.ndarray, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    wide = widened(x)
    mean = np.mean(wide, axes, keepdims=keepdims)
    variance = np.var(wide, axes, keepdims=keepdims)
    return _narrow(mean, x), _narrow(variance, x)


def _narrow(statistic: Any, x: np.ndarray) -> np.ndarray:
    """In the dtype of `x`; what float16 cannot hold is its largest number."""
    if x.dtype == "float16":
        statistic = np.clip(statistic, *_LIMITS)
    return as_array(statistic).astype(x.dtype, copy=False)


_LIMITS = np.finfo("float16").min, np.finfo("float16").max


def sum_over_replicas(x: np.ndarray) -> np.ndarray:
    return x


def batch_normalization(
    x: np.ndarray,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 0.001,
) -> np.ndarray:
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    vectors = (mean, variance, offset, scale)
    if any(v is not None and v.ndim > 1 for v in vectors):
        raise ValueError("Vectors are needed.")
    mean, variance, offset, scale = (
        v if v is None else widened(v).reshape(shape if v.ndim else ()) for v in vectors
    )
    y = (widened(x) - mean) / np.sqrt(variance + epsilon)
    y = y if scale is None else y * scale
    y = y if offset is None else y + offset
    return y.astype(x.dtype, copy=False)


def batch_statistics_normalization(
    x: np.ndarray,
    offset: np.ndarray,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = moments(widened(x), axes)
    y = batch_normalization(x, mean, variance, axis, offset, scale, epsilon)
    return y, mean, variance


def layer_normalization(
    x: np.ndarray,
    gamma: np.ndarray | None = None,
    beta: np.ndarray | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> np.ndarray:
    axes, shape = arguments.along(x, axis)
    mean, variance = moments(widened(x), axes, keepdims=True)
    eps = config.epsilon() if epsilon is None else epsilon
    if kwargs and arguments.takes_rms_scaling(kwargs):
        mean, beta = 0, None
    y = (widened(x) - mean) / np.sqrt(variance + eps)
    for vector in (gamma, beta):
        if vector is not None and vector.ndim != len(axes):
            raise ValueError("The ranks differ.")
    y = y if gamma is None else y * widened(gamma).reshape(shape)
    y = y if beta is None else y + widened(beta).reshape(shape)
    return y.astype(x.dtype, copy=False)


def rms_normalization(
    x: np.ndarray,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> np.ndarray:
    eps = config.epsilon() if epsilon is None else epsilon
    axes, shape = arguments.along(x, axis)
    y = widened(x) / np.sqrt(np.mean(widened(x) ** 2, axes, keepdims=True) + eps)
    if scale is not None and scale.ndim not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is not None:
        y = y * (widened(scale).reshape(shape) if scale.ndim else widened(scale))
    return y.astype(x.dtype, copy=False)


def normalize(
    x: np.ndarray, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> np.ndarray:
    eps = config.epsilon() if epsilon is None else epsilon
    axis, order = arguments.axis_tuple(axis), float(order)
    powers = np.sum(root_of(np.abs(widened(x)), order), axis=axis, keepdims=True)
    norm = root_of(powers, 1 / order)
    return (x / np.maximum(norm, eps)).astype(x.dtype, copy=False)


# Attention --------------------------------------------------------------------------


def dot_product_attention(
    query: np.ndarray,
    key: np.ndarray,
    value: Any,
    bias: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> np.ndarray:
    if flash_attention:
        raise ValueError(
            "keras.ops.dot_product_attention: NumPy has no flash attention. Pass "
            "flash_attention=None."
        )
    dtype = np.result_type(query, key, value)
    query, key, value = (widened(t) for t in (query, key, value))
    groups = query.shape[2] // key.shape[2]
    if groups > 1:
        key, value = np.repeat(key, groups, 2), np.repeat(value, groups, 2)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    # Heads in front: products of matrices go to BLAS, `einsum` does not.
    logits = query.transpose(0, 2, 1, 3) @ key.transpose(0, 2, 3, 1) * scale
    cap = attn_logits_soft_cap
    logits = logits if cap is None else cap * np.tanh(logits / cap)
    logits = logits if bias is None else logits + widened(bias)
    least = np.finfo(logits.dtype).min
    if is_causal:
        logits = np.where(np.tril(np.ones(logits.shape[-2:], bool)), logits, least)
    if mask is not None:
        logits = np.where(mask, logits, least)
    weights = softmax(logits, -1)
    outputs = weights @ value.transpose(0, 2, 1, 3)
    return outputs.transpose(0, 2, 1, 3).astype(dtype, copy=False)
