"""From which inputs a KerasTensor is computed."""

from __future__ import annotations

from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure
from keras.ops.operation import node_of


def get_source_inputs(tensor: Structure) -> list[KerasTensor]:
    """The inputs that KerasTensors are computed from.

    Args:
        tensor: a KerasTensor, or a structure of them.

    Returns:
        The KerasTensors of `keras.Input` behind them, each once.

    Example:

    >>> import keras
    >>> x = keras.Input((3,), name="x")
    >>> [found.name for found in keras.utils.get_source_inputs(keras.ops.exp(x) + 1)]
    ['x']
    """
    found: list[KerasTensor] = []
    seen: set[int] = set()
    waiting = tree.flatten(tensor)[::-1]
    while waiting:
        node = node_of(waiting.pop())
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_input:
            found += node.outputs
        waiting += node.inputs[::-1]
    return found
