"""Steps under a distribution: batches are split before them, variables laid out.

Without one a step is what it was; to find that out costs one look per batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core import placement
from keras.core.typing import Data, Structure

Step = Callable[[Any], Any]


def following(model: Any, name: str, step: Step) -> Step:
    """A step that follows the current distribution.

    Args:
        model: The model.
        name: `"train_step"`, `"test_step"` or `"predict_step"`.
        step: The function of one batch, compiled or not.
    """
    made: list[Any] = [None, step]

    def run(data: Data) -> Structure:
        if not placement.process.used:
            return step(data)
        distribution = placement.for_model(model)
        if distribution is not made[0]:
            made[:] = [distribution, step]
            if distribution is not None:
                made[1] = distribution.step(model, step, name)
        return made[1](data)

    return run


def joined(model: Any, logs: Any) -> Any:
    """The logs of a pass, with metrics over all processes that took part in it.

    Args:
        model: The model.
        logs: What the last step returned.
    """
    distribution = placement.for_model(model)
    return logs if distribution is None else distribution.join(model, logs)
