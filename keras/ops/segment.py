"""Reductions over groups of rows, and questions of rank: `top_k`, `in_top_k`."""

from __future__ import annotations

from keras.core.errors import ShapeError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Data, Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.files import InFiles


@op(
    promote="number",
    keep=("segment_ids",),
    integers=("segment_ids",),
    in_files=InFiles("math"),
)
def segment_sum(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """Sums the rows that belong to the same segment.

    Args:
        data: `(rows, ...)`.
        segment_ids: `(rows,)` integers: the segment of each row. Rows of segments
            outside `0 ... num_segments - 1` are left out.
        num_segments: number of segments; by default one more than the greatest
            number, which cannot be found inside a compiled function.
        sorted: whether `segment_ids` is known to be in order, which may be faster.

    Returns:
        `(num_segments, ...)`; zeros for segments without rows.

    Raises:
        ShapeError: if `segment_ids` does not have one number for each row.

    Example:

    >>> import keras
    >>> total = keras.ops.segment_sum([1, 2, 4], [0, 1, 0], num_segments=2)
    >>> keras.ops.convert_to_numpy(total).tolist()
    [5, 2]
    """
    return _segmented("segment_sum", data, segment_ids, num_segments)


@op(
    promote="number",
    keep=("segment_ids",),
    integers=("segment_ids",),
    in_files=InFiles("math"),
)
def segment_prod(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """Multiplies the rows that belong to the same segment.

    Args:
        data: `(rows, ...)`.
        segment_ids: `(rows,)` integers: the segment of each row.
        num_segments: number of segments; by default one more than the greatest.
        sorted: whether `segment_ids` is known to be in order.

    Returns:
        `(num_segments, ...)`; ones for segments without rows.

    Raises:
        ShapeError: if `segment_ids` does not have one number for each row.

    Example:

    >>> import keras
    >>> product = keras.ops.segment_prod([1, 2, 4], [0, 1, 0], num_segments=2)
    >>> keras.ops.convert_to_numpy(product).tolist()
    [4, 2]
    """
    return _segmented("segment_prod", data, segment_ids, num_segments)


@op(
    promote="number",
    keep=("segment_ids",),
    real=True,
    integers=("segment_ids",),
    in_files=InFiles("math"),
)
def segment_max(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """The greatest of the rows that belong to the same segment.

    Args:
        data: `(rows, ...)`.
        segment_ids: `(rows,)` integers: the segment of each row.
        num_segments: number of segments; by default one more than the greatest.
        sorted: whether `segment_ids` is known to be in order.

    Returns:
        `(num_segments, ...)`; for segments without rows `-inf`, or the least
        integer.

    Raises:
        ShapeError: if `segment_ids` does not have one number for each row.

    Example:

    >>> import keras
    >>> most = keras.ops.segment_max([1, 2, 4], [0, 1, 0], num_segments=2)
    >>> keras.ops.convert_to_numpy(most).tolist()
    [4, 2]
    """
    return _segmented("segment_max", data, segment_ids, num_segments)


@op(
    promote="number",
    keep=("segment_ids",),
    real=True,
    integers=("segment_ids",),
    in_files=InFiles("math"),
)
def segment_min(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """The least of the rows that belong to the same segment.

    Args:
        data: `(rows, ...)`.
        segment_ids: `(rows,)` integers: the segment of each row.
        num_segments: number of segments; by default one more than the greatest.
        sorted: whether `segment_ids` is known to be in order.

    Returns:
        `(num_segments, ...)`; for segments without rows `inf`, or the greatest
        integer.

    Raises:
        ShapeError: if `segment_ids` does not have one number for each row.

    Example:

    >>> import keras
    >>> least = keras.ops.segment_min([1, 2, 4], [0, 1, 0], num_segments=2)
    >>> keras.ops.convert_to_numpy(least).tolist()
    [1, 2]
    """
    return _segmented("segment_min", data, segment_ids, num_segments)


def _segmented(
    op_name: str, data: Data, ids: TensorLike, num_segments: int | None
) -> Tensor:
    fits = (
        len(ids.shape) == 1
        and len(data.shape) >= 1
        and (None in (ids.shape[0], data.shape[0]) or ids.shape[0] == data.shape[0])
    )
    if not fits:
        raise ShapeError(
            f"keras.ops.{op_name} expects one segment number for each row of `data`. "
            f"Received: data.shape={data.shape}, segment_ids.shape={ids.shape}."
        )
    return KerasTensor((num_segments, *data.shape[1:]), data.dtype)


@op(real=True, in_files=InFiles("math"))
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The greatest values along the last axis, and where they stand.

    Args:
        x: `(..., size)`.
        k: how many.
        sorted: whether they come in descending order.

    Returns:
        The values and their indices (int32), both `(..., k)`.

    Raises:
        ShapeError: if there are fewer than `k` values.

    Example:

    >>> import keras
    >>> values, indices = keras.ops.top_k([1, 3, 2], k=2)
    >>> keras.ops.convert_to_numpy(indices).tolist()
    [1, 2]
    """
    if not x.shape or x.shape[-1] is not None and k > x.shape[-1]:
        raise ShapeError(
            "keras.ops.top_k expects `x` to have at least `k` values along its last "
            f"axis. Received: x.shape={x.shape}, k={k}."
        )
    shape = (*x.shape[:-1], k)
    return KerasTensor(shape, x.dtype), KerasTensor(shape, "int32")


@op(real=True, integers=("targets",), in_files=InFiles("math"))
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Whether the prediction for the target is among the `k` greatest.

    Classes that tie with the `k`-th greatest count as among them. Targets that are
    no class, and predictions that are not finite, count as not.

    Args:
        targets: `(...,)` integers.
        predictions: `(..., num_classes)`.
        k: how many.

    Returns:
        `(...,)` booleans.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> hit = keras.ops.in_top_k([1], [[0.1, 0.3, 0.2]], k=1)
    >>> bool(hit[0])
    True
    """
    rows = list(zip(targets.shape, predictions.shape, strict=False))
    if len(targets.shape) != len(predictions.shape) - 1 or any(
        None not in pair and pair[0] != pair[1] for pair in rows
    ):
        raise ShapeError(
            "keras.ops.in_top_k expects one number in `targets`, of shape (...,), for "
            "each row of `predictions`, of shape (..., num_classes). Received: "
            f"targets.shape={targets.shape}, predictions.shape={predictions.shape}."
        )
    return KerasTensor(targets.shape, "bool")
