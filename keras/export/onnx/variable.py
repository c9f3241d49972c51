"""Variables are the model's own: none are made while a graph is written."""

from __future__ import annotations

from typing import Any

from keras.backends import variable as base
from keras.core.errors import BackendError


class Variable(base.Variable):
    """Refuses to be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "A Variable would be made while the model is exported. Build the model "
            "first: call it once on data."
        )
