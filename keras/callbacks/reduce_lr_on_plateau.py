"""`ReduceLROnPlateau`: smaller steps when a metric has stopped improving."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras.callbacks.callback import Logs
from keras.callbacks.learning_rate_scheduler import (
    learning_rate_of,
    log_learning_rates,
    optimizers_of,
    shown_rate,
)
from keras.callbacks.monitor import MonitorCallback
from keras.utils.messages import show


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a metric stops improving.

    Args:
        monitor: The name of the metric.
        factor: By which the rate is multiplied, below 1.
        patience: So many epochs without improvement reduce the rate.
        verbose: 1 says what is set.
        mode: `"min"`, `"max"` or `"auto"`, which asks the metric and its name.
        min_delta: A change smaller than this is no improvement.
        cooldown: So many epochs after a reduction are not counted.
        min_lr: The rate never goes below this.

    Raises:
        ValueError: If `factor` is 1 or more.

    Example:

    >>> from keras.callbacks import ReduceLROnPlateau
    >>> ReduceLROnPlateau("val_loss", factor=0.2, patience=5).min_lr
    0.0
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if kwargs:
            raise TypeError(
                "ReduceLROnPlateau received unknown arguments: "
                f"{', '.join(kwargs)}. The threshold is called `min_delta`."
            )
        if factor >= 1.0:
            raise ValueError(
                "The `factor` of ReduceLROnPlateau must be below 1, or the rate "
                f"would not sink. Received: {factor}"
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget the last training."""
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, and reduce the rate when the patience is over."""
        log_learning_rates(self.model, logs)
        value = self._monitored(logs, "decides")
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        """Reduce each rate that is still above the least."""
        optimizers = optimizers_of(self.model)
        for optimizer in optimizers:
            before = learning_rate_of(optimizer)
            if before <= np.float32(self.min_lr):
                continue
            rate = max(before * self.factor, self.min_lr)
            optimizer.learning_rate = rate
            if self.verbose:
                what = shown_rate(optimizer, optimizers)
                show(f"\nEpoch {epoch + 1}: {what} reduced to {rate}.")
            self.cooldown_counter = self.cooldown
            self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether epochs are not counted just now."""
        return self.cooldown_counter > 0
