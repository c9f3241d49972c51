"""Control flow of the NumPy backend: Python's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras.backends import associative
from keras.backends.numpy.gradients import Tape, as_array, primal, released
from keras.backends.numpy.gradients.tape import with_own_gradient
from keras.core import tree
from keras.core.typing import ShapeLike, Structure, TensorLike


def cond(
    pred: TensorLike, true_fn: Callable[..., Any], false_fn: Callable[..., Any]
) -> Structure:
    return true_fn() if pred else false_fn()


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any
) -> Structure:
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Structure,
    maximum_iterations: int | None = None,
) -> Structure:
    several = isinstance(loop_vars, (tuple, list))
    values = tuple(loop_vars) if several else (loop_vars,)
    count = 0
    while cond(*values) and (maximum_iterations is None or count < maximum_iterations):
        found = body(*values)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        values = tree.map_structure(as_array, found)
        count += 1
    return type(loop_vars)(values) if several else values[0]


def fori_loop(
    lower: TensorLike,
    upper: TensorLike,
    body_fun: Callable[..., Any],
    init_val: Structure,
) -> Structure:
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(np.asarray(i, "int32"), value)
    return value


def scan(
    f: Callable[..., Any],
    init: Structure,
    xs: Any,
    length: int | None,
    reverse: bool,
    unroll: int | bool,
) -> Structure:
    count = length or 0
    carry, found = init, []
    for i in range(count - 1, -1, -1) if reverse else range(count):
        x = None if xs is None else tree.map_structure(lambda a, i=i: a[i], xs)
        carry, y = f(carry, x)
        found.append(y)
    if reverse:
        found.reverse()
    if not found or found[0] is None:
        return carry, None
    return carry, tree.map_structure(lambda *ys: np.stack(ys), *found)


def map(f: Callable[..., Any], xs: Any) -> Structure:
    count = tree.flatten(xs)[0].shape[0]
    found = [f(tree.map_structure(lambda a, i=i: a[i], xs)) for i in range(count)]
    return tree.map_structure(lambda *ys: np.stack(ys), *found)


def vectorized_map(function: Callable[..., Any], elements: Any) -> Structure:
    return map(function, elements)


def associative_scan(
    f: Callable[..., Any], elems: Structure, reverse: bool = False, axis: int = 0
) -> Structure:
    return associative.associative_scan(
        f, elems, reverse, axis, np.flip, np.stack, np.reshape, np.concatenate
    )


def custom_gradient(f: Callable[..., Any]) -> Structure:
    return with_own_gradient(f)


def jvp(
    fun: Callable[..., Any],
    primals: Structure,
    tangents: Structure,
    has_aux: bool = False,
) -> Structure:
    """Of reverse mode alone: gradients are linear in their weights, and the slopes in
    these are the forward derivative."""
    with Tape() as outer, Tape() as inner:
        points = tree.map_structure(inner.watch, tuple(primals))
        found = fun(*points)
        outputs, aux = found if has_aux else (found, None)
        slopes = tree.map_structure(
            lambda y: _slope(outer, inner, y, points, tangents), outputs
        )
    results = released(inner, outputs), slopes
    return (*results, released(inner, aux)) if has_aux else results


def _slope(
    outer: Tape, inner: Tape, output: Any, points: Structure, tangents: Structure
) -> Any:
    weights = outer.watch(np.zeros(output.shape, output.dtype))
    gradients = inner.gradients(output, tree.flatten(points), weights)
    pairs = zip(gradients, tree.flatten(tangents), strict=True)
    total = sum(np.sum(g * t) for g, t in pairs)
    (slope,) = outer.gradients(total, [weights])
    return slope


def host_call(
    function: Callable[..., Any], inputs: Sequence[Any], shape: ShapeLike, dtype: str
) -> Any:
    return np.asarray(function(*map(primal, inputs)), dtype=dtype)
