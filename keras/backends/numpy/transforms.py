"""Transforms of the NumPy backend: nothing is compiled; gradients are recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras.backends.numpy.core import convert_to_tensor, is_tensor
from keras.backends.numpy.gradients import (
    Tape,
    inside,
    is_traced,
    level_of,
    record,
    released,
)
from keras.backends.replay import Replay
from keras.core import tree
from keras.core.scopes import StatelessScope

compiles_calls = False


def jit(
    function: Callable[..., Any], jit_compile: bool | str | None = None
) -> Callable[..., Any]:
    return function


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    def rematerialized(*args: Any, **kwargs: Any) -> Any:
        replay = Replay(function, args, kwargs, is_tensor)
        results = replay.run(replay.tensors)
        level = level_of(*results)
        if level:
            results = _without_record(replay, results, level)
        return replay.finish(results)

    return rematerialized


def _without_record(replay: Replay, results: Any, level: int) -> Any:
    """Results that remember how to be computed again, not how they were."""
    read = {key: value for key, (_, value) in replay.scope.read.items()}
    tensors, keys = replay.tensors, list(read)
    inputs = [*tensors, *read.values()]
    plain = [inside(x, level) for x in inputs]

    def back(*upstream: Any) -> Any:
        with Tape() as tape:
            points = [tape.watch(x) for x in plain]
            values = dict(zip(keys, points[len(tensors) :], strict=True))
            again = replay.run(points[: len(tensors)], values, again=True)
            pairs = zip(again, upstream, strict=True)
            total = sum(np.sum(y * g) for y, g in pairs if is_traced(y))
            return tape.gradients(total, points)

    return record(level, tuple(inside(x, level) for x in results), inputs, back)


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        structure = args[0] if variables is None else variables
        leaves = tree.flatten(structure)
        with Tape() as tape:
            if variables is None:
                targets = [tape.watch(convert_to_tensor(x)) for x in leaves]
                args = (tree.pack_sequence_as(structure, targets), *args[1:])
                scope = _Scope()
            else:
                targets = [tape.watch(v.value) for v in leaves]
                scope = _Scope(zip(leaves, targets, strict=True))
            with scope:
                result = function(*args, **kwargs)
            grads = tape.gradients(result[0] if has_aux else result, targets)
        for key, variable in scope.updates.items():
            variable.assign(tape.release(scope.state_mapping[key]))
        return released(tape, result), tree.pack_sequence_as(structure, grads)

    return wrapped


class _Scope(StatelessScope):
    """Inside, variables may be traced; what is assigned is kept until the end."""

    takes_new_variables = True


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (list, tuple)) else (in_axes,) * len(args)
        pairs = list(zip(args, axes, strict=True))
        size = next(np.shape(x)[axis] for x, axis in pairs if axis is not None)
        rows = [
            function(*(x if a is None else np.take(x, i, a) for x, a in pairs))
            for i in range(size)
        ]
        return tree.map_structure(lambda *parts: np.stack(parts, out_axes), *rows)

    return mapped
