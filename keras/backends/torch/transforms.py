"""Transforms of the PyTorch backend: lean eager code, compiled on request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.utils.checkpoint
from torch._C._functorch import peek_interpreter_stack as _peek_functorch

from keras.backends.replay import Replay
from keras.backends.torch.core import convert_to_tensor, is_tensor
from keras.backends.torch.jitting import Jitted
from keras.backends.torch.recording import Recorded
from keras.core import tree
from keras.core.scopes import StatelessScope
from keras.core.typing import Identifier, Structure, TensorLike

compiles_calls = True


class _Depth(threading.local):
    """How many gradients are being taken, one inside the other, in this thread."""

    value = 0


_depth = _Depth()


def jit(
    function: Callable[..., Any], jit_compile: bool | str | None = None
) -> Callable[..., Any]:
    if jit_compile is not True:
        return function
    compiled = torch.compile(function)

    def run(*args: Any, **kwargs: Any) -> Structure:
        # Arrays of NumPy are arguments too, as of a jitted function on JAX.
        args, kwargs = tree.map_structure(_as_argument, (args, kwargs))
        return compiled(*args, **kwargs)

    return run


def _as_argument(value: Any) -> Any:
    is_array = isinstance(value, np.ndarray) and value.dtype.kind not in "OUS"
    return convert_to_tensor(value) if is_array else value


def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
    return Jitted(function)


def compile_call(
    function: Callable[[Any], Any], variables: Callable[[], Any]
) -> Callable[[Any], Any]:
    return Recorded(function, variables)


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if _peek_functorch() is not None:  # inside vmap
            return _functional(function, variables, has_aux)(*args, **kwargs)
        outermost = _depth.value == 0
        _depth.value += 1
        try:
            with torch.enable_grad():
                if variables is None:
                    first = tree.map_structure(_differentiable, args[0])
                    args = (first, *args[1:])
                    targets = tree.flatten(first)
                else:
                    targets = [v.value for v in tree.flatten(variables)]
                result = function(*args, **kwargs)
                loss = result[0] if has_aux else result
                grads = _gradients(loss, targets, not outermost)
        finally:
            _depth.value -= 1
        if outermost:
            result = _detached(result)
        structure = args[0] if variables is None else variables
        if type(structure) is list and variables is not None:
            return result, grads
        return result, tree.pack_sequence_as(structure, grads)

    return wrapped


def _functional(
    function: Callable[..., Any], variables: Any, has_aux: bool
) -> Callable[..., Any]:
    """`value_and_grad` by torch.func, which nests in its other transforms."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        targets = None if variables is None else tree.flatten(variables)
        start = args[0] if targets is None else [v.value for v in targets]
        leaves, spec = tree.flatten_with_spec(start)
        scopes: list[StatelessScope] = []

        def pure(values: list[Any]) -> Any:
            point = tree.unflatten(spec, values)
            pairs = [] if targets is None else zip(targets, point, strict=True)
            scope = StatelessScope(pairs)
            with scope:
                if targets is None:
                    result = function(point, *args[1:], **kwargs)
                else:
                    result = function(*args, **kwargs)
            scopes[:] = [scope]
            loss = result[0] if has_aux else result
            return loss, (result, scope.effects())

        both = torch.func.grad_and_value(pure, has_aux=True)
        grads, (_, (result, effects)) = both([convert_to_tensor(x) for x in leaves])
        scopes[0].put_effects(effects)
        return result, tree.pack_sequence_as(
            args[0] if targets is None else variables, grads
        )

    return wrapped


def _differentiable(x: TensorLike) -> Any:
    x = convert_to_tensor(x)
    # A view keeps an outer gradient's graph; a fresh leaf starts one.
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


def _gradients(loss: Identifier, targets: list[Any], create_graph: bool) -> list[Any]:
    needed = [x for x in targets if x.requires_grad]
    if not loss.requires_grad or not needed:
        return [torch.zeros_like(x) for x in targets]
    found = torch.autograd.grad(
        loss, needed, create_graph=create_graph, allow_unused=True
    )
    # `None in found` would compare tensors, value by value.
    if len(needed) == len(targets) and not any(g is None for g in found):
        return list(found)
    given = {id(x): g for x, g in zip(needed, found, strict=True)}
    grads = (given.get(id(x)) for x in targets)
    return [
        torch.zeros_like(x) if g is None else g
        for x, g in zip(targets, grads, strict=True)
    ]


def _detached(x: TensorLike) -> Any:
    if isinstance(x, torch.Tensor):
        if not x.requires_grad:
            return x
        y = x.detach()
        mask = getattr(x, "_keras_mask", None)
        if mask is not None:
            y._keras_mask = mask
        return y
    if type(x) in (tuple, list):
        return type(x)([_detached(part) for part in x])
    if type(x) is dict:
        return {key: _detached(part) for key, part in x.items()}
    return x if x is None else tree.map_structure(_leaf, x)


def _leaf(x: TensorLike) -> Any:
    return x.detach() if isinstance(x, torch.Tensor) else x


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    def rematerialized(*args: Any, **kwargs: Any) -> Structure:
        if _keeps_nothing():
            return function(*args, **kwargs)
        replay = Replay(function, args, kwargs, is_tensor)
        values: dict[int, Any] = {}
        again = iter((False,))

        def run(*tensors: Any) -> list[Any]:
            return replay.run(tensors, values, next(again, True))

        results: Any = torch.utils.checkpoint.checkpoint(
            run, *replay.tensors, use_reentrant=False
        )
        for key, (_, value) in replay.scope.read.items():
            # What the call writes has another value when it runs again.
            written = key in replay.scope.updates
            values[key] = value.detach().clone() if written else value
        return replay.finish(results)

    return rematerialized


def _keeps_nothing() -> bool:
    """Whether intermediate results are not kept, or not by autograd's usual means.

    `torch.compile` decides by itself what to compute again, and the transforms of
    torch.func know no checkpoints.
    """
    return (
        not torch.is_grad_enabled()
        or torch.compiler.is_compiling()
        or _peek_functorch() is not None
    )


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes

    def mapped(*args: Any) -> Any:
        args = tuple(tree.map_structure(convert_to_tensor, arg) for arg in args)
        return torch.func.vmap(function, in_dims=axes, out_dims=out_axes)(*args)

    return mapped
