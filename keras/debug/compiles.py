"""`compiles`: what is compiled while a block of code runs, and why it is compiled anew.

Frameworks compile a function by running it once on stand-ins for tensors, its trace.
Each trace is compared with the one before of the same function: other shapes, other
values that are part of the program, layers that were frozen or changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from keras import ops
from keras.core import traces
from keras.core.typing import Structure
from keras.training.data.structure import map_leaves


class Compile(NamedTuple):
    """A function that was compiled.

    Attributes:
        function: What it is, such as `"train_step of model 'sequential'"`.
        arguments: Its tensors, such as `"float32(32, 3), float32(32, 1)"`.
        reason: Why; `"first call"`, or what is otherwise than the last time.
    """

    function: str
    arguments: str
    reason: str


class Compiles(list[Compile]):
    """What was compiled, in order; as text one line for each."""

    def __init__(self) -> None:
        super().__init__()
        self._earlier: dict[Any, list[_Trace]] = {}

    def __str__(self) -> str:
        return "\n".join(
            f"{each.function}({each.arguments}): {each.reason}" for each in self
        )

    def _note(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        trace = _Trace(function, (args, kwargs))
        earlier = self._earlier.setdefault(trace.key, [])
        # The last one with these arguments, else the last one.
        like = [each for each in earlier if each.tensors == trace.tensors]
        before = [*earlier, *like][-1:]
        reason = trace.difference(before[0]) if before else "first call"
        earlier.append(trace)
        self.append(Compile(trace.name, ", ".join(trace.tensors), reason))


@contextmanager
def compiles() -> Iterator[Compiles]:
    """A context that notes what is compiled within it, and why.

    What Keras compiles is noted: the steps of `fit`, `evaluate` and `predict` and the
    functions of `keras.jit`, on JAX and TensorFlow. On torch nothing is compiled,
    unless it is asked for; there `TORCH_LOGS=recompiles` says why.

    Returns:
        A list that grows.

    Example:

    >>> import numpy as np
    >>> import keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    >>> with keras.debug.compiles() as found:
    ...     for _ in range(2):
    ...         outputs = model.predict(np.ones((4, 3)), verbose=0)
    >>> len(found) <= 1
    True
    """
    found = Compiles()
    traces.listeners.append(found._note)
    try:
        yield found
    finally:
        traces.listeners.remove(found._note)


class _Trace:
    """What a compiled function depends on.

    Args:
        function: The function.
        arguments: Its arguments, of which some are tensors.
    """

    def __init__(self, function: Any, arguments: Structure) -> None:
        owner, several = _owner_of(function)
        name = _name_of(function).removeprefix("_plain_")
        self.name = f"{'several times ' if several else ''}{name}"
        if hasattr(owner, "_all_layers"):
            self.name += f" of model {owner.name!r}"
        self.key = (id(owner), self.name)
        self.tensors: list[str] = []
        self.static: list[Any] = []
        map_leaves(self._take, arguments)
        layers = owner._all_layers() if hasattr(owner, "_all_layers") else []
        self.trainable = {layer.name: layer._trainable for layer in layers}

    def _take(self, value: Any) -> None:
        if ops.is_tensor(value) or hasattr(value, "dtype"):
            shape = ", ".join(str(size) for size in value.shape)
            self.tensors.append(f"{ops.dtype(value)}({shape})")
        else:
            self.static.append(value)

    def difference(self, before: _Trace) -> str:
        """What is otherwise than it was."""
        if self.tensors != before.tensors:
            pairs = zip(self.tensors, before.tensors, strict=False)
            changed = [f"{old} -> {new}" for new, old in pairs if new != old]
            if len(self.tensors) != len(before.tensors):
                changed.append(f"{len(before.tensors)} -> {len(self.tensors)} tensors")
            return "other shapes or dtypes: " + ", ".join(changed)
        if self.static != before.static:
            return f"other values: {before.static} -> {self.static}"
        flags = self.trainable.items() - before.trainable.items()
        if flags:
            changed = [f"{name} = {flag}" for name, flag in sorted(flags)]
            return "`trainable` of layers: " + ", ".join(changed)
        return "compiled anew: `compile` was called, or an attribute of a layer was set"


def _owner_of(function: Any) -> tuple[Any, bool]:
    """Whose function it is, and whether it takes several steps."""
    if isinstance(function, partial):
        function = function.func
    function = getattr(function, "__wrapped__", function)
    owner = getattr(function, "__self__", function)
    model = getattr(owner, "_model", None)
    return (owner, False) if model is None else (model, True)


def _name_of(function: Any) -> str:
    if isinstance(function, partial):  # a loop of steps
        step = getattr(function.func, "__self__", function.func)
        return _name_of(getattr(step, "_step", function.func))
    function = getattr(function, "__wrapped__", function)
    return getattr(function, "__name__", type(function).__name__)
