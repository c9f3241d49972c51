"""`CSVLogger`: the logs of every epoch, in a file that anything reads."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from typing import Any

from keras.callbacks.callback import Callback, Logs
from keras.core import placement


class CSVLogger(Callback):
    """Writes one line per epoch to a CSV file.

    The columns are `epoch` and the metrics by name. A number that an epoch lacks
    is `NA`. Each line is on disk before the next epoch begins.

    Args:
        filename: The path of the file.
        separator: What stands between two columns.
        append: Whether to go on in a file that is already there, with its columns.

    Example:

    >>> from keras.callbacks import CSVLogger
    >>> CSVLogger("training.csv").separator
    ','
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        separator: str = ",",
        append: bool = False,
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._file: Any = None
        self._columns: list[str] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Open the file."""
        self._close()
        self._columns = self._existing_columns() if self.append else None
        mode = "a" if self.append else "w"
        path = placement.path_to_write(self.filename)
        self._file = open(path, mode, newline="", encoding="utf-8")  # noqa: SIM115
        # A second training in this process goes on in the same file.
        self.append = True

    def _existing_columns(self) -> list[str] | None:
        if not os.path.exists(self.filename):
            return None
        with open(self.filename, newline="", encoding="utf-8") as file:
            return next(csv.reader(file, delimiter=self.separator), None)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the line of this epoch."""
        if self._file is None:
            raise RuntimeError(
                "CSVLogger has no open file. It opens it in `on_train_begin`, which "
                "`fit` calls."
            )
        logs = dict(logs or {})
        writer = csv.writer(self._file, delimiter=self.separator, lineterminator="\n")
        if self._columns is None:
            self._columns = ["epoch", *_columns(logs)]
            writer.writerow(self._columns)
        row = {"epoch": epoch, **logs}
        writer.writerow(_cell(row.get(name, "NA")) for name in self._columns)
        self._file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _columns(logs: dict[str, Any]) -> list[str]:
    """The metrics, and their validation, which may come in a later epoch only."""
    names = sorted(logs)
    if not any(name.startswith("val_") for name in names):
        plain = (name for name in names if name != "learning_rate")
        names += [f"val_{name}" for name in plain]
    return names


def _cell(value: Any) -> Any:
    if isinstance(value, str) or getattr(value, "ndim", None) == 0:
        return value
    if isinstance(value, Iterable):
        return '"[' + ", ".join(str(item) for item in value) + ']"'
    return value
