"""Activations, losses, normalization and attention of the TensorFlow backend."""

from __future__ import annotations

from operator import index
from typing import Any

import tensorflow as tf

# It has no public name: whether a tape may be recording what is computed.
from tensorflow.python.eager.record import could_possibly_record as _may_record

from keras.backends import arguments
from keras.backends.tensorflow import linalg
from keras.backends.tensorflow.core import native_dtype
from keras.backends.tensorflow.core import shape as sizes_of
from keras.core import config
from keras.core.typing import Axis, DType, TensorLike

# Activations ----------------------------------------------------------------------

relu = tf.nn.relu
relu6 = tf.nn.relu6
sigmoid = tf.nn.sigmoid
softplus = tf.math.softplus
softsign = tf.nn.softsign
silu = tf.nn.silu
log_sigmoid = tf.math.log_sigmoid
selu = tf.nn.selu


def hard_sigmoid(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu6(x + 3) * tf.constant(1 / 6, x.dtype)


def hard_silu(x: tf.Tensor) -> tf.Tensor:
    return x * hard_sigmoid(x)


def hard_tanh(x: tf.Tensor) -> tf.Tensor:
    if x.dtype == tf.bool:
        return x
    one = tf.ones((), x.dtype)
    return tf.clip_by_value(x, -one, one)


def sparse_sigmoid(x: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value((x + 1) * 0.5, 0.0, 1.0)


def sparse_plus(x: tf.Tensor) -> tf.Tensor:
    middle = 0.25 * tf.square(x + 1)
    below = tf.zeros_like(x)
    return tf.where(x <= -1, below, tf.where(x < 1, middle, x))


def squareplus(x: tf.Tensor, b: float = 4) -> tf.Tensor:
    return (x + tf.sqrt(tf.square(x) + b)) * 0.5


def tanh_shrink(x: tf.Tensor) -> tf.Tensor:
    return x - tf.tanh(x)


def threshold(x: tf.Tensor, threshold: float, default_value: float) -> tf.Tensor:
    default = tf.cast(default_value, x.dtype)
    if x.dtype == tf.bool:
        return tf.where(tf.cast(x, tf.float32) > threshold, x, default)
    return tf.where(x > tf.cast(threshold, x.dtype), x, default)


def soft_shrink(x: tf.Tensor, threshold: float = 0.5) -> tf.Tensor:
    # What is neither above nor below is 0, but for NaN, which stays.
    inside = tf.where(tf.abs(x) <= threshold, tf.zeros_like(x), x)
    below = tf.where(x < -threshold, x + threshold, inside)
    return tf.where(x > threshold, x - threshold, below)


def hard_shrink(x: tf.Tensor, threshold: float = 0.5) -> tf.Tensor:
    return tf.where(tf.abs(x) > threshold, x, tf.zeros_like(x))


def leaky_relu(x: tf.Tensor, negative_slope: float = 0.2) -> tf.Tensor:
    negative_slope = float(negative_slope)
    if x.dtype == tf.float64:  # the kernel's slope is a float32
        return tf.where(x > 0, x, x * negative_slope)
    return tf.nn.leaky_relu(x, negative_slope)


def elu(x: tf.Tensor, alpha: float = 1.0) -> tf.Tensor:
    y = tf.nn.elu(x)
    return y if alpha == 1 else tf.where(x > 0, y, y * alpha)


def celu(x: tf.Tensor, alpha: float = 1.0) -> tf.Tensor:
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0) / alpha))


def gelu(x: tf.Tensor, approximate: bool = True) -> tf.Tensor:
    if x.dtype == tf.float64 and approximate:  # the function's constants are float32
        inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + tf.tanh(inner))
    return tf.nn.gelu(x, approximate)


def glu(x: tf.Tensor, axis: int = -1) -> tf.Tensor:
    value, gate = tf.split(x, 2, axis)
    return value * tf.sigmoid(gate)


def softmax(x: tf.Tensor, axis: Axis = -1) -> tf.Tensor:
    if isinstance(axis, int):
        arguments.warn_of_ones(axis, x.shape.as_list())
        if x.shape.rank > 5 and axis in (-1, x.shape.rank - 1):
            # The kernel of oneDNN knows five dimensions.
            rows = tf.reshape(x, [-1, sizes_of(x)[-1]])
            return tf.reshape(tf.nn.softmax(rows), tf.shape(x))
        return tf.nn.softmax(x, axis)
    shifted = x - tf.reduce_logsumexp(tf.stop_gradient(x), axis, keepdims=True)
    exponentials = tf.exp(shifted)
    return exponentials / tf.reduce_sum(exponentials, axis, keepdims=True)


def log_softmax(x: tf.Tensor, axis: Axis = -1) -> tf.Tensor:
    if isinstance(axis, int):
        return tf.nn.log_softmax(x, axis)
    return x - tf.reduce_logsumexp(x, axis, keepdims=True)


def sparsemax(x: tf.Tensor, axis: int = -1) -> tf.Tensor:
    z = _last(x, axis)
    ordered = tf.sort(z, direction="DESCENDING")
    ranks = tf.cast(tf.range(1, tf.shape(z)[-1] + 1), z.dtype)
    inside = 1 + ranks * ordered > tf.cumsum(ordered, -1)
    count = tf.reduce_sum(tf.cast(inside, z.dtype), -1, keepdims=True)
    zeros = tf.zeros_like(ordered)
    chosen = tf.reduce_sum(tf.where(inside, ordered, zeros), -1, keepdims=True)
    return _last(tf.maximum(z - (chosen - 1) / count, 0), axis)


def _last(x: tf.Tensor, axis: int) -> tf.Tensor:
    """Exchanges an axis with the last one."""
    rank = x.shape.rank
    if axis in (-1, rank - 1):
        return x
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    return tf.transpose(x, order)


# Linear and embedding ---------------------------------------------------------------


def linear(
    x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None, axes: int = 1
) -> tf.Tensor:
    if axes == 1 and kernel.shape.rank == 2 and x.shape.rank == 2:
        y = tf.matmul(x, kernel)
        return y if bias is None else tf.nn.bias_add(y, bias)
    sizes, shape = sizes_of(kernel), sizes_of(x)
    features, units = sizes[:axes], sizes[axes:]
    lead = shape[: len(shape) - axes]
    matrix = kernel
    if len(sizes) > 2:
        matrix = tf.reshape(kernel, (_size(features), -1))
    y = tf.matmul(tf.reshape(x, (-1, _size(features))), matrix)
    if bias is not None:
        y = tf.nn.bias_add(y, tf.reshape(bias, (-1,)))
    return tf.reshape(y, (*lead, *units))


def _size(sizes: Any) -> tf.Tensor:
    """The product of sizes, some of which may be tensors."""
    result: Any = 1
    for size in sizes:
        result = result * size
    return result


def one_hot(
    x: tf.Tensor,
    num_classes: int,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
) -> Any:
    wanted = native_dtype(config.floatx() if dtype is None else dtype)
    axis = index(axis)
    if x.dtype not in (tf.uint8, tf.int8, tf.int32, tf.int64):
        x = tf.cast(x, "int64")
    if sparse:
        hot = tf.one_hot(x, num_classes, axis=axis, dtype=tf.int8)
        indices = tf.where(hot > 0)
        ones = tf.ones((tf.shape(indices)[0],), wanted)
        return tf.SparseTensor(indices, ones, tf.shape(hot, out_type=tf.int64))
    if wanted == tf.bool:
        return tf.one_hot(x, num_classes, True, False, axis=axis, dtype=wanted)
    return tf.one_hot(x, num_classes, axis=axis, dtype=wanted)


def multi_hot(
    inputs: tf.Tensor,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType = None,
    sparse: bool = False,
    **kwargs: Any,
) -> tf.Tensor:
    num_classes = kwargs.get("num_tokens", num_classes)
    if not inputs.shape.rank:
        raise ValueError("One dimension is needed.")
    hot = one_hot(inputs, num_classes, axis, "int32")  # type: ignore[arg-type]
    hot = tf.reduce_max(hot, 1 if inputs.shape.rank > 1 else 0)
    hot = tf.cast(hot, native_dtype(config.floatx() if dtype is None else dtype))
    return tf.sparse.from_dense(hot) if sparse else hot


# Losses -----------------------------------------------------------------------------


def binary_crossentropy(
    target: tf.Tensor, output: tf.Tensor, from_logits: bool = False
) -> tf.Tensor:
    _same_shape(target, output)
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = _probabilities(output)
    return -(target * tf.math.log(output) + (1 - target) * tf.math.log(1 - output))


def _same_shape(target: tf.Tensor, output: tf.Tensor) -> None:
    if not target.shape.is_compatible_with(output.shape):
        raise ValueError("The shapes of target and output differ.")


def _probabilities(output: tf.Tensor) -> tf.Tensor:
    epsilon = tf.cast(config.epsilon(), output.dtype)
    return tf.clip_by_value(output, epsilon, 1 - epsilon)


def _log_probabilities(output: tf.Tensor, axis: int) -> tf.Tensor:
    scaled = output / tf.reduce_sum(output, axis, keepdims=True)
    return tf.math.log(_probabilities(scaled))


def categorical_crossentropy(
    target: tf.Tensor, output: tf.Tensor, from_logits: bool = False, axis: int = -1
) -> tf.Tensor:
    axis = index(axis)
    _same_shape(target, output)
    if from_logits:
        # The kernel's gradient takes it that targets sum to 1.
        total = tf.reduce_sum(target, axis, keepdims=True)
        target = tf.math.divide_no_nan(target, total)
        losses = tf.nn.softmax_cross_entropy_with_logits(target, output, axis)
        return tf.squeeze(total, axis) * losses
    return -tf.reduce_sum(target * _log_probabilities(output, axis), axis)


def sparse_categorical_crossentropy(
    target: tf.Tensor, output: tf.Tensor, from_logits: bool = False, axis: int = -1
) -> tf.Tensor:
    rank = output.shape.rank
    if target.shape.rank == rank and target.shape[-1] == 1:
        target = tf.squeeze(target, -1)
    if target.dtype not in (tf.int32, tf.int64):
        target = tf.cast(target, "int64")
    shape = output.shape.as_list()
    del shape[axis]
    if not target.shape.is_compatible_with(shape):
        raise ValueError("Target and output do not fit.")
    if axis not in (-1, rank - 1):
        order = [i for i in range(rank) if i != axis % rank]
        output = tf.transpose(output, [*order, axis % rank])
    if not output.dtype.is_floating:
        output = tf.cast(output, config.floatx())
    if not from_logits:
        output = _log_probabilities(output, -1)
        hot = tf.one_hot(target, tf.shape(output)[-1], dtype=output.dtype)
        return -tf.reduce_sum(hot * output, -1)
    # TensorFlow refuses labels below 0; elsewhere they count as nothing.
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.maximum(target, 0), output
    )
    return tf.where(target >= 0, losses, tf.zeros_like(losses))


# Normalization ----------------------------------------------------------------------


def moments(
    x: tf.Tensor, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    wide = tf.cast(x, "float32") if x.dtype == tf.float16 else x
    axes = list(range(x.shape.rank)) if axes is None else axes
    axes = [axes] if isinstance(axes, int) else list(axes)
    if synchronized and _replicas() is not None:
        mean, variance = _synchronized_moments(wide, axes, keepdims)
    else:
        mean, variance = tf.nn.moments(wide, axes, keepdims=keepdims)
    if wide is x:
        return mean, variance
    most = float(x.dtype.max)  # rather than infinity
    mean, variance = (tf.clip_by_value(v, -most, most) for v in (mean, variance))
    return tf.cast(mean, x.dtype), tf.cast(variance, x.dtype)


def _synchronized_moments(x: TensorLike, axes: Any, keepdims: bool) -> tuple[Any, Any]:
    """Of all replicas, which may have batches of different sizes."""
    total = tf.reduce_sum(x, axes, keepdims=True)
    count = tf.cast(tf.size(x) / tf.size(total), x.dtype)
    count = sum_over_replicas(tf.fill(tf.shape(total), count))
    mean = sum_over_replicas(total) / count
    squares = tf.reduce_sum(tf.square(x - mean), axes, keepdims=True)
    variance = sum_over_replicas(squares) / count
    if keepdims:
        return mean, variance
    return tf.squeeze(mean, axes), tf.squeeze(variance, axes)


def _replicas() -> Any:
    """What replicas of a `tf.distribute` strategy talk through; None without any."""
    context = tf.distribute.get_replica_context()
    return None if context is None or context.num_replicas_in_sync == 1 else context


def sum_over_replicas(x: tf.Tensor) -> tf.Tensor:
    replicas = _replicas()
    return x if replicas is None else replicas.all_reduce("sum", x)


def batch_normalization(
    x: tf.Tensor,
    mean: tf.Tensor,
    variance: tf.Tensor,
    axis: int,
    offset: tf.Tensor | None = None,
    scale: TensorLike = None,
    epsilon: float = 0.001,
) -> tf.Tensor:
    # Without gradients a graph is quicker step by step, as it joins steps: 0.6 of the
    # time of all of MobileNetV3. With them the kernel's are, which read less.
    by_kernel = tf.executing_eagerly() or _may_record()
    if by_kernel and _is_fusable(x, axis, epsilon):
        vectors = [v for v in (mean, variance, offset, scale) if v is not None]
        if all(_fits_fused(v, x) for v in vectors):
            return _fused(x, mean, variance, offset, scale, epsilon)
    factor = tf.math.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if factor.shape.rank > 1 or shift.shape.rank > 1 or not x.shape.rank:
        raise ValueError("Vectors are needed.")
    rank = x.shape.rank
    if axis not in (-1, rank - 1):
        shape = [1] * rank
        shape[axis] = -1
        factor, shift = tf.reshape(factor, shape), tf.reshape(shift, shape)
    return x * factor + shift


# Of a smaller epsilon, TensorFlow's function makes this one.
_LEAST_EPSILON = 1.001e-5


def _is_fusable(x: tf.Tensor, axis: int, epsilon: float) -> bool:
    images = x.shape.rank == 4 and axis in (-1, 3) and x.shape[-1] is not None
    return images and x.dtype != tf.float64 and epsilon >= _LEAST_EPSILON


def _fits_fused(vector: TensorLike, x: tf.Tensor) -> bool:
    same = vector.dtype == x.dtype == tf.float32
    return same and vector.shape.rank == 1 and vector.shape[0] == x.shape[-1]


def _fused(
    x: tf.Tensor,
    mean: tf.Tensor,
    variance: tf.Tensor,
    offset: tf.Tensor | None,
    scale: TensorLike,
    epsilon: float,
) -> tf.Tensor:
    """By the kernel, which has no slopes of the statistics: they are constants in it.

    What they would change goes into the scale and the offset. These keep their values,
    and the whole is the same function of mean and variance, slopes included.
    """
    fixed_mean, fixed_variance = tf.stop_gradient(mean), tf.stop_gradient(variance)
    factor = tf.math.rsqrt(fixed_variance + epsilon)
    ratio = tf.math.rsqrt(variance + epsilon) / factor
    scale = ratio if scale is None else scale * ratio
    shift = (fixed_mean - mean) * (factor * scale)
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=shift if offset is None else offset + shift,
        mean=fixed_mean,
        variance=fixed_variance,
        epsilon=epsilon,
        is_training=False,
    ).y


def batch_statistics_normalization(
    x: tf.Tensor,
    offset: Any,
    scale: TensorLike,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Any, Any, Any]:
    rank = x.shape.rank
    channels = x.shape[axis]
    wide = x if x.dtype not in (tf.float16, tf.bfloat16) else tf.cast(x, "float32")
    if _is_fusable(x, axis, epsilon):
        one = tf.ones((channels,)) if scale is None else tf.cast(scale, "float32")
        zero = tf.zeros((channels,)) if offset is None else tf.cast(offset, "float32")
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            wide, one, zero, epsilon=epsilon, is_training=True
        )
        # The kernel gives the unbiased variance.
        count = tf.cast(tf.size(x) // channels, variance.dtype)
        variance = variance * ((count - 1) / count)
    else:
        axes = [i for i in range(rank) if i != axis % rank]
        mean, variance = tf.nn.moments(wide, axes)
        scale = None if scale is None else tf.cast(scale, wide.dtype)
        offset = None if offset is None else tf.cast(offset, wide.dtype)
        y = batch_normalization(wide, mean, variance, axis, offset, scale, epsilon)
    stop = tf.stop_gradient
    return tf.cast(y, x.dtype), stop(mean), stop(variance)


def layer_normalization(
    x: tf.Tensor,
    gamma: tf.Tensor | None = None,
    beta: tf.Tensor | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> tf.Tensor:
    eps = config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = tf.cast(x, "float32") if x.dtype.size == 2 else x
    mean, variance = tf.nn.moments(wide, axes, keepdims=True)
    for vector in (gamma, beta):
        if vector is not None and vector.shape.rank != len(axes):
            raise ValueError("The ranks differ.")
    # A factor and a shift: of `(x - mean) * factor` XLA works out again what is cheap,
    # through all blocks of a small model, and compiles for long.
    factor = tf.math.rsqrt(variance + eps)
    if gamma is not None:
        factor = factor * tf.cast(tf.reshape(gamma, shape), wide.dtype)
    if kwargs and arguments.takes_rms_scaling(kwargs):
        return tf.cast(wide * factor, x.dtype)
    shift = mean * factor
    if beta is not None:
        shift = shift - tf.cast(tf.reshape(beta, shape), wide.dtype)
    return tf.cast(wide * factor - shift, x.dtype)


def _axes(x: TensorLike, axis: Axis) -> tuple[list[int], list[Any]]:
    """The axes in order, and the shape that a vector along them is given."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = list(arguments.normal_axes(axes, x.shape.rank))
    shape = [n if i in axes else 1 for i, n in enumerate(sizes_of(x))]
    return axes, shape


def rms_normalization(
    x: tf.Tensor,
    scale: TensorLike = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> tf.Tensor:
    eps = config.epsilon() if epsilon is None else epsilon
    axes, shape = _axes(x, axis)
    wide = tf.cast(x, "float32") if x.dtype.size == 2 else x
    mean = tf.reduce_mean(tf.square(wide), axes, keepdims=True)
    y = tf.cast(wide * tf.math.rsqrt(mean + eps), x.dtype)
    if scale is not None and scale.shape.rank not in (0, len(axes)):
        raise ValueError("The ranks differ.")
    if scale is None:
        return y
    return y * (tf.reshape(scale, shape) if scale.shape.rank else scale)


def normalize(
    x: tf.Tensor, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> tf.Tensor:
    eps = config.epsilon() if epsilon is None else epsilon
    is_number = x.shape.rank == 0 and axis in (0, -1)
    axis = () if is_number else arguments.axis_tuple(axis)
    order = float(order)
    if order == 2:  # the square root of 0 has no gradient
        squares = tf.reduce_sum(tf.square(x), axis, keepdims=True)
        return x * tf.math.rsqrt(tf.maximum(squares, eps**2))
    if isinstance(axis, int):
        norm = linalg.norm(x, order, axis, True)
    else:  # which would be that of a matrix
        powers = tf.reduce_sum(tf.abs(x) ** order, axis, keepdims=True)
        norm = powers ** (1 / order)
    return x / tf.maximum(norm, eps)


# Attention --------------------------------------------------------------------------


def _constant(number: Any, dtype: DType) -> tf.Tensor:
    """A number in a dtype, not by way of float32."""
    return (
        tf.constant(number, dtype)
        if isinstance(number, float)
        else tf.cast(number, dtype)
    )


def dot_product_attention(
    query: Any,
    key: tf.Tensor,
    value: Any,
    bias: tf.Tensor | None = None,
    mask: tf.Tensor | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> tf.Tensor:
    if flash_attention:
        raise ValueError(
            "keras.ops.dot_product_attention: TensorFlow has no flash attention. Pass "
            "flash_attention=None."
        )
    groups = (query.shape[2] or 1) // (key.shape[2] or 1)
    if groups > 1:
        key, value = tf.repeat(key, groups, 2), tf.repeat(value, groups, 2)
    factor: Any = query.shape[-1] ** -0.5 if scale is None else scale
    if not query.dtype.is_floating:
        query = tf.cast(query, config.floatx())
    dtype = query.dtype
    if key.dtype != dtype:
        key = tf.cast(key, dtype)
    if not value.dtype.is_floating:
        value = tf.cast(value, dtype)
    if dtype == tf.float16:  # products of large numbers do not fit in it
        query, key = tf.cast(query, "float32"), tf.cast(key, "float32")
    # The factor on the query: the smaller tensor.
    logits = tf.einsum("btnh,bsnh->bnts", query * _constant(factor, query.dtype), key)
    logits = tf.cast(logits, "float32") if dtype.size == 2 else logits
    cap = attn_logits_soft_cap
    if cap is not None:
        logits = cap * tf.tanh(logits / cap)
    if bias is not None:
        logits = logits + tf.cast(bias, logits.dtype)
    least = tf.constant(logits.dtype.min, logits.dtype)
    if is_causal:
        length, width = sizes_of(query)[1], sizes_of(key)[1]
        seen = tf.range(length)[:, None] >= tf.range(width)[None, :]
        logits = tf.where(seen, logits, least)
    if mask is not None:
        logits = tf.where(mask, logits, least)
    weights = tf.cast(tf.nn.softmax(logits), value.dtype)
    return tf.einsum("bnts,bsnh->btnh", weights, value)
