"""The functions of `tf.keras.backend` that networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops, random
from keras.backends import load
from keras.core.config import standardize_data_format
from keras.core.context import Scope
from keras.core.typing import Seed, Tensor, TensorLike

__all__: list[str] = []


def _public(function: Callable[..., Any]) -> Callable[..., Any]:
    __all__.append(function.__name__)
    return function


@_public
def relu(
    x: TensorLike, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0
) -> Tensor:
    """The rectifier, with a slope below the threshold and a largest value."""
    return keras.activations.relu(
        x, negative_slope=alpha, max_value=max_value, threshold=threshold
    )


@_public
def hard_sigmoid(x: TensorLike) -> Tensor:
    """`0.2 x + 0.5` between 0 and 1: steeper than `keras.ops.hard_sigmoid`."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


@_public
def dropout(
    x: TensorLike, level: float, noise_shape: Any = None, seed: Seed = None
) -> Tensor:
    """Zeros with probability `level`; what remains is scaled up."""
    return random.dropout(x, level, noise_shape=noise_shape, seed=seed)


@_public
def in_top_k(predictions: TensorLike, targets: TensorLike, k: int) -> Tensor:
    """Whether each target is among the `k` largest predictions."""
    return ops.in_top_k(targets, predictions, k)


@_public
def batch_normalization(
    x: Any,
    mean: TensorLike,
    var: TensorLike,
    beta: Any,
    gamma: Any,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Tensor:
    """Normalizes by a mean and a variance, then scales and shifts."""
    return ops.batch_normalization(
        x, mean, var, axis, offset=beta, scale=gamma, epsilon=epsilon
    )


# Losses -------------------------------------------------------------------------------


@_public
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """The crossentropy of each element."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


@_public
def binary_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """The crossentropy of each element; what is known well counts less."""
    target = ops.convert_to_tensor(target)
    chance = ops.sigmoid(output) if from_logits else ops.convert_to_tensor(output)
    right = target * chance + (1 - target) * (1 - chance)
    loss = (1.0 - right) ** gamma * ops.binary_crossentropy(target, chance)
    if apply_class_balancing:
        loss = loss * (target * alpha + (1 - target) * (1 - alpha))
    return loss


@_public
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """The crossentropy along an axis of classes."""
    return ops.categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis
    )


@_public
def categorical_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Tensor:
    """The crossentropy along an axis of classes; what is known well counts less."""
    return keras.losses.categorical_focal_crossentropy(
        target, output, alpha=alpha, gamma=gamma, from_logits=from_logits, axis=axis
    )


@_public
def sparse_categorical_crossentropy(
    target: TensorLike,
    output: TensorLike,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Tensor:
    """The crossentropy of classes that are given by number."""
    return keras.losses.sparse_categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis, ignore_class=ignore_class
    )


# Connectionist temporal classification ------------------------------------------------


@_public
def ctc_batch_cost(
    y_true: TensorLike, y_pred: Any, input_length: Any, label_length: Any
) -> Tensor:
    """The loss of each sample, `(batch, 1)`; the last class is the blank."""
    logs = ops.log(ops.convert_to_tensor(y_pred) + keras.config.epsilon())
    loss = ops.ctc_loss(
        ops.cast(y_true, "int32"),
        logs,
        ops.cast(ops.reshape(label_length, (-1,)), "int32"),
        ops.cast(ops.reshape(input_length, (-1,)), "int32"),
        mask_index=y_pred.shape[-1] - 1,
    )
    return ops.expand_dims(loss, 1)


@_public
def ctc_decode(
    y_pred: Any,
    input_length: Any,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
) -> tuple[list[Tensor], Tensor]:
    """The most likely labels, -1 where they end, and how likely they are."""
    decoded, scores = ops.ctc_decode(
        ops.log(ops.convert_to_tensor(y_pred) + keras.config.epsilon()),
        ops.cast(input_length, "int32"),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        mask_index=y_pred.shape[-1] - 1,
    )
    return list(ops.unstack(decoded)), scores


@_public
def ctc_label_dense_to_sparse(labels: TensorLike, label_lengths: TensorLike) -> Any:
    """The labels within their lengths, as a sparse tensor of TensorFlow.

    Args:
        labels: `(batch, steps)`.
        label_lengths: `(batch,)`.

    Returns:
        A `tf.SparseTensor` of shape `(batch, steps)`, on any backend.
    """
    tensorflow = load("tensorflow")
    with Scope("backend", tensorflow):
        labels = ops.convert_to_tensor(labels)
        steps = ops.arange(ops.shape(labels)[1], dtype="int32")
        within = steps < ops.expand_dims(ops.cast(label_lengths, "int32"), -1)
        places: Any = tensorflow.sparse.from_dense(ops.cast(within, "int32"))
        row, column = ops.unstack(places.indices, 2, axis=1)
        width = ops.cast(ops.shape(labels)[1], row.dtype)
        values = ops.take(ops.reshape(labels, (-1,)), row * width + column)
        return type(places)(places.indices, values, places.dense_shape)


# Windows ------------------------------------------------------------------------------


@_public
def conv1d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution over time; `padding="causal"` looks at the past alone."""
    if padding == "causal":
        size: Any = ops.shape(kernel)[0]
        pairs = [[0, 0], [dilation_rate * (size - 1), 0], [0, 0]]
        last = standardize_data_format(data_format) == "channels_last"
        x = ops.pad(x, pairs if last else [pairs[0], pairs[2], pairs[1]])
        padding = "valid"
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


@_public
def conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """A convolution over images."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


@_public
def conv3d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Tensor:
    """A convolution over volumes."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


@_public
def conv2d_transpose(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """The transpose of a convolution, of a given shape where strides leave a choice."""
    last = standardize_data_format(data_format) == "channels_last"
    wanted = tuple(output_shape)[1:3] if last else tuple(output_shape)[2:4]
    for extra in (None, *range(strides[0])):
        found = ops.conv_transpose(
            x, kernel, strides, padding, extra, data_format, dilation_rate
        )
        sizes = tuple(found.shape[1:3] if last else found.shape[2:4])
        if sizes == tuple(int(size) for size in wanted):
            return found
    raise ValueError(
        f"No transpose of this convolution has the spatial sizes {wanted}. Received: "
        f"output_shape={output_shape}, strides={strides}, padding={padding!r}."
    )


@_public
def depthwise_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """A convolution of each channel."""
    return ops.depthwise_conv(
        x, depthwise_kernel, strides, padding, data_format, dilation_rate
    )


@_public
def separable_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """A convolution of each channel, then a mixing of channels."""
    return ops.separable_conv(
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides,
        padding,
        data_format,
        dilation_rate,
    )


@_public
def pool2d(
    x: TensorLike,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The largest or the mean (`pool_mode="avg"`) of each window."""
    if pool_mode not in ("max", "avg"):
        raise ValueError(
            f"`pool_mode` must be 'max' or 'avg'. Received: pool_mode={pool_mode!r}."
        )
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, pool_size, strides, padding, data_format)


@_public
def pool3d(
    x: TensorLike,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The largest or the mean (`pool_mode="avg"`) of each window of volumes."""
    return pool2d(x, pool_size, strides, padding, data_format, pool_mode)
