"""Tensors made of nothing but a shape, a number or a rule."""

from __future__ import annotations

from operator import index
from typing import Any

from keras.backends import arguments
from keras.core import dtypes
from keras.core.errors import ShapeError
from keras.core.facts import loadable
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import DType, ShapeLike, Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import divide, power
from keras.ops.core import cast, convert_to_tensor
from keras.ops.declare import composite, op
from keras.ops.exponential import log10
from keras.ops.files import InFiles


@loadable
def array(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """A tensor with the values of `x`; see `convert_to_tensor`.

    Args:
        x: tensor, array, number or (nested) list of numbers.
        dtype: dtype of the result; by default that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras
    >>> keras.ops.array([1, 2, 3]).shape[0]
    3
    """
    return convert_to_tensor(x, dtype)


@op
def zeros(shape: ShapeLike, dtype: DType | None = None) -> Tensor:
    """A tensor of zeros.

    Args:
        shape: shape of the tensor.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.zeros((2,))).tolist()
    [0.0, 0.0]
    """
    return KerasTensor(rules.as_shape(shape), dtypes.standardize_dtype(dtype))


@op
def ones(shape: ShapeLike, dtype: DType | None = None) -> Tensor:
    """A tensor of ones.

    Args:
        shape: shape of the tensor.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.ones((2,))).tolist()
    [1.0, 1.0]
    """
    return KerasTensor(rules.as_shape(shape), dtypes.standardize_dtype(dtype))


@op
def empty(shape: ShapeLike, dtype: DType | None = None) -> Tensor:
    """A tensor whose values are not set; JAX and TensorFlow fill it with zeros.

    Args:
        shape: shape of the tensor.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> tuple(keras.ops.empty((2, 3)).shape)
    (2, 3)
    """
    return KerasTensor(rules.as_shape(shape), dtypes.standardize_dtype(dtype))


@op(in_files=InFiles(of_the_call=("fill_value",)))
def full(shape: ShapeLike, fill_value: Any, dtype: DType | None = None) -> Tensor:
    """A tensor with one value everywhere.

    Args:
        shape: shape of the tensor.
        fill_value: the value; a number, or a tensor that broadcasts to the shape.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor of that shape and dtype.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.full((2,), 7, "int32")).tolist()
    [7, 7]
    """
    return KerasTensor(rules.as_shape(shape), dtypes.standardize_dtype(dtype))


def _like(x: TensorLike, dtype: DType | None) -> KerasTensor:
    return KerasTensor(x.shape, x.dtype if dtype is None else dtype)


@op
def zeros_like(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """A tensor of zeros of the shape of another.

    Args:
        x: tensor.
        dtype: dtype name; that of `x` by default.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.zeros_like([3, 4])).tolist()
    [0, 0]
    """
    return _like(x, dtype)


@op
def ones_like(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """A tensor of ones of the shape of another.

    Args:
        x: tensor.
        dtype: dtype name; that of `x` by default.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.ones_like([3, 4])).tolist()
    [1, 1]
    """
    return _like(x, dtype)


@op
def empty_like(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """A tensor of the shape of another, whose values are not set.

    Args:
        x: tensor.
        dtype: dtype name; that of `x` by default.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.empty_like([3, 4]).shape[0]
    2
    """
    return _like(x, dtype)


@op(in_files=InFiles(of_the_call=("fill_value",)))
def full_like(x: TensorLike, fill_value: Any, dtype: DType | None = None) -> Tensor:
    """A tensor of the shape of another, with one value everywhere.

    Args:
        x: tensor.
        fill_value: the value.
        dtype: dtype name; that of `x` by default.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.full_like([3, 4], 9)).tolist()
    [9, 9]
    """
    return _like(x, dtype)


def _matrix(rows: Any, columns: Any, dtype: DType) -> KerasTensor:
    rules.as_shape(rows, "N")
    rules.as_shape(columns, "M")
    shape = rules.as_shape((rows, rows if columns is None else columns))
    return KerasTensor(shape, dtypes.standardize_dtype(dtype))


@op
def eye(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Tensor:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        N: number of rows.
        M: number of columns; `N` by default.
        k: which diagonal: 0 the main one, positive above it, negative below.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor `(N, M)`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return _matrix(N, M, dtype)


@composite
def identity(n: int, dtype: DType | None = None) -> Tensor:
    """The square matrix with ones on its main diagonal.

    Args:
        n: number of rows and columns.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor `(n, n)`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.identity(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rules.as_shape(n, "n")
    return eye(n, dtype=dtype)


@op
def tri(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Tensor:
    """A matrix with ones on and below a diagonal and zeros above it.

    Args:
        N: number of rows.
        M: number of columns; `N` by default.
        k: which diagonal: 0 the main one, positive above it, negative below.
        dtype: dtype name; `floatx()` by default.

    Returns:
        A tensor `(N, M)`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.tri(2)).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return _matrix(N, M, dtype)


@op(open_end="stop", in_files=InFiles(of_the_call=("start", "stop", "step")))
def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: DType | None = None
) -> Tensor:
    """Evenly spaced values of a half-open interval.

    Args:
        start: first value; with `stop` left out, the end, and 0 is the first value.
        stop: where the values end; it is not among them.
        step: distance between values; 1 by default.
        dtype: dtype name; by default int32 for integers and `floatx()` for floats.

    Returns:
        A tensor of one dimension.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.arange(2, 8, 3)).tolist()
    [2, 5]
    """
    kind = arguments.number_dtype(dtype, start, stop, step)
    first, last = (0, start) if stop is None else (start, stop)
    numbers = [first, last, 1 if step is None else step]
    if any(not isinstance(number, (int, float)) for number in numbers):
        return KerasTensor((None,), kind)
    if numbers[2] == 0:
        raise ValueError(
            "keras.ops.arange expects `step` to be other than zero. Received: step=0."
        )
    count = -int(-(numbers[1] - numbers[0]) // numbers[2])
    return KerasTensor((max(count, 0),), kind)


@op(promote="float")
def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType | None = None,
    axis: int = 0,
) -> Tensor:
    """Evenly spaced values, from ends that are brought to one float dtype."""
    shape = list(rules.broadcast(start.shape, stop.shape))
    if num < 0:
        raise ShapeError(f"`num` must not be negative. Received: num={num}.")
    shape.insert(rules.axis(axis, len(shape) + 1), num)
    return KerasTensor(tuple(shape), start.dtype if dtype is None else dtype)


@composite
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType | None = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced values of an interval.

    Args:
        start: first value, or a tensor of them.
        stop: last value, or a tensor that broadcasts with `start`.
        num: how many values.
        endpoint: whether `stop` is the last of them.
        retstep: whether the distance between values is returned too.
        dtype: dtype name; by default the float dtype that fits `start` and `stop`.
        axis: where the new axis goes, when `start` or `stop` is a tensor.

    Returns:
        A tensor with `num` values along `axis`; with `retstep`, a pair of it and the
        distance.

    Raises:
        ShapeError: if `num` is negative, or the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.linspace(0, 1, 3)).tolist()
    [0.0, 0.5, 1.0]
    """
    values = spaced(start, stop, index(num), endpoint, dtype, axis)
    if not retstep:
        return values
    count = num - 1 if endpoint else num
    return values, divide(convert_to_tensor(stop) - convert_to_tensor(start), count)


@composite
def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: DType | None = None,
    axis: int = 0,
) -> Tensor:
    """Powers of a base with evenly spaced exponents.

    Args:
        start: first exponent, or a tensor of them.
        stop: last exponent, or a tensor that broadcasts with `start`.
        num: how many values.
        endpoint: whether `stop` is the last exponent.
        base: the base.
        dtype: dtype name; by default the float dtype that fits `start` and `stop`.
        axis: where the new axis goes, when `start` or `stop` is a tensor.

    Returns:
        A tensor with `num` values along `axis`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.logspace(0, 2, 3, base=2)).tolist()
    [1.0, 2.0, 4.0]
    """
    exponents = spaced(start, stop, index(num), endpoint, None, axis)
    values = power(cast(base, dtypes.standardize_dtype(exponents.dtype)), exponents)
    return values if dtype is None else cast(values, dtype)


@composite
def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType | None = None,
    axis: int = 0,
) -> Tensor:
    """Values whose ratio from one to the next is constant.

    Args:
        start: first value, or a tensor of them; positive.
        stop: last value, or a tensor that broadcasts with `start`; positive.
        num: how many values.
        endpoint: whether `stop` is the last of them.
        dtype: dtype name; by default the float dtype that fits `start` and `stop`.
        axis: where the new axis goes, when `start` or `stop` is a tensor.

    Returns:
        A tensor with `num` values along `axis`.

    Example:

    >>> import keras
    >>> y = keras.ops.convert_to_numpy(keras.ops.geomspace(1, 8, 4))
    >>> y.round(4).tolist()
    [1.0, 2.0, 4.0, 8.0]
    """
    return logspace(log10(start), log10(stop), num, endpoint, 10, dtype, axis)
