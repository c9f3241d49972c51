"""`Checkpoint`: what all callbacks that keep the model on disk have in common."""

from __future__ import annotations

from typing import Any

from keras.callbacks.callback import Logs
from keras.callbacks.monitor import MonitorCallback
from keras.callbacks.save_frequency import SaveFrequency
from keras.utils.messages import show


class Checkpoint(SaveFrequency, MonitorCallback):
    """Base of callbacks that save after epochs or batches, all of them or the best.

    Args:
        monitor: The metric by which `save_best_only` decides.
        verbose: 1 says what is saved.
        save_best_only: Whether to save only when the metric has improved.
        mode: `"min"`, `"max"` or `"auto"`, which asks the metric and its name.
        save_freq: `"epoch"`, or a number of batches after which to save.
        initial_value_threshold: The value of the metric to beat from the start.
    """

    def __init__(
        self,
        monitor: str,
        verbose: int,
        save_best_only: bool,
        mode: str,
        save_freq: str | int,
        initial_value_threshold: float | None,
    ) -> None:
        super().__init__(monitor, mode, initial=initial_value_threshold)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self._set_save_freq(save_freq)
        self._current_epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note which epoch it is."""
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save, if `save_freq` batches have passed."""
        if self._should_save_on_batch(batch):
            self._save_model(self._current_epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save, if `save_freq` is `"epoch"`."""
        if self.save_freq == "epoch":
            self._save_model(epoch, None, logs)

    def _save_model(self, epoch: int, batch: int | None, logs: Logs) -> None:
        """Save, unless only the best is to be kept and this is not it."""
        logs = {} if logs is None else logs
        path = self._get_file_path(epoch, batch, logs)
        if self._should_save_model(epoch, batch, logs, path):
            self._write(epoch, batch, logs)

    def _get_file_path(self, epoch: int, batch: int | None, logs: Logs) -> Any:
        """Where this time's file goes."""
        return None

    def _should_save_model(
        self, epoch: int, batch: int | None, logs: dict[str, Any], filepath: Any
    ) -> bool:
        """Whether all are kept, or this is the best; subclasses have other rules."""
        return not self.save_best_only or self._is_best(epoch, logs)

    def _write(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        """Save the model as it is now."""
        raise TypeError(f"{type(self).__name__} must implement `_write()`.")

    def _is_best(self, epoch: int, logs: dict[str, Any]) -> bool:
        value = self._monitored(logs, "saves the best model")
        if value is None:
            return True  # Better one file too many than none at all.
        before = "none" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(value, self.best):
            self._say(
                f"Epoch {epoch + 1}: {self.monitor} did not improve from {before}"
            )
            return False
        self._say(
            f"Epoch {epoch + 1}: {self.monitor} improved from {before} to "
            f"{value:.5f}, saving model"
        )
        self.best = value
        return True

    def _say(self, text: str) -> None:
        if self.verbose:
            show("\n" + text)
