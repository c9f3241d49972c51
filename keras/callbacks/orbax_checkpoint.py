"""`OrbaxCheckpoint`: numbered checkpoints, written beside the training."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from keras.callbacks.callback import Logs
from keras.callbacks.checkpoint import Checkpoint

if TYPE_CHECKING:
    from keras.models.model import Model


class OrbaxCheckpoint(Checkpoint):
    """Saves the model with the orbax-checkpoint package while it trains.

    `keras.saving.load_model(directory)` reads the newest checkpoint, and so does
    `model.load_weights(directory)`; `directory/STEP` is one of them. Arrays that lie
    on several devices are written from there.

    Args:
        directory: The folder of the checkpoints, one numbered folder for each.
        monitor: The metric by which `save_best_only` decides.
        verbose: 1 says what is saved.
        save_best_only: Whether to save only when the metric has improved.
        mode: `"min"`, `"max"` or `"auto"`, which asks the metric and its name.
        save_freq: `"epoch"`, or a number of batches after which to save. The number
            of a checkpoint is that of the epoch, from 0, or of the batches so far.
        initial_value_threshold: The value of the metric to beat from the start.
        max_to_keep: How many checkpoints are kept, the newest; None keeps all.
        save_on_background: Whether training goes on while files are written.
        save_weights_only: Whether to save the variables without the model.

    Raises:
        ImportError: If orbax-checkpoint is not installed.
        ValueError: If `directory` is empty, or `save_freq` neither `"epoch"` nor a
            positive integer.

    Example:

    >>> from keras.callbacks import OrbaxCheckpoint
    >>> OrbaxCheckpoint("checkpoints", max_to_keep=3).max_to_keep
    3
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(
            monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold
        )
        if not directory:
            raise ValueError(
                "`directory` of OrbaxCheckpoint must name a folder. "
                f"Received: {directory!r}"
            )
        self.directory = os.path.abspath(os.fspath(directory))
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._manager: Any = None
        orbax()  # a missing package is told now

    def set_model(self, model: Model) -> None:
        """Receive the model, and see what is in the folder."""
        super().set_model(model)
        if self._manager is None:
            options = orbax().CheckpointManagerOptions(
                max_to_keep=self.max_to_keep,
                enable_async_checkpointing=self.save_on_background,
            )
            self._manager = orbax().CheckpointManager(self.directory, options=options)

    def is_multihost_enabled(self) -> bool:
        """Whether several processes train together."""
        return orbax().multihost.process_count() > 1

    def is_primary_host(self) -> bool:
        """Whether this process is the one that says what is saved."""
        return orbax().multihost.process_index() == 0

    def on_train_end(self, logs: Logs = None) -> None:
        """Wait until all is written."""
        self.wait_until_finished()

    def wait_until_finished(self) -> None:
        """Wait until every checkpoint so far is on disk."""
        if self._manager is not None:
            self._manager.wait_until_finished()

    def _write(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        # What is newest has the highest number: `max_to_keep` goes by it.
        newest = self._manager.latest_step()
        step = epoch if batch is None else self._batches_seen
        step = step if newest is None else max(step, newest + 1)
        self._say(f"Epoch {epoch + 1}: saving checkpoint {step} to {self.directory}")
        self.model._keras_save_checkpoint(self._manager, step, self.save_weights_only)


def orbax() -> Any:
    """The package, or an error that says how to get it."""
    try:
        import orbax.checkpoint  # optional, and slow to import
    except ImportError as error:
        raise ImportError(
            "OrbaxCheckpoint needs the orbax-checkpoint package: "
            "pip install orbax-checkpoint"
        ) from error
    return orbax.checkpoint
