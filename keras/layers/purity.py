"""Whether code that is to run does nothing but compute, so that it may be compiled.

A compiled function, or recorded calls, repeat what was computed and nothing else. So
what they are made of must be ours, without Python effects of its own: a layer says so
(`LayerFacts.pure`), and whatever else it calls is a function of a known package.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from keras.core import tree
from keras.core.classes import declared_class, is_ours
from keras.core.facts import facts_of
from keras.layers.shortcut import has_effects
from keras.ops.operation import OpCall

_KNOWN = frozenset(("keras", "jax", "jaxlib", "tensorflow", "torch", "numpy"))


def calls_only_ours(model: Any) -> bool:
    """Whether a call of a model runs nothing but code of ours without effects."""
    return is_ours(declared_class(model).call) and is_pure(model)


def is_pure(model: Any) -> bool:
    """Whether every layer in a model says that it has no effects of its own."""
    for layer in model._layers:
        if not _says_pure(layer):
            return False
        if has_effects(layer):
            return False
        if not all(map(is_only_ours, _that_is_called(layer))):
            return False
        if not is_pure(layer):
            return False
    calls = []
    for operation in getattr(model, "operations", ()):
        if isinstance(operation, OpCall):
            calls.append(operation)
        elif not _says_pure(operation):
            return False
    if not all(is_only_ours(value) for call in calls for value in call.static.values()):
        return False
    return not any(_reads_variables(call) for call in calls)


def _says_pure(operation: Any) -> bool:
    said = facts_of(operation)
    return said is not None and said.pure


def _reads_variables(call: OpCall) -> bool:
    """Whether a Variable that belongs to no layer is an argument in the graph."""
    given = tree.flatten([(node.args, node.kwargs) for node in call._inbound_nodes])
    return any(getattr(x, "_is_keras_variable", False) for x in given)


# Called when a layer is built, or by a loss or an optimizer, and not in `call`.
_AROUND = ("_initializer", "_regularizer", "_constraint")


def _that_is_called(layer: Any) -> Iterator[Any]:
    for name, value in vars(layer).items():
        if callable(value) and not name.endswith(_AROUND):
            yield value


def is_only_ours(value: Any) -> bool:
    """Whether a value, if it is called at all, is known to have no effects."""
    if isinstance(value, partial):
        return is_only_ours(value.func)
    if not callable(value) or isinstance(value, (type, BuiltinFunctionType)):
        return True
    known = isinstance(value, (FunctionType, MethodType))
    module = (value if known else type(value)).__module__
    return module.partition(".")[0] in _KNOWN
