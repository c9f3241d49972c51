"""Making, shaping and joining arrays, on the JAX backend."""

from __future__ import annotations

from operator import index
from typing import Any

import jax.numpy as jnp
import numpy as np

from keras.backends import arguments
from keras.backends.jax.core import native_dtype
from keras.core import dtypes
from keras.core.typing import Axis, DType, ShapeLike, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return jnp.zeros(shape, native_dtype(dtype))


def ones(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return jnp.ones(shape, native_dtype(dtype))


def empty(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return jnp.empty(shape, native_dtype(dtype))


def full(shape: Any, fill_value: TensorLike, dtype: DType = None) -> TensorLike:
    return jnp.full(shape, fill_value, native_dtype(dtype))


def _like(x: TensorLike, dtype: DType) -> TensorLike:
    return x.dtype if dtype is None else native_dtype(dtype)


def zeros_like(x: TensorLike, dtype: DType = None) -> TensorLike:
    return jnp.zeros_like(x, _like(x, dtype))


def ones_like(x: TensorLike, dtype: DType = None) -> TensorLike:
    return jnp.ones_like(x, _like(x, dtype))


def empty_like(x: TensorLike, dtype: DType = None) -> TensorLike:
    return jnp.empty_like(x, _like(x, dtype))


def full_like(x: TensorLike, fill_value: TensorLike, dtype: DType = None) -> TensorLike:
    return jnp.full_like(x, fill_value, _like(x, dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> TensorLike:
    return jnp.eye(N, M, k, native_dtype(dtype))


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> TensorLike:
    dtype = native_dtype(arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    return jnp.arange(start, stop, step).astype(dtype)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> TensorLike:
    return jnp.linspace(start, stop, num, endpoint, axis=axis).astype(
        _like(start, dtype)
    )


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> TensorLike:
    return jnp.tri(N, M, k, native_dtype(dtype))


def meshgrid(*x: Any, indexing: str = "xy") -> TensorLike:
    return list(jnp.meshgrid(*map(jnp.ravel, x), indexing=indexing))


# Shaping --------------------------------------------------------------------------

swapaxes = jnp.swapaxes


def reshape(x: TensorLike, newshape: ShapeLike) -> TensorLike:
    if hasattr(newshape, "shape"):
        newshape = np.asarray(newshape).tolist()
    return jnp.reshape(x, newshape)


def ravel(x: TensorLike) -> TensorLike:
    return jnp.ravel(x)


def transpose(x: TensorLike, axes: Any = None) -> TensorLike:
    return jnp.transpose(x, axes)


def moveaxis(x: TensorLike, source: Any, destination: Any) -> TensorLike:
    return jnp.moveaxis(x, source, destination)


def expand_dims(x: TensorLike, axis: Any) -> TensorLike:
    return jnp.expand_dims(x, arguments.axis_tuple(axis))


def squeeze(x: TensorLike, axis: Axis = None) -> TensorLike:
    return jnp.squeeze(x, arguments.axis_tuple(axis))


def broadcast_to(x: TensorLike, shape: Any) -> TensorLike:
    return jnp.broadcast_to(x, shape)


def flip(x: TensorLike, axis: Axis = None) -> TensorLike:
    return jnp.flip(x, arguments.axis_tuple(axis))


def roll(x: TensorLike, shift: Sizes, axis: Axis = None) -> TensorLike:
    if isinstance(shift, float):
        raise TypeError("Places are integers.")
    return jnp.roll(x, shift, axis)


def repeat(x: TensorLike, repeats: Any, axis: Any = None) -> TensorLike:
    if isinstance(repeats, (list, tuple)):
        repeats = np.asarray(repeats)  # static, so that the size is known
    return jnp.repeat(x, repeats, axis)


def tile(x: TensorLike, repeats: TensorLike) -> TensorLike:
    return jnp.tile(x, repeats)


def pad(
    x: TensorLike,
    pad_width: Sizes,
    mode: str = "constant",
    constant_values: TensorLike = None,
) -> TensorLike:
    widths = arguments.pad_widths(pad_width, x.ndim)
    if mode != "constant":
        return jnp.pad(x, widths, mode=mode)
    value = 0 if constant_values is None else constant_values
    return jnp.pad(x, widths, mode=mode, constant_values=value)


def copy(x: TensorLike) -> TensorLike:
    return jnp.array(x, copy=True)


def view(x: TensorLike, dtype: DType = None) -> TensorLike:
    if dtype is None:
        return x
    wanted = native_dtype(dtype)
    if wanted.name != dtypes.standardize_dtype(dtype):
        # A 64-bit type that JAX does not have is not read as a 32-bit one.
        raise ValueError(f"JAX has no {dtype} without x64.")
    return x.view(wanted)


# Joining and cutting --------------------------------------------------------------


def concatenate(xs: TensorLike, axis: int = 0) -> TensorLike:
    return jnp.concatenate(xs, index(axis))


def stack(xs: TensorLike, axis: int = 0) -> TensorLike:
    return jnp.stack(xs, axis)


def split(x: TensorLike, indices_or_sections: Sizes, axis: int = 0) -> TensorLike:
    points = arguments.split_points(indices_or_sections, x.shape[axis])
    return jnp.split(x, points, axis)


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> TensorLike:
    parts = jnp.moveaxis(x, axis, 0)
    if num is not None and num != len(parts):
        raise ValueError(f"There are {len(parts)} parts.")
    return list(parts)


# Diagonals ------------------------------------------------------------------------

tril = jnp.tril
triu = jnp.triu
diag = jnp.diag
diagonal = jnp.diagonal
