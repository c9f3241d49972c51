"""Control flow of the JAX backend: `jax.lax`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras.core import context
from keras.core.scopes import StatelessScope
from keras.core.typing import ShapeLike, Structure, TensorLike

custom_gradient = jax.custom_gradient
compiles_each_shape = True


class _Writes(Exception):
    """A body of control flow writes Variables: they have to be carried through it."""


class _State:
    """The Variables that bodies write, as further values of the control flow.

    JAX traces a body for itself. What it assigned (a draw moves its seed on) would be a
    tracer of a trace that is over, so the new values come out as results and are
    assigned outside.

    Args:
        bodies: functions with the arguments they will be called on.
    """

    def __init__(self, *bodies: tuple[Any, ...]) -> None:
        found: dict[int, Any] = {}
        for body, *args in bodies:
            found.update(_written(body, args))
        self.variables = list(found.values())
        with context.Scope("autocast", None):
            self.values = [variable.value for variable in self.variables]

    def through(self, body: Callable[..., Any]) -> Any:
        """`body`, taking the state first and returning it beside its result."""

        def carrying(state: Structure, *args: Any) -> Any:
            pairs = zip(self.variables, state, strict=True)
            with StatelessScope(pairs) as scope:
                result = body(*args)
            return result, [scope.get_current_value(v) for v in self.variables]

        return carrying

    def keep(self, values: Any) -> None:
        """Assigns what came out."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)


def _written(body: Callable[..., Any], args: Any) -> dict[int, Any]:
    """The Variables that a body writes, by identity."""

    def anew(*args: Any) -> Any:  # JAX does not run a function again that it knows
        return body(*args)

    with StatelessScope() as scope:
        jax.eval_shape(anew, *args)
    return scope.updates


def _pure(body: Callable[..., Any]) -> Any:
    """`body`, which stops where it turns out to write Variables."""

    def watched(*args: Any) -> Any:
        with StatelessScope() as scope:
            result = body(*args)
        if scope.updates:
            raise _Writes
        return result

    return watched


def cond(
    pred: TensorLike, true_fn: Callable[..., Any], false_fn: Callable[..., Any]
) -> Structure:
    try:
        return jax.lax.cond(pred, _pure(true_fn), _pure(false_fn))
    except _Writes:
        state = _State((true_fn,), (false_fn,))
    branches = state.through(true_fn), state.through(false_fn)
    result, values = jax.lax.cond(pred, *branches, state.values)
    state.keep(values)
    return result


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any
) -> Structure:
    try:
        return jax.lax.switch(index, [_pure(f) for f in branches], *operands)
    except _Writes:
        state = _State(*[(branch, *operands) for branch in branches])
    carrying = [state.through(branch) for branch in branches]
    result, values = jax.lax.switch(index, carrying, state.values, *operands)
    state.keep(values)
    return result


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Structure,
    maximum_iterations: int | None = None,
) -> Structure:
    several = isinstance(loop_vars, (tuple, list))
    first = tuple(loop_vars) if several else (loop_vars,)

    def loop(state: _State | None) -> Any:
        test = _pure(cond) if state is None else state.through(cond)
        run = _pure(body) if state is None else state.through(body)

        def goes_on(carry: Structure) -> Any:
            count, kept, values = carry
            verdict = test(*values) if state is None else test(kept, *values)[0]
            if maximum_iterations is None:
                return verdict
            return jnp.logical_and(verdict, count < maximum_iterations)

        def step(carry: Structure) -> Any:
            count, kept, values = carry
            if state is None:
                found = run(*values)
            else:
                found, kept = run(kept, *values)
            found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
            return count + 1, kept, jax.tree.map(_like, found, values)

        start = [] if state is None else state.values
        return jax.lax.while_loop(goes_on, step, (0, start, first))

    try:
        _, _, values = loop(None)
    except _Writes:
        state = _State((body, *first))
        _, kept, values = loop(state)
        state.keep(kept)
    return type(loop_vars)(values) if several else values[0]


def _like(new: Any, old: Any) -> Any:
    """Drops the weak type that Python numbers bring in."""
    return jnp.asarray(new, old.dtype)


def fori_loop(
    lower: TensorLike,
    upper: TensorLike,
    body_fun: Callable[..., Any],
    init_val: Structure,
) -> Structure:
    try:
        return jax.lax.fori_loop(lower, upper, _pure(body_fun), init_val)
    except _Writes:
        state = _State((body_fun, jnp.asarray(lower), init_val))
    run = state.through(body_fun)

    def step(index: Any, carry: Structure) -> Any:
        value, kept = carry
        return run(kept, index, value)

    start = (init_val, state.values)
    result, values = jax.lax.fori_loop(lower, upper, step, start)
    state.keep(values)
    return result


def scan(
    f: Callable[..., Any],
    init: Structure,
    xs: Any,
    length: int | None,
    reverse: bool,
    unroll: int | bool,
) -> Structure:
    try:
        return jax.lax.scan(_pure(f), init, xs, length, reverse, unroll)
    except _Writes:
        first = None if xs is None else jax.tree.map(lambda x: x[0], xs)
        state = _State((f, init, first))
    run = state.through(f)

    def step(carry: Structure, x: TensorLike) -> Any:
        kept, value = carry
        (value, output), kept = run(kept, value, x)
        return (kept, value), output

    start = (state.values, init)
    (values, last), outputs = jax.lax.scan(step, start, xs, length, reverse, unroll)
    state.keep(values)
    return last, outputs


def map(f: Callable[..., Any], xs: Any) -> Structure:
    try:
        return jax.lax.map(_pure(f), xs)
    except _Writes:
        return scan(lambda none, x: (none, f(x)), None, xs, None, False, 1)[1]


def vectorized_map(function: Callable[..., Any], elements: Any) -> Structure:
    try:
        return jax.vmap(_pure(function))(elements)
    except _Writes:
        state = _State((function, jax.tree.map(lambda x: x[0], elements)))
    # The state is one for all elements, so a draw gives each of them the same.
    run = jax.vmap(state.through(function), in_axes=(None, 0), out_axes=(0, None))
    result, values = run(state.values, elements)
    state.keep(values)
    return result


def associative_scan(
    f: Callable[..., Any], elems: Structure, reverse: bool = False, axis: int = 0
) -> Structure:
    return jax.lax.associative_scan(f, elems, reverse, axis)


def jvp(
    fun: Callable[..., Any],
    primals: Structure,
    tangents: Structure,
    has_aux: bool = False,
) -> Structure:
    return jax.jvp(fun, tuple(primals), tuple(tangents), has_aux)


def host_call(
    function: Callable[..., Any], inputs: Sequence[Any], shape: ShapeLike, dtype: str
) -> Any:
    spec = jax.ShapeDtypeStruct(tuple(shape), dtype)
    return jax.pure_callback(
        lambda *arrays: np.asarray(function(*[np.asarray(x) for x in arrays]), dtype),
        spec,
        *inputs,
    )


def is_traced(x: TensorLike) -> bool:
    return isinstance(x, jax.core.Tracer)
