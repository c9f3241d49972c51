"""The `(x, y, sample_weight)` convention of a batch, written down once."""

from __future__ import annotations

from typing import Any

from keras.core.typing import Data


def unpack_x_y_sample_weight(data: Data) -> tuple[Any, Any, Any]:
    """Split a batch into inputs, targets and sample weights.

    Args:
        data: A tuple or list `(x,)`, `(x, y)` or `(x, y, sample_weight)`, or
            anything else, which is then taken to be `x` alone.

    Returns:
        The tuple `(x, y, sample_weight)`, `None` where a part is absent.

    Raises:
        ValueError: If `data` is a tuple or list of another length.

    Example:

    >>> from keras.training.data.packing import unpack_x_y_sample_weight
    >>> unpack_x_y_sample_weight(("x", "y"))
    ('x', 'y', None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "A batch must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. "
            f"Received a {type(data).__name__} of {len(data)} elements. If these "
            "are several inputs, nest them: `((a, b, c, d), y)`."
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Data, y: Data = None, sample_weight: Data = None) -> Any:
    """Join inputs, targets and sample weights into one batch.

    Args:
        x: The inputs.
        y: The targets, if there are any.
        sample_weight: The sample weights, if there are any.

    Returns:
        `(x, y, sample_weight)` or `(x, y)`. With `x` alone it is `x` itself,
        or `(x,)` where `x` is a tuple or list that could be mistaken for a
        whole batch.

    Example:

    >>> from keras.training.data.packing import pack_x_y_sample_weight
    >>> pack_x_y_sample_weight("x")
    'x'
    >>> pack_x_y_sample_weight("x", "y")
    ('x', 'y')
    """
    if sample_weight is not None:
        return (x, y, sample_weight)
    if y is not None:
        return (x, y)
    return (x,) if isinstance(x, (tuple, list)) else x


def as_batch(data: Data) -> tuple[Any, ...]:
    """What a loader yielded, as the tuple that a `DataSource` yields."""
    x, y, sample_weight = unpack_x_y_sample_weight(data)
    if sample_weight is not None:
        return (x, y, sample_weight)
    return (x,) if y is None else (x, y)
