"""Weight decay: which variables shrink a little with every step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from keras import ops
from keras.core.typing import LearningRate

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class WeightDecay:
    """The variables left out of weight decay, and the decay itself."""

    def __init__(self) -> None:
        self._excluded: set[int] = set()
        self._patterns: list[str] = []
        self._known: dict[int, bool] = {}

    def exclude(self, variables: Iterable[Any], names: Iterable[str]) -> None:
        """Leaves out these variables, and those in whose names a pattern is found."""
        self._excluded = {id(variable) for variable in variables}
        self._patterns = list(names)
        self._known = {}

    def applies_to(self, variable: Variable) -> bool:
        """Whether the variable decays."""
        known = self._known.get(id(variable))
        if known is None:
            known = id(variable) not in self._excluded and not any(
                re.search(pattern, variable.name) for pattern in self._patterns
            )
            self._known[id(variable)] = known
        return known

    def apply(
        self, variables: Iterable[Any], rate: float, learning_rate: LearningRate
    ) -> None:
        """Subtracts `learning_rate * rate` of each variable from it."""
        for variable in variables:
            if self.applies_to(variable):
                share = ops.multiply(ops.cast(learning_rate, variable.dtype), rate)
                variable.assign_sub(ops.multiply(variable, share))
