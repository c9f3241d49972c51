"""Control flow of the PyTorch backend: Python's own, where nothing is being compiled.

A branch on a tensor's value waits for a GPU. Inside `torch.compile`, `cond` becomes
`torch.cond`; loops whose number of steps is known are unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from keras.backends import associative
from keras.core import tree
from keras.core.typing import ShapeLike, Structure, TensorLike

_compiling = torch.compiler.is_compiling


def cond(
    pred: TensorLike, true_fn: Callable[..., Any], false_fn: Callable[..., Any]
) -> Structure:
    if _compiling() and isinstance(pred, torch.Tensor):
        return torch.cond(
            pred, lambda: _owned(true_fn()), lambda: _owned(false_fn()), ()
        )
    return true_fn() if pred else false_fn()


def _owned(x: TensorLike) -> Any:
    """Copies: `torch.cond` takes no branch that returns what it was given."""
    if isinstance(x, (tuple, list)):
        return type(x)(_owned(part) for part in x)
    return x.clone() if isinstance(x, torch.Tensor) else x


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any
) -> Structure:
    if _compiling():  # nested choices: the tracer knows two branches
        chosen = branches[-1]
        for number in range(len(branches) - 2, -1, -1):
            first, rest = branches[number], chosen

            def chosen(
                *args: Any, n: int = number, a: Any = first, b: Any = rest
            ) -> Any:
                return cond(index <= n, lambda: a(*args), lambda: b(*args))

        return chosen(*operands)
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
        values = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        count += 1
    return type(loop_vars)(values) if several else values[0]


def fori_loop(
    lower: TensorLike,
    upper: TensorLike,
    body_fun: Callable[..., Any],
    init_val: Structure,
) -> Structure:
    value = init_val
    device = next(
        (x.device for x in tree.flatten(init_val) if hasattr(x, "device")), None
    )
    for i in range(int(lower), int(upper)):
        value = body_fun(torch.tensor(i, dtype=torch.int32, device=device), value)
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
    rows = None if xs is None else [x.unbind(0) for x in tree.flatten(xs)]
    carry, found = init, []
    for i in range(count - 1, -1, -1) if reverse else range(count):
        x = None
        if rows is not None:
            x = tree.pack_sequence_as(xs, [row[i] for row in rows])
        carry, y = f(carry, x)
        found.append(y)
    if reverse:
        found.reverse()
    if not found or found[0] is None:
        return carry, None
    return carry, tree.map_structure(lambda *ys: torch.stack(ys), *found)


def map(f: Callable[..., Any], xs: Any) -> Structure:
    rows = [x.unbind(0) for x in tree.flatten(xs)]
    found = [f(tree.pack_sequence_as(xs, list(row))) for row in zip(*rows, strict=True)]
    return tree.map_structure(lambda *ys: torch.stack(ys), *found)


def vectorized_map(function: Callable[..., Any], elements: Any) -> Structure:
    return torch.vmap(function)(elements)


def associative_scan(
    f: Callable[..., Any], elems: Structure, reverse: bool = False, axis: int = 0
) -> Structure:
    def flip(x: TensorLike, axis: int) -> Any:
        return torch.flip(x, (axis,))

    return associative.associative_scan(
        f, elems, reverse, axis, flip, torch.stack, torch.reshape, torch.cat
    )


class _CustomGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[..., Any], kwargs: Any, *args: Any) -> Any:
        outputs, ctx.gradient = function(*args, **kwargs)
        ctx.count = len(args)
        return tuple(outputs) if isinstance(outputs, list) else outputs

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        found = ctx.gradient(*upstream)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        missing = (None,) * (ctx.count - len(found))
        return (None, None, *found, *missing)


def custom_gradient(f: Callable[..., Any]) -> Structure:
    def call(*args: Any, **kwargs: Any) -> Any:
        if torch.is_grad_enabled() and any(
            isinstance(arg, torch.Tensor) and arg.requires_grad for arg in args
        ):
            return _CustomGradient.apply(f, kwargs, *args)
        with torch.no_grad():  # nothing to take a gradient of: spares the scope
            outputs = f(*args, **kwargs)[0]
        return tuple(outputs) if isinstance(outputs, list) else outputs

    return call


def jvp(
    fun: Callable[..., Any],
    primals: Structure,
    tangents: Structure,
    has_aux: bool = False,
) -> Structure:
    return torch.func.jvp(fun, tuple(primals), tuple(tangents), has_aux=has_aux)


def host_call(
    function: Callable[..., Any], inputs: Sequence[Any], shape: ShapeLike, dtype: str
) -> Any:
    found = function(*(x.detach().cpu().numpy() for x in inputs))
    return torch.as_tensor(found).to(inputs[0].device)
