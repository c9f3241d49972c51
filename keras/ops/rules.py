"""Shape rules that ops share.

A rule is given shapes (None for unknown sizes), returns shapes, and raises
`ShapeError` with the name of the argument, what was received and what would fit.
Each op's body calls one; eager calls reach it only when the backend has raised.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from keras.backends import arguments
from keras.core import limits
from keras.core.dtypes import COMPLEX
from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import in_symbolic_scope
from keras.core.typing import Axis, Shape, ShapeLike, Sizes, TensorLike

# Axes -----------------------------------------------------------------------------


def axis(value: Any, rank: int, name: str = "axis") -> int:
    """A valid axis of a tensor of so many dimensions, non-negative.

    Raises:
        ShapeError: if it is no integer, or out of range.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ShapeError(f"`{name}` must be an integer. Received: {name}={value!r}.")
    number = value.__index__()
    if not -rank <= number < rank:
        allowed = f"between {-rank} and {rank - 1}" if rank else "none: it is a scalar"
        raise ShapeError(
            f"`{name}` is out of range for a tensor of {rank} dimensions. "
            f"Received: {name}={value!r}. Allowed: {allowed}."
        )
    return number % rank


def is_axis(value: Any, rank: int) -> bool:
    """Whether it is None or one valid axis, at a glance; no error."""
    return value is None or (type(value) is int and -rank <= value < rank)


def axes(value: Any, rank: int, name: str = "axis") -> tuple[int, ...]:
    """Valid axes, non-negative; None stands for all.

    Raises:
        ShapeError: if one is out of range or named twice.
    """
    if value is None:
        return tuple(range(rank))
    if not isinstance(value, (tuple, list)):
        return (axis(value, rank, name),)
    found = tuple(axis(v, rank, name) for v in value)
    if len(set(found)) != len(found):
        raise ShapeError(
            f"`{name}` names an axis twice. Received: {name}={tuple(value)!r} for a "
            f"tensor of {rank} dimensions."
        )
    return found


# Elementwise ------------------------------------------------------------------------


def broadcast(*shapes: Shape) -> Shape:
    """The shape to which all shapes broadcast.

    Raises:
        ShapeError: if two sizes differ and neither is 1.
    """
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return shapes[0]
    rank = builtins.max((len(shape) for shape in shapes), default=0)
    result: list[int | None] = []
    for position in range(-rank, 0):
        sizes = {s[position] for s in shapes if len(s) >= -position} - {1}
        known = {size for size in sizes if size is not None}
        if len(known) > 1:
            listed = " and ".join(str(tuple(shape)) for shape in shapes)
            raise ShapeError(
                f"Shapes {listed} cannot be broadcast together: sizes "
                f"{sorted(known)} differ in axis {position}, and neither is 1."
            )
        if known:
            result.append(known.pop())
        else:
            result.append(None if sizes else 1)
    return tuple(result)


def elementwise(*tensors: Any, dtype: str | None = None) -> KerasTensor:
    """The result of a function of corresponding elements."""
    first = tensors[0]
    shape = broadcast(*(x.shape for x in tensors))
    sparse = all(x.sparse for x in tensors)
    return KerasTensor(shape, dtype or first.dtype, sparse=sparse)


def real_dtype(dtype: str) -> str:
    """The dtype of the parts of a complex number; others as they are."""
    if dtype in COMPLEX:
        return "float32" if dtype == "complex64" else "float64"
    return dtype


def integers(*tensors: Any) -> None:
    """Refuses anything but bools and integers."""
    for x in tensors:
        if "int" not in x.dtype and x.dtype != "bool":
            raise TypeError(
                "The tensors must hold integers or booleans. Received: dtype "
                f"{x.dtype}."
            )


# Reductions -------------------------------------------------------------------------


def reduced(shape: Shape, axis: Axis, keepdims: bool) -> Shape:
    """The shape after a reduction over the axes."""
    gone = axes(axis, len(shape))
    if keepdims:
        return tuple(1 if a in gone else size for a, size in enumerate(shape))
    return tuple(size for a, size in enumerate(shape) if a not in gone)


def reduction(
    x: TensorLike, axis: Axis, keepdims: bool = False, dtype: str | None = None
) -> KerasTensor:
    """The result of a function over the axes."""
    return KerasTensor(reduced(x.shape, axis, keepdims), dtype or x.dtype)


# Sizes ------------------------------------------------------------------------------


def may_equal(first: Shape, second: Shape) -> bool:
    """Whether two shapes are the same, as far as they are known."""
    return len(first) == len(second) and all(
        a == b or None in (a, b) for a, b in zip(first, second, strict=True)
    )


def product(sizes: Sequence[int | None]) -> int | None:
    """The product of sizes; None if one is unknown and none is zero."""
    if 0 in sizes:
        return 0
    return None if None in sizes else math.prod(sizes)  # type: ignore[arg-type]


def total(sizes: Sequence[int | None]) -> int | None:
    """The sum of sizes; None if one is unknown."""
    return None if None in sizes else builtins.sum(sizes)  # type: ignore[arg-type]


def listed(value: Any) -> Sequence[Any]:
    """The sizes, or places, of an argument that may be one or hold one for each axis.

    A KerasTensor of one dimension stands for numbers that are not known yet.
    """
    if isinstance(value, (tuple, list)):
        return value
    if len(getattr(value, "shape", ())) != 1:
        return (value,)
    if isinstance(value, KerasTensor):
        return (KerasTensor((), value.dtype),) * (value.shape[0] or 0)
    return [int(number) for number in value]


def as_shape(value: Any, name: str = "shape") -> Shape:
    """A shape argument as a tuple: an integer stands for one dimension.

    Raises:
        ShapeError: if a size is negative or no integer.
    """
    result = []
    for size in listed(value):
        if isinstance(size, KerasTensor):
            size = None
        elif size is not None and not hasattr(size, "__index__"):
            if not hasattr(size, "shape"):
                raise ShapeError(
                    f"`{name}` must hold integers. Received: {name}={value!r}."
                )
            size = None  # a scalar tensor: known when the function runs
        size = None if size is None else size.__index__()
        if size is not None and size < 0:
            raise ShapeError(
                f"`{name}` must not hold negative sizes. Received: {name}={value!r}."
            )
        result.append(size)
    return tuple(result)


def reshape(shape: Shape, newshape: ShapeLike) -> Shape:
    """The shape after `reshape`, with -1 worked out where the sizes allow.

    Raises:
        ShapeError: if the number of elements cannot stay the same.
    """
    target = listed(newshape)
    for size in target:
        if isinstance(size, (str, float)):
            raise ShapeError(
                "`newshape` must be an integer or a tuple of integers. Received: "
                f"newshape={newshape!r}."
            )
    sizes = [
        size.__index__()
        if hasattr(size, "__index__") and not isinstance(size, KerasTensor)
        else None
        for size in target
    ]
    if sizes.count(-1) > 1 or any(size is not None and size < -1 for size in sizes):
        raise ShapeError(
            "`newshape` may hold one -1 and else sizes of at least 0. Received: "
            f"newshape={tuple(target)!r}."
        )
    before = product(shape)
    known = product([size for size in sizes if size not in (-1, None)])
    if -1 in sizes and None not in sizes and before is not None:
        if known and before % known == 0:
            sizes[sizes.index(-1)] = before // known
            return tuple(sizes)
        if known == 0 and before == 0:
            return tuple(0 if size == -1 else size for size in sizes)
    elif before is None or None in sizes or -1 in sizes:
        return _without_unknown(shape, sizes)
    elif before == known:
        return tuple(sizes)
    raise ShapeError(
        f"A tensor of shape {tuple(shape)} ({before} elements) cannot be reshaped to "
        f"newshape={tuple(target)!r}."
    )


def _without_unknown(shape: Shape, sizes: list[int | None]) -> Shape:
    """With one unknown on each side, it cancels where the known sizes agree."""
    known_before = product([size for size in shape if size is not None])
    known_after = product([size for size in sizes if size not in (-1, None)])
    if None not in shape and -1 not in sizes and sizes.count(None) == 1:
        before = product(shape)
        if known_after and before is not None and before % known_after == 0:
            return tuple(before // known_after if s is None else s for s in sizes)
    if (
        shape.count(None) == 1
        and -1 not in sizes
        and None not in sizes
        and known_before
        and known_after is not None
        and known_after % known_before
    ):
        raise ShapeError(
            f"A tensor of shape {tuple(shape)} cannot be reshaped to {tuple(sizes)}: "
            f"{known_after} elements are no multiple of {known_before}."
        )
    if in_symbolic_scope() and shape.count(None) == sizes.count(None) == 1:
        # In a layer's `call`, which has its unknown size from `ops.shape`.
        if known_before and known_after and known_before % known_after == 0:
            rest = known_before // known_after
            return tuple(rest if size == -1 else size for size in sizes)
    return tuple(None if size == -1 else size for size in sizes)


def broadcast_to(shape: Shape, target: TensorLike) -> Shape:
    """The shape after `broadcast_to`.

    Raises:
        ShapeError: if the tensor does not fit.
    """
    wanted = as_shape(target)
    if len(shape) <= len(wanted):
        pairs = zip(reversed(shape), reversed(wanted), strict=False)
        if all(have in (1, None) or want in (have, None) for have, want in pairs):
            return wanted
    raise ShapeError(
        f"A tensor of shape {tuple(shape)} cannot be broadcast to shape={wanted}."
    )


def expand_dims(shape: Shape, axis: Any) -> Shape:
    """The shape with axes of size 1 put in."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = axes(list(given), len(shape) + len(given))
    rest = iter(shape)
    return tuple(
        1 if place in places else next(rest)
        for place in range(len(shape) + len(places))
    )


def squeeze(shape: Shape, axis: Axis) -> Shape:
    """The shape with axes of size 1 taken out.

    Raises:
        ShapeError: if a named axis has another size.
    """
    if axis is None:
        return tuple(size for size in shape if size != 1)
    gone = axes(axis, len(shape))
    wrong = [a for a in gone if shape[a] not in (1, None)]
    if wrong:
        raise ShapeError(
            f"`axis` of squeeze must name axes of size 1. Received: axis={axis!r} for "
            f"shape {tuple(shape)}."
        )
    return tuple(size for a, size in enumerate(shape) if a not in gone)


def transpose(shape: Shape, order: Any) -> Shape:
    """The shape with its axes in another order.

    Raises:
        ShapeError: if `order` is no permutation of the axes.
    """
    if order is None:
        return tuple(reversed(shape))
    found = axes(list(order), len(shape), "axes")
    if len(found) != len(shape):
        raise ShapeError(
            f"`axes` must name each of the {len(shape)} axes once. Received: "
            f"axes={tuple(order)!r}."
        )
    return tuple(shape[a] for a in found)


# Joining ----------------------------------------------------------------------------


def concatenate(shapes: Sequence[Shape], axis_value: Any) -> Shape:
    """The shape of tensors joined along an axis.

    Raises:
        ShapeError: if there are none, or sizes beside that axis differ.
    """
    if not shapes:
        raise ShapeError("`xs` must hold at least one tensor. Received: none.")
    rank = len(shapes[0])
    along = axis(axis_value, rank)
    result = list(shapes[0])
    for shape in shapes[1:]:
        fits = len(shape) == rank and all(
            a == along or None in (result[a], shape[a]) or result[a] == shape[a]
            for a in range(rank)
        )
        if not fits:
            listed = ", ".join(str(tuple(s)) for s in shapes)
            raise ShapeError(
                "Tensors to be joined must agree in all axes but "
                f"axis={axis_value}. Received shapes: {listed}."
            )
        for a in range(rank):
            result[a] = shape[a] if result[a] is None else result[a]
    result[along] = total([shape[along] for shape in shapes])
    return tuple(result)


def stack(shapes: Sequence[Shape], axis_value: Any) -> Shape:
    """The shape of tensors joined along a new axis.

    Raises:
        ShapeError: if there are none, or the shapes differ.
    """
    if not shapes:
        raise ShapeError("`x` must hold at least one tensor. Received: none.")
    first = shapes[0]
    for shape in shapes[1:]:
        same = len(shape) == len(first) and all(
            None in pair or pair[0] == pair[1]
            for pair in zip(first, shape, strict=True)
        )
        if not same:
            listed = ", ".join(str(tuple(s)) for s in shapes)
            raise ShapeError(
                f"Tensors to be stacked must have one shape. Received shapes: {listed}."
            )
        first = tuple(b if a is None else a for a, b in zip(first, shape, strict=True))
    place = axis(axis_value, len(first) + 1)
    return (*first[:place], len(shapes), *first[place:])


def split(shape: Shape, indices_or_sections: Sizes, axis_value: Any) -> list[Shape]:
    """The shapes of the parts of a tensor cut along an axis.

    Raises:
        ShapeError: if equal parts were asked for and are not possible.
    """
    along = axis(axis_value, len(shape))
    size = shape[along]
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0 or (size is not None and size % sections):
            raise ShapeError(
                f"Axis {axis_value} of shape {tuple(shape)} cannot be split into "
                f"indices_or_sections={sections} equal parts. Use a divisor of "
                f"{size}, or keras.ops.array_split for unequal parts."
            )
        limits.claim_outputs("A split", sections)
        sizes = [None if size is None else size // sections] * sections
    else:
        points = [int(i) for i in indices_or_sections]
        limits.claim_outputs("A split", len(points))
        if size is None:
            starts = [0, *points[:-1]] if points else []
            sizes = [b - a for a, b in zip(starts, points, strict=True)] + [None]
        else:
            sizes = list(arguments.split_sizes(points, size))
    return [(*shape[:along], part, *shape[along + 1 :]) for part in sizes]


# Products ---------------------------------------------------------------------------


def matmul(first: Shape, second: Shape) -> Shape:
    """The shape of a matrix product, with NumPy's meaning of vectors and batches.

    Raises:
        ShapeError: if the inner sizes differ, or an operand is a scalar.
    """
    if not first or not second:
        raise ShapeError(
            "`x1` and `x2` of a matrix product need at least one dimension each. "
            f"Received shapes: {tuple(first)} and {tuple(second)}."
        )
    inner1 = first[-1]
    inner2 = second[-1] if len(second) == 1 else second[-2]
    if None not in (inner1, inner2) and inner1 != inner2:
        raise ShapeError(
            f"Shapes {tuple(first)} and {tuple(second)} do not fit in a matrix "
            f"product: the last axis of `x1` has size {inner1}, the "
            f"{'only' if len(second) == 1 else 'second-last'} axis of `x2` has size "
            f"{inner2}. They must be equal."
        )
    rows = first[-2:-1] if len(first) > 1 else ()
    columns = second[-1:] if len(second) > 1 else ()
    return (*broadcast(first[:-2], second[:-2]), *rows, *columns)


def tensordot(first: Shape, second: Shape, axes_value: Any) -> Shape:
    """The shape of a contraction over given axes.

    Raises:
        ShapeError: if contracted sizes differ.
    """
    if isinstance(axes_value, int):
        count = axes_value
        if not 0 <= count <= builtins.min(len(first), len(second)):
            raise ShapeError(
                f"`axes` must be between 0 and {builtins.min(len(first), len(second))} "
                f"for shapes {tuple(first)} and {tuple(second)}. Received: "
                f"axes={count}."
            )
        axes1 = tuple(range(len(first) - count, len(first)))
        axes2 = tuple(range(count))
    else:
        if not isinstance(axes_value, (tuple, list)) or len(axes_value) != 2:
            raise ShapeError(
                "`axes` must be an integer or a pair: the axes of `x1` and of `x2`. "
                f"Received: axes={axes_value!r}."
            )
        one, two = axes_value
        axes1 = axes(list(one) if isinstance(one, (tuple, list)) else one, len(first))
        axes2 = axes(list(two) if isinstance(two, (tuple, list)) else two, len(second))
    pairs = [(first[a], second[b]) for a, b in zip(axes1, axes2, strict=False)]
    if len(axes1) != len(axes2) or any(
        None not in pair and pair[0] != pair[1] for pair in pairs
    ):
        raise ShapeError(
            f"Shapes {tuple(first)} and {tuple(second)} cannot be contracted over "
            f"axes={axes_value!r}: paired axes must have equal sizes."
        )
    rest1 = [size for a, size in enumerate(first) if a not in axes1]
    rest2 = [size for a, size in enumerate(second) if a not in axes2]
    return (*rest1, *rest2)


# Indexing ---------------------------------------------------------------------------


def get_item(shape: Shape, key: Any) -> Shape:
    """The shape of `x[key]`.

    Raises:
        ShapeError: if there are too many indices, or one is out of range.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    for part in parts:
        if isinstance(part, (str, bytes, float, dict)) or not _is_index(part):
            raise TypeError(
                "`key`: a tensor is indexed by integers, slices, `...`, None and "
                f"tensors of integers or booleans. Received: {part!r} "
                f"({type(part).__name__}) for a tensor of shape {tuple(shape)}."
            )
    taken = builtins.sum(_consumed(part) for part in parts)
    if taken > len(shape):
        raise ShapeError(
            f"Too many indices: {taken} for a tensor of shape {tuple(shape)}."
        )
    if not any(part is ... for part in parts):
        parts.append(...)
    result: list[Any] = []
    arrays: list[Shape] = []
    place: int | None = None
    separated = False
    position, last_array = 0, -2
    for number, part in enumerate(parts):
        if part is ...:
            width = len(shape) - taken
            result.extend(shape[position : position + width])
            position += width
        elif part is None:
            result.append(1)
        elif isinstance(part, slice):
            result.append(_sliced(shape[position], part))
            position += 1
        elif hasattr(part, "__index__") and not hasattr(part, "shape"):
            _check_index(part.__index__(), shape[position], shape)
            position += 1
        else:
            place = len(result) if place is None else place
            separated = separated or (bool(arrays) and last_array != number - 1)
            last_array = number
            arrays.append(_array_shape(part))
            position += _consumed(part)
    if arrays:
        at = 0 if separated or place is None else place
        result[at:at] = broadcast(*arrays)
    return tuple(result)


def _is_index(part: Any) -> bool:
    kinds = (slice, list, tuple, type(None), type(...))
    return (
        isinstance(part, kinds) or hasattr(part, "__index__") or hasattr(part, "shape")
    )


def _array_shape(part: Any) -> Shape:
    if "bool" in str(getattr(part, "dtype", "")):
        return (None,)
    if hasattr(part, "shape"):
        return tuple(part.shape)
    import numpy as np

    return np.shape(part)


def _consumed(part: Any) -> int:
    """How many axes one part of a key uses up."""
    if part is None or part is ...:
        return 0
    if "bool" in str(getattr(part, "dtype", "")):
        return len(part.shape)
    return 1


def _sliced(size: int | None, part: slice) -> int | None:
    known = all(
        v is None or hasattr(v, "__index__") for v in (part.start, part.stop, part.step)
    )
    if known and size is not None:
        return len(range(*part.indices(size)))
    return None


def _check_index(index: int, size: int | None, shape: Shape) -> None:
    if size is not None and not -size <= index < size:
        raise ShapeError(
            f"Index {index} is out of range for an axis of size {size} of a tensor of "
            f"shape {tuple(shape)}."
        )
