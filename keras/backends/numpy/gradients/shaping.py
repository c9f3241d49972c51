"""Rules of NumPy's functions that move elements: shaping, joining, reading.

What takes each element of its result from one place of its input needs no rule of its
own: it is called on the numbers of the places, and gradients are summed where the
elements came from (`_gather`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.traced import (
    Pullbacks,
    _get,
    composed,
    differentiable,
    place_of,
    primal,
    rule_of,
)
from keras.core.typing import TensorLike

# Elements from places -----------------------------------------------------------------


def _scatter_rule(
    out: TensorLike, g: TensorLike, places: TensorLike, shape: Any
) -> Pullbacks:
    return (lambda back: np.take(np.reshape(back, (-1,)), places),)


@differentiable(_scatter_rule)
def scatter_sum(
    g: TensorLike, places: TensorLike, shape: tuple[int, ...]
) -> TensorLike:
    """Zeros, with the elements of `g` added at the (flat) places."""
    size = math.prod(shape)
    where = places.reshape(-1)

    def total(values: TensorLike) -> TensorLike:
        values = np.ascontiguousarray(values, "float64").reshape(-1)
        return np.bincount(where, values, size)[:size]

    if g.dtype.kind == "c":
        found = total(g.real) + 1j * total(g.imag)
    else:
        found = total(g)
    return found.reshape(shape).astype(g.dtype)


def _gather(function: Any) -> None:
    @rule_of(function)
    def _(out: TensorLike, x: TensorLike, *rest: Any, **options: Any) -> Pullbacks:
        def back(g: TensorLike) -> TensorLike:
            return scatter_sum(g, function(place_of(x), *rest, **options), x.shape)

        return (back,)


for _function in (
    *(np.take, np.take_along_axis, np.repeat, np.tile, np.diagonal),
    *(np.rot90, np.lib.stride_tricks.sliding_window_view, np.resize),
    *(np.compress, np.extract, np.flipud, np.fliplr),
):
    _gather(_function)


def _put_rule(out: TensorLike, g: TensorLike, key: Any, shape: Any) -> Pullbacks:
    return (lambda back: back[key],)


@differentiable(_put_rule)
def _put(g: TensorLike, key: Any, shape: tuple[int, ...]) -> TensorLike:
    """Zeros, but for one part."""
    zeros = np.zeros(shape, g.dtype)
    zeros[key] = g
    return zeros


@rule_of(_get)
def _get_rule(out: TensorLike, x: TensorLike, key: Any) -> Pullbacks:
    parts = key if isinstance(key, tuple) else (key,)
    if all(p is None or p is ... or isinstance(p, (int, slice)) for p in parts):
        return (lambda g: _put(g, key, x.shape),)
    return (lambda g: scatter_sum(g, place_of(x)[key], x.shape),)


# Inverses -----------------------------------------------------------------------------


@rule_of(np.reshape, np.ravel, np.expand_dims, np.squeeze)
def _reshaped(out: TensorLike, x: TensorLike, *rest: Any, **options: Any) -> Pullbacks:
    return (lambda g: np.reshape(g, x.shape),)


@rule_of(np.broadcast_to)
def _broadcast(out: TensorLike, x: TensorLike, shape: Any, **options: Any) -> Pullbacks:
    return (lambda g: g,)  # the tape sums


@rule_of(np.transpose)
def _transpose(out: TensorLike, x: TensorLike, axes: Any = None) -> Pullbacks:
    order = None if axes is None else np.argsort([a % x.ndim for a in axes])
    return (lambda g: np.transpose(g, order),)


@rule_of(np.moveaxis)
def _moveaxis(
    out: TensorLike, x: TensorLike, source: Any, destination: Any
) -> Pullbacks:
    return (lambda g: np.moveaxis(g, destination, source),)


@rule_of(np.swapaxes)
def _swapaxes(out: TensorLike, x: TensorLike, axis1: int, axis2: int) -> Pullbacks:
    return (lambda g: np.swapaxes(g, axis1, axis2),)


@rule_of(np.flip)
def _flip(out: TensorLike, x: TensorLike, axis: Any = None) -> Pullbacks:
    return (lambda g: np.flip(g, axis),)


@rule_of(np.roll)
def _roll(out: TensorLike, x: TensorLike, shift: Any, axis: Any = None) -> Pullbacks:
    back = tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift
    return (lambda g: np.roll(g, back, axis),)


def _same_part(function: Any) -> None:
    @rule_of(function)
    def _(out: TensorLike, x: TensorLike, k: int = 0) -> Pullbacks:
        return (lambda g: function(g, k),)


_same_part(np.tril)
_same_part(np.triu)


@rule_of(np.diag)
def _diag(out: TensorLike, v: TensorLike, k: int = 0) -> Pullbacks:
    if v.ndim == 1:
        return (lambda g: np.diagonal(g, k),)

    def back(g: TensorLike) -> TensorLike:
        return scatter_sum(g, np.diagonal(place_of(v), k), v.shape)

    return (back,)


@rule_of(np.pad)
def _pad(
    out: TensorLike, x: TensorLike, widths: Any, mode: Any = "constant", **options: Any
) -> Pullbacks:
    def back(g: TensorLike) -> TensorLike:
        if mode == "constant":
            pairs = np.broadcast_to(widths, (x.ndim, 2))
            sizes = zip(pairs, x.shape, strict=True)
            return g[tuple(slice(int(a), int(a) + n) for (a, _), n in sizes)]
        return scatter_sum(g, np.pad(place_of(x), widths, mode, **options), x.shape)

    return (back,)


# Joining and cutting ------------------------------------------------------------------


@rule_of(np.concatenate)
def _concatenate(
    out: TensorLike, arrays: TensorLike, axis: int = 0, **options: Any
) -> Pullbacks:
    ends = np.cumsum([np.shape(x)[axis] for x in arrays])
    return (lambda g: np.split(g, ends[:-1], axis),)


@rule_of(np.stack)
def _stack(
    out: TensorLike, arrays: TensorLike, axis: int = 0, **options: Any
) -> Pullbacks:
    return (lambda g: [np.moveaxis(g, axis, 0)[i] for i in range(len(arrays))],)


@composed(np.split)
def _split(x: TensorLike, points: TensorLike, axis: int = 0) -> list[Any]:
    axis, size = axis % x.ndim, x.shape[axis]
    if np.ndim(points) == 0:
        if size % points:
            raise ValueError("The parts would not be of one size.")
        points = range(size // points, size, size // points)
    ends = [0, *(int(p) for p in points), size]
    before = (slice(None),) * axis
    return [x[(*before, slice(a, b))] for a, b in zip(ends, ends[1:], strict=False)]


@composed(np.meshgrid)
def _meshgrid(*x: TensorLike, indexing: Any = "xy") -> list[Any]:
    places = np.meshgrid(*(np.arange(np.size(v)) for v in x), indexing=indexing)
    pairs = zip(x, places, strict=True)
    return [np.take(np.reshape(v, (-1,)), place) for v, place in pairs]


@composed(np.linspace)
def _linspace(
    start: TensorLike, stop: Any, num: int = 50, endpoint: bool = True, axis: int = 0
) -> TensorLike:
    count = num - 1 if endpoint else num
    parts = [start + (stop - start) * (i / max(count, 1)) for i in range(num)]
    return np.stack(parts, axis)


# Sorting ------------------------------------------------------------------------------


@composed(np.sort)
def _sort(x: TensorLike, axis: int | None = -1) -> TensorLike:
    if axis is None:
        x, axis = np.ravel(x), 0
    return np.take_along_axis(x, np.argsort(primal(x), axis, kind="stable"), axis)


# Axes ---------------------------------------------------------------------------------


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as a tuple of what is not negative."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(int(a) % ndim for a in axes)


def kept(x: TensorLike, axis: Any, ndim: int) -> TensorLike:
    """A reduced array with its axes back, of size one."""
    shape = list(np.shape(x))
    for a in sorted(axes_of(axis, ndim)):
        shape.insert(a, 1)
    return np.reshape(x, shape)
