"""Comparisons, logic, and choices by condition."""

from __future__ import annotations

from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import absolute, add, multiply, subtract
from keras.ops.core import as_float
from keras.ops.declare import composite, op
from keras.ops.files import InFiles


@op(promote="same", scalars=True)
def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where corresponding elements are equal: `x1 == x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.equal([1, 2], 2)).tolist()
    [False, True]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="same", scalars=True)
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where corresponding elements differ: `x1 != x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.not_equal([1, 2], 2)).tolist()
    [True, False]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="same", scalars=True, real=True)
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where `x1 < x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.less([1, 2], 2)).tolist()
    [True, False]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="same", scalars=True, real=True)
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where `x1 <= x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.less_equal([1, 2], 2)).tolist()
    [True, True]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="same", scalars=True, real=True)
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where `x1 > x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.greater([1, 2], 2)).tolist()
    [False, False]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="same", scalars=True, real=True)
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where `x1 >= x2`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.greater_equal([1, 2], 2)).tolist()
    [False, True]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="bool")
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where both are true (not zero).

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.logical_and([True, False], True)).tolist()
    [True, False]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="bool")
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where at least one is true (not zero).

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.logical_or([True, False], True)).tolist()
    [True, True]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="bool")
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Where exactly one is true (not zero).

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.logical_xor([True, False], True)).tolist()
    [False, True]
    """
    return rules.elementwise(x1, x2, dtype="bool")


@op(promote="bool")
def logical_not(x: TensorLike) -> Tensor:
    """Where the elements are false (zero).

    Args:
        x: tensor of any shape; anything but zero counts as true.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.logical_not([True, False])).tolist()
    [False, True]
    """
    return KerasTensor(x.shape, "bool")


@op(sparse="values")
def isnan(x: TensorLike) -> Tensor:
    """Where the elements are NaN.

    Args:
        x: tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isnan([1.0, float("nan")])).tolist()
    [False, True]
    """
    return KerasTensor(x.shape, "bool")


@op(sparse="values")
def isinf(x: TensorLike) -> Tensor:
    """Where the elements are plus or minus infinity.

    Args:
        x: tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isinf([1.0, float("inf")])).tolist()
    [False, True]
    """
    return KerasTensor(x.shape, "bool")


@op
def isfinite(x: TensorLike) -> Tensor:
    """Where the elements are neither NaN nor infinite.

    Args:
        x: tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isfinite([1.0, float("inf")])).tolist()
    [True, False]
    """
    return KerasTensor(x.shape, "bool")


@composite(real=True)
def isposinf(x: TensorLike) -> Tensor:
    """Where the elements are plus infinity.

    Args:
        x: real tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isposinf([1.0, float("inf")])).tolist()
    [False, True]
    """
    return logical_and(isinf(x), greater(x, 0))


@composite(real=True)
def isneginf(x: TensorLike) -> Tensor:
    """Where the elements are minus infinity.

    Args:
        x: real tensor of any shape.

    Returns:
        A bool tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isneginf([1.0, -float("inf")])).tolist()
    [False, True]
    """
    return logical_and(isinf(x), less(x, 0))


@op(promote="same", keep=("condition",), scalars=True)
def where(
    condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None
) -> Tensor:
    """Elements of `x1` where a condition holds, elements of `x2` elsewhere.

    Args:
        condition: bool tensor; of other dtypes, anything but zero counts as true.
        x1: tensor or number.
        x2: tensor or number. The three shapes must broadcast.

    Returns:
        A tensor of the broadcast shape and the common dtype of `x1` and `x2`; with
        the condition alone, a tuple of the places where it holds, as `nonzero`.

    Raises:
        ShapeError: if the shapes do not broadcast.
        ValueError: if only one of `x1` and `x2` is given.

    Example:

    >>> import keras
    >>> chosen = keras.ops.where([True, False], [1, 2], 0)
    >>> keras.ops.convert_to_numpy(chosen).tolist()
    [1, 0]
    """
    if x1 is None and x2 is None:
        return tuple(KerasTensor((None,), "int32") for _ in condition.shape)  # type: ignore[return-value]
    if x1 is None or x2 is None:
        raise ValueError(
            "keras.ops.where takes both `x1` and `x2`, or neither. Received one only."
        )
    shape = rules.broadcast(condition.shape, x1.shape, x2.shape)
    return KerasTensor(shape, x1.dtype)


@op
def nan_to_num(
    x: TensorLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Replaces NaN and infinities by numbers.

    Args:
        x: tensor of any shape.
        nan: what stands for NaN.
        posinf: what stands for infinity; by default the largest finite number.
        neginf: what stands for minus infinity; by default the smallest one.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.nan_to_num([1.0, float("nan")])).tolist()
    [1.0, 0.0]
    """
    return rules.elementwise(x)


@composite(in_files=InFiles(of_the_call=("rtol", "atol")))
def isclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Where `|x1 - x2| <= atol + rtol * |x2|`.

    Args:
        x1: tensor.
        x2: tensor whose shape broadcasts with that of `x1`.
        rtol: tolerance in relation to `x2`.
        atol: absolute tolerance.
        equal_nan: whether two NaNs count as close.

    Returns:
        A bool tensor of the broadcast shape.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.isclose([1.0, 2.0], [1.0, 2.1])).tolist()
    [True, False]
    """
    x1, x2 = as_float(x1), as_float(x2)
    gap = absolute(subtract(x1, x2))
    near = less_equal(gap, add(multiply(absolute(x2), rtol), atol))
    # An infinity is close to itself only, whatever the tolerance.
    result = logical_or(logical_and(near, isfinite(x2)), equal(x1, x2))
    if equal_nan:
        result = logical_or(result, logical_and(isnan(x1), isnan(x2)))
    return result
