"""Control flow of the TensorFlow backend: `tf.cond` and `tf.while_loop`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from keras.backends import associative
from keras.core import tree
from keras.core.typing import ShapeLike, Structure, TensorLike


def cond(
    pred: TensorLike, true_fn: Callable[..., Any], false_fn: Callable[..., Any]
) -> Structure:
    if tf.executing_eagerly():
        return true_fn() if bool(pred) else false_fn()
    return tf.cond(pred, true_fn, false_fn)


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any
) -> Structure:
    index = tf.clip_by_value(tf.cast(index, "int32"), 0, len(branches) - 1)
    return tf.switch_case(
        index, [lambda branch=branch: branch(*operands) for branch in branches]
    )


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Structure,
    maximum_iterations: int | None = None,
) -> Structure:
    several = isinstance(loop_vars, (tuple, list))
    first = tuple(loop_vars) if several else (loop_vars,)

    def step(*values: Any) -> Any:
        found = body(*values)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        return tree.map_structure(_like, found, values)

    values = tf.while_loop(cond, step, first, maximum_iterations=maximum_iterations)
    return type(loop_vars)(values) if several else values[0]


def _like(new: Any, old: Any) -> Any:
    new = tf.convert_to_tensor(new)
    return new if new.dtype == old.dtype else tf.cast(new, old.dtype)


def fori_loop(
    lower: TensorLike,
    upper: TensorLike,
    body_fun: Callable[..., Any],
    init_val: Structure,
) -> Structure:
    def step(i: Any, value: Any) -> Any:
        return i + 1, tree.map_structure(_like, body_fun(i, value), value)

    _, value = tf.while_loop(
        lambda i, _: i < upper,
        step,
        (tf.cast(lower, "int32"), init_val),
        maximum_iterations=_at_most(upper - lower),
    )
    return value


def _at_most(count: Any) -> Any:
    """The number of iterations, for a loop that may be differentiated.

    XLA keeps what the gradient needs in arrays of that size. Sizes are numbers to it,
    also those that are unknown to a trace. Eager loops need no second count.
    """
    if tf.executing_eagerly():
        return None
    return max(count, 0) if isinstance(count, int) else tf.maximum(count, 0)


def scan(
    f: Callable[..., Any],
    init: Structure,
    xs: Any,
    length: int | None,
    reverse: bool,
    unroll: int | bool,
) -> Structure:
    rows = [] if xs is None else tree.flatten(xs)
    count = length if length is not None else tf.shape(rows[0])[0]
    if reverse:
        rows = [tf.reverse(x, [0]) for x in rows]
    if unroll is True and length is not None:
        carry, found = _unrolled_scan(f, init, xs, rows, length)
    else:
        carry, found = _looped_scan(f, init, xs, rows, count)
    if reverse and found is not None:
        found = tree.map_structure(lambda y: tf.reverse(y, [0]), found)
    return carry, found


def _unrolled_scan(
    f: Callable[..., Any], init: Structure, xs: Any, rows: Any, count: int
) -> Any:
    carry, found = init, []
    for i in range(count):
        x = None if xs is None else tree.pack_sequence_as(xs, [row[i] for row in rows])
        carry, y = f(carry, x)
        found.append(y)
    if not found or found[0] is None:
        return carry, None
    return carry, tree.map_structure(lambda *ys: tf.stack(ys), *found)


def _looped_scan(
    f: Callable[..., Any], init: Structure, xs: Any, rows: Any, count: Any
) -> Any:
    arrays = [
        tf.TensorArray(x.dtype, count, element_shape=x.shape[1:]).unstack(x)
        for x in rows
    ]

    def at(i: Any) -> Any:
        if xs is None:
            return None
        return tree.pack_sequence_as(xs, [array.read(i) for array in arrays])

    known = count if isinstance(count, int) else None
    if known == 0:
        return init, None
    # The first step is done outside: it tells what the results look like.
    carry, sample = f(init, at(0))
    carry = tree.map_structure(_like, carry, init)
    flat = [] if sample is None else [tf.convert_to_tensor(y) for y in _flat(sample)]
    stores = [
        tf.TensorArray(y.dtype, count, element_shape=y.shape).write(0, y) for y in flat
    ]

    def step(i: Any, carry: Structure, stores: Any) -> Any:
        new, y = f(carry, at(i))
        values = [] if y is None else _flat(y)
        stores = [s.write(i, v) for s, v in zip(stores, values, strict=True)]
        return i + 1, tree.map_structure(_like, new, carry), stores

    _, carry, stores = tf.while_loop(
        lambda i, *_: i < count,
        step,
        (tf.constant(1), carry, stores),
        maximum_iterations=_at_most(count - 1),
    )
    if sample is None:
        return carry, None
    stacked = []
    for store, y in zip(stores, flat, strict=True):
        whole = store.stack()
        whole.set_shape([known, *y.shape])
        stacked.append(whole)
    return carry, tree.pack_sequence_as(sample, stacked)


_flat = tree.flatten


def map(f: Callable[..., Any], xs: Any) -> Structure:
    length = tree.flatten(xs)[0].shape[0]
    start = tf.constant(0)
    return scan(lambda carry, x: (carry, f(x)), start, xs, length, False, 1)[1]


def vectorized_map(function: Callable[..., Any], elements: Any) -> Structure:
    return tf.vectorized_map(function, elements)


def associative_scan(
    f: Callable[..., Any], elems: Structure, reverse: bool = False, axis: int = 0
) -> Structure:
    def flip(x: TensorLike, axis: int) -> Any:
        return tf.reverse(x, [axis])

    return associative.associative_scan(
        f, elems, reverse, axis, flip, tf.stack, tf.reshape, tf.concat
    )


def custom_gradient(f: Callable[..., Any]) -> Structure:
    def adapted(*args: Any, **kwargs: Any) -> Any:
        outputs, gradient = f(*args, **kwargs)

        def backward(*upstream: Any, variables: Sequence[Any] | None = None) -> Any:
            found = gradient(*upstream)
            return found if not variables else (found, [None] * len(variables))

        return outputs, backward

    return tf.custom_gradient(adapted)


def jvp(
    fun: Callable[..., Any],
    primals: Structure,
    tangents: Structure,
    has_aux: bool = False,
) -> Structure:
    # Copies: the accumulator wants each tensor once.
    primals, tangents = [tf.identity(x) for x in primals], list(tangents)
    with tf.autodiff.ForwardAccumulator(primals, tangents) as accumulator:
        outputs = fun(*primals)
        aux = None
        if has_aux:
            outputs, aux = outputs
    derivatives = tree.map_structure(
        lambda y: accumulator.jvp(y, tf.UnconnectedGradients.ZERO), outputs
    )
    return (outputs, derivatives, aux) if has_aux else (outputs, derivatives)


def host_call(
    function: Callable[..., Any], inputs: Sequence[Any], shape: ShapeLike, dtype: str
) -> Any:
    def run(*arrays: Any) -> Structure:
        found = function(*arrays)
        return found if dtype == "string" else found.astype(dtype)

    result: Any = tf.numpy_function(run, list(inputs), dtype)
    result.set_shape(tuple(shape))
    return result


def ragged_rows(values: Any, lengths: Any) -> Any:
    """A ragged tensor of rows that follow each other in `values`."""
    return tf.RaggedTensor.from_row_lengths(values, lengths)


def is_traced(x: TensorLike) -> bool:
    return not hasattr(x, "numpy")
