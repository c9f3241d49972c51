"""`ModelCheckpoint`: keep the model, or the best of it, on disk."""

from __future__ import annotations

import os
from typing import Any

from keras.callbacks.callback import Logs
from keras.callbacks.checkpoint import Checkpoint


class ModelCheckpoint(Checkpoint):
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
        super().__init__(
            monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold
        )
        self.filepath = os.fspath(filepath)
        self.save_weights_only = save_weights_only
        self._check_path()

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

    def _write(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
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
