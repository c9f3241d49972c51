"""`MetricsLogger`: the logs of a training as lines, for programs and for people."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from keras.callbacks.callback import Callback, Logs
from keras.core import placement


class MetricsLogger(Callback):
    """Writes a line per epoch to `logging`, to a file of JSON lines, or to both.

    A line of the file is an object with `"epoch"`, counted from 0, and the metrics by
    name; numbers that are not finite are the strings `"nan"`, `"inf"` and `"-inf"`.
    Each line is whole, and on disk before the next epoch begins.

    Args:
        filename: The path of the file; None for none.
        logger: A `logging.Logger` or the name of one; None for none.
        every: Also a line after each so many batches, with `"batch"`; None for none.
        append: Whether to go on in a file that is already there.

    Raises:
        ValueError: If neither a file nor a logger is given.

    Example:

    >>> import logging
    >>> from keras.callbacks import MetricsLogger
    >>> logger = logging.getLogger("training")
    >>> logger.addHandler(logging.StreamHandler())
    >>> MetricsLogger(logger=logger).logger.name
    'training'
    """

    def __init__(
        self,
        filename: str | os.PathLike[str] | None = None,
        logger: logging.Logger | str | None = None,
        every: int | None = None,
        append: bool = False,
    ) -> None:
        super().__init__()
        if filename is None and logger is None:
            raise ValueError(
                "MetricsLogger writes to a file, a logger, or both, but neither "
                "`filename` nor `logger` is given. For example: "
                'MetricsLogger("training.jsonl") or MetricsLogger(logger="keras").'
            )
        if every is not None and (not isinstance(every, int) or every < 1):
            raise ValueError(
                f"`every` must be a positive integer or None. Received: {every!r}"
            )
        self.filename = None if filename is None else os.fspath(filename)
        self.logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self.every = every
        self.append = append
        self._file: Any = None
        self._epoch = self._done = 0
        if every is not None:  # else nobody listens to batches
            self.on_train_batch_end = self._after_batch

    def on_train_begin(self, logs: Logs = None) -> None:
        """Open the file."""
        self._close()
        if self.filename is not None:
            mode = "a" if self.append else "w"
            path = placement.path_to_write(self.filename)
            self._file = open(path, mode, encoding="utf-8")  # noqa: SIM115
            self.append = True  # a second training goes on in it

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note the epoch."""
        self._epoch, self._done = epoch, 0

    def _after_batch(self, batch: int, logs: Logs = None) -> None:
        every, before, self._done = self.every or 1, self._done, batch + 1
        # Several may have run since the last call: `steps_per_execution`.
        if self._done // every > before // every:
            self._write({"epoch": self._epoch, "batch": batch}, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the line of this epoch."""
        self._write({"epoch": epoch}, logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the file."""
        self._close()

    def _keras_undo(self) -> None:
        self._close()

    def _write(self, place: dict[str, int], logs: Logs) -> None:
        values = {name: _plain(value) for name, value in dict(logs or {}).items()}
        if self.logger is not None:
            parts = [f"{name} {number}" for name, number in place.items()]
            parts += [f"{name}: {_shown(value)}" for name, value in values.items()]
            self.logger.info("%s", " - ".join(parts))
        if self._file is not None:
            self._file.write(json.dumps({**place, **values}) + "\n")
            self._file.flush()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:  # nan or infinite
        return str(value)
    return value if isinstance(value, (int, float, str, bool)) else str(value)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
