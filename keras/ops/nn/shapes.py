"""Shape arithmetic of neural-network ops: axes, windows, errors.

An error names the op, what it needs, and the shapes it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.core.config import standardize_data_format
from keras.core.errors import ShapeError
from keras.core.typing import Padding

Size = int | None


def fail(op_name: str, expected: str, **received: Any) -> ShapeError:
    """The error that an op, or a layer that describes itself, raises on a misfit."""
    who = f"keras.ops.{op_name}" if " " not in op_name else op_name
    given = ", ".join(f"{name}={value!r}" for name, value in received.items())
    return ShapeError(f"{who} expects {expected}. Received: {given}.")


def fits(a: Sequence[Size], b: Sequence[Size]) -> bool:
    """Whether two shapes may be the same."""
    return len(a) == len(b) and all(
        x == y or x is None or y is None for x, y in zip(a, b, strict=True)
    )


def check_axis(
    op_name: str, axis: Any, shape: Sequence[Size], name: str = "axis"
) -> tuple[int, ...]:
    """The axes as non-negative numbers; None stands for all of them.

    Raises:
        ShapeError: if there is no such axis.
    """
    rank = len(shape)
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for one in axes:
        if isinstance(one, bool) or not hasattr(one, "__index__"):
            raise fail(
                op_name, f"`{name}` to be an integer or a tuple of them", **{name: axis}
            )
        if not -max(rank, 1) <= one < max(rank, 1):
            raise fail(
                op_name,
                f"`{name}` from {-rank} to {rank - 1} for a tensor of rank {rank}",
                **{name: axis, "shape": tuple(shape)},
            )
    result = tuple(int(one) % max(rank, 1) for one in axes)
    if len(set(result)) != len(result):
        raise fail(op_name, f"each axis once in `{name}`", **{name: axis})
    return result


def check_rank(op_name: str, name: str, shape: Sequence[Size], *ranks: int) -> None:
    """Raises unless the shape has one of the ranks."""
    if len(shape) not in ranks:
        allowed = " or ".join(map(str, ranks))
        raise fail(op_name, f"`{name}` of rank {allowed}", **{name: tuple(shape)})


def check_choice(op_name: str, name: str, value: Any, allowed: Sequence[Any]) -> None:
    """Raises ValueError unless the value is one of those allowed."""
    if value not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ValueError(
            f"keras.ops.{op_name} expects `{name}` to be one of {listed}. "
            f"Received: {name}={value!r}."
        )


def check_padding(op_name: str, padding: Padding) -> None:
    """Raises ValueError unless it is "valid" or "same", in whatever case."""
    given = padding.lower() if isinstance(padding, str) else padding
    if given not in ("valid", "same"):
        check_choice(op_name, "padding", padding, ("valid", "same"))


def per_axis(op_name: str, name: str, value: Any, rank: int) -> tuple[int, ...]:
    """One positive integer for each spatial axis."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(values) == 1:
        values *= rank
    good = all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values)
    if len(values) != rank or not good:
        raise ValueError(
            f"keras.ops.{op_name} expects `{name}` to be a positive integer or "
            f"{rank} of them. Received: {name}={value!r}."
        )
    return values


def layout(op_name: str, data_format: str | None) -> bool:
    """Whether the channels are last; None stands for the configured layout."""
    if data_format is not None:
        check_choice(
            op_name, "data_format", data_format, ("channels_last", "channels_first")
        )
    return standardize_data_format(data_format) == "channels_last"


def split(shape: Sequence[Size], channels_last: bool) -> tuple[tuple[Size, ...], Size]:
    """The spatial sizes and the number of channels of `(batch, ...)`."""
    if channels_last:
        return tuple(shape[1:-1]), shape[-1]
    return tuple(shape[2:]), shape[1]


def join(
    batch: Size, spatial: Sequence[Size], channels: Size, channels_last: bool
) -> tuple[Size, ...]:
    """The shape put together again."""
    if channels_last:
        return (batch, *spatial, channels)
    return (batch, channels, *spatial)


def window_sizes(
    op_name: str,
    spatial: Sequence[Size],
    window: Sequence[Size],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> tuple[Size, ...]:
    """The output sizes of a window that slides over spatial axes."""
    sizes: list[Size] = []
    for n, k, s, d in zip(spatial, window, strides, dilation, strict=True):
        if n is None or k is None:
            sizes.append(None)
        elif padding.lower() == "same":
            sizes.append(-(-n // s))
        else:
            size = (n - (k - 1) * d - 1) // s + 1
            if size < 1 and n > 0:
                raise fail(
                    op_name,
                    "a window that fits into the input (or padding='same')",
                    spatial_shape=tuple(spatial),
                    window=tuple(window),
                    dilation_rate=tuple(dilation),
                )
            sizes.append(max(size, 0))
    return tuple(sizes)
