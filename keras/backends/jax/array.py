"""Making, shaping and joining arrays, on the JAX backend."""

from __future__ import annotations

from operator import index as _index
from typing import Any

import jax.numpy as _jnp
import numpy as _np

from keras.backends import arguments as _arguments
from keras.backends.jax.core import native_dtype as _native
from keras.core import dtypes as _dtypes
from keras.core.typing import Axis, DType, ShapeLike, Sizes, TensorLike

# Making ---------------------------------------------------------------------------


def zeros(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return _jnp.zeros(shape, _native(dtype))


def ones(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return _jnp.ones(shape, _native(dtype))


def empty(shape: ShapeLike, dtype: DType = None) -> TensorLike:
    return _jnp.empty(shape, _native(dtype))


def full(shape: Any, fill_value: TensorLike, dtype: DType = None) -> TensorLike:
    return _jnp.full(shape, fill_value, _native(dtype))


def _like(x: TensorLike, dtype: DType) -> TensorLike:
    return x.dtype if dtype is None else _native(dtype)


def zeros_like(x: TensorLike, dtype: Any = None) -> TensorLike:
    return _jnp.zeros_like(x, _like(x, dtype))


def ones_like(x: TensorLike, dtype: Any = None) -> TensorLike:
    return _jnp.ones_like(x, _like(x, dtype))


def empty_like(x: TensorLike, dtype: Any = None) -> TensorLike:
    return _jnp.empty_like(x, _like(x, dtype))


def full_like(x: TensorLike, fill_value: TensorLike, dtype: Any = None) -> TensorLike:
    return _jnp.full_like(x, fill_value, _like(x, dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> TensorLike:
    return _jnp.eye(N, M, k, _native(dtype))


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = None,
    dtype: DType = None,
) -> TensorLike:
    dtype = _native(_arguments.number_dtype(dtype, start, stop, step))
    start, stop = (0, start) if stop is None else (start, stop)
    return _jnp.arange(start, stop, step).astype(dtype)


def spaced(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> TensorLike:
    return _jnp.linspace(start, stop, num, endpoint, axis=axis).astype(
        _like(start, dtype)
    )


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType = None) -> TensorLike:
    return _jnp.tri(N, M, k, _native(dtype))


def meshgrid(*x: Any, indexing: str = "xy") -> TensorLike:
    return list(_jnp.meshgrid(*map(_jnp.ravel, x), indexing=indexing))


# Shaping --------------------------------------------------------------------------

swapaxes = _jnp.swapaxes


def reshape(x: TensorLike, newshape: ShapeLike) -> TensorLike:
    if hasattr(newshape, "shape"):
        newshape = _np.asarray(newshape).tolist()
    return _jnp.reshape(x, newshape)


def ravel(x: TensorLike) -> TensorLike:
    return _jnp.ravel(x)


def transpose(x: Any, axes: Any = None) -> TensorLike:
    return _jnp.transpose(x, axes)


def moveaxis(x: TensorLike, source: Any, destination: Any) -> TensorLike:
    return _jnp.moveaxis(x, source, destination)


def expand_dims(x: TensorLike, axis: Any) -> TensorLike:
    return _jnp.expand_dims(x, _arguments.axis_tuple(axis))


def squeeze(x: TensorLike, axis: Axis = None) -> TensorLike:
    return _jnp.squeeze(x, _arguments.axis_tuple(axis))


def broadcast_to(x: TensorLike, shape: Any) -> TensorLike:
    return _jnp.broadcast_to(x, shape)


def flip(x: TensorLike, axis: Axis = None) -> TensorLike:
    return _jnp.flip(x, _arguments.axis_tuple(axis))


def roll(x: TensorLike, shift: Sizes, axis: Axis = None) -> TensorLike:
    if isinstance(shift, float):
        raise TypeError("Places are integers.")
    return _jnp.roll(x, shift, axis)


def repeat(x: Any, repeats: Any, axis: Any = None) -> TensorLike:
    if isinstance(repeats, (list, tuple)):
        repeats = _np.asarray(repeats)  # static, so that the size is known
    return _jnp.repeat(x, repeats, axis)


def tile(x: TensorLike, repeats: TensorLike) -> TensorLike:
    return _jnp.tile(x, repeats)


def pad(
    x: TensorLike,
    pad_width: Sizes,
    mode: str = "constant",
    constant_values: TensorLike = None,
) -> TensorLike:
    widths = _arguments.pad_widths(pad_width, x.ndim)
    if mode != "constant":
        return _jnp.pad(x, widths, mode=mode)
    value = 0 if constant_values is None else constant_values
    return _jnp.pad(x, widths, mode=mode, constant_values=value)


def copy(x: TensorLike) -> TensorLike:
    return _jnp.array(x, copy=True)


def view(x: TensorLike, dtype: DType = None) -> TensorLike:
    if dtype is None:
        return x
    wanted = _native(dtype)
    if wanted.name != _dtypes.standardize_dtype(dtype):
        # A 64-bit type that JAX does not have is not read as a 32-bit one.
        raise ValueError(f"JAX has no {dtype} without x64.")
    return x.view(wanted)


# Joining and cutting --------------------------------------------------------------


def concatenate(xs: TensorLike, axis: int = 0) -> TensorLike:
    return _jnp.concatenate(xs, _index(axis))


def stack(xs: TensorLike, axis: int = 0) -> TensorLike:
    return _jnp.stack(xs, axis)


def split(x: TensorLike, indices_or_sections: Sizes, axis: int = 0) -> TensorLike:
    points = _arguments.split_points(indices_or_sections, x.shape[axis])
    return _jnp.split(x, points, axis)


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> TensorLike:
    parts = _jnp.moveaxis(x, axis, 0)
    if num is not None and num != len(parts):
        raise ValueError(f"There are {len(parts)} parts.")
    return list(parts)


# Diagonals ------------------------------------------------------------------------

tril = _jnp.tril
triu = _jnp.triu
diag = _jnp.diag
diagonal = _jnp.diagonal
