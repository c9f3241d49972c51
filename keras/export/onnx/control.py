"""How control flow is written to ONNX: loops and branches are graphs of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras.backends import associative
from keras.core import tree
from keras.core.typing import Structure
from keras.export.onnx.graph import (
    Graph,
    Value,
    as_wide,
    constant,
    emit,
    graph,
    node,
    ops,
    writing,
)


def placeholder(shape: Any, dtype: str) -> Value:
    """An input of a body."""
    value = Value(tuple(shape), dtype)
    value.home = graph()
    graph().inputs.append(value)
    return value


def body() -> Any:
    """A new graph inside the one that is written, as a context."""
    outer = graph()
    return writing(Graph(outer, outer.opset, outer.exact))


def finish(results: Sequence[Value]) -> None:
    """Says what a body gives: each output is a value of its own, computed in it."""
    inner = graph()
    for x in results:
        plain = x.plain
        own = emit("Identity", plain, shape=x.shape, dtype=x.dtype)
        inner.outputs.append(own)


def _tensors(structure: Structure) -> list[Value]:
    return [ops.convert_to_tensor(x) for x in tree.flatten(structure)]


def cond(
    pred: Value, true_fn: Callable[..., Any], false_fn: Callable[..., Any]
) -> Structure:
    if pred.is_constant:
        return true_fn() if pred.array else false_fn()
    branches, found = [], None
    for function in (true_fn, false_fn):
        with body() as inner:
            found = function()
            finish(_tensors(found))
        branches.append(inner)
    flag = ops.cast(ops.reshape(pred, ()), "bool")
    outputs = node(
        "If", [flag], len(branches[0].outputs),
        then_branch=branches[0], else_branch=branches[1],
    )  # fmt: skip
    for output, a, b in zip(
        outputs, branches[0].outputs, branches[1].outputs, strict=True
    ):
        pairs = zip(a.shape, b.shape, strict=True)
        output.note([n if n == m else None for n, m in pairs], a.dtype)
    return tree.pack_sequence_as(found, outputs)


def switch(
    index: Value, branches: Sequence[Callable[..., Any]], *operands: Any
) -> Structure:
    last = len(branches) - 1

    def choose(place: int) -> Any:
        if place == last:
            return branches[place](*operands)
        return cond(
            ops.less_equal(index, place),
            lambda: branches[place](*operands),
            lambda: choose(place + 1),
        )

    return choose(0)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Structure,
    maximum_iterations: int | None = None,
) -> Structure:
    several = isinstance(loop_vars, (tuple, list))
    first = tuple(loop_vars) if several else (loop_vars,)
    most = None if maximum_iterations is None else as_wide(maximum_iterations)

    def step(_: Value, state: Any) -> tuple[Any, Any]:
        found = body(*state)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        return found, cond(*found)

    values = _loop(most, cond(*first), first, step)
    return type(loop_vars)(values) if several else values[0]


def fori_loop(
    lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Structure
) -> Structure:
    start = ops.cast(ops.convert_to_tensor(lower), "int32")
    count = ops.subtract(ops.cast(ops.convert_to_tensor(upper), "int32"), start)

    def step(index: Value, state: Any) -> tuple[Any, Any]:
        return body_fun(ops.add(start, ops.cast(index, "int32")), state), True

    return _loop(as_wide(count), True, init_val, step)


def _loop(
    most: Value | None, go_on: Any, state: Structure, step: Callable[..., Any]
) -> Structure:
    """ONNX's Loop: `step(index, state)` gives the next state and whether to go on."""
    values = _tensors(state)
    with body() as inner:
        index = placeholder((), "int64")
        going = placeholder((), "bool")
        given = [placeholder(x.shape, x.dtype) for x in values]
        found, more = step(index, tree.pack_sequence_as(state, given))
        more = going if more is True else ops.cast(ops.convert_to_tensor(more), "bool")
        results = [
            ops.cast(x, v.dtype) for x, v in zip(_tensors(found), values, strict=True)
        ]
        finish([ops.reshape(more, ()), *results])
    flag = ops.cast(ops.reshape(ops.convert_to_tensor(go_on), ()), "bool")
    outputs = node("Loop", [most, flag, *values], len(values), body=inner)
    for output, value in zip(outputs, values, strict=True):
        output.note(value.shape, value.dtype)
    return tree.pack_sequence_as(state, outputs)


def scan(
    f: Callable[..., Any],
    init: Structure,
    xs: Any,
    length: Any,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Structure, Structure]:
    states = _tensors(init)
    rows = [] if xs is None else _tensors(xs)
    if not rows:
        rows = [ops.arange(length, dtype="int32")]
    with body() as inner:
        given = [placeholder(x.shape, x.dtype) for x in states]
        parts = [placeholder(x.shape[1:], x.dtype) for x in rows]
        row = None if xs is None else tree.pack_sequence_as(xs, parts)
        carry, y = f(tree.pack_sequence_as(init, given), row)
        carries = [
            ops.cast(x, v.dtype) for x, v in zip(_tensors(carry), states, strict=True)
        ]
        results = _tensors(y)
        finish([*carries, *results])
    way = [1 if reverse else 0]
    outputs = node(
        "Scan", [*states, *rows], len(states) + len(results), body=inner,
        num_scan_inputs=len(rows), scan_input_directions=way * len(rows),
        scan_output_directions=way * len(results) if results else None,
    )  # fmt: skip
    for output, value in zip(outputs, states, strict=False):
        output.note(value.shape, value.dtype)
    for output, value in zip(outputs[len(states) :], results, strict=True):
        output.note((rows[0].shape[0], *value.shape), value.dtype)
    packed = tree.pack_sequence_as(y, outputs[len(states) :])
    return tree.pack_sequence_as(init, outputs[: len(states)]), packed


def map(f: Callable[..., Any], xs: Structure) -> Structure:
    nothing = constant(0, "int32")
    return scan(lambda carry, x: (carry, f(x)), nothing, xs, None)[1]


def vectorized_map(function: Callable[..., Any], elements: Structure) -> Structure:
    return map(function, elements)


def associative_scan(
    f: Callable[..., Any], elems: Structure, reverse: bool = False, axis: int = 0
) -> Structure:
    return associative.associative_scan(
        f, elems, reverse, axis, ops.flip, ops.stack, ops.reshape, ops.concatenate
    )


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: f(*args, **kwargs)[0]


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def host_call(*args: Any, **kwargs: Any) -> Any:
    raise TypeError("A call of Python code cannot be written to ONNX.")
