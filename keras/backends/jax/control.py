"""Control flow of the JAX backend: `jax.lax`."""

from __future__ import annotations

from typing import Any

import jax as _jax
import jax.numpy as _jnp

custom_gradient = _jax.custom_gradient


def cond(pred: Any, true_fn: Any, false_fn: Any) -> Any:
    return _jax.lax.cond(pred, true_fn, false_fn)


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    return _jax.lax.switch(index, branches, *operands)


def while_loop(
    cond: Any, body: Any, loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    several = isinstance(loop_vars, (tuple, list))
    first = tuple(loop_vars) if several else (loop_vars,)

    def goes_on(carry: Any) -> Any:
        count, values = carry
        verdict = cond(*values)
        if maximum_iterations is None:
            return verdict
        return _jnp.logical_and(verdict, count < maximum_iterations)

    def step(carry: Any) -> Any:
        count, values = carry
        found = body(*values)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        return count + 1, _jax.tree.map(_like, found, values)

    _, values = _jax.lax.while_loop(goes_on, step, (0, first))
    return type(loop_vars)(values) if several else values[0]


def _like(new: Any, old: Any) -> Any:
    """Drops the weak type that Python numbers bring in."""
    return _jnp.asarray(new, old.dtype)


def fori_loop(lower: Any, upper: Any, body_fun: Any, init_val: Any) -> Any:
    return _jax.lax.fori_loop(lower, upper, body_fun, init_val)


def scan(
    f: Any, init: Any, xs: Any, length: int | None, reverse: bool, unroll: int | bool
) -> Any:
    return _jax.lax.scan(f, init, xs, length, reverse, unroll)


def map(f: Any, xs: Any) -> Any:
    return _jax.lax.map(f, xs)


def vectorized_map(function: Any, elements: Any) -> Any:
    return _jax.vmap(function)(elements)


def associative_scan(f: Any, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    return _jax.lax.associative_scan(f, elems, reverse, axis)


def jvp(fun: Any, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    return _jax.jvp(fun, tuple(primals), tuple(tangents), has_aux)
