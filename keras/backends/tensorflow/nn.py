"""Activations, losses, normalization and attention of the TensorFlow backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import tensorflow as _tf

from keras.backends import arguments as _arguments
from keras.backends.tensorflow.core import native_dtype as _native_dtype
from keras.backends.tensorflow.core import shape as _shape
from keras.backends.tensorflow.linalg import norm as _norm
from keras.core import config as _config
from keras.core.typing import Axis, DType, TensorLike

# Activations ----------------------------------------------------------------------

relu = _tf.nn.relu
relu6 = _tf.nn.relu6
sigmoid = _tf.nn.sigmoid
softplus = _tf.math.softplus
softsign = _tf.nn.softsign
silu = _tf.nn.silu
log_sigmoid = _tf.math.log_sigmoid
selu = _tf.nn.selu


def hard_sigmoid(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.nn.relu6(x + 3) * _tf.constant(1 / 6, x.dtype)


def hard_silu(x: _tf.Tensor) -> _tf.Tensor:
    return x * hard_sigmoid(x)


def hard_tanh(x: _tf.Tensor) -> _tf.Tensor:
    if x.dtype == _tf.bool:
        return x
    one = _tf.ones((), x.dtype)
    return _tf.clip_by_value(x, -one, one)


def sparse_sigmoid(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.clip_by_value((x + 1) * 0.5, 0.0, 1.0)


def sparse_plus(x: _tf.Tensor) -> _tf.Tensor:
    middle = 0.25 * _tf.square(x + 1)
    below = _tf.zeros_like(x)
    return _tf.where(x <= -1, below, _tf.where(x < 1, middle, x))


def squareplus(x: _tf.Tensor, b: float = 4) -> _tf.Tensor:
    return (x + _tf.sqrt(_tf.square(x) + b)) * 0.5


def tanh_shrink(x: _tf.Tensor) -> _tf.Tensor:
    return x - _tf.tanh(x)


def threshold(x: _tf.Tensor, threshold: float, default_value: float) -> _tf.Tensor:
    default = _tf.cast(default_value, x.dtype)
    if x.dtype == _tf.bool:
        return _tf.where(_tf.cast(x, _tf.float32) > threshold, x, default)
    return _tf.where(x > _tf.cast(threshold, x.dtype), x, default)


def soft_shrink(x: _tf.Tensor, threshold: float = 0.5) -> _tf.Tensor:
    # What is neither above nor below is 0, but for NaN, which stays.
    inside = _tf.where(_tf.abs(x) <= threshold, _tf.zeros_like(x), x)
    below = _tf.where(x < -threshold, x + threshold, inside)
    return _tf.where(x > threshold, x - threshold, below)


def hard_shrink(x: _tf.Tensor, threshold: float = 0.5) -> _tf.Tensor:
    return _tf.where(_tf.abs(x) > threshold, x, _tf.zeros_like(x))


def leaky_relu(x: _tf.Tensor, negative_slope: float = 0.2) -> _tf.Tensor:
    negative_slope = float(negative_slope)
    if x.dtype == _tf.float64:  # the kernel's slope is a float32
        return _tf.where(x > 0, x, x * negative_slope)
    return _tf.nn.leaky_relu(x, negative_slope)


def elu(x: _tf.Tensor, alpha: float = 1.0) -> _tf.Tensor:
    y = _tf.nn.elu(x)
    return y if alpha == 1 else _tf.where(x > 0, y, y * alpha)


def celu(x: _tf.Tensor, alpha: float = 1.0) -> _tf.Tensor:
    return _tf.where(x > 0, x, alpha * _tf.math.expm1(_tf.minimum(x, 0) / alpha))


def gelu(x: _tf.Tensor, approximate: bool = True) -> _tf.Tensor:
    if x.dtype == _tf.float64 and approximate:  # the function's constants are float32
        inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + _tf.tanh(inner))
    return _tf.nn.gelu(x, approximate)


def glu(x: _tf.Tensor, axis: int = -1) -> _tf.Tensor:
    value, gate = _tf.split(x, 2, axis)
    return value * _tf.sigmoid(gate)


def softmax(x: _tf.Tensor, axis: Axis = -1) -> _tf.Tensor:
    if isinstance(axis, int):
        _arguments.warn_of_ones(axis, x.shape.as_list())
        if x.shape.rank > 5 and axis in (-1, x.shape.rank - 1):
            # The kernel of oneDNN knows five dimensions.
            rows = _tf.reshape(x, [-1, _shape(x)[-1]])
            return _tf.reshape(_tf.nn.softmax(rows), _tf.shape(x))
        return _tf.nn.softmax(x, axis)
    shifted = x - _tf.reduce_logsumexp(_tf.stop_gradient(x), axis, keepdims=True)
    exponentials = _tf.exp(shifted)
    return exponentials / _tf.reduce_sum(exponentials, axis, keepdims=True)


def log_softmax(x: _tf.Tensor, axis: Axis = -1) -> _tf.Tensor:
    if isinstance(axis, int):
        return _tf.nn.log_softmax(x, axis)
    return x - _tf.reduce_logsumexp(x, axis, keepdims=True)


def sparsemax(x: _tf.Tensor, axis: int = -1) -> _tf.Tensor:
    z = _last(x, axis)
    ordered = _tf.sort(z, direction="DESCENDING")
    ranks = _tf.cast(_tf.range(1, _tf.shape(z)[-1] + 1), z.dtype)
    inside = 1 + ranks * ordered > _tf.cumsum(ordered, -1)
    count = _tf.reduce_sum(_tf.cast(inside, z.dtype), -1, keepdims=True)
    zeros = _tf.zeros_like(ordered)
    chosen = _tf.reduce_sum(_tf.where(inside, ordered, zeros), -1, keepdims=True)
    return _last(_tf.maximum(z - (chosen - 1) / count, 0), axis)


def _last(x: _tf.Tensor, axis: int) -> _tf.Tensor:
    """Exchanges an axis with the last one."""
    rank = x.shape.rank
    if axis in (-1, rank - 1):
        return x
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    return _tf.transpose(x, order)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: _tf.Tensor, kernel: _tf.Tensor, bias: _tf.Tensor | None = None, axes: int = 1
) -> _tf.Tensor:
    if axes == 1 and kernel.shape.rank == 2 and x.shape.rank == 2:
        y = _tf.matmul(x, kernel)
        return y if bias is None else _tf.nn.bias_add(y, bias)
    sizes, shape = _shape(kernel), _shape(x)
    features, units = sizes[:axes], sizes[axes:]
    lead = shape[: len(shape) - axes]
    matrix = kernel
    if len(sizes) > 2:
        matrix = _tf.reshape(kernel, (_size(features), -1))
    y = _tf.matmul(_tf.reshape(x, (-1, _size(features))), matrix)
    if bias is not None:
        y = _tf.nn.bias_add(y, _tf.reshape(bias, (-1,)))
    return _tf.reshape(y, (*lead, *units))


def _size(sizes: Any) -> _tf.Tensor:
    """The product of sizes, some of which may be tensors."""
    result: Any = 1
    for size in sizes:
        result = result * size
    return result


def one_hot(
    x: _tf.Tensor,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> Any:
    wanted = _native_dtype(_config.floatx() if dtype is None else dtype)
    axis = _index(axis)
    if x.dtype not in (_tf.uint8, _tf.int8, _tf.int32, _tf.int64):
        x = _tf.cast(x, "int64")
    if sparse:
        hot = _tf.one_hot(x, num_classes, axis=axis, dtype=_tf.int8)
        indices = _tf.where(hot > 0)
        ones = _tf.ones((_tf.shape(indices)[0],), wanted)
        return _tf.SparseTensor(indices, ones, _tf.shape(hot, out_type=_tf.int64))
    if wanted == _tf.bool:
        return _tf.one_hot(x, num_classes, True, False, axis=axis, dtype=wanted)
    return _tf.one_hot(x, num_classes, axis=axis, dtype=wanted)


def multi_hot(
    inputs: _tf.Tensor,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> _tf.Tensor:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.shape.rank:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, "int32")  # type: ignore[arg-type]
    hot = _tf.reduce_max(hot, 1 if inputs.shape.rank > 1 else 0)
    hot = _tf.cast(hot, _native_dtype(_config.floatx() if dtype is None else dtype))
    return _tf.sparse.from_dense(hot) if sparse else hot


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: _tf.Tensor, output: _tf.Tensor, from_logits: bool = False
) -> _tf.Tensor:
    _same_shape(target, output)
    if from_logits:
        return _tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = _probabilities(output)
    return -(target * _tf.math.log(output) + (1 - target) * _tf.math.log(1 - output))


def _same_shape(target: _tf.Tensor, output: _tf.Tensor) -> None:
    if not target.shape.is_compatible_with(output.shape):
        raise ValueError("The shapes of target and output differ.")


def _probabilities(output: _tf.Tensor) -> _tf.Tensor:
    epsilon = _tf.cast(_config.epsilon(), output.dtype)
    return _tf.clip_by_value(output, epsilon, 1 - epsilon)


def _log_probabilities(output: _tf.Tensor, axis: int) -> _tf.Tensor:
    scaled = output / _tf.reduce_sum(output, axis, keepdims=True)
    return _tf.math.log(_probabilities(scaled))


def categorical_crossentropy(
    target: _tf.Tensor, output: _tf.Tensor, from_logits: bool = False, axis: int = -1
) -> _tf.Tensor:
    axis = _index(axis)
    _same_shape(target, output)
    if from_logits:
        # The kernel's gradient takes it that targets sum to 1.
        total = _tf.reduce_sum(target, axis, keepdims=True)
        target = _tf.math.divide_no_nan(target, total)
        losses = _tf.nn.softmax_cross_entropy_with_logits(target, output, axis)
        return _tf.squeeze(total, axis) * losses
    return -_tf.reduce_sum(target * _log_probabilities(output, axis), axis)


def sparse_categorical_crossentropy(
    target: _tf.Tensor, output: _tf.Tensor, from_logits: bool = False, axis: int = -1
) -> _tf.Tensor:
    rank = output.shape.rank
    if target.shape.rank == rank and target.shape[-1] == 1:
        target = _tf.squeeze(target, -1)
    if target.dtype not in (_tf.int32, _tf.int64):
        target = _tf.cast(target, "int64")
    shape = output.shape.as_list()
    del shape[axis]
    if not target.shape.is_compatible_with(shape):
        raise ValueError("Target and output do not fit.")
    if axis not in (-1, rank - 1):
        order = [i for i in range(rank) if i != axis % rank]
        output = _tf.transpose(output, [*order, axis % rank])
    if not output.dtype.is_floating:
        output = _tf.cast(output, _config.floatx())
    if not from_logits:
        output = _log_probabilities(output, -1)
        hot = _tf.one_hot(target, _tf.shape(output)[-1], dtype=output.dtype)
        return -_tf.reduce_sum(hot * output, -1)
    # TensorFlow refuses labels below 0; elsewhere they count as nothing.
    losses = _tf.nn.sparse_softmax_cross_entropy_with_logits(
        _tf.maximum(target, 0), output
    )
    return _tf.where(target >= 0, losses, _tf.zeros_like(losses))


# Normalization ----------------------------------------------------------------------


def moments(
    x: _tf.Tensor, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    wide = _tf.cast(x, "float32") if x.dtype == _tf.float16 else x
    axes = list(range(x.shape.rank)) if axes is None else axes
    axes = [axes] if isinstance(axes, int) else list(axes)
    if synchronized:
        mean, variance = _synchronized_moments(wide, axes, keepdims)
    else:
        mean, variance = _tf.nn.moments(wide, axes, keepdims=keepdims)
    if wide is x:
        return mean, variance
    most = float(x.dtype.max)  # rather than infinity
    mean, variance = (_tf.clip_by_value(v, -most, most) for v in (mean, variance))
    return _tf.cast(mean, x.dtype), _tf.cast(variance, x.dtype)


def _synchronized_moments(x: Any, axes: Any, keepdims: bool) -> tuple[Any, Any]:
    context = _tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return _tf.nn.moments(x, axes, keepdims=keepdims)
    mean = _tf.reduce_mean(x, axes, keepdims)
    squares = _tf.reduce_mean(_tf.square(x), axes, keepdims)
    mean, squares = context.all_reduce("mean", [mean, squares])
    return mean, squares - _tf.square(mean)


def batch_normalization(
    x: _tf.Tensor,
    mean: _tf.Tensor,
    variance: _tf.Tensor,
    axis: int,
    offset: _tf.Tensor | None = None,
    scale: TensorLike = None,
    epsilon: float = 0.001,
) -> _tf.Tensor:
    factor = _tf.math.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if factor.shape.rank > 1 or shift.shape.rank > 1 or not x.shape.rank:
        raise ValueError("Vectors are needed.")
    rank = x.shape.rank
    if axis not in (-1, rank - 1):
        shape = [1] * rank
        shape[axis] = -1
        factor, shift = _tf.reshape(factor, shape), _tf.reshape(shift, shape)
    return x * factor + shift


def batch_statistics_normalization(
    x: _tf.Tensor,
    offset: Any,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    rank = x.shape.rank
    channels = x.shape[axis]
    wide = x if x.dtype not in (_tf.float16, _tf.bfloat16) else _tf.cast(x, "float32")
    fusable = rank == 4 and axis in (-1, 3) and x.dtype != _tf.float64
    if fusable and channels is not None:
        one = _tf.ones((channels,)) if scale is None else _tf.cast(scale, "float32")
        zero = _tf.zeros((channels,)) if offset is None else _tf.cast(offset, "float32")
        y, mean, variance = _tf.compat.v1.nn.fused_batch_norm(
            wide, one, zero, epsilon=epsilon, is_training=True
        )
        # The kernel gives the unbiased variance.
        count = _tf.cast(_tf.size(x) // channels, variance.dtype)
        variance = variance * ((count - 1) / count)
    else:
        axes = [i for i in range(rank) if i != axis % rank]
        mean, variance = _tf.nn.moments(wide, axes)
        scale = None if scale is None else _tf.cast(scale, wide.dtype)
        offset = None if offset is None else _tf.cast(offset, wide.dtype)
        y = batch_normalization(wide, mean, variance, axis, offset, scale, epsilon)
    stop = _tf.stop_gradient
    return _tf.cast(y, x.dtype), stop(mean), stop(variance)


def layer_normalization(
    x: _tf.Tensor,
    gamma: _tf.Tensor | None = None,
    beta: _tf.Tensor | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> _tf.Tensor:
    eps = _config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = _tf.cast(x, "float32") if x.dtype.size == 2 else x
    mean, variance = _tf.nn.moments(wide, axes, keepdims=True)
    if kwargs and _arguments.takes_rms_scaling(kwargs):
        mean, beta = _tf.zeros_like(mean), None
    y = _tf.cast((wide - mean) * _tf.math.rsqrt(variance + eps), x.dtype)
    for vector in (gamma, beta):
        if vector is not None and vector.shape.rank != len(axes):
            raise ValueError("The ranks differ.")
    y = y if gamma is None else y * _tf.reshape(gamma, shape)
    return y if beta is None else y + _tf.reshape(beta, shape)


def _axes(x: Any, axis: Axis) -> tuple[list[int], list[Any]]:
    """The axes in order, and the shape that a vector along them is given."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = list(_arguments.normal_axes(axes, x.shape.rank))
    shape = [n if i in axes else 1 for i, n in enumerate(_shape(x))]
    return axes, shape


def rms_normalization(
    x: _tf.Tensor,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> _tf.Tensor:
    eps = _config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = _tf.cast(x, "float32") if x.dtype.size == 2 else x
    mean = _tf.reduce_mean(_tf.square(wide), axes, keepdims=True)
    y = _tf.cast(wide * _tf.math.rsqrt(mean + eps), x.dtype)
    if scale is not None and scale.shape.rank not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is None:
        return y
    return y * (_tf.reshape(scale, shape) if scale.shape.rank else scale)


def normalize(
    x: _tf.Tensor, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> _tf.Tensor:
    eps = _config.epsilon() if epsilon is None else epsilon
    is_number = x.shape.rank == 0 and axis in (0, -1)
    axis = () if is_number else _arguments.axis_tuple(axis)
    order = float(order)
    if order == 2:  # the square root of 0 has no gradient
        squares = _tf.reduce_sum(_tf.square(x), axis, keepdims=True)
        return x * _tf.math.rsqrt(_tf.maximum(squares, eps**2))
    if isinstance(axis, int):
        norm = _norm(x, order, axis, True)
    else:  # which would be that of a matrix
        powers = _tf.reduce_sum(_tf.abs(x) ** order, axis, keepdims=True)
        norm = powers ** (1 / order)
    return x / _tf.maximum(norm, eps)


# Attention --------------------------------------------------------------------------


def _constant(number: Any, dtype: DType) -> _tf.Tensor:
    """A number in a dtype, not by way of float32."""
    return (
        _tf.constant(number, dtype)
        if isinstance(number, float)
        else _tf.cast(number, dtype)
    )


def dot_product_attention(
    query: Any,
    key: _tf.Tensor,
    value: Any,
    bias: _tf.Tensor | None = None,
    mask: _tf.Tensor | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> _tf.Tensor:
    if flash_attention:
        raise ValueError(
            "keras.ops.dot_product_attention: TensorFlow has no flash attention. Pass "
            "flash_attention=None."
        )
    groups = (query.shape[2] or 1) // (key.shape[2] or 1)
    if groups > 1:
        key, value = _tf.repeat(key, groups, 2), _tf.repeat(value, groups, 2)
    factor: Any = query.shape[-1] ** -0.5 if scale is None else scale
    if not query.dtype.is_floating:
        query = _tf.cast(query, _config.floatx())
    dtype = query.dtype
    if key.dtype != dtype:
        key = _tf.cast(key, dtype)
    if not value.dtype.is_floating:
        value = _tf.cast(value, dtype)
    # The factor on the query: the smaller tensor.
    logits = _tf.einsum("btnh,bsnh->bnts", query * _constant(factor, dtype), key)
    logits = _tf.cast(logits, "float32") if dtype.size == 2 else logits
    cap = attn_logits_soft_cap
    if cap is not None:
        logits = cap * _tf.tanh(logits / cap)
    if bias is not None:
        logits = logits + _tf.cast(bias, logits.dtype)
    least = _tf.constant(logits.dtype.min, logits.dtype)
    if is_causal:
        length, width = _shape(query)[1], _shape(key)[1]
        seen = _tf.range(length)[:, None] >= _tf.range(width)[None, :]
        logits = _tf.where(seen, logits, least)
    if mask is not None:
        logits = _tf.where(mask, logits, least)
    weights = _tf.cast(_tf.nn.softmax(logits), value.dtype)
    return _tf.einsum("bnts,bsnh->btnh", weights, value)
