"""Making, shaping and joining tensors, on the TensorFlow backend.

Sizes that are unknown while a function is traced are read with `tf.shape`.
"""

from __future__ import annotations

from operator import index
from typing import Any

import tensorflow as tf

from keras.backends import arguments
from keras.backends.tensorflow.core import native_dtype
from keras.backends.tensorflow.core import shape as sizes_of
from keras.core.typing import Axis, DType, ShapeLike, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: ShapeLike, dtype: DType = None) -> tf.Tensor:
    return tf.zeros(shape, native_dtype(dtype))


def ones(shape: ShapeLike, dtype: DType = None) -> tf.Tensor:
    return tf.ones(shape, native_dtype(dtype))


def empty(shape: ShapeLike, dtype: DType = None) -> tf.Tensor:
    return tf.zeros(shape, native_dtype(dtype))


def full(shape: Any, fill_value: TensorLike, dtype: DType = None) -> tf.Tensor:
    value = tf.cast(fill_value, native_dtype(dtype))
    return tf.broadcast_to(value, [shape] if isinstance(shape, int) else shape)


def _like(dtype: DType) -> Any:
    return None if dtype is None else native_dtype(dtype)


def zeros_like(x: TensorLike, dtype: DType = None) -> Any:
    return tf.zeros_like(x, _like(dtype))


def ones_like(x: TensorLike, dtype: DType = None) -> Any:
    return tf.ones_like(x, _like(dtype))


def empty_like(x: TensorLike, dtype: DType = None) -> Any:
    return tf.zeros_like(x, _like(dtype))


def full_like(x: TensorLike, fill_value: Any, dtype: DType = None) -> Any:
    value = tf.cast(fill_value, _like(dtype) or x.dtype)
    result = tf.broadcast_to(value, tf.shape(x))
    result.set_shape(x.shape)
    return result


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> tf.Tensor:
    dtype = native_dtype(dtype)
    columns = N if M is None else M
    if index(k) == 0:
        return tf.eye(N, columns, dtype=dtype)
    return tf.cast(_offsets(N, columns) == k, dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> tf.Tensor:
    return tf.cast(_offsets(N, N if M is None else M) <= k, native_dtype(dtype))


def _offsets(rows: Any, columns: Any) -> tf.Tensor:
    """Column number minus row number, for each place of a matrix."""
    return tf.range(columns) - tf.range(rows)[:, None]


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> tf.Tensor:
    dtype = native_dtype(arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if dtype in _COUNTABLE:
        return tf.range(start, stop, step, dtype=dtype)
    # Without a name for the dtype the numbers themselves decide how far they count.
    return tf.cast(tf.range(start, stop, step), dtype)


_COUNTABLE = (tf.int32, tf.int64, tf.float32, tf.float64)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> tf.Tensor:
    start, stop = start + tf.zeros_like(stop), stop + tf.zeros_like(start)
    steps = tf.cast(tf.range(num), start.dtype)
    steps = tf.reshape(steps, [-1] + [1] * start.shape.rank)
    count = num - 1 if endpoint else num
    result = start + steps * ((stop - start) / max(count, 1))
    if endpoint and num > 1:  # exactly, whatever was rounded on the way
        result = tf.concat([result[:-1], stop[None]], axis=0)
    result = result if dtype is None else tf.cast(result, native_dtype(dtype))
    return result if axis == 0 else moveaxis(result, 0, axis)


def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    grid = arguments.open_grid(len(x), indexing)
    flat = [tf.reshape(v, places) for v, places in zip(x, grid, strict=True)]
    sizes = [tf.size(v) for v in x]
    if indexing == "xy" and len(x) > 1:
        sizes[:2] = sizes[1::-1]
    return [tf.broadcast_to(v, sizes) for v in flat]


# Shaping --------------------------------------------------------------------------


def reshape(x: tf.Tensor, newshape: ShapeLike) -> tf.Tensor:
    return tf.reshape(x, newshape)


def ravel(x: tf.Tensor) -> tf.Tensor:
    return tf.reshape(x, [-1])


def transpose(x: TensorLike, axes: Any = None) -> tf.Tensor:
    return tf.transpose(x, axes)


def swapaxes(x: tf.Tensor, axis1: int, axis2: int) -> tf.Tensor:
    order = list(range(x.shape.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return tf.transpose(x, order)


def moveaxis(x: tf.Tensor, source: Any, destination: Any) -> tf.Tensor:
    return tf.transpose(x, arguments.moved_axes(source, destination, x.shape.rank))


def expand_dims(x: TensorLike, axis: Any) -> tf.Tensor:
    if isinstance(axis, int):
        return tf.expand_dims(x, axis)
    for place in arguments.normal_axes(axis, x.shape.rank + len(axis)):
        x = tf.expand_dims(x, place)
    return x


def squeeze(x: tf.Tensor, axis: Axis = None) -> tf.Tensor:
    if axis is None or isinstance(axis, int):
        return tf.squeeze(x, axis)
    return tf.squeeze(x, [index(a) for a in arguments.normal_axes(axis, x.shape.rank)])


def broadcast_to(x: tf.Tensor, shape: Any) -> tf.Tensor:
    return tf.broadcast_to(x, shape)


def flip(x: tf.Tensor, axis: Axis = None) -> tf.Tensor:
    return tf.reverse(x, list(arguments.normal_axes(axis, x.shape.rank)))


def roll(x: tf.Tensor, shift: Sizes, axis: Axis = None) -> tf.Tensor:
    if axis is None:
        flat = tf.roll(tf.reshape(x, [-1]), shift, 0)
        return tf.reshape(flat, tf.shape(x))
    if isinstance(axis, (tuple, list)) and isinstance(shift, int):
        shift = [shift] * len(axis)
    return tf.roll(x, shift, axis)


def repeat(x: tf.Tensor, repeats: TensorLike, axis: Any = None) -> tf.Tensor:
    return tf.repeat(x, repeats, axis)


def tile(x: tf.Tensor, repeats: TensorLike) -> tf.Tensor:
    repeats = [repeats] if isinstance(repeats, int) else list(repeats)
    missing = x.shape.rank - len(repeats)
    if missing < 0:
        x = tf.reshape(x, [1] * -missing + list(sizes_of(x)))
    return tf.tile(x, [1] * max(missing, 0) + repeats)


_PAD_MODES = ("constant", "reflect", "symmetric")


def pad(
    x: TensorLike,
    pad_width: Sizes,
    mode: Any = "constant",
    constant_values: TensorLike = None,
) -> tf.Tensor:
    widths = arguments.pad_widths(pad_width, x.shape.rank)
    if mode in _PAD_MODES and (mode == "constant" or x.shape.rank <= 5):
        value = 0 if constant_values is None else constant_values
        native: Any = mode.upper()
        # Sizes of other integer dtypes cannot be packed together with numbers.
        sizes: Any = [
            [w if isinstance(w, int) else tf.cast(w, tf.int32) for w in pair]
            for pair in widths
        ]
        return tf.pad(x, sizes, mode=native, constant_values=value)
    # Each axis by the places that NumPy's mode would copy from.
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            places = arguments.pad_places(x.shape[axis], *pair, mode)
            x = tf.gather(x, places, axis=axis)
    return x


def copy(x: tf.Tensor) -> tf.Tensor:
    return tf.identity(x)


def view(x: tf.Tensor, dtype: DType = None) -> tf.Tensor:
    if dtype is None:
        return x
    target = native_dtype(dtype)
    if x.dtype == tf.bool:  # which `bitcast` does not know
        x = tf.cast(x, tf.uint8)
    before, after = x.dtype.size, target.size
    if after > before:  # several elements are read as one
        count = after // before
        sizes = list(sizes_of(x))
        x = tf.reshape(x, [*sizes[:-1], sizes[-1] // count, count])
        return tf.bitcast(x, target)
    result = tf.bitcast(x, target)
    if after < before:
        sizes = list(sizes_of(x))
        result = tf.reshape(result, [*sizes[:-1], sizes[-1] * (before // after)])
    return result


# Joining and cutting --------------------------------------------------------------


def _listed(xs: tf.Tensor) -> tf.Tensor:
    return tf.unstack(xs) if isinstance(xs, tf.Tensor) else xs


def concatenate(xs: tf.Tensor, axis: int = 0) -> tf.Tensor:
    return tf.concat(_listed(xs), axis)


def stack(xs: tf.Tensor, axis: int = 0) -> tf.Tensor:
    if not len(xs):
        raise ValueError("There is nothing to stack.")
    return tf.stack(_listed(xs), index(axis))


def split(x: TensorLike, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int):
        return list(tf.split(x, indices_or_sections, axis))
    points = [int(i) for i in indices_or_sections]
    size = x.shape[axis]
    if size is None:
        sizes = [b - a for a, b in zip([0, *points[:-1]], points, strict=True)]
        return list(tf.split(x, [*sizes, tf.shape(x)[axis] - points[-1]], axis))
    return list(tf.split(x, arguments.split_sizes(points, size), axis))


def unstack(x: tf.Tensor, num: int | None = None, axis: int = 0) -> tf.Tensor:
    return tf.unstack(x, num, axis)


# Diagonals ------------------------------------------------------------------------


def tril(x: tf.Tensor, k: int = 0) -> tf.Tensor:
    rows, columns = sizes_of(x)[-2:]
    return tf.where(_offsets(rows, columns) <= k, x, tf.zeros((), x.dtype))


def triu(x: tf.Tensor, k: int = 0) -> tf.Tensor:
    rows, columns = sizes_of(x)[-2:]
    return tf.where(_offsets(rows, columns) >= k, x, tf.zeros((), x.dtype))


def diag(x: tf.Tensor, k: int = 0) -> tf.Tensor:
    if x.shape.rank == 1:
        return tf.linalg.diag(x, k=k)
    if x.shape.rank != 2:
        raise ValueError("One or two dimensions are needed.")
    return diagonal(x, k)


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    # `diag_part` refuses an offset outside; NumPy's answer is an empty diagonal.
    if offset > 0:
        x = x[..., :, offset:]
    elif offset < 0:
        x = x[..., -offset:, :]
    return tf.linalg.diag_part(x)
