"""Reverse mode: the record of a computation, and the way back through it.

While a gradient is taken, what it is asked for is a `Traced` array, and so is all that
is made of it; each has a node that says from which others its gradient goes where.

For complex numbers a gradient is that of the real and the imaginary part, as of torch.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras.backends.numpy.gradients.traced import (
    INEXACT,
    Node,
    Traced,
    inside,
    level_of,
    record,
)
from keras.core import tree
from keras.core.typing import Structure, TensorLike


class _Depth(threading.local):
    """How many gradients are being taken, one inside the other, in this thread."""

    value = 0


_depth = _Depth()


class Tape:
    """Inside, arrays that it watches are traced."""

    def __enter__(self) -> Tape:
        _depth.value += 1
        self.level = _depth.value
        return self

    def __exit__(self, *exception: Any) -> None:
        _depth.value -= 1

    def watch(self, x: TensorLike) -> Any:
        """An array whose uses are recorded; integers, which have no slopes, are not."""
        return Traced(x, self.level, Node(x, [])) if x.dtype in INEXACT else x

    def gradients(self, result: Any, targets: Sequence[Any], start: Any = None) -> Any:
        """The gradients of the result, summed with weights `start`, in the targets."""
        found: dict[Node, Any] = {}
        if self._records(result):
            ones = np.ones(result.shape, result.dtype) if start is None else start
            found = _pull(result.node, ones)
        return [self._of(found, x) for x in targets]

    def _records(self, x: TensorLike) -> bool:
        return type(x) is Traced and x.level == self.level

    def _of(self, found: dict[Node, Any], x: TensorLike) -> Any:
        gradient = found.get(x.node) if self._records(x) else None
        return np.zeros(x.shape, x.dtype) if gradient is None else gradient

    def release(self, x: TensorLike) -> Any:
        """What a traced array of this level holds; all else as it is."""
        return x.value if self._records(x) else x


@np.errstate(all="ignore")  # infinities come in silence, as they do on the way there
def _pull(start: Node, gradient: TensorLike) -> dict[Node, Any]:
    """The gradients of all nodes, each after all those that were made of it."""
    found = {start: gradient}
    waiting = [(-start.number, start)]
    while waiting:
        node = heapq.heappop(waiting)[1]
        # Those of nodes without parents are what was asked for.
        g = found.pop(node) if node.parents else found[node]
        for parents, pullback in node.parents:
            parts = pullback(g)
            if type(parents) is Node:
                parents, parts = (parents,), (parts,)
            for parent, part in zip(parents, parts, strict=True):
                if parent is None or part is None:
                    continue
                part = _fitting(part, parent)
                if parent in found:
                    found[parent] = _sum(found[parent], part)
                else:
                    found[parent] = part
                    heapq.heappush(waiting, (-parent.number, parent))
    return found


def _sum(one: Any, other: Any) -> Any:
    if type(one) is not list:
        return one + other
    pairs = zip(one, other, strict=True)
    return [b if a is None else a if b is None else a + b for a, b in pairs]


def _fitting(gradient: TensorLike, node: Node) -> Any:
    """In the shape and dtype of what it is a gradient of; broadcast axes are summed."""
    if node.shape is None or node.dtype is None:  # of several results
        return gradient
    if gradient.shape != node.shape:
        gradient = _of_shape(gradient, node.shape)
    if gradient.dtype == node.dtype:
        return gradient
    if gradient.dtype.kind == "c" and node.dtype.kind != "c":
        gradient = np.real(gradient)
    return gradient.astype(node.dtype)


def _of_shape(gradient: TensorLike, shape: tuple[int, ...]) -> Any:
    extra = gradient.ndim - len(shape)
    if extra > 0:
        gradient = np.sum(gradient, axis=tuple(range(extra)))
    sizes = zip(gradient.shape, shape[max(-extra, 0) :], strict=True)
    axes = tuple(i for i, (size, own) in enumerate(sizes) if own == 1 != size)
    if axes:
        gradient = np.sum(gradient, axis=axes, keepdims=True)
    return np.broadcast_to(gradient, shape) if gradient.shape != shape else gradient


def released(tape: Tape, structure: Structure) -> Any:
    """A structure without the record of how its arrays were computed."""
    return tree.map_structure(tape.release, structure)


def with_own_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns `(outputs, grad)`, as one whose gradient `grad` gives."""

    def call(*args: Any, **kwargs: Any) -> Any:
        level = level_of(*args)
        outputs, grad = function(*inside(args, level), **kwargs)
        several = isinstance(outputs, (list, tuple))
        results = tuple(outputs) if several else (outputs,)

        def back(*upstream: Any) -> Any:
            found = grad(*upstream)
            found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
            return [*found, *(None,) * (len(args) - len(found))]

        if level:
            results = record(level, results, args, back)
        return results if several else results[0]

    return call
