"""`ProgbarLogger`: the progress that `fit`, `evaluate` and `predict` show."""

from __future__ import annotations

from typing import Any

from keras.callbacks.callback import Callback, Logs
from keras.utils.messages import show
from keras.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Shows a progress bar with the metrics.

    The metrics are read (which makes the host wait for the device) only when the
    bar is about to be drawn: a few times a second in a terminal, once per epoch
    in a log.

    Example:

    >>> from keras.callbacks import ProgbarLogger
    >>> bar = ProgbarLogger()
    >>> bar.set_params({"verbose": 0, "epochs": 1, "steps": 2})
    """

    def __init__(self) -> None:
        super().__init__()
        self.verbose = 1
        self.epochs = 1
        self.target: int | None = None
        self.seen = 0
        self.progbar: Progbar | None = None
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Take how much to show, and of how many epochs and steps."""
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def on_train_begin(self, logs: Logs = None) -> None:
        """Note that evaluations to come are validation, which shows no bar."""
        self._in_fit = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Training is over."""
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Say which epoch it is."""
        self._begin()
        if self.verbose and self.epochs > 1:
            show(f"Epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Draw, if it is time to."""
        self._keras_step(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Draw the finished bar."""
        self._finish(logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begin a bar, unless this is validation."""
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Draw, if it is time to."""
        if not self._in_fit:
            self._keras_step(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Draw the finished bar."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Begin a bar."""
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Draw, if it is time to; the outputs are no metrics."""
        self._keras_step(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Draw the finished bar."""
        self._finish(None)

    def _begin(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose)

    def _keras_step(self, batch: int, logs: Logs) -> None:
        bar = self.progbar
        if bar is None:
            return
        self.seen = batch + 1
        bar.time_first_step(self.seen)
        # Never final here: the end of the epoch knows the validation metrics too.
        if bar.due(self.seen, finalize=False):
            bar.update(self.seen, _pairs(logs), finalize=False)

    def _finish(self, logs: Logs) -> None:
        bar = self.progbar
        if bar is None or not self.verbose:
            return
        # What was really done: the data may have ended early.
        bar.target = self.seen or bar.target
        bar.update(bar.target or 0, _pairs(logs), finalize=True)
        self.progbar = None


def _pairs(logs: Logs) -> list[tuple[str, Any]]:
    return list((logs or {}).items())
