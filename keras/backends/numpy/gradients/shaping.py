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
    _get,
    composed,
    differentiable,
    place_of,
    primal,
    rule_of,
)

# Elements from places -----------------------------------------------------------------


def _scatter_rule(out: Any, g: Any, places: Any, shape: Any) -> Any:
    return (lambda back: np.take(np.reshape(back, (-1,)), places),)


@differentiable(_scatter_rule)
def scatter_sum(g: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Zeros, with the elements of `g` added at the (flat) places."""
    size = math.prod(shape)
    where = places.reshape(-1)

    def total(values: Any) -> Any:
        values = np.ascontiguousarray(values, "float64").reshape(-1)
        return np.bincount(where, values, size)[:size]

    if g.dtype.kind == "c":
        found = total(g.real) + 1j * total(g.imag)
    else:
        found = total(g)
    return found.reshape(shape).astype(g.dtype)


def _gather(function: Any) -> None:
    @rule_of(function)
    def _(out: Any, x: Any, *rest: Any, **options: Any) -> Any:
        def back(g: Any) -> Any:
            return scatter_sum(g, function(place_of(x), *rest, **options), x.shape)

        return (back,)


for _function in (
    *(np.take, np.take_along_axis, np.repeat, np.tile, np.diagonal),
    *(np.rot90, np.lib.stride_tricks.sliding_window_view, np.resize),
    *(np.compress, np.extract, np.flipud, np.fliplr),
):
    _gather(_function)


def _put_rule(out: Any, g: Any, key: Any, shape: Any) -> Any:
    return (lambda back: back[key],)


@differentiable(_put_rule)
def _put(g: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Zeros, but for one part."""
    zeros = np.zeros(shape, g.dtype)
    zeros[key] = g
    return zeros


@rule_of(_get)
def _get_rule(out: Any, x: Any, key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    if all(p is None or p is ... or isinstance(p, (int, slice)) for p in parts):
        return (lambda g: _put(g, key, x.shape),)
    return (lambda g: scatter_sum(g, place_of(x)[key], x.shape),)


# Inverses -----------------------------------------------------------------------------


@rule_of(np.reshape, np.ravel, np.expand_dims, np.squeeze)
def _reshaped(out: Any, x: Any, *rest: Any, **options: Any) -> Any:
    return (lambda g: np.reshape(g, x.shape),)


@rule_of(np.broadcast_to)
def _broadcast(out: Any, x: Any, shape: Any, **options: Any) -> Any:
    return (lambda g: g,)  # the tape sums


@rule_of(np.transpose)
def _transpose(out: Any, x: Any, axes: Any = None) -> Any:
    order = None if axes is None else np.argsort([a % x.ndim for a in axes])
    return (lambda g: np.transpose(g, order),)


@rule_of(np.moveaxis)
def _moveaxis(out: Any, x: Any, source: Any, destination: Any) -> Any:
    return (lambda g: np.moveaxis(g, destination, source),)


@rule_of(np.swapaxes)
def _swapaxes(out: Any, x: Any, axis1: int, axis2: int) -> Any:
    return (lambda g: np.swapaxes(g, axis1, axis2),)


@rule_of(np.flip)
def _flip(out: Any, x: Any, axis: Any = None) -> Any:
    return (lambda g: np.flip(g, axis),)


@rule_of(np.roll)
def _roll(out: Any, x: Any, shift: Any, axis: Any = None) -> Any:
    back = tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift
    return (lambda g: np.roll(g, back, axis),)


def _same_part(function: Any) -> None:
    @rule_of(function)
    def _(out: Any, x: Any, k: int = 0) -> Any:
        return (lambda g: function(g, k),)


_same_part(np.tril)
_same_part(np.triu)


@rule_of(np.diag)
def _diag(out: Any, v: Any, k: int = 0) -> Any:
    if v.ndim == 1:
        return (lambda g: np.diagonal(g, k),)

    def back(g: Any) -> Any:
        return scatter_sum(g, np.diagonal(place_of(v), k), v.shape)

    return (back,)


@rule_of(np.pad)
def _pad(out: Any, x: Any, widths: Any, mode: Any = "constant", **options: Any) -> Any:
    def back(g: Any) -> Any:
        if mode == "constant":
            pairs = np.broadcast_to(widths, (x.ndim, 2))
            sizes = zip(pairs, x.shape, strict=True)
            return g[tuple(slice(int(a), int(a) + n) for (a, _), n in sizes)]
        return scatter_sum(g, np.pad(place_of(x), widths, mode, **options), x.shape)

    return (back,)


# Joining and cutting ------------------------------------------------------------------


@rule_of(np.concatenate)
def _concatenate(out: Any, arrays: Any, axis: int = 0, **options: Any) -> Any:
    ends = np.cumsum([np.shape(x)[axis] for x in arrays])
    return (lambda g: np.split(g, ends[:-1], axis),)


@rule_of(np.stack)
def _stack(out: Any, arrays: Any, axis: int = 0, **options: Any) -> Any:
    return (lambda g: [np.moveaxis(g, axis, 0)[i] for i in range(len(arrays))],)


@composed(np.split)
def _split(x: Any, points: Any, axis: int = 0) -> list[Any]:
    axis, size = axis % x.ndim, x.shape[axis]
    if np.ndim(points) == 0:
        if size % points:
            raise ValueError("The parts would not be of one size.")
        points = range(size // points, size, size // points)
    ends = [0, *(int(p) for p in points), size]
    before = (slice(None),) * axis
    return [x[(*before, slice(a, b))] for a, b in zip(ends, ends[1:], strict=False)]


@composed(np.meshgrid)
def _meshgrid(*x: Any, indexing: Any = "xy") -> list[Any]:
    places = np.meshgrid(*(np.arange(np.size(v)) for v in x), indexing=indexing)
    pairs = zip(x, places, strict=True)
    return [np.take(np.reshape(v, (-1,)), place) for v, place in pairs]


@composed(np.linspace)
def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, axis: int = 0
) -> Any:
    count = num - 1 if endpoint else num
    parts = [start + (stop - start) * (i / max(count, 1)) for i in range(num)]
    return np.stack(parts, axis)


# Sorting ------------------------------------------------------------------------------


@composed(np.sort)
def _sort(x: Any, axis: int | None = -1) -> Any:
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


def kept(x: Any, axis: Any, ndim: int) -> Any:
    """A reduced array with its axes back, of size one."""
    shape = list(np.shape(x))
    for a in sorted(axes_of(axis, ndim)):
        shape.insert(a, 1)
    return np.reshape(x, shape)
