"""`EarlyStopping`: end training when it no longer helps."""

from __future__ import annotations

from typing import Any

from keras.callbacks.callback import Logs
from keras.callbacks.monitor import MonitorCallback
from keras.utils.messages import show


class EarlyStopping(MonitorCallback):
    """Stops training when a metric has stopped improving.

    Args:
        monitor: The name of the metric.
        min_delta: A change smaller than this is no improvement.
        patience: So many epochs without improvement end the training.
        verbose: 1 says when it stops.
        mode: `"min"`, `"max"` or `"auto"`, which asks the metric and its name.
        baseline: The value that must be beaten for the patience to start anew.
        restore_best_weights: Whether the model ends with the weights of its best
            epoch rather than of the last one.
        start_from_epoch: Earlier epochs are not looked at.

    Attributes:
        stopped_epoch: The number of the epoch that ended the training, 0 for none.
        best_epoch: The number of the best epoch.

    Example:

    >>> from keras.callbacks import EarlyStopping
    >>> stop = EarlyStopping("loss", patience=2, restore_best_weights=True)
    >>> stop.patience
    2
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int | str = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_weights: Any = None
        self.best_epoch = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget the last training, so that the callback can be used again."""
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, remember the best, and stop when the patience is over."""
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Bring back the best weights where that is asked for."""
        if self.stopped_epoch > 0 and self.verbose:
            show(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                show(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs) -> float | None:
        """The watched number in `logs`, `None` (with a warning) without it."""
        return self._monitored(logs, "stops")
