"""Making, shaping and joining tensors, on the TensorFlow backend.

Sizes that are unknown while a function is traced are read with `tf.shape`.
"""

from __future__ import annotations

from operator import index as _index
from typing import Any

import tensorflow as _tf

from keras.backends import arguments as _arguments
from keras.backends.tensorflow.core import native_dtype as _native
from keras.backends.tensorflow.core import shape as _shape
from keras.core.typing import Axis, DType, ShapeLike, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: ShapeLike, dtype: DType = None) -> _tf.Tensor:
    return _tf.zeros(shape, _native(dtype))


def ones(shape: ShapeLike, dtype: DType = None) -> _tf.Tensor:
    return _tf.ones(shape, _native(dtype))


def empty(shape: ShapeLike, dtype: DType = None) -> _tf.Tensor:
    return _tf.zeros(shape, _native(dtype))


def full(shape: Any, fill_value: TensorLike, dtype: DType = None) -> _tf.Tensor:
    value = _tf.cast(fill_value, _native(dtype))
    return _tf.broadcast_to(value, [shape] if isinstance(shape, int) else shape)


def _like(dtype: DType) -> Any:
    return None if dtype is None else _native(dtype)


def zeros_like(x: Any, dtype: Any = None) -> Any:
    return _tf.zeros_like(x, _like(dtype))


def ones_like(x: Any, dtype: Any = None) -> Any:
    return _tf.ones_like(x, _like(dtype))


def empty_like(x: Any, dtype: Any = None) -> Any:
    return _tf.zeros_like(x, _like(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    value = _tf.cast(fill_value, _like(dtype) or x.dtype)
    result = _tf.broadcast_to(value, _tf.shape(x))
    result.set_shape(x.shape)
    return result


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> _tf.Tensor:
    dtype = _native(dtype)
    columns = N if M is None else M
    if _index(k) == 0:
        return _tf.eye(N, columns, dtype=dtype)
    return _tf.cast(_offsets(N, columns) == k, dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> _tf.Tensor:
    return _tf.cast(_offsets(N, N if M is None else M) <= k, _native(dtype))


def _offsets(rows: Any, columns: Any) -> _tf.Tensor:
    """Column number minus row number, for each place of a matrix."""
    return _tf.range(columns) - _tf.range(rows)[:, None]


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> _tf.Tensor:
    dtype = _native(_arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if dtype in _COUNTABLE:
        return _tf.range(start, stop, step, dtype=dtype)
    # Without a name for the dtype the numbers themselves decide how far they count.
    return _tf.cast(_tf.range(start, stop, step), dtype)


_COUNTABLE = (_tf.int32, _tf.int64, _tf.float32, _tf.float64)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> _tf.Tensor:
    start, stop = start + _tf.zeros_like(stop), stop + _tf.zeros_like(start)
    steps = _tf.cast(_tf.range(num), start.dtype)
    steps = _tf.reshape(steps, [-1] + [1] * start.shape.rank)
    count = num - 1 if endpoint else num
    result = start + steps * ((stop - start) / max(count, 1))
    if endpoint and num > 1:  # exactly, whatever was rounded on the way
        result = _tf.concat([result[:-1], stop[None]], axis=0)
    result = result if dtype is None else _tf.cast(result, _native(dtype))
    return result if axis == 0 else moveaxis(result, 0, axis)


def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    grid = _arguments.open_grid(len(x), indexing)
    flat = [_tf.reshape(v, places) for v, places in zip(x, grid, strict=True)]
    sizes = [_tf.size(v) for v in x]
    if indexing == "xy" and len(x) > 1:
        sizes[:2] = sizes[1::-1]
    return [_tf.broadcast_to(v, sizes) for v in flat]


# Shaping --------------------------------------------------------------------------


def reshape(x: _tf.Tensor, newshape: ShapeLike) -> _tf.Tensor:
    return _tf.reshape(x, newshape)


def ravel(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.reshape(x, [-1])


def transpose(x: Any, axes: Any = None) -> _tf.Tensor:
    return _tf.transpose(x, axes)


def swapaxes(x: _tf.Tensor, axis1: int, axis2: int) -> _tf.Tensor:
    order = list(range(x.shape.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return _tf.transpose(x, order)


def moveaxis(x: _tf.Tensor, source: Any, destination: Any) -> _tf.Tensor:
    return _tf.transpose(x, _arguments.moved_axes(source, destination, x.shape.rank))


def expand_dims(x: Any, axis: Any) -> _tf.Tensor:
    if isinstance(axis, int):
        return _tf.expand_dims(x, axis)
    for place in _arguments.normal_axes(axis, x.shape.rank + len(axis)):
        x = _tf.expand_dims(x, place)
    return x


def squeeze(x: _tf.Tensor, axis: Axis = None) -> _tf.Tensor:
    if axis is None or isinstance(axis, int):
        return _tf.squeeze(x, axis)
    return _tf.squeeze(
        x, [_index(a) for a in _arguments.normal_axes(axis, x.shape.rank)]
    )


def broadcast_to(x: _tf.Tensor, shape: Any) -> _tf.Tensor:
    return _tf.broadcast_to(x, shape)


def flip(x: _tf.Tensor, axis: Axis = None) -> _tf.Tensor:
    return _tf.reverse(x, list(_arguments.normal_axes(axis, x.shape.rank)))


def roll(x: _tf.Tensor, shift: Sizes, axis: Axis = None) -> _tf.Tensor:
    if axis is None:
        flat = _tf.roll(_tf.reshape(x, [-1]), shift, 0)
        return _tf.reshape(flat, _tf.shape(x))
    if isinstance(axis, (tuple, list)) and isinstance(shift, int):
        shift = [shift] * len(axis)
    return _tf.roll(x, shift, axis)


def repeat(x: _tf.Tensor, repeats: TensorLike, axis: Any = None) -> _tf.Tensor:
    return _tf.repeat(x, repeats, axis)


def tile(x: _tf.Tensor, repeats: TensorLike) -> _tf.Tensor:
    repeats = [repeats] if isinstance(repeats, int) else list(repeats)
    missing = x.shape.rank - len(repeats)
    if missing < 0:
        x = _tf.reshape(x, [1] * -missing + list(_shape(x)))
    return _tf.tile(x, [1] * max(missing, 0) + repeats)


_PAD_MODES = ("constant", "reflect", "symmetric")


def pad(
    x: Any, pad_width: Sizes, mode: Any = "constant", constant_values: TensorLike = None
) -> _tf.Tensor:
    widths = _arguments.pad_widths(pad_width, x.shape.rank)
    if mode in _PAD_MODES and (mode == "constant" or x.shape.rank <= 5):
        value = 0 if constant_values is None else constant_values
        native: Any = mode.upper()
        return _tf.pad(x, widths, mode=native, constant_values=value)
    # Each axis by the places that NumPy's mode would copy from.
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            places = _arguments.pad_places(x.shape[axis], *pair, mode)
            x = _tf.gather(x, places, axis=axis)
    return x


def copy(x: _tf.Tensor) -> _tf.Tensor:
    return _tf.identity(x)


def view(x: _tf.Tensor, dtype: DType = None) -> _tf.Tensor:
    if dtype is None:
        return x
    target = _native(dtype)
    if x.dtype == _tf.bool:  # which `bitcast` does not know
        x = _tf.cast(x, _tf.uint8)
    before, after = x.dtype.size, target.size
    if after > before:  # several elements are read as one
        count = after // before
        sizes = list(_shape(x))
        x = _tf.reshape(x, [*sizes[:-1], sizes[-1] // count, count])
        return _tf.bitcast(x, target)
    result = _tf.bitcast(x, target)
    if after < before:
        sizes = list(_shape(x))
        result = _tf.reshape(result, [*sizes[:-1], sizes[-1] * (before // after)])
    return result


# Joining and cutting --------------------------------------------------------------


def _listed(xs: _tf.Tensor) -> _tf.Tensor:
    return _tf.unstack(xs) if isinstance(xs, _tf.Tensor) else xs


def concatenate(xs: _tf.Tensor, axis: int = 0) -> _tf.Tensor:
    return _tf.concat(_listed(xs), axis)


def stack(xs: _tf.Tensor, axis: int = 0) -> _tf.Tensor:
    if not len(xs):
        raise ValueError("There is nothing to stack.")
    return _tf.stack(_listed(xs), _index(axis))


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int):
        return list(_tf.split(x, indices_or_sections, axis))
    points = [int(i) for i in indices_or_sections]
    size = x.shape[axis]
    if size is None:
        sizes = [b - a for a, b in zip([0, *points[:-1]], points, strict=True)]
        return list(_tf.split(x, [*sizes, _tf.shape(x)[axis] - points[-1]], axis))
    return list(_tf.split(x, _arguments.split_sizes(points, size), axis))


def unstack(x: _tf.Tensor, num: int | None = None, axis: int = 0) -> _tf.Tensor:
    return _tf.unstack(x, num, axis)


# Diagonals ------------------------------------------------------------------------


def tril(x: _tf.Tensor, k: int = 0) -> _tf.Tensor:
    rows, columns = _shape(x)[-2:]
    return _tf.where(_offsets(rows, columns) <= k, x, _tf.zeros((), x.dtype))


def triu(x: _tf.Tensor, k: int = 0) -> _tf.Tensor:
    rows, columns = _shape(x)[-2:]
    return _tf.where(_offsets(rows, columns) >= k, x, _tf.zeros((), x.dtype))


def diag(x: _tf.Tensor, k: int = 0) -> _tf.Tensor:
    if x.shape.rank == 1:
        return _tf.linalg.diag(x, k=k)
    if x.shape.rank != 2:
        raise ValueError("One or two dimensions are needed.")
    return diagonal(x, k)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    # `diag_part` refuses an offset outside; NumPy's answer is an empty diagonal.
    if offset > 0:
        x = x[..., :, offset:]
    elif offset < 0:
        x = x[..., -offset:, :]
    return _tf.linalg.diag_part(x)
