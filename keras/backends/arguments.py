"""Arguments in NumPy's many spellings, brought to one form, for backends and rules."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from keras.core import dtypes
from keras.core.typing import Axis, DType, ShapeLike, Sizes, Tensor, TensorLike


def number_dtype(dtype: DType, *numbers: Any) -> str:
    """The given dtype, or the one in which the numbers or tensors meet."""
    if dtype is not None:
        return dtypes.standardize_dtype(dtype)
    found = (getattr(x, "dtype", type(x)) for x in numbers if x is not None)
    return dtypes.result_type(*found)


def normal_axis(axis: int, rank: int) -> int:
    """A non-negative axis."""
    return axis + rank if axis < 0 else axis


def axis_tuple(axis: Axis) -> Any:
    """Lists of axes as tuples; None and integers as they are."""
    return tuple(axis) if isinstance(axis, list) else axis


def normal_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """Non-negative axes in order; None stands for all.

    Raises:
        ValueError: if one is out of range or named twice.
    """
    if axis is None:
        return tuple(range(rank))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(sorted(normal_axis(a, rank) for a in given))
    if len(set(axes)) != len(axes) or (axes and not 0 <= axes[0] <= axes[-1] < rank):
        raise ValueError(f"axis={axis!r} does not fit a tensor of {rank} dimensions.")
    return axes


def moved_axes(source: Any, destination: Any, rank: int) -> list[int]:
    """The permutation that moves axes to their destinations."""
    sources = [source] if isinstance(source, int) else list(source)
    destinations = [destination] if isinstance(destination, int) else list(destination)
    sources = [normal_axis(a, rank) for a in sources]
    destinations = [normal_axis(a, rank) for a in destinations]
    if not all(0 <= place < rank for place in destinations):
        raise ValueError(f"destination={destination!r} is out of range.")
    order = [a for a in range(rank) if a not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return order


def pad_widths(pad_width: Sizes, rank: int) -> list[tuple[int, int]]:
    """`(before, after)` for each axis, from any of NumPy's forms.

    A width may be a tensor without a value yet, as in a graph of TensorFlow.

    Raises:
        ValueError: if it is none of them, or one is negative.
    """
    pairs = _pad_pairs(pad_width, rank)
    known = [width for pair in pairs for width in pair if isinstance(width, int)]
    if any(width < 0 for width in known):
        raise ValueError(
            "`pad_width` must not hold negative widths. Received: "
            f"pad_width={pad_width!r}."
        )
    return pairs


def _width(value: Any) -> Any:
    try:
        return int(value)
    except TypeError:
        if not hasattr(value, "dtype"):
            raise
        return value


def _pad_pairs(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    widths = pad_width.numpy() if hasattr(pad_width, "numpy") else pad_width
    widths = widths.tolist() if hasattr(widths, "tolist") else widths
    if isinstance(widths, int):
        return [(widths, widths)] * rank
    if not isinstance(widths, (tuple, list)):
        widths = ()
    widths = [w.tolist() if hasattr(w, "tolist") else w for w in widths]
    if widths and all(isinstance(w, int) for w in widths):
        if len(widths) <= 2:
            return [(widths[0], widths[-1])] * rank
    elif widths and all(
        isinstance(w, (tuple, list)) and len(w) in (1, 2) for w in widths
    ):
        pairs = [(_width(w[0]), _width(w[-1])) for w in widths]
        if len(pairs) in (1, rank):
            return pairs * rank if len(pairs) == 1 else pairs
    raise ValueError(
        f"`pad_width` must be an integer, a pair, or one pair for each of the {rank} "
        f"axes. Received: pad_width={pad_width!r}."
    )


def pad_places(size: int, before: int, after: int, mode: str) -> list[int]:
    """The place that each element of a padded axis is copied from."""
    places = range(-before, size + after)
    if mode not in ("edge", "wrap", "reflect", "symmetric"):
        raise ValueError(f"Unknown mode of pad: {mode!r}.")
    if mode == "edge":
        return [min(max(place, 0), size - 1) for place in places]
    if mode == "wrap":
        return [place % size for place in places]
    # A mirror: there and back again, with or without the last element twice.
    period = 2 * size if mode == "symmetric" else max(2 * size - 2, 1)
    last = period - 1 if mode == "symmetric" else period
    folded = [place % period for place in places]
    return [place if place < size else last - place for place in folded]


def window_stops(
    starts: Sequence[Any], sizes: Sequence[Any], shape: Sequence[int]
) -> list[Any]:
    """Where each axis of a window ends; starts may be scalar tensors.

    Raises:
        ValueError: if the window reaches outside.
    """
    stops = []
    for start, size, whole in zip(starts, sizes, shape, strict=True):
        stop = whole if size == -1 else start + size
        if isinstance(stop, int) and not 0 <= stop <= whole:
            raise ValueError("The window reaches outside.")
        stops.append(stop)
    return stops


QUANTILE_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def check_method(method: str) -> None:
    """Refuses an unknown way to choose between two elements."""
    if method not in QUANTILE_METHODS:
        raise ValueError(f"Unknown method of quantile: {method!r}.")


def split_points(indices_or_sections: Sizes, size: int) -> list[int]:
    """The places to cut, for a number of equal sections or given indices.

    Raises:
        ValueError: if the sections would not be equal.
    """
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0 or size % sections:
            raise ValueError(
                f"An axis of size {size} cannot be split into "
                f"indices_or_sections={sections} equal parts."
            )
        return [size // sections * part for part in range(1, sections)]
    return [int(i) for i in indices_or_sections]


def check_layout(data_format: str) -> None:
    """Refuses an unknown place of the channels."""
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"Unknown data format: {data_format!r}.")


def open_grid(count: int, indexing: str) -> list[list[int]]:
    """For each of so many vectors, the shape in which they span a grid."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Unknown indexing: {indexing!r}.")
    shapes = [[1] * place + [-1] + [1] * (count - place - 1) for place in range(count)]
    if indexing == "xy" and count > 1:
        shapes[:2] = shapes[1::-1]
    return shapes


def split_sizes(indices: Sequence[int], size: int) -> list[int]:
    """The sizes of the parts between cuts, with NumPy's meaning of odd indices."""
    sizes, start = [], 0
    for index in (*indices, size):
        stop = max(0, min(size, index + size if index < 0 else index))
        sizes.append(max(0, stop - start))
        start = max(start, stop)
    return sizes


def takes_rms_scaling(kwargs: dict[str, Any]) -> bool:
    """Whether `layer_normalization` is asked for what it did in older versions.

    Raises:
        ValueError: if there is any other argument.
    """
    unknown = kwargs.keys() - {"rms_scaling"}
    if unknown:
        raise ValueError(
            "keras.ops.layer_normalization takes no argument "
            f"{', '.join(map(repr, sorted(unknown)))}."
        )
    if not kwargs.get("rms_scaling"):
        return False
    warnings.warn(
        "keras.ops.layer_normalization(rms_scaling=True) divides by the standard "
        "deviation, not the root mean square, and is deprecated. Use "
        "keras.ops.rms_normalization.",
        stacklevel=2,
    )
    return True


NOT_DEFINITE = (
    "keras.ops.cholesky: the matrices must be symmetric and positive definite, and one "
    "is not. A small multiple of the identity, added to it, often makes it so."
)


def warn_of_ones(axis: Axis, shape: ShapeLike) -> None:
    """Warns of a softmax along an axis of size 1, which says nothing."""
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"keras.ops.softmax over axis {axis} of a tensor of shape {tuple(shape)}: "
            "this axis has size 1, so the result is 1 everywhere. Was a sigmoid meant, "
            "or another axis?",
            stacklevel=4,
        )


def along(x: Tensor, axis: Axis) -> tuple[tuple[int, ...], list[int]]:
    """The axes in order, and the shape that a vector along them is given."""
    axes = normal_axes(axis, x.ndim)
    return axes, [n if i in axes else 1 for i, n in enumerate(x.shape)]


def both_or_neither(x1: TensorLike, x2: TensorLike) -> None:
    """Refuses the arguments of `where` of which only one is given."""
    if x1 is not x2:
        raise ValueError("Both or neither of x1 and x2 are needed.")


def require_same_shape(target: Tensor, output: Tensor) -> None:
    """Refuses a target that would broadcast."""
    if target.shape != output.shape:
        raise ValueError("The shapes of target and output differ.")


def is_number(value: Any, number: float) -> bool:
    """Whether a value is this very number, and no tensor."""
    return isinstance(value, (int, float)) and value == number


def plain_tuples(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a framework that returns a named tuple, as one of a plain tuple."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        return tuple(function(*args, **kwargs))

    return call
