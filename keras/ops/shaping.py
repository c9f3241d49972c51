"""The same elements in another shape or order; copies, borders and diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

from keras.backends import arguments, current
from keras.core.dtypes import itemsize, standardize_dtype
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Axis, ShapeLike, Sizes, Tensor, TensorLike
from keras.ops import reduction, rules
from keras.ops.core import convert_to_tensor
from keras.ops.declare import composite, op
from keras.ops.files import InFiles

# Shape ----------------------------------------------------------------------------


@op(sparse="first")
def reshape(x: TensorLike, newshape: ShapeLike) -> Tensor:
    """The elements, in order, in another shape.

    Args:
        x: tensor.
        newshape: the shape; one size may be -1: it follows from the others.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if the number of elements would change.

    Example:

    >>> import keras
    >>> tuple(keras.ops.reshape(keras.ops.arange(6), (2, -1)).shape)
    (2, 3)
    """
    return KerasTensor(rules.reshape(x.shape, newshape), x.dtype, sparse=x.sparse)


@op
def ravel(x: TensorLike) -> Tensor:
    """The elements, in order, in one dimension.

    Args:
        x: tensor.

    Returns:
        A tensor of one dimension.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.ravel([[1, 2], [3, 4]])).tolist()
    [1, 2, 3, 4]
    """
    return KerasTensor((rules.product(x.shape),), x.dtype)


@op(sparse="first")
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """A tensor with axes of size 1 put in.

    Args:
        x: tensor.
        axis: where the new axes are in the result.

    Returns:
        A tensor with more dimensions.

    Raises:
        ShapeError: if a place is out of range or named twice.

    Example:

    >>> import keras
    >>> tuple(keras.ops.expand_dims(keras.ops.ones((3,)), -1).shape)
    (3, 1)
    """
    return KerasTensor(rules.expand_dims(x.shape, axis), x.dtype, sparse=x.sparse)


@op(sparse="first")
def squeeze(x: TensorLike, axis: Axis = None) -> Tensor:
    """A tensor with axes of size 1 taken out.

    Args:
        x: tensor.
        axis: which ones; by default all of size 1.

    Returns:
        A tensor with fewer dimensions.

    Raises:
        ShapeError: if a named axis has another size.

    Example:

    >>> import keras
    >>> tuple(keras.ops.squeeze(keras.ops.ones((1, 3, 1))).shape)
    (3,)
    """
    return KerasTensor(rules.squeeze(x.shape, axis), x.dtype, sparse=x.sparse)


@op
def broadcast_to(x: TensorLike, shape: ShapeLike) -> Tensor:
    """A tensor repeated along axes of size 1 and new leading axes.

    Args:
        x: tensor.
        shape: the shape of the result.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if `x` does not broadcast to it.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.broadcast_to([1, 2], (2, 2))).tolist()
    [[1, 2], [1, 2]]
    """
    return KerasTensor(rules.broadcast_to(x.shape, shape), x.dtype)


# Order ----------------------------------------------------------------------------


@op(sparse="first")
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """A tensor with its axes in another order.

    Args:
        x: tensor.
        axes: which axis of `x` comes where; reversed by default.

    Returns:
        A tensor of the permuted shape.

    Raises:
        ShapeError: if `axes` does not name each axis once.

    Example:

    >>> import keras
    >>> tuple(keras.ops.transpose(keras.ops.ones((2, 3, 4)), (0, 2, 1)).shape)
    (2, 4, 3)
    """
    return KerasTensor(rules.transpose(x.shape, axes), x.dtype, sparse=x.sparse)


@op
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """A tensor with two axes exchanged.

    Args:
        x: tensor.
        axis1: one axis.
        axis2: the other one.

    Returns:
        A tensor of the permuted shape.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> tuple(keras.ops.swapaxes(keras.ops.ones((2, 3, 4)), 0, -1).shape)
    (4, 3, 2)
    """
    rank = len(x.shape)
    first, second = rules.axis(axis1, rank, "axis1"), rules.axis(axis2, rank, "axis2")
    sizes = list(x.shape)
    sizes[first], sizes[second] = sizes[second], sizes[first]
    return KerasTensor(tuple(sizes), x.dtype)


@op
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """A tensor with some axes moved, the others kept in order.

    Args:
        x: tensor.
        source: axes to move.
        destination: where they are in the result.

    Returns:
        A tensor of the permuted shape.

    Raises:
        ShapeError: if an axis is out of range, or the numbers of axes differ.

    Example:

    >>> import keras
    >>> tuple(keras.ops.moveaxis(keras.ops.ones((2, 3, 4)), 0, -1).shape)
    (3, 4, 2)
    """
    rank = len(x.shape)
    sources = rules.axes(source, rank, "source")
    destinations = rules.axes(destination, rank, "destination")
    if len(sources) != len(destinations):
        raise ShapeError(
            "`source` and `destination` of moveaxis must name as many axes. "
            f"Received: source={source!r}, destination={destination!r}."
        )
    order = arguments.moved_axes(source, destination, rank)
    return KerasTensor(tuple(x.shape[a] for a in order), x.dtype)


@op
def flip(x: TensorLike, axis: Axis = None) -> Tensor:
    """A tensor with the order of elements reversed along axes.

    Args:
        x: tensor.
        axis: axis or axes; all of them by default.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.flip([1, 2, 3])).tolist()
    [3, 2, 1]
    """
    rules.axes(axis, len(x.shape))
    return KerasTensor(x.shape, x.dtype)


@composite
def fliplr(x: TensorLike) -> Tensor:
    """A tensor reversed along its second axis.

    Args:
        x: tensor of at least two dimensions.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.fliplr([[1, 2], [3, 4]])).tolist()
    [[2, 1], [4, 3]]
    """
    return flip(x, 1)


@composite
def flipud(x: TensorLike) -> Tensor:
    """A tensor reversed along its first axis.

    Args:
        x: tensor of at least one dimension.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.flipud([[1, 2], [3, 4]])).tolist()
    [[3, 4], [1, 2]]
    """
    return flip(x, 0)


@composite
def rot90(array: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """A tensor rotated by 90 degrees in the plane of two axes.

    Args:
        array: tensor of at least two dimensions.
        k: how many times, from the first axis towards the second.
        axes: the two axes.

    Returns:
        A tensor with those axes exchanged when `k` is odd.

    Raises:
        ValueError: if there are not two different axes.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.rot90([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    array = convert_to_tensor(array)
    if len(axes) != 2 or len(array.shape) < 2:
        raise ValueError(
            "rot90 needs a tensor of at least two dimensions and two axes. Received: "
            f"shape {tuple(array.shape)}, axes={axes!r}."
        )
    first, second = rules.axes(tuple(axes), len(array.shape), "axes")
    turns = index(k) % 4
    if turns == 0:
        return array
    if turns == 2:
        return flip(array, (first, second))
    if turns == 1:
        return swapaxes(flip(array, second), first, second)
    return flip(swapaxes(array, first, second), second)


@op
def roll(
    x: TensorLike, shift: int | Sequence[int], axis: int | Sequence[int] | None = None
) -> Tensor:
    """A tensor with its elements moved round along axes.

    Args:
        x: tensor.
        shift: by how many places, for each axis.
        axis: axis or axes; by default the flattened tensor, shaped back.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if an axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.roll([1, 2, 3], 1)).tolist()
    [3, 1, 2]
    """
    rules.axes(axis, len(x.shape))
    return KerasTensor(x.shape, x.dtype)


# Copies ---------------------------------------------------------------------------


@op(sparse="values")
def copy(x: TensorLike) -> Tensor:
    """A tensor with the same values in memory of its own.

    Args:
        x: tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.copy([1, 2])).tolist()
    [1, 2]
    """
    return rules.elementwise(x)


@op
def repeat(x: TensorLike, repeats: Any, axis: int | None = None) -> Tensor:
    """A tensor with each element repeated.

    Args:
        x: tensor.
        repeats: how often; one number, or one for each place along `axis`.
        axis: the axis; by default the flattened tensor.

    Returns:
        A tensor that is longer along `axis`.

    Raises:
        ShapeError: if the axis is out of range.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.repeat([1, 2], 2)).tolist()
    [1, 1, 2, 2]
    """
    sizes = (rules.product(x.shape),) if axis is None else x.shape
    along = 0 if axis is None else rules.axis(axis, len(x.shape))
    length = sizes[along]
    counts = repeats.tolist() if type(repeats).__module__ == "numpy" else repeats
    each = counts if isinstance(counts, (list, tuple)) else [counts]
    if any(isinstance(count, int) and count < 0 for count in each):
        raise ValueError(
            f"`repeats` must not be negative. Received: repeats={repeats!r}."
        )
    if isinstance(counts, (list, tuple)):
        if len(counts) == 1:
            counts = counts[0]
        elif length is not None and length != len(counts):
            raise ShapeError(
                f"`repeats` must have one entry for each of the {length} places along "
                f"axis={axis}. Received: repeats={repeats!r}."
            )
    if isinstance(counts, (list, tuple)):
        longer = rules.total(counts)
    elif isinstance(counts, int):
        longer = None if length is None else length * counts
    else:
        longer = None
    return KerasTensor((*sizes[:along], longer, *sizes[along + 1 :]), x.dtype)


@op
def tile(x: TensorLike, repeats: int | Sequence[int]) -> Tensor:
    """A tensor laid side by side with copies of itself.

    Args:
        x: tensor.
        repeats: how many copies along each axis, counted from the last one.

    Returns:
        A tensor of the multiplied sizes.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.tile([1, 2], 2)).tolist()
    [1, 2, 1, 2]
    """
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
    rank = max(len(counts), len(x.shape))
    counts = [1] * (rank - len(counts)) + counts
    sizes = (1,) * (rank - len(x.shape)) + tuple(x.shape)
    return KerasTensor(
        tuple(
            None if size is None or not isinstance(count, int) else size * count
            for size, count in zip(sizes, counts, strict=True)
        ),
        x.dtype,
    )


_PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _has_use_for_value(
    x: TensorLike,
    pad_width: Sizes,
    mode: str = "constant",
    constant_values: TensorLike = None,
) -> bool:
    return constant_values is None or mode == "constant"


@op(check=_has_use_for_value, in_files=InFiles(of_the_call=("constant_values",)))
def pad(
    x: TensorLike,
    pad_width: Any,
    mode: str = "constant",
    constant_values: Any = None,
) -> Tensor:
    """A tensor with a border.

    Args:
        x: tensor.
        pad_width: `((before, after), ...)` for each axis; one pair or one integer
            stands for all of them.
        mode: `"constant"`; `"edge"` repeats the last element; `"reflect"` mirrors
            without it, `"symmetric"` with it; `"wrap"` goes on at the other end.
        constant_values: the border's value in mode `"constant"`; 0 by default.

    Returns:
        A larger tensor.

    Raises:
        ValueError: for an unknown mode, or widths that do not fit.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.pad([1, 2], (1, 1))).tolist()
    [0, 1, 2, 0]
    """
    if mode not in _PAD_MODES:
        raise ValueError(
            f"`mode` must be one of {', '.join(_PAD_MODES)}. Received: mode={mode!r}."
        )
    if constant_values is not None and mode != "constant":
        raise ValueError(
            "`constant_values` of pad is for mode='constant' only. Received: "
            f"mode={mode!r}."
        )
    widths = arguments.pad_widths(pad_width, len(x.shape))
    sizes = []
    for axis, (size, (before, after)) in enumerate(zip(x.shape, widths, strict=True)):
        if not (isinstance(before, int) and isinstance(after, int)):
            sizes.append(None)
            continue
        limit = None if size is None else size - (mode == "reflect")
        if mode in ("reflect", "symmetric") and None not in (limit,):
            if max(before, after) > max(limit or 0, 0):
                raise ShapeError(
                    f"mode={mode!r} of pad cannot make a border wider than the "
                    f"tensor. Received: pad_width={pad_width!r} for axis {axis} of "
                    f"shape {x.shape}."
                )
        sizes.append(None if size is None else size + before + after)
    return KerasTensor(tuple(sizes), x.dtype)


# Diagonals ------------------------------------------------------------------------


def _matrix(name: str, x: KerasTensor) -> Tensor:
    if len(x.shape) < 2:
        raise ShapeError(
            f"`x` of {name} needs at least two dimensions. Received: shape {x.shape}."
        )
    return KerasTensor(x.shape, x.dtype)


@op
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """A tensor with zeros above a diagonal of its last two axes.

    Args:
        x: tensor of at least two dimensions.
        k: which diagonal: 0 the main one, positive above it, negative below.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if there are fewer than two dimensions.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.tril([[1, 2], [3, 4]])).tolist()
    [[1, 0], [3, 4]]
    """
    return _matrix("tril", x)


@op
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """A tensor with zeros below a diagonal of its last two axes.

    Args:
        x: tensor of at least two dimensions.
        k: which diagonal: 0 the main one, positive above it, negative below.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ShapeError: if there are fewer than two dimensions.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.triu([[1, 2], [3, 4]])).tolist()
    [[1, 2], [0, 4]]
    """
    return _matrix("triu", x)


@op
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """The diagonal of a matrix, or a matrix with a diagonal.

    Args:
        x: tensor of one or two dimensions.
        k: which diagonal: 0 the main one, positive above it, negative below.

    Returns:
        A matrix for a vector, a vector for a matrix.

    Raises:
        ShapeError: for other numbers of dimensions.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.diag([1, 2])).tolist()
    [[1, 0], [0, 2]]
    """
    if len(x.shape) == 1:
        size = x.shape[0]
        size = None if size is None else size + abs(k)
        return KerasTensor((size, size), x.dtype)
    if len(x.shape) != 2:
        raise ShapeError(
            f"`x` of diag must have one or two dimensions. Received: shape {x.shape}."
        )
    return KerasTensor((_diagonal_size(x.shape[0], x.shape[1], k),), x.dtype)


def _diagonal_size(rows: int | None, columns: int | None, k: int) -> int | None:
    if rows is None or columns is None:
        return None
    rows, columns = (rows, columns - k) if k >= 0 else (rows + k, columns)
    return max(0, min(rows, columns))


@op
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices in two axes.

    Args:
        x: tensor of at least two dimensions.
        offset: which diagonal: 0 the main one, positive above it, negative below.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor without these axes, and the diagonal as its last one.

    Raises:
        ShapeError: if there are fewer than two dimensions, or the axes are the same.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.diagonal([[1, 2], [3, 4]])).tolist()
    [1, 4]
    """
    _matrix("diagonal", x)
    rows, columns = rules.axes((axis1, axis2), len(x.shape), "(axis1, axis2)")
    rest = [s for a, s in enumerate(x.shape) if a not in (rows, columns)]
    size = _diagonal_size(x.shape[rows], x.shape[columns], offset)
    return KerasTensor((*rest, size), x.dtype)


@composite
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of a diagonal, for the matrices in two axes.

    Args:
        x: tensor of at least two dimensions; small integers are summed as (u)int32.
        offset: which diagonal: 0 the main one, positive above it, negative below.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor without these axes.

    Example:

    >>> import keras
    >>> int(keras.ops.trace([[1, 2], [3, 4]]))
    5
    """
    return reduction.sum(diagonal(x, offset, axis1, axis2), -1)


@composite
def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """A matrix with the flattened tensor as a diagonal.

    Args:
        x: tensor.
        k: which diagonal: 0 the main one, positive above it, negative below.

    Returns:
        A square matrix.

    Example:

    >>> import keras
    >>> keras.ops.convert_to_numpy(keras.ops.diagflat([[1], [2]])).tolist()
    [[1, 0], [0, 2]]
    """
    return diag(ravel(x), k)


@op
def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """Grids of coordinates, from the coordinates along each axis.

    Args:
        *x: tensors of one dimension.
        indexing: `"xy"`: the first two axes of the results are exchanged, as for
            pictures; `"ij"`: they are in the order of the arguments.

    Returns:
        A list of tensors, one for each argument, all of the shape of the grid.

    Raises:
        ValueError: for another `indexing`.

    Example:

    >>> import keras
    >>> columns, rows = keras.ops.meshgrid([1, 2], [3, 4, 5])
    >>> tuple(columns.shape)
    (3, 2)
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"`indexing` must be 'xy' or 'ij'. Received: indexing={indexing!r}."
        )
    sizes = [rules.product(v.shape) for v in x]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return [KerasTensor(tuple(sizes), v.dtype) for v in x]


@op
def view(x: TensorLike, dtype: Any = None) -> Tensor:
    """The same bytes read as another dtype.

    Args:
        x: tensor.
        dtype: dtype name; of another size, the last axis grows or shrinks.

    Returns:
        A tensor of that dtype.

    Raises:
        ShapeError: if the last axis does not hold a whole number of elements.
        ValueError: for a dtype of 64 bits where the framework has none (JAX without
            x64): bytes are never read as another dtype than was asked for.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([1.0, 2.0], "float32")
    >>> keras.ops.convert_to_numpy(keras.ops.view(x, "int32")).tolist()
    [1065353216, 1073741824]
    """
    target = x.dtype if dtype is None else standardize_dtype(dtype)
    before, after = itemsize(x.dtype), itemsize(target)
    if before == after:
        return KerasTensor(x.shape, target)
    last = x.shape[-1] if x.shape else None
    if not x.shape or (last is not None and last * before % after):
        raise ShapeError(
            f"The last axis of shape {x.shape} ({x.dtype}) does not hold a whole "
            f"number of {target} elements, so `view` cannot read it as that."
        )
    backend = current()
    if backend.canonical_dtype(target) != target:
        raise ValueError(
            f"`dtype` of view cannot be one of 64 bits on the {backend.name} backend, "
            f"which has these switched off. Read the bytes as "
            f"{backend.canonical_dtype(target)!r}, or switch 64-bit types on in the "
            f"framework. Received: dtype={dtype!r}."
        )
    size = None if last is None else last * before // after
    return KerasTensor((*x.shape[:-1], size), target)
