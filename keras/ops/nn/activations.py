"""Activation functions.

All work element by element, but for `softmax`, `log_softmax`, `sparsemax` and `glu`,
which look along one axis. Integers are brought to `floatx()` where the result is not
a whole number by nature.
"""

from __future__ import annotations

from typing import Any

from keras.backends import arguments
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn.shapes import check_axis, fail


def _same(x: Tensor) -> Tensor:
    return KerasTensor(x.shape, x.dtype)


@op(promote="number", real=True, sparse="values")
def relu(x: TensorLike) -> Tensor:
    """Rectified linear unit.

    `max(x, 0)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own.

    Example:

    >>> import keras
    >>> float(keras.ops.relu(-2.0))
    0.0
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def relu6(x: TensorLike) -> Tensor:
    """Rectified linear unit, cut off at 6.

    `min(max(x, 0), 6)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.relu6(8.0))
    6.0
    """
    return _same(x)


@op(promote="float")
def sigmoid(x: TensorLike) -> Tensor:
    """Logistic function.

    `1 / (1 + exp(-x))`, without overflow at either end.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.sigmoid(0.0))
    0.5
    """
    return _same(x)


@op(promote="float", real=True)
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """Piecewise linear sigmoid.

    0 up to -1, 1 from 1 on, `(x + 1) / 2` between.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.sparse_sigmoid(0.5))
    0.75
    """
    return _same(x)


@op(promote="float", real=True)
def softplus(x: TensorLike) -> Tensor:
    """Smooth version of `relu`.

    `log(1 + exp(x))`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.softplus(0.0)), 4)
    0.6931
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def softsign(x: TensorLike) -> Tensor:
    """Slowly saturating sign.

    `x / (1 + |x|)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.softsign(1.0))
    0.5
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Pulls values towards zero by a threshold.

    `x - threshold` above it, `x + threshold` below its negative, 0 between.

    Args:
        x: tensor of any shape.
        threshold: non-negative number.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.soft_shrink(2.0))
    1.5
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Sets small values to zero.

    `x` where `|x| > threshold`, else 0.

    Args:
        x: tensor of any shape.
        threshold: non-negative number.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.hard_shrink(0.3))
    0.0
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def tanh_shrink(x: TensorLike) -> Tensor:
    """What `tanh` takes away.

    `x - tanh(x)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.tanh_shrink(1.0)), 4)
    0.2384
    """
    return _same(x)


@op(real=True)
def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """Replaces all values that are not above a threshold.

    `x` where `x > threshold`, else `default_value`.

    Args:
        x: tensor of any shape.
        threshold: the number to exceed.
        default_value: what stands in for the others.

    Returns:
        A tensor of the shape of `x`, of dtype its own.

    Example:

    >>> import keras
    >>> float(keras.ops.threshold(1.0, 2.0, -1.0))
    -1.0
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def silu(x: TensorLike) -> Tensor:
    """Sigmoid linear unit, also known as swish.

    `x * sigmoid(x)`.

    Source: Ramachandran et al., 2017 (https://arxiv.org/abs/1710.05941).

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.silu(1.0)), 4)
    0.7311
    """
    return _same(x)


@op(promote="float")
def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """Algebraic version of `softplus`.

    `(x + sqrt(x**2 + b)) / 2`.

    Source: Barron, 2021 (https://arxiv.org/abs/2112.11687).

    Args:
        x: tensor of any shape.
        b: how wide the bend is.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.squareplus(0.0))
    1.0
    """
    return _same(x)


@op(promote="float", real=True)
def sparse_plus(x: TensorLike) -> Tensor:
    """Piecewise version of `softplus`.

    0 up to -1, `x` from 1 on, `(x + 1)**2 / 4` between.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.sparse_plus(0.0))
    0.25
    """
    return _same(x)


@op(promote="float", real=True)
def log_sigmoid(x: TensorLike) -> Tensor:
    """Logarithm of the sigmoid.

    `-softplus(-x)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log_sigmoid(0.0)), 4)
    -0.6931
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """`relu` that lets negative values through, scaled.

    `x` above 0, `negative_slope * x` below.

    Args:
        x: tensor of any shape.
        negative_slope: slope below 0.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.leaky_relu(-2.0, 0.5))
    -1.0
    """
    return _same(x)


@op(promote="float", real=True)
def hard_sigmoid(x: TensorLike) -> Tensor:
    """Piecewise linear sigmoid.

    `relu6(x + 3) / 6`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.hard_sigmoid(0.0))
    0.5
    """
    return _same(x)


@op(promote="float", real=True)
def hard_silu(x: TensorLike) -> Tensor:
    """Piecewise version of `silu`.

    `x * hard_sigmoid(x)`.

    Source: Howard et al., 2019 (https://arxiv.org/abs/1905.02244).

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> float(keras.ops.hard_silu(3.0))
    3.0
    """
    return _same(x)


@op(real=True, sparse="values")
def hard_tanh(x: TensorLike) -> Tensor:
    """Piecewise linear tanh.

    `min(max(x, -1), 1)`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own.

    Example:

    >>> import keras
    >>> float(keras.ops.hard_tanh(3.0))
    1.0
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit.

    `x` above 0, `alpha * (exp(x) - 1)` below.

    Source: Clevert et al., 2015 (https://arxiv.org/abs/1511.07289).

    Args:
        x: tensor of any shape.
        alpha: minus the limit at negative infinity.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.elu(-1.0)), 4)
    -0.6321
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def selu(x: TensorLike) -> Tensor:
    """Scaled exponential linear unit.

    `1.0507 * elu(x, 1.67326)`: keeps mean 0 and variance 1 through layers.

    Source: Klambauer et al., 2017 (https://arxiv.org/abs/1706.02515).

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.selu(1.0)), 4)
    1.0507
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Continuously differentiable exponential linear unit.

    `x` above 0, `alpha * (exp(x / alpha) - 1)` below.

    Source: Barron, 2017 (https://arxiv.org/abs/1704.07483).

    Args:
        x: tensor of any shape.
        alpha: minus the limit at negative infinity.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.celu(-1.0)), 4)
    -0.6321
    """
    return _same(x)


@op(promote="float", real=True, sparse="values")
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """Gaussian error linear unit.

    `x` times the chance that a standard normal number is below `x`.

    Source: Hendrycks and Gimpel, 2016 (https://arxiv.org/abs/1606.08415).

    Args:
        x: tensor of any shape.
        approximate: whether to use the tanh approximation (error below 1e-3).

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.gelu(1.0, approximate=False)), 4)
    0.8413
    """
    return _same(x)


@op(promote="float", real=True)
def softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Turns logits into probabilities.

    `exp(x) / sum(exp(x))` along the axis.

    Args:
        x: tensor of any shape.
        axis: the axis or axes that sum to 1; None stands for all. An axis of size 1
            makes the result 1 everywhere, which warns.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.softmax([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    _check_along("softmax", axis, x.shape)
    arguments.warn_of_ones(axis, x.shape)
    return _same(x)


@op(promote="float", real=True)
def log_softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Logarithm of the softmax.

    `x - logsumexp(x)` along the axis.

    Args:
        x: tensor of any shape.
        axis: the axis or axes whose exponentials sum to 1; None stands for all.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> round(float(keras.ops.log_softmax([0.0, 0.0])[0]), 4)
    -0.6931
    """
    _check_along("log_softmax", axis, x.shape)
    return _same(x)


@op(promote="float", real=True)
def sparsemax(x: TensorLike, axis: int = -1) -> Tensor:
    """Projects logits onto the probabilities, most of them exactly 0.

    The nearest point of the probability simplex, in the Euclidean sense.

    Source: Martins and Astudillo, 2016 (https://arxiv.org/abs/1602.02068).

    Args:
        x: tensor of any shape.
        axis: the axis that sums to 1.

    Returns:
        A tensor of the shape of `x`, of dtype its own, or `floatx()` for integers.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.sparsemax([3.0, 0.0])).tolist()
    [1.0, 0.0]
    """
    _check_along("sparsemax", axis, x.shape)
    return _same(x)


@op(promote="float", real=True)
def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """Gated linear unit.

    Splits `x` in two halves `a` and `b` along the axis: `a * sigmoid(b)`.

    Source: Dauphin et al., 2016 (https://arxiv.org/abs/1612.08083).

    Args:
        x: tensor of even size along `axis`.
        axis: the axis to split.

    Returns:
        A tensor like `x`, half as long along `axis`.

    Raises:
        ShapeError: if the size along `axis` is odd.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.glu([2.0, 0.0])).tolist()
    [1.0]
    """
    _check_along("glu", axis, x.shape)
    axis = check_axis("glu", axis, x.shape)[0]
    size = x.shape[axis]
    if size is None:
        half = None
    elif size % 2:
        raise fail("glu", f"an even size along axis {axis}", x=x.shape)
    else:
        half = size // 2
    return KerasTensor((*x.shape[:axis], half, *x.shape[axis + 1 :]), x.dtype)


def _check_along(name: str, axis: Axis, shape: tuple[Any, ...]) -> None:
    """Axes that must be there: those of a scalar are none, but all of them."""
    if axis is not None and not shape:
        raise fail(name, "`x` of rank 1 or more", x=shape)
    check_axis(name, axis, shape)
