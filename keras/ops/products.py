"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import rules
from keras.ops.arithmetic import multiply, subtract
from keras.ops.complex_numbers import conj
from keras.ops.core import shape
from keras.ops.declare import composite, op
from keras.ops.einsum_rule import einsum_shape
from keras.ops.indexing import get_item
from keras.ops.joining import stack
from keras.ops.shaping import moveaxis, ravel, reshape


@op(promote="product", sparse="all")
def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Matrix product, over the last two axes; leading axes broadcast.

    Args:
        x1: tensor `(..., m, n)`, or `(n,)`: a row.
        x2: tensor `(..., n, p)`, or `(n,)`: a column.

    Returns:
        A tensor `(..., m, p)`, without the axis of an operand that was a vector. Two
        int8 operands give int32.

    Raises:
        ShapeError: if the inner sizes differ, or an operand is a scalar.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.matmul([[1, 2]], [[3], [4]])).tolist()
    [[11]]
    """
    return KerasTensor(rules.matmul(x1.shape, x2.shape), x1.dtype)


@op(promote="same")
def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Tensor:
    """Product of two tensors, summed over pairs of axes.

    Args:
        x1: tensor.
        x2: tensor.
        axes: how many last axes of `x1` meet as many first ones of `x2`; or the two
            lists of axes that meet.

    Returns:
        A tensor of the remaining axes of `x1`, then those of `x2`.

    Raises:
        ShapeError: if sizes that meet differ.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 3, 4))
    >>> tuple(keras.ops.tensordot(x, keras.ops.ones((4, 5)), 1).shape)
    (2, 3, 5)
    """
    return KerasTensor(rules.tensordot(x1.shape, x2.shape, axes), x1.dtype)


@op(promote="product")
def einsum(subscripts: str, *operands: TensorLike, **kwargs: Any) -> Tensor:
    """Sum of products, written in Einstein's notation.

    Args:
        subscripts: one letter for each axis of each operand, the operands separated
            by commas, then `->` and the axes of the result: `"ij,jk->ik"`. `...`
            stands for axes that broadcast. Axes that are not in the result are
            summed over; without `->` the result has those that occur once.
        *operands: tensors.
        **kwargs: taken for compatibility (`optimize`); not used.

    Returns:
        A tensor of the common dtype.

    Raises:
        ShapeError: if an operand does not fit its subscripts, or sizes differ.
        ValueError: if `subscripts` cannot be read.

    Example:

    >>> import keras
    >>> x = keras.ops.ones((2, 3))
    >>> tuple(keras.ops.einsum("ij,kj->ik", x, x).shape)
    (2, 2)
    """
    sizes = einsum_shape(subscripts, [operand.shape for operand in operands])
    return KerasTensor(sizes, operands[0].dtype)


@composite(promote="same")
def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Product over the last axis of `x1` and the second-last one of `x2`.

    Args:
        x1: tensor.
        x2: tensor; of a vector, its only axis.

    Returns:
        The scalar product of vectors, the matrix product of matrices, the product
        with a scalar; else the axes of `x1` but the last, then those of `x2` but the
        second-last.

    Raises:
        ShapeError: if the sizes differ.

    Example:

    >>> import keras
    >>> int(keras.ops.dot([1, 2], [3, 4]))
    11
    """
    rank1, rank2 = len(shape(x1)), len(shape(x2))
    if rank1 == 0 or rank2 == 0:
        return multiply(x1, x2)
    if rank2 == 1 or (rank1 <= 2 and rank2 == 2):
        return matmul(x1, x2) if rank1 < 3 else tensordot(x1, x2, [[-1], [-1]])
    return tensordot(x1, x2, [[-1], [-2]])


@composite(promote="same")
def inner(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Product summed over the last axes of both.

    Args:
        x1: tensor.
        x2: tensor with the same last size.

    Returns:
        A tensor of the other axes of `x1`, then those of `x2`.

    Raises:
        ShapeError: if the last sizes differ.

    Example:

    >>> import keras
    >>> int(keras.ops.inner([1, 2], [3, 4]))
    11
    """
    if not shape(x1) or not shape(x2):
        return multiply(x1, x2)
    return tensordot(x1, x2, [[-1], [-1]])


@composite(promote="same")
def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Every element of `x1` times every element of `x2`, both flattened.

    Args:
        x1: tensor of m elements.
        x2: tensor of n elements.

    Returns:
        A tensor `(m, n)`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.outer([1, 2], [3, 4])).tolist()
    [[3, 4], [6, 8]]
    """
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


@composite(promote="same")
def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Scalar product of the flattened tensors; `x1` is conjugated.

    Args:
        x1: tensor.
        x2: tensor of as many elements.

    Returns:
        A scalar tensor.

    Raises:
        ShapeError: if the numbers of elements differ.

    Example:

    >>> import keras
    >>> int(keras.ops.vdot([1, 2], [3, 4]))
    11
    """
    return tensordot(ravel(conj(x1)), ravel(x2), 1)


@composite
def cross(
    x1: TensorLike,
    x2: TensorLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """Vector product of vectors of two or three components.

    Args:
        x1: tensor; its vectors lie along `axisa`.
        x2: tensor whose other axes broadcast with those of `x1`.
        axisa: axis of the vectors of `x1`.
        axisb: axis of the vectors of `x2`.
        axisc: axis of the vectors of the result.
        axis: stands for all three, if given.

    Returns:
        A tensor of vectors; for two vectors of two components, only their third one.

    Raises:
        ShapeError: if the vectors have other numbers of components.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.cross([1, 0, 0], [0, 1, 0])).tolist()
    [0, 0, 1]
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    first, second = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    sizes = (first.shape[-1], second.shape[-1])
    if any(size not in (2, 3) for size in sizes):
        raise ShapeError(
            "Vectors of cross must have 2 or 3 components. Received: shapes "
            f"{tuple(shape(x1))} and {tuple(shape(x2))} with {sizes} components."
        )
    a = [get_item(first, (..., i)) for i in range(sizes[0])]
    b = [get_item(second, (..., i)) for i in range(sizes[1])]
    third = subtract(multiply(a[0], b[1]), multiply(a[1], b[0]))
    if sizes == (2, 2):
        return third
    return moveaxis(stack([*_first_two(a, b), third], -1), -1, axisc)


def _first_two(a: list[Any], b: list[Any]) -> tuple[Any, Any]:
    """The first two components; a vector without a third one has 0 there."""
    if len(a) == 2:
        return multiply(a[1], b[2]), multiply(multiply(a[0], b[2]), -1)
    if len(b) == 2:
        return multiply(multiply(a[2], b[1]), -1), multiply(a[2], b[0])
    return (
        subtract(multiply(a[1], b[2]), multiply(a[2], b[1])),
        subtract(multiply(a[2], b[0]), multiply(a[0], b[2])),
    )


@composite
def kron(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Kronecker product: `x2`, scaled by each element of `x1`, in blocks.

    Args:
        x1: tensor.
        x2: tensor.

    Returns:
        A tensor whose sizes are the products of those of the operands.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.kron([1, 10], [1, 2])).tolist()
    [1, 2, 10, 20]
    """
    sizes1, sizes2 = tuple(shape(x1)), tuple(shape(x2))
    rank = max(len(sizes1), len(sizes2))
    sizes1 = (1,) * (rank - len(sizes1)) + sizes1
    sizes2 = (1,) * (rank - len(sizes2)) + sizes2
    apart1 = [size for pair in zip(sizes1, (1,) * rank, strict=True) for size in pair]
    apart2 = [size for pair in zip((1,) * rank, sizes2, strict=True) for size in pair]
    blocks = multiply(reshape(x1, apart1), reshape(x2, apart2))
    joined = [
        None if None in pair else pair[0] * pair[1]  # type: ignore[operator]
        for pair in zip(sizes1, sizes2, strict=True)
    ]
    return reshape(blocks, joined)
