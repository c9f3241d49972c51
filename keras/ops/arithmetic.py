"""Arithmetic of corresponding elements."""

from __future__ import annotations

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.declare import op
from keras.ops.files import InFiles


@op(promote="same", scalars=True, sparse="all")
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum of corresponding elements: `x1 + x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.add([1, 2], 3)).tolist()
    [4, 5]
    """
    return rules.elementwise(x1, x2)


@op(promote="same", scalars=True, sparse="all")
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Difference of corresponding elements: `x1 - x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.subtract([4, 5], 3)).tolist()
    [1, 2]
    """
    _refuse_bool("subtract", x1, "logical_xor")
    return rules.elementwise(x1, x2)


@op(promote="same", scalars=True, sparse="any")
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Product of corresponding elements: `x1 * x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.multiply([1, 2], 3)).tolist()
    [3, 6]
    """
    return rules.elementwise(x1, x2)


@op(promote="float", scalars=True, sparse="numerator")
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Quotient of corresponding elements: `x1 / x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.divide([1, 2], 4)).tolist()
    [0.25, 0.5]
    """
    return rules.elementwise(x1, x2)


true_divide = divide


@op(promote="float")
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Quotient of corresponding elements, 0 where the divisor is 0.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A float tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> y = keras.ops.divide_no_nan([1.0, 2.0], [0.0, 4.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.0, 0.5]
    """
    return rules.elementwise(x1, x2)


@op(promote="number", scalars=True, real=True)
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Quotient rounded down: `x1 // x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.floor_divide([7, -7], 2)).tolist()
    [3, -4]
    """
    return rules.elementwise(x1, x2)


@op(promote="number", scalars=True, real=True)
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Remainder of the division, with the sign of the divisor: `x1 % x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.mod([7, -7], 4)).tolist()
    [3, 1]
    """
    return rules.elementwise(x1, x2)


@op(promote="number", scalars=True, real=True)
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Remainder of the division, with the sign of the dividend.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.fmod([7, -7], 4)).tolist()
    [3, -3]
    """
    return rules.elementwise(x1, x2)


@op(promote="number", scalars=True)
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """First argument to the power of the second: `x1 ** x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.power([2, 3], 2)).tolist()
    [4, 9]
    """
    return rules.elementwise(x1, x2)


@op(promote="same", scalars=True, real=True, sparse="all")
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Larger of corresponding elements; NaN where either is NaN.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.maximum([1, 5], [3, 2])).tolist()
    [3, 5]
    """
    return rules.elementwise(x1, x2)


@op(promote="same", scalars=True, real=True, sparse="all")
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Smaller of corresponding elements; NaN where either is NaN.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.minimum([1, 5], [3, 2])).tolist()
    [1, 2]
    """
    return rules.elementwise(x1, x2)


@op(promote="same", real=True)
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Larger of corresponding elements; where one is NaN, the other.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> y = keras.ops.fmax([1.0, float("nan")], [0.5, 2.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [1.0, 2.0]
    """
    return rules.elementwise(x1, x2)


@op(promote="same", real=True)
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Smaller of corresponding elements; where one is NaN, the other.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> y = keras.ops.fmin([1.0, float("nan")], [0.5, 2.0])
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.5, 2.0]
    """
    return rules.elementwise(x1, x2)


@op(promote="same")
def gcd(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Greatest common divisor of corresponding integers.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.gcd([12, 18], 8)).tolist()
    [4, 2]
    """
    rules.integers(x1, x2)
    return rules.elementwise(x1, x2)


@op(promote="same")
def lcm(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Least common multiple of corresponding integers.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A tensor of the broadcast shape and the common dtype.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.lcm([4, 6], 10)).tolist()
    [20, 30]
    """
    rules.integers(x1, x2)
    return rules.elementwise(x1, x2)


@op(sparse="values")
def absolute(x: TensorLike) -> Tensor:
    """Absolute value of each element; for complex ones the modulus.

    Args:
        x: tensor of any shape.

    Returns:
        A real tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.absolute([-1, 2])).tolist()
    [1, 2]
    """
    return KerasTensor(x.shape, rules.real_dtype(x.dtype))


abs = absolute


@op(sparse="values")
def negative(x: TensorLike) -> Tensor:
    """Each element with the other sign: `-x`.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.negative([1, -2])).tolist()
    [-1, 2]
    """
    _refuse_bool("negative", x, "logical_not")
    return rules.elementwise(x)


@op(sparse="values")
def sign(x: TensorLike) -> Tensor:
    """Sign of each element: -1, 0 or 1.

    Args:
        x: tensor of any shape.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.sign([-3, 0, 5])).tolist()
    [-1, 0, 1]
    """
    _refuse_bool("sign", x, "cast")
    return rules.elementwise(x)


@op(promote="number", sparse="values")
def square(x: TensorLike) -> Tensor:
    """Square of each element.

    Args:
        x: tensor of any shape; bool becomes int32.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.square([-2, 3])).tolist()
    [4, 9]
    """
    return rules.elementwise(x)


@op(promote="float")
def reciprocal(x: TensorLike) -> Tensor:
    """One divided by each element.

    Args:
        x: tensor of any shape; bool and integers become `floatx()`.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.reciprocal([2.0, 4.0])).tolist()
    [0.5, 0.25]
    """
    return rules.elementwise(x)


@op(
    promote="number",
    scalars=True,
    real=True,
    in_files=InFiles(of_the_operation=("x_min", "x_max")),
)
def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Tensor:
    """Brings each element into an interval.

    Args:
        x: tensor of any shape; bool becomes int32.
        x_min: lower end; a number, or a tensor that broadcasts with `x`.
        x_max: upper end, likewise. It wins where `x_min` is above it.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.clip([1, 5, 9], 2, 6)).tolist()
    [2, 5, 6]
    """
    return rules.elementwise(x, x_min, x_max)


def _refuse_bool(name: str, x: KerasTensor, instead: str) -> None:
    if x.dtype == "bool":
        raise TypeError(
            f"keras.ops.{name}: `x` must not hold booleans. Use keras.ops.{instead}, "
            "or cast to an integer dtype first. Received: dtype bool."
        )
