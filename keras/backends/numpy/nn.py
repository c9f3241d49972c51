"""Activations, losses, normalization and attention of the NumPy backend.

The reference: each function is its definition. Half precision is computed in float32.
"""

from __future__ import annotations

import math as _math
from collections.abc import Callable as _Callable
from functools import wraps as _wraps
from operator import index as _index
from typing import Any

import numpy as _np

from keras.backends import arguments as _arguments
from keras.backends.numpy.core import native_dtype as _native_dtype
from keras.core import config as _config
from keras.core.typing import Axis, DType, TensorLike


def _wide(x: _np.ndarray) -> _np.ndarray:
    """Half precision as float32."""
    return x.astype("float32") if x.dtype.itemsize == 2 else x


def _elementwise(function: _Callable[..., Any]) -> _Callable[..., Any]:
    """A function of one tensor, computed wide and brought back to its dtype."""

    @_wraps(function)
    def call(x: _np.ndarray, *args: Any, **kwargs: Any) -> _np.ndarray:
        with _np.errstate(over="ignore", invalid="ignore"):
            return _np.asarray(function(_wide(x), *args, **kwargs)).astype(
                x.dtype, copy=False
            )

    return call


# Activations ----------------------------------------------------------------------


def relu(x: _np.ndarray) -> _np.ndarray:
    return _np.maximum(x, _np.zeros((), x.dtype))


@_elementwise
def relu6(x: _np.ndarray) -> _np.ndarray:
    return _np.clip(x, 0, 6)


@_elementwise
def sigmoid(x: _np.ndarray) -> _np.ndarray:
    exponential = _np.exp(-_np.abs(x))
    return _np.where(x >= 0, 1.0, exponential) / (1 + exponential)


@_elementwise
def softplus(x: _np.ndarray) -> _np.ndarray:
    return _np.logaddexp(x, _np.zeros((), x.dtype))


@_elementwise
def softsign(x: _np.ndarray) -> _np.ndarray:
    return x / (1 + _np.abs(x))


@_elementwise
def silu(x: _np.ndarray) -> _np.ndarray:
    return x * sigmoid(x)


@_elementwise
def log_sigmoid(x: _np.ndarray) -> _np.ndarray:
    return -softplus(-x)


@_elementwise
def hard_sigmoid(x: _np.ndarray) -> _np.ndarray:
    return _np.clip(x + 3, 0, 6) / 6


@_elementwise
def hard_silu(x: _np.ndarray) -> _np.ndarray:
    return x * hard_sigmoid(x)


def hard_tanh(x: _np.ndarray) -> _np.ndarray:
    return _np.clip(x, -1, 1).astype(x.dtype, copy=False)


@_elementwise
def selu(x: _np.ndarray) -> _np.ndarray:
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@_elementwise
def elu(x: _np.ndarray, alpha: float = 1.0) -> _np.ndarray:
    return _np.where(x > 0, x, alpha * _np.expm1(_np.minimum(x, 0)))


@_elementwise
def celu(x: _np.ndarray, alpha: float = 1.0) -> _np.ndarray:
    return _np.where(x > 0, x, alpha * _np.expm1(_np.minimum(x, 0) / alpha))


@_elementwise
def gelu(x: _np.ndarray, approximate: bool = True) -> _np.ndarray:
    if approximate:
        inner = _math.sqrt(2 / _math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + _np.tanh(inner))
    from keras.backends.numpy.special import erf

    return 0.5 * x * (1 + erf(x / _math.sqrt(2)))


@_elementwise
def leaky_relu(x: _np.ndarray, negative_slope: float = 0.2) -> _np.ndarray:
    return _np.where(x > 0, x, negative_slope * x)


@_elementwise
def sparse_plus(x: _np.ndarray) -> _np.ndarray:
    return _np.where(x <= -1, 0, _np.where(x < 1, 0.25 * (x + 1) ** 2, x))


@_elementwise
def sparse_sigmoid(x: _np.ndarray) -> _np.ndarray:
    return _np.clip((x + 1) / 2, 0, 1)


@_elementwise
def squareplus(x: _np.ndarray, b: float = 4) -> _np.ndarray:
    return (x + _np.sqrt(x * x + b)) / 2


@_elementwise
def tanh_shrink(x: _np.ndarray) -> _np.ndarray:
    return x - _np.tanh(x)


def threshold(x: _np.ndarray, threshold: float, default_value: float) -> _np.ndarray:
    return _np.where(x > threshold, x, float(default_value)).astype(x.dtype)


@_elementwise
def soft_shrink(x: _np.ndarray, threshold: float = 0.5) -> _np.ndarray:
    return _np.sign(x) * _np.maximum(_np.abs(x) - threshold, 0)


@_elementwise
def hard_shrink(x: _np.ndarray, threshold: float = 0.5) -> _np.ndarray:
    return _np.where(_np.abs(x) > threshold, x, 0)


@_elementwise
def _glu(x: _np.ndarray, axis: int) -> _np.ndarray:
    value, gate = _np.split(x, 2, axis)
    return value * sigmoid(gate)


def glu(x: _np.ndarray, axis: int = -1) -> _np.ndarray:
    return _glu(x, axis)


@_elementwise
def _softmax(x: _np.ndarray, axis: Axis) -> _np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    exponentials = _np.exp(x - _np.max(x, axis, keepdims=True))
    return exponentials / _np.sum(exponentials, axis, keepdims=True)


def softmax(x: _np.ndarray, axis: Axis = -1) -> _np.ndarray:
    if isinstance(axis, int) and not x.ndim:
        raise ValueError("A scalar has no axes.")
    _arguments.warn_of_ones(axis, x.shape)
    return _softmax(x, axis)


@_elementwise
def _log_softmax(x: _np.ndarray, axis: Axis) -> _np.ndarray:
    axis = tuple(axis) if isinstance(axis, list) else axis
    if isinstance(axis, int) and not x.ndim:
        raise ValueError("A scalar has no axes.")
    shifted = x - _np.max(x, axis, keepdims=True)
    return shifted - _np.log(_np.sum(_np.exp(shifted), axis, keepdims=True))


def log_softmax(x: _np.ndarray, axis: Axis = -1) -> _np.ndarray:
    return _log_softmax(x, axis)


@_elementwise
def _sparsemax(x: _np.ndarray, axis: int) -> _np.ndarray:
    z = _np.moveaxis(x, axis, -1)
    ordered = -_np.sort(-z, axis=-1)
    ranks = _np.arange(1, z.shape[-1] + 1)
    inside = 1 + ranks * ordered > _np.cumsum(ordered, -1)
    count = _np.sum(inside, -1, keepdims=True)
    chosen = _np.sum(_np.where(inside, ordered, 0), -1, keepdims=True)
    return _np.moveaxis(_np.maximum(z - (chosen - 1) / count, 0), -1, axis)


def sparsemax(x: _np.ndarray, axis: int = -1) -> _np.ndarray:
    return _sparsemax(x, axis)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: _np.ndarray, kernel: _np.ndarray, bias: _np.ndarray | None = None, axes: int = 1
) -> _np.ndarray:
    y = _np.tensordot(_wide(x), _wide(kernel), axes).astype(x.dtype, copy=False)
    return y if bias is None else y + bias


def one_hot(
    x: _np.ndarray,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> _np.ndarray:
    if sparse:
        raise ValueError("The numpy backend has no sparse tensors.")
    wanted = _native_dtype(_config.floatx() if dtype is None else dtype)
    if _index(num_classes) < 0:
        raise ValueError("Negative number of classes.")
    hot = (_np.asarray(x)[..., None] == _np.arange(num_classes)).astype(wanted)
    return _np.moveaxis(hot, -1, axis)


def multi_hot(
    inputs: _np.ndarray,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> _np.ndarray:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.ndim:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)  # type: ignore[arg-type]
    return _np.max(hot, 1 if inputs.ndim > 1 else 0)


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: _np.ndarray, output: _np.ndarray, from_logits: bool = False
) -> _np.ndarray:
    _same_shape(target, output)
    dtype, output, target = output.dtype, _wide(output), _wide(target)
    if from_logits:
        loss = target * softplus(-output) + (1 - target) * softplus(output)
    else:
        output = _probabilities(output)
        loss = -(target * _np.log(output) + (1 - target) * _np.log1p(-output))
    return loss.astype(dtype, copy=False)


def _same_shape(target: _np.ndarray, output: _np.ndarray) -> None:
    if target.shape != output.shape:
        raise ValueError("The shapes of target and output differ.")


def _probabilities(output: _np.ndarray) -> _np.ndarray:
    epsilon = _config.epsilon()
    return _np.clip(output, epsilon, 1 - epsilon)


def _log_probabilities(
    output: _np.ndarray, from_logits: bool, axis: int
) -> _np.ndarray:
    if from_logits:
        return log_softmax(output, axis)
    return _np.log(_probabilities(output / _np.sum(output, axis, keepdims=True)))


def categorical_crossentropy(
    target: _np.ndarray, output: _np.ndarray, from_logits: bool = False, axis: int = -1
) -> _np.ndarray:
    axis = _index(axis)
    _same_shape(target, output)
    logs = _log_probabilities(_wide(output), from_logits, axis)
    return _np.asarray(-_np.sum(target * logs, axis)).astype(output.dtype, copy=False)


def sparse_categorical_crossentropy(
    target: _np.ndarray, output: _np.ndarray, from_logits: bool = False, axis: int = -1
) -> _np.ndarray:
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = _np.squeeze(target, -1)
    shape = list(output.shape)
    del shape[axis]
    if target.shape != tuple(shape):
        raise ValueError("Target and output do not fit.")
    hot = one_hot(target.astype("int64"), output.shape[axis], axis, output.dtype)
    return categorical_crossentropy(hot, output, from_logits, axis)


# Normalization ----------------------------------------------------------------------


def moments(
    x: _np.ndarray, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    wide = _wide(x)
    mean = _np.mean(wide, axes, keepdims=keepdims)
    variance = _np.var(wide, axes, keepdims=keepdims)
    return _narrow(mean, x), _narrow(variance, x)


def _narrow(statistic: Any, x: _np.ndarray) -> _np.ndarray:
    """In the dtype of `x`; what float16 cannot hold is its largest number."""
    if x.dtype == "float16":
        statistic = _np.clip(statistic, *_LIMITS)
    return _np.asarray(statistic).astype(x.dtype, copy=False)


_LIMITS = _np.finfo("float16").min, _np.finfo("float16").max


def batch_normalization(
    x: _np.ndarray,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 0.001,
) -> _np.ndarray:
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    vectors = (mean, variance, offset, scale)
    if any(v is not None and v.ndim > 1 for v in vectors):
        raise ValueError("Vectors are needed.")
    mean, variance, offset, scale = (
        v if v is None else _wide(v).reshape(shape if v.ndim else ()) for v in vectors
    )
    y = (_wide(x) - mean) / _np.sqrt(variance + epsilon)
    y = y if scale is None else y * scale
    y = y if offset is None else y + offset
    return y.astype(x.dtype, copy=False)


def batch_statistics_normalization(
    x: _np.ndarray,
    offset: _np.ndarray,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = moments(_wide(x), axes)
    y = batch_normalization(x, mean, variance, axis, offset, scale, epsilon)
    return y, mean, variance


def layer_normalization(
    x: _np.ndarray,
    gamma: _np.ndarray | None = None,
    beta: _np.ndarray | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> _np.ndarray:
    axes, shape = _axes(x, axis)
    mean, variance = moments(_wide(x), axes, keepdims=True)
    eps = _config.epsilon() if epsilon is None else epsilon
    if kwargs and _arguments.takes_rms_scaling(kwargs):
        mean, beta = 0, None
    y = (_wide(x) - mean) / _np.sqrt(variance + eps)
    for vector in (gamma, beta):
        if vector is not None and vector.ndim != len(axes):
            raise ValueError("The ranks differ.")
    y = y if gamma is None else y * _wide(gamma).reshape(shape)
    y = y if beta is None else y + _wide(beta).reshape(shape)
    return y.astype(x.dtype, copy=False)


def _axes(x: Any, axis: Axis) -> tuple[tuple[int, ...], list[int]]:
    """The axes in order, and the shape that a vector along them is given."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = _arguments.normal_axes(axes, x.ndim)
    return axes, [n if i in axes else 1 for i, n in enumerate(x.shape)]


def rms_normalization(
    x: _np.ndarray,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> _np.ndarray:
    eps = _config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    y = _wide(x) / _np.sqrt(_np.mean(_wide(x) ** 2, axes, keepdims=True) + eps)
    if scale is not None and scale.ndim not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is not None:
        y = y * (_wide(scale).reshape(shape) if scale.ndim else _wide(scale))
    return y.astype(x.dtype, copy=False)


def normalize(
    x: _np.ndarray, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> _np.ndarray:
    eps = _config.epsilon() if epsilon is None else epsilon
    axis, order = _arguments.axis_tuple(axis), float(order)
    norm = _np.sum(_np.abs(_wide(x)) ** order, axis, keepdims=True) ** (1 / order)
    return (x / _np.maximum(norm, eps)).astype(x.dtype, copy=False)


# Attention --------------------------------------------------------------------------


def dot_product_attention(
    query: _np.ndarray,
    key: _np.ndarray,
    value: Any,
    bias: _np.ndarray | None = None,
    mask: _np.ndarray | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> _np.ndarray:
    if flash_attention:
        raise ValueError(
            "keras.ops.dot_product_attention: NumPy has no flash attention. Pass "
            "flash_attention=None."
        )
    dtype = _np.result_type(query, key, value)
    query, key, value = (_wide(t) for t in (query, key, value))
    groups = query.shape[2] // key.shape[2]
    if groups > 1:
        key, value = _np.repeat(key, groups, 2), _np.repeat(value, groups, 2)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    # Heads in front: products of matrices go to BLAS, `einsum` does not.
    logits = query.transpose(0, 2, 1, 3) @ key.transpose(0, 2, 3, 1) * scale
    cap = attn_logits_soft_cap
    logits = logits if cap is None else cap * _np.tanh(logits / cap)
    logits = logits if bias is None else logits + _wide(bias)
    least = _np.finfo(logits.dtype).min
    if is_causal:
        logits = _np.where(_np.tril(_np.ones(logits.shape[-2:], bool)), logits, least)
    if mask is not None:
        logits = _np.where(mask, logits, least)
    weights = softmax(logits, -1)
    outputs = weights @ value.transpose(0, 2, 1, 3)
    return outputs.transpose(0, 2, 1, 3).astype(dtype, copy=False)
