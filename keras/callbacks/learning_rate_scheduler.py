"""`LearningRateScheduler`: the learning rate as a function of the epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.utils.messages import show


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch.

    Args:
        schedule: A function of the epoch number (counted from 0) and the present
            learning rate, or of the epoch number alone, that returns a float.
        verbose: 1 says what is set.

    Raises:
        ValueError: If the schedule returns no number.

    Example:

    >>> from keras.callbacks import LearningRateScheduler
    >>> halve = LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the rate of this epoch."""
        arguments: tuple[Any, ...] = (epoch,)
        if self._takes_rate:
            arguments = (epoch, learning_rate_of(self.model))
        rate = self.schedule(*arguments)
        try:
            rate = float(rate)
        except (TypeError, ValueError):
            raise ValueError(
                "The `schedule` of LearningRateScheduler must return a float. "
                f"Received: {rate!r}"
            ) from None
        set_learning_rate(self.model, rate)
        if self.verbose:
            show(f"\nEpoch {epoch + 1}: learning rate set to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Put the rate into the logs."""
        if logs is not None:
            logs["learning_rate"] = learning_rate_of(self.model)


def learning_rate_of(model: Any) -> float:
    """The learning rate that the model's optimizer has now."""
    rate = _optimizer_of(model).learning_rate
    try:
        return float(rate)
    except TypeError:
        return float(np.asarray(rate))


def set_learning_rate(model: Any, rate: float) -> None:
    """Give the model's optimizer a learning rate."""
    _optimizer_of(model).learning_rate = rate


def _optimizer_of(model: Any) -> Any:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        raise ValueError(
            f"The model has the optimizer {optimizer!r}, which has no "
            "`learning_rate`. Compile it with one that has."
        )
    return optimizer


def _takes_two(schedule: Callable[..., Any]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:
        return True
    return True
