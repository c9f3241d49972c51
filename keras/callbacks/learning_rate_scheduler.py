"""`LearningRateScheduler`: the learning rate as a function of the epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras.models.model import Model
    from keras.optimizers.optimizer import Optimizer


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch.

    Args:
        schedule: A function of the epoch number (counted from 0) and the present
            learning rate, or of the epoch number alone, that returns a float.
        verbose: 1 says what is set.

    Raises:
        ValueError: If the schedule returns no number.
        TypeError: If the optimizer follows a schedule of its own.

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
        """Set the rate of this epoch, of each optimizer."""
        optimizers = optimizers_of(self.model)
        for optimizer in optimizers:
            arguments: tuple[Any, ...] = (epoch,)
            if self._takes_rate:
                arguments = (epoch, learning_rate_of(optimizer))
            rate = self.schedule(*arguments)
            try:
                rate = float(rate)
            except (TypeError, ValueError):
                raise ValueError(
                    "The `schedule` of LearningRateScheduler must return a float. "
                    f"Received: {rate!r}"
                ) from None
            optimizer.learning_rate = rate
            if self.verbose:
                what = shown_rate(optimizer, optimizers)
                show(f"\nEpoch {epoch + 1}: {what} set to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Put the rates into the logs."""
        log_learning_rates(self.model, logs)


def optimizers_of(model: Model) -> list[Any]:
    """The optimizers of a model that have a learning rate of their own."""
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    several = getattr(optimizer, "optimizers", None)
    if several:
        return list(several)
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        raise ValueError(
            f"The model has the optimizer {optimizer!r}, which has no "
            "`learning_rate`. Compile it with one that has."
        )
    return [optimizer]


def learning_rate_of(optimizer: Optimizer) -> float:
    """The learning rate that an optimizer has now."""
    rate = optimizer.learning_rate
    try:
        return float(rate)
    except TypeError:
        return float(np.asarray(rate))


def shown_rate(optimizer: Optimizer, optimizers: list[Any]) -> str:
    """What a message calls a learning rate: whose it is, where there are several."""
    return f"learning rate{f' of {optimizer.name}' if len(optimizers) > 1 else ''}"


def log_learning_rates(model: Model, logs: Logs) -> None:
    """Put the learning rates into logs; of several optimizers, by their names."""
    if logs is None:
        return
    optimizers = optimizers_of(model)
    for optimizer in optimizers:
        name = "learning_rate"
        if len(optimizers) > 1:
            name = f"learning_rate_{optimizer.name}"
        logs[name] = learning_rate_of(optimizer)


def _takes_two(schedule: Callable[..., Any]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:
        return True
    return True
