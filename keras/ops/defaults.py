"""How primitive ops are written in other ones, where a backend has nothing quicker.

An op declared with `@op` is computed by a function of the backend. Each function here
has the name and the parameters of such an op; a backend that lacks the op is served by
it, so that a new backend is a few dozen functions. The backends that Keras brings along
have functions of their own for most of them.

Arguments are converted and promoted already, as they are for a backend's function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keras.backends import windows
from keras.backends.arguments import check_layout
from keras.core.dtypes import float_result, standardize_dtype
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops import joining, reduction
from keras.ops.arithmetic import (
    absolute,
    add,
    clip,
    divide,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    subtract,
)
from keras.ops.core import cast, shape
from keras.ops.creation import full
from keras.ops.declaration import DEFAULTS
from keras.ops.exponential import exp, expm1, log, log1p, sqrt
from keras.ops.indexing import take
from keras.ops.joining import concatenate, split
from keras.ops.logic import (
    equal,
    greater,
    greater_equal,
    less,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    where,
)
from keras.ops.nn.activations import relu6, sigmoid, softmax, softplus
from keras.ops.nn.convolution import conv, depthwise_conv
from keras.ops.products import einsum, matmul, tensordot
from keras.ops.reduction import cumsum, mean
from keras.ops.shaping import pad, reshape, transpose
from keras.ops.sorting import argsort
from keras.ops.special import erf
from keras.ops.statistics import quantile
from keras.ops.trigonometric import tanh


def _default(function: Callable[..., Any]) -> Callable[..., Any]:
    DEFAULTS[function.__name__] = function
    return function


def _dtype(x: TensorLike) -> str:
    return standardize_dtype(x.dtype)


# Making and shaping ---------------------------------------------------------------


@_default
def zeros(shape: Any, dtype: Any = None) -> Tensor:
    return full(shape, 0, dtype)


@_default
def ones(shape: Any, dtype: Any = None) -> Tensor:
    return full(shape, 1, dtype)


@_default
def empty(shape: Any, dtype: Any = None) -> Tensor:
    return full(shape, 0, dtype)


@_default
def full_like(x: Tensor, fill_value: Any, dtype: Any = None) -> Tensor:
    return full(x.shape, fill_value, dtype or _dtype(x))


@_default
def zeros_like(x: Tensor, dtype: Any = None) -> Tensor:
    return full_like(x, 0, dtype)


@_default
def ones_like(x: Tensor, dtype: Any = None) -> Tensor:
    return full_like(x, 1, dtype)


@_default
def empty_like(x: Tensor, dtype: Any = None) -> Tensor:
    return full_like(x, 0, dtype)


@_default
def ravel(x: Tensor) -> Tensor:
    return reshape(x, (-1,))


@_default
def expand_dims(x: Tensor, axis: Any) -> Tensor:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(x.shape) + len(axes)
    new = {a % rank for a in axes}
    sizes = iter(x.shape)
    return reshape(x, [1 if a in new else next(sizes) for a in range(rank)])


@_default
def squeeze(x: Tensor, axis: Any = None) -> Tensor:
    rank = len(x.shape)
    if axis is None:
        axis = [a for a in range(rank) if x.shape[a] == 1]
    gone = {a % rank for a in (axis if isinstance(axis, (tuple, list)) else (axis,))}
    if any(x.shape[a] != 1 for a in gone):
        raise ValueError(f"Only axes of size 1 can go. Received: shape {x.shape}.")
    return reshape(x, [size for a, size in enumerate(x.shape) if a not in gone])


@_default
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    order = list(range(len(x.shape)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@_default
def stack(x: Any, axis: int = 0) -> Tensor:
    return concatenate([expand_dims(part, axis) for part in x], axis)


@_default
def unstack(x: Tensor, num: int | None = None, axis: int = 0) -> list[Tensor]:
    return [squeeze(part, axis) for part in split(x, num or x.shape[axis], axis)]


# Numbers --------------------------------------------------------------------------


@_default
def square(x: Tensor) -> Tensor:
    return multiply(x, x)


@_default
def reciprocal(x: Tensor) -> Tensor:
    return divide(1, x)


@_default
def sign(x: Tensor) -> Tensor:
    one = subtract(cast(greater(x, 0), _dtype(x)), cast(less(x, 0), _dtype(x)))
    return where(equal(x, x), one, x)  # NaN stays


@_default
def divide_no_nan(x1: Tensor, x2: Tensor) -> Tensor:
    zero = equal(x2, 0)
    return where(zero, 0.0, divide(x1, where(zero, 1.0, x2)))


@_default
def exp2(x: Tensor) -> Tensor:
    return exp(multiply(x, math.log(2)))


@_default
def log2(x: Tensor) -> Tensor:
    return divide(log(x), math.log(2))


@_default
def log10(x: Tensor) -> Tensor:
    return divide(log(x), math.log(10))


@_default
def rsqrt(x: Tensor) -> Tensor:
    return divide(1, sqrt(x))


@_default
def logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    far = negative(absolute(subtract(x1, x2)))
    return add(maximum(x1, x2), log1p(exp(far)))


@_default
def isnan(x: Tensor) -> Tensor:
    return not_equal(x, x)


@_default
def isinf(x: Tensor) -> Tensor:
    return equal(absolute(x), math.inf)


@_default
def isfinite(x: Tensor) -> Tensor:
    return less(absolute(x), math.inf)


@_default
def logical_xor(x1: Tensor, x2: Tensor) -> Tensor:
    return logical_and(logical_or(x1, x2), logical_not(logical_and(x1, x2)))


@_default
def var(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return mean(square(subtract(x, mean(x, axis, True))), axis, keepdims)


@_default
def std(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return sqrt(var(x, axis, keepdims))


@_default
def median(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    return quantile(x, 0.5, axis, keepdims=keepdims)


@_default
def argpartition(x: Tensor, kth: int, axis: int | None = -1) -> Tensor:
    return argsort(x, axis)


@_default
def count_nonzero(x: Tensor, axis: Any = None) -> Tensor:
    return reduction.sum(cast(not_equal(x, 0), "int32"), axis)


@_default
def logsumexp(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    highest = reduction.max(x, axis, keepdims=True)
    highest = where(isfinite(highest), highest, 0.0)
    total = add(
        log(reduction.sum(exp(subtract(x, highest)), axis, keepdims=True)), highest
    )
    return total if keepdims else squeeze(total, axis)


@_default
def linear(x: Tensor, kernel: Tensor, bias: Any = None, axes: int = 1) -> Tensor:
    y = matmul(x, kernel) if len(kernel.shape) == 2 else tensordot(x, kernel, axes)
    return y if bias is None else add(y, bias)


# Activations ----------------------------------------------------------------------


def _relu(x: Tensor) -> Tensor:
    return maximum(x, 0)


def _relu6(x: Tensor) -> Tensor:
    return clip(x, 0.0, 6.0)


def _sigmoid(x: Tensor) -> Tensor:
    small = exp(negative(absolute(x)))  # never overflows
    return divide(where(greater_equal(x, 0), 1.0, small), add(small, 1.0))


def _softmax(x: Tensor, axis: Axis = -1) -> Tensor:
    powers = exp(subtract(x, reduction.max(x, axis, keepdims=True)))
    return divide(powers, reduction.sum(powers, axis, keepdims=True))


def _softplus(x: Tensor) -> Tensor:
    return add(maximum(x, 0.0), log1p(exp(negative(absolute(x)))))


DEFAULTS.update(
    {
        "relu": _relu,
        "relu6": _relu6,
        "sigmoid": _sigmoid,
        "softmax": _softmax,
        "softplus": _softplus,
    }
)


@_default
def sparse_sigmoid(x: Tensor) -> Tensor:
    return clip(multiply(add(x, 1.0), 0.5), 0.0, 1.0)


@_default
def softsign(x: Tensor) -> Tensor:
    return divide(x, add(absolute(x), 1.0))


@_default
def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    return subtract(x, clip(x, -threshold, threshold))


@_default
def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    return where(greater(absolute(x), threshold), x, 0.0)


@_default
def tanh_shrink(x: Tensor) -> Tensor:
    return subtract(x, tanh(x))


@_default
def threshold(x: Tensor, threshold: float, default_value: float) -> Tensor:
    return where(greater(x, threshold), x, cast(default_value, _dtype(x)))


@_default
def silu(x: Tensor) -> Tensor:
    return multiply(x, sigmoid(x))


@_default
def squareplus(x: Tensor, b: float = 4) -> Tensor:
    return multiply(add(x, sqrt(add(multiply(x, x), b))), 0.5)


@_default
def sparse_plus(x: Tensor) -> Tensor:
    between = multiply(square(add(x, 1.0)), 0.25)
    return where(less(x, -1.0), 0.0, where(less(x, 1.0), between, x))


@_default
def log_sigmoid(x: Tensor) -> Tensor:
    return negative(softplus(negative(x)))


@_default
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    return where(greater(x, 0), x, multiply(x, negative_slope))


@_default
def hard_sigmoid(x: Tensor) -> Tensor:
    return divide(relu6(add(x, 3.0)), 6.0)


@_default
def hard_silu(x: Tensor) -> Tensor:
    return multiply(x, hard_sigmoid(x))


@_default
def hard_tanh(x: Tensor) -> Tensor:
    return clip(x, -1, 1)


@_default
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    return where(greater(x, 0), x, multiply(expm1(minimum(x, 0.0)), alpha))


@_default
def selu(x: Tensor) -> Tensor:
    return multiply(elu(x, 1.6732632423543772), 1.0507009873554805)


@_default
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    below = multiply(expm1(divide(minimum(x, 0.0), alpha)), alpha)
    return add(maximum(x, 0.0), below)


@_default
def gelu(x: Tensor, approximate: bool = True) -> Tensor:
    if approximate:
        inner = multiply(
            add(x, multiply(power(x, 3), 0.044715)), math.sqrt(2 / math.pi)
        )
        return multiply(multiply(x, 0.5), add(tanh(inner), 1.0))
    return multiply(multiply(x, 0.5), add(erf(divide(x, math.sqrt(2))), 1.0))


@_default
def log_softmax(x: Tensor, axis: Any = -1) -> Tensor:
    return subtract(x, logsumexp(x, axis, keepdims=True))


@_default
def glu(x: Tensor, axis: int = -1) -> Tensor:
    kept, gate = split(x, 2, axis)
    return multiply(kept, sigmoid(gate))


# Layers ---------------------------------------------------------------------------


@_default
def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    dtype = float_result(*(x.dtype for x in (query, key, value)))
    groups = query.shape[2] // key.shape[2]
    if groups > 1:
        places = [place // groups for place in range(query.shape[2])]
        key, value = take(key, places, 2), take(value, places, 2)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    logits = einsum("bqhd,bkhd->bhqk", multiply(query, scale), key)
    if attn_logits_soft_cap is not None:
        bent = tanh(divide(logits, attn_logits_soft_cap))
        logits = multiply(bent, attn_logits_soft_cap)
    if bias is not None:
        logits = add(logits, bias)
    if is_causal:
        rows, columns = query.shape[1], key.shape[1]
        place = cumsum(full((rows, columns), 1, "int32"), 1)
        causal = less(place, add(cumsum(full((rows, columns), 1, "int32"), 0), 1))
        mask = causal if mask is None else logical_and(mask, causal)
    if mask is not None:
        logits = where(mask, logits, -6e4 if dtype == "float16" else -1e9)
    found = einsum("bhqk,bkhd->bqhd", softmax(logits), value)
    return cast(found, dtype)


@_default
def separable_conv(
    inputs: Tensor,
    depthwise_kernel: Tensor,
    pointwise_kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    x = depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return conv(x, pointwise_kernel, 1, "valid", data_format)


# Blocks and windows of images -----------------------------------------------------


def _sizes(x: Tensor) -> list[Any]:
    """Integers, and scalar tensors for what a trace does not know."""
    return list(shape(x))


@_default
def space_to_depth(
    x: Tensor, block_size: int, data_format: str = "channels_last"
) -> Tensor:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _sizes(x)
        x = reshape(x, (b, c, h // n, n, w // n, n))
        x = transpose(x, (0, 1, 3, 5, 2, 4))
        return reshape(x, (b, c * n * n, h // n, w // n))
    b, h, w, c = _sizes(x)
    x = reshape(x, (b, h // n, n, w // n, n, c))
    x = transpose(x, (0, 1, 3, 2, 4, 5))
    return reshape(x, (b, h // n, w // n, n * n * c))


@_default
def depth_to_space(
    x: Tensor, block_size: int, data_format: str = "channels_last"
) -> Tensor:
    check_layout(data_format)
    n = block_size
    if data_format == "channels_first":
        b, c, h, w = _sizes(x)
        x = reshape(x, (b, c // (n * n), n, n, h, w))
        x = transpose(x, (0, 1, 4, 2, 5, 3))
        return reshape(x, (b, c // (n * n), h * n, w * n))
    b, h, w, c = _sizes(x)
    x = reshape(x, (b, h, w, n, n, c // (n * n)))
    x = transpose(x, (0, 1, 3, 2, 4, 5))
    return reshape(x, (b, h * n, w * n, c // (n * n)))


@_default
def unfold(
    x: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    batch, channels, *sizes = _sizes(x)
    (p, q), counts, places = windows.sliding(
        sizes, kernel_size, dilation, padding, stride
    )
    x = pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    parts = joining.stack([x[:, :, a, b] for a, b in places], 2)
    return reshape(parts, (batch, channels * len(places), counts[0] * counts[1]))
