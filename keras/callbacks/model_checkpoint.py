"""`ModelCheckpoint`: keep the model, or the best of it, on disk."""

from __future__ import annotations

import os
from typing import Any

from keras.callbacks.callback import Logs
from keras.callbacks.monitor import MonitorCallback
from keras.callbacks.save_frequency import SaveFrequency
from keras.utils.messages import show


class ModelCheckpoint(SaveFrequency, MonitorCallback):
    """Saves the model or its weights while it trains.

    Args:
        filepath: Where to, ending in `.keras`, or in `.weights.h5` with
            `save_weights_only=True`. It may hold `{epoch}` (counted from 1),
            `{batch}` and the names of metrics, with formats:
            `"{epoch:02d}-{val_loss:.2f}.keras"`.
        monitor: The metric by which `save_best_only` decides.
        verbose: 1 says what is saved.
        save_best_only: Whether to save only when the metric has improved.
        save_weights_only: Whether to save the weights without the model.
        mode: `"min"`, `"max"` or `"auto"`, which asks the metric and its name.
        save_freq: `"epoch"`, or a number of batches after which to save.
        initial_value_threshold: The value of the metric to beat from the start.

    Raises:
        ValueError: If the path does not end as it should, or `save_freq` is
            neither `"epoch"` nor a positive integer.

    Example:

    >>> from keras.callbacks import ModelCheckpoint
    >>> keep = ModelCheckpoint("best.keras", "val_loss", save_best_only=True)
    >>> keep.filepath
    'best.keras'
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial=initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self._set_save_freq(save_freq)
        self._check_path()
        self._current_epoch = 0

    def _check_path(self) -> None:
        if self.save_weights_only:
            allowed: tuple[str, ...] = (".weights.h5",)
        else:
            allowed = (".keras", ".h5")
        if not self.filepath.endswith(allowed):
            raise ValueError(
                f"The `filepath` of ModelCheckpoint must end in `{allowed[0]}` with "
                f"save_weights_only={self.save_weights_only}. "
                f"Received: {self.filepath!r}"
            )

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
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        path = self._get_file_path(epoch, batch, logs)
        if not self.save_best_only:
            self._say(f"Epoch {epoch + 1}: saving model to {path}")
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if os.path.isdir(path):
            raise IsADirectoryError(
                f"ModelCheckpoint would save to {path!r}, which is a folder. Choose "
                "a `filepath` that is a file."
            )
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

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

    def _get_file_path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        """`filepath` with the epoch, the batch and the metrics filled in."""
        if "{" not in self.filepath:
            return self.filepath
        names: dict[str, Any] = {**(logs or {}), "epoch": epoch + 1}
        if batch is not None:
            names["batch"] = batch + 1
        try:
            return self.filepath.format(**names)
        except KeyError as error:
            raise KeyError(
                f"The filepath {self.filepath!r} of ModelCheckpoint holds "
                f"{{{error.args[0]}}}, which is not known here. "
                f"Known: {', '.join(names)}."
            ) from None

    def _say(self, text: str) -> None:
        if self.verbose:
            show("\n" + text)
