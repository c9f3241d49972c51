"""Random values of variables, where a file does not give them."""

from __future__ import annotations

from typing import Any

from keras.core.facts import replaces_hook
from keras.saving.walk import own_variables, owners


def draw_unread(model: Any, waiting: list[tuple[Any, Any]]) -> None:
    """Gives the variables that a file may leave alone the values that they start with.

    Those of objects with hooks of their own are among them: nobody knows what such a
    hook reads.

    Args:
        model: what was made for the file.
        waiting: variables that hold zeros, with their initializers.
    """
    read = {
        id(variable)
        for _, owner in owners(model)
        if not replaces_hook(owner, "load_own_variables")
        for variable in own_variables(owner)
    }
    for variable, initializer in waiting:
        if id(variable) not in read:
            variable.assign(initializer(variable.shape, dtype=variable.dtype))
