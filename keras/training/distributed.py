"""Steps under a distribution: batches are split before them, variables laid out.

Without one a step is what it was; to find that out costs one look per batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core import placement
from keras.core.typing import Data, Structure

Step = Callable[[Any], Any]


class Following:
    """A step that follows the current distribution.

    Args:
        model: The model.
        name: `"train_step"`, `"test_step"` or `"predict_step"`.
        step: The function of one batch, compiled or not.
    """

    def __init__(self, model: Any, name: str, step: Step) -> None:
        self._model, self._name, self._step = model, name, step
        self._distribution: Any = None
        self._distributed = step

    def __call__(self, data: Data) -> Structure:
        if not placement.process.used:
            return self._step(data)
        return self._current()(data)

    def distributes(self) -> bool:
        """Whether batches are split at present."""
        return placement.process.used and self._current() is not self._step

    def _current(self) -> Step:
        distribution = placement.for_model(self._model)
        if distribution is not self._distribution:
            step = self._step
            if distribution is not None:
                step = distribution.step(self._model, step, self._name)
            self._distribution, self._distributed = distribution, step
        return self._distributed


def joined(model: Any, logs: Any) -> Any:
    """The logs of a pass, with metrics over all processes that took part in it.

    Args:
        model: The model.
        logs: What the last step returned.
    """
    distribution = placement.for_model(model)
    return logs if distribution is None else distribution.join(model, logs)
