"""Normalization, and the statistics it needs."""

from __future__ import annotations

from numbers import Real
from typing import Any

from keras.backends import arguments
from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops import core as tensors
from keras.ops.arithmetic import add, multiply
from keras.ops.declare import composite, op
from keras.ops.nn.shapes import check_axis, fail
from keras.ops.shaping import reshape


@op(promote="float", real=True)
def moments(
    x: TensorLike,
    axes: Any,
    keepdims: bool = False,
    synchronized: bool = False,
) -> tuple[Tensor, Tensor]:
    """Mean and variance.

    float16 is computed in float32, where its squares do not overflow.

    Args:
        x: tensor of any shape.
        axes: the axes that go.
        keepdims: whether they stay, with size 1.
        synchronized: whether replicas of a distribution are taken together.

    Returns:
        `(mean, variance)`.

    Example:

    >>> import keras
    >>> mean, variance = keras.ops.moments([0.0, 2.0], axes=[0])
    >>> float(mean), float(variance)
    (1.0, 1.0)
    """
    if not x.shape and axes is not None:
        raise fail("moments", "`x` of rank 1 or more", x=x.shape)
    axes = check_axis("moments", axes, x.shape, "axes")
    if keepdims:
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    else:
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return KerasTensor(shape, x.dtype), KerasTensor(shape, x.dtype)


@op(promote="float")
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 0.001,
) -> Tensor:
    """Normalizes with a given mean and variance for each channel.

    `(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    Source: Ioffe and Szegedy, 2015 (https://arxiv.org/abs/1502.03167).

    Args:
        x: tensor of any shape.
        mean: `(channels,)`, or one number; as are the others.
        variance: `(channels,)`.
        axis: the axis of the channels.
        offset: `(channels,)` or None.
        scale: `(channels,)` or None.
        epsilon: what is added to the variance.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if a statistic is not of the size of that axis.

    Example:

    >>> import keras
    >>> y = keras.ops.batch_normalization([[3.0]], [1.0], [4.0], axis=-1, epsilon=0.0)
    >>> float(y[0, 0])
    1.0
    """
    if not x.shape:
        raise fail("batch_normalization", "`x` of rank 1 or more", x=x.shape)
    axis = check_axis("batch_normalization", axis, x.shape)[0]
    vectors = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
    for name, vector in vectors.items():
        _check_vector("batch_normalization", name, vector, x.shape, axis)
    return KerasTensor(x.shape, x.dtype)


@op(promote="float")
def batch_statistics_normalization(
    x: TensorLike,
    offset: TensorLike | None,
    scale: TensorLike | None,
    axis: int = -1,
    epsilon: float = 0.001,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalizes with the batch's own mean and variance. Internal: for training.

    One fused kernel where the framework has it. Gradients flow through the
    statistics into `x`, but not through the two that are returned.

    Args:
        x: tensor of any shape.
        offset: `(channels,)` or None.
        scale: `(channels,)` or None.
        axis: the axis of the channels; statistics are over all others.
        epsilon: what is added to the variance.

    Returns:
        The normalized tensor; mean and (biased) variance, `(channels,)`, in float32
        for half-precision inputs.
    """
    axis = check_axis("batch_statistics_normalization", axis, x.shape)[0]
    for name, vector in {"offset": offset, "scale": scale}.items():
        _check_vector("batch_statistics_normalization", name, vector, x.shape, axis)
    dtype = "float32" if x.dtype in ("float16", "bfloat16") else x.dtype
    statistic = KerasTensor((x.shape[axis],), dtype)
    return KerasTensor(x.shape, x.dtype), statistic, statistic


@composite
def group_normalization(
    x: TensorLike,
    groups: int,
    offset: TensorLike | None,
    scale: TensorLike | None,
    axis: int = -1,
    epsilon: float = 0.001,
) -> Tensor:
    """Normalizes each sample over groups of channels. Internal: for the layer.

    Args:
        x: `(batch, ...)` of real numbers; in half precision it is computed in float32.
        groups: number of groups; it divides the channels.
        offset: `(channels,)` or None.
        scale: `(channels,)` or None.
        axis: the axis of the channels.
        epsilon: what is added to the variance.

    Returns:
        The normalized tensor, in the dtype of `x`.

    Reference:
        [Wu and He, 2018](https://arxiv.org/abs/1803.08494)
    """
    dtype, sizes = tensors.dtype(x), tuple(tensors.shape(x))
    rank, channels = len(sizes), x.shape[axis]
    axis %= rank
    # Sums over many places do not fit in half precision.
    wide = tensors.cast(x, dtypes.result_type(dtype, "float32"))
    split = (groups, channels // groups)
    wide = reshape(wide, (*sizes[:axis], *split, *sizes[axis + 1 :]))
    others = [place for place in range(1, rank + 1) if place != axis]
    wide = layer_normalization(wide, axis=others, epsilon=epsilon)
    wide = reshape(wide, sizes)
    across = (channels,) + (1,) * (rank - axis - 1)
    for vector, apply in ((scale, multiply), (offset, add)):
        if vector is not None:
            wide = apply(
                wide, reshape(tensors.cast(vector, tensors.dtype(wide)), across)
            )
    return tensors.cast(wide, dtype)


def _check_vector(
    op_name: str, name: str, vector: Any, shape: tuple[Any, ...], axis: int
) -> None:
    if vector is None:
        return
    size = shape[axis]
    fits = (
        not vector.shape
        or len(vector.shape) == 1
        and (size is None or vector.shape[0] in (None, size))
    )
    if not fits:
        raise fail(
            op_name,
            f"`{name}` of shape ({size},), the size of axis {axis} of `x`",
            x=shape,
            **{name: vector.shape},
        )


@op(promote="input", real=True)
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Normalizes each sample to mean 0 and variance 1 along the given axes.

    Source: Ba et al., 2016 (https://arxiv.org/abs/1607.06450).

    Args:
        x: tensor of any shape.
        gamma: scale, of the sizes of the axes, or None.
        beta: offset, of the sizes of the axes, or None.
        axis: the axis or axes to normalize.
        epsilon: what is added to the variance; `epsilon()` by default.
        **kwargs: `rms_scaling=True`, of older versions: `x` is scaled by its standard
            deviation and by `gamma`, and not centred. Use `rms_normalization`.

    Returns:
        A tensor of the shape and dtype of `x`; integers become `floatx()`.

    Raises:
        ShapeError: if `gamma` or `beta` have other sizes.

    Example:

    >>> import keras
    >>> y = keras.ops.layer_normalization([1.0, 3.0])
    >>> [round(float(v), 3) for v in y]
    [-1.0, 1.0]
    """
    arguments.takes_rms_scaling(kwargs)
    if not x.shape:
        raise fail("layer_normalization", "`x` of rank 1 or more", x=x.shape)
    axes = check_axis("layer_normalization", axis, x.shape)
    wanted = tuple(x.shape[i] for i in sorted(axes))
    for name, vector in {"gamma": gamma, "beta": beta}.items():
        _check_sizes("layer_normalization", name, vector, x.shape, wanted)
    return KerasTensor(x.shape, x.dtype)


@op(promote="input")
def rms_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    axis: Any = -1,
    epsilon: float | None = None,
) -> Tensor:
    """Divides by the root mean square along the given axes.

    Source: Zhang and Sennrich, 2019 (https://arxiv.org/abs/1910.07467).

    Args:
        x: tensor of any shape.
        scale: of the sizes of the axes, one number, or None.
        axis: the axis or axes to normalize.
        epsilon: what is added to the mean square; `epsilon()` by default.

    Returns:
        A tensor of the shape and dtype of `x`; integers become `floatx()`.

    Example:

    >>> import keras
    >>> y = keras.ops.rms_normalization([3.0, 3.0])
    >>> [round(float(v), 3) for v in y]
    [1.0, 1.0]
    """
    if not x.shape:
        raise fail("rms_normalization", "`x` of rank 1 or more", x=x.shape)
    axes = check_axis("rms_normalization", axis, x.shape)
    wanted = tuple(x.shape[i] for i in sorted(axes))
    if scale is not None and scale.shape:
        _check_sizes("rms_normalization", "scale", scale, x.shape, wanted)
    return KerasTensor(x.shape, x.dtype)


def _check_sizes(
    op_name: str, name: str, vector: Any, shape: tuple[Any, ...], wanted: Any
) -> None:
    if vector is None:
        return
    fits = len(vector.shape) == len(wanted) and all(
        a == b or a is None or b is None
        for a, b in zip(vector.shape, wanted, strict=True)
    )
    if not fits:
        raise fail(
            op_name,
            f"`{name}` of shape {wanted}, the sizes of the normalized axes of `x`",
            x=shape,
            **{name: vector.shape},
        )


def _is_order(
    x: TensorLike, axis: Axis = -1, order: Any = 2, epsilon: Any = None
) -> bool:
    """Whether there is such a norm."""
    number = isinstance(order, Real) and not isinstance(order, bool)
    return number and float(order) >= 1


@op(promote="float", real=True, check=_is_order)
def normalize(
    x: TensorLike, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> Tensor:
    """Scales vectors to norm 1.

    Args:
        x: tensor of any shape.
        axis: the axis, or axes, along which the vectors lie; None stands for all.
        order: the order of the norm; 2 is the Euclidean one.
        epsilon: the least norm that is divided by; `epsilon()` by default.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: if `order` is not a positive number.

    Example:

    >>> import keras
    >>> y = keras.ops.normalize([3.0, 4.0])
    >>> [round(float(v), 3) for v in y]
    [0.6, 0.8]
    """
    if not _is_order(None, axis, order):
        raise ValueError(
            "keras.ops.normalize expects `order` to be a number of 1 or more. "
            f"Received: order={order!r}."
        )
    check_axis("normalize", axis, x.shape)
    return KerasTensor(x.shape, x.dtype)
