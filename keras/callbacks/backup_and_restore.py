"""`BackupAndRestore`: go on where an interrupted training stopped.

A backup is a weights file, a file of all else that a training is made of, and a small
JSON file that names both. They get new names each time and the JSON file is replaced
in one step, so whenever the process dies, those on disk belong together.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.callbacks.save_frequency import SaveFrequency
from keras.core import placement
from keras.core.npz import read_npz
from keras.core.plain_data import pack, unpack

_METADATA = "training_metadata.json"
_SUFFIX = ".weights.h5"
_STATE_SUFFIX = ".state.npz"
_SUFFIXES = (_SUFFIX, _STATE_SUFFIX)
_UNREADABLE = (OSError, ValueError, KeyError)


class BackupAndRestore(SaveFrequency, Callback):
    """Backs up the training state, and restores it when `fit` is run again.

    After an interruption run the same program: `fit` continues after the batch or
    epoch of the last backup, and all comes out as if nothing had happened: weights,
    optimizer, metrics, history, what other callbacks know, random numbers and the
    order of the data. A generator is passed over again up to that place.

    Args:
        backup_dir: A folder for this training alone.
        save_freq: `"epoch"`, or a number of batches after which to back up.
        double_checkpoint: Whether the backup before the last one is kept too,
            to fall back on where the last one cannot be read.
        delete_checkpoint: Whether the backup is removed when training is done.

    Raises:
        ValueError: If `backup_dir` is empty or `save_freq` is neither `"epoch"`
            nor a positive integer.

    Example:

    >>> from keras.callbacks import BackupAndRestore
    >>> BackupAndRestore("backup", save_freq=100).save_freq
    100
    """

    _is_told_last = True
    _follows_data = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(
                "`backup_dir` of BackupAndRestore must name a folder. "
                f"Received: {backup_dir!r}"
            )
        self._set_save_freq(save_freq)
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._current_epoch = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Restore the last backup, if there is one."""
        error: Exception | None = None
        for backup in self._backups():
            try:
                self.model.load_weights(os.path.join(self.backup_dir, backup["file"]))
                state = self._read_state(backup)
            except _UNREADABLE as problem:
                error = error or problem
                continue
            run = self._keras_run
            if run is not None:
                run.initial_epoch = max(run.initial_epoch, int(backup["epoch"]))
                if state is not None:
                    run.done = state["done"]
                    run.go_on = partial(self._go_on, backup, state)
            return
        if error is not None:
            raise ValueError(
                f"The backup in {self.backup_dir!r} cannot be read: {error} If it "
                "belongs to another model, pass another `backup_dir` or delete it."
            ) from error

    def _go_on(self, backup: dict[str, Any], state: Any) -> None:
        """The whole state once more: what other hooks did to it meanwhile is undone."""
        self.model.load_weights(os.path.join(self.backup_dir, backup["file"]))
        self._keras_run.restore(state)

    def _read_state(self, backup: dict[str, Any]) -> Any:
        """What was kept beside the weights; None in backups of older versions."""
        if "state" not in backup:
            return None
        path = os.path.join(self.backup_dir, backup["state"])
        found = read_npz(path)
        arrays = [found[f"a{index}"] for index in range(len(found) - 1)]
        return unpack(json.loads(str(found["state"])), arrays)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note which epoch it is."""
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Back up, if `save_freq` batches have passed."""
        if self._should_save_on_batch(batch):
            self._save(self._current_epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Back up, if `save_freq` is `"epoch"`."""
        self._current_epoch = epoch + 1
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0, None)

    def on_train_end(self, logs: Logs = None) -> None:
        """Remove the backup, since the training is done."""
        if not self.delete_checkpoint:
            return
        metadata = os.path.join(self.backup_dir, _METADATA)
        if placement.writes_files() and os.path.exists(metadata):
            os.remove(metadata)
            self._remove_files(keep=())
            if not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)

    def _save(self, epoch: int, batch: int, logs: Logs) -> None:
        os.makedirs(self.backup_dir, exist_ok=True)
        older = self._backups()
        serial = 1 + max((int(backup["serial"]) for backup in older), default=0)
        name = f"backup_{serial}{_SUFFIX}"
        self.model.save_weights(os.path.join(self.backup_dir, name), overwrite=True)
        newest = {"serial": serial, "file": name, "epoch": epoch, "batch": batch}
        state = None
        if self._keras_run is not None:
            newest["state"] = f"backup_{serial}{_STATE_SUFFIX}"
            state = self._keras_run.state(logs)
        backups = [newest, *older][: 2 if self.double_checkpoint else 1]
        with placement.one_writes(self.backup_dir) as writes:
            if writes:
                self._write(backups, state)

    def _write(self, backups: list[dict[str, Any]], state: Any) -> None:
        try:
            self._write_new(backups, state)
        except BaseException:
            # The older backup counts; what there is of this one is in its way.
            for name in (f"{_METADATA}.new", *_files(backups[0])):
                with suppress(OSError):
                    os.remove(os.path.join(self.backup_dir, name))
            raise
        self._remove_files(keep=tuple(name for one in backups for name in _files(one)))

    def _write_new(self, backups: list[dict[str, Any]], state: Any) -> None:
        if state is not None:
            self._write_state(backups[0]["state"], state)
        path = os.path.join(self.backup_dir, _METADATA)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"backups": backups}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)

    def _write_state(self, name: str, state: Any) -> None:
        arrays: list[np.ndarray] = []
        text = json.dumps(pack(state, arrays))
        named: Any = {f"a{index}": array for index, array in enumerate(arrays)}
        with open(os.path.join(self.backup_dir, name), "wb") as file:
            np.savez(file, state=np.array(text), **named)
            file.flush()
            os.fsync(file.fileno())

    def _backups(self) -> list[dict[str, Any]]:
        """What the folder holds, the newest first."""
        path = os.path.join(self.backup_dir, _METADATA)
        if not os.path.exists(path):
            return []
        try:
            with open(path, encoding="utf-8") as file:
                backups = json.load(file)["backups"]
            files = [name for item in backups for name in _files(item)]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path!r} is no backup that BackupAndRestore wrote ({error!r}). "
                "Pass another `backup_dir` or delete it."
            ) from error
        if any(os.path.basename(file) != file for file in files):
            raise ValueError(f"{path!r} names a file outside its folder.")
        return backups

    def _remove_files(self, keep: tuple[str, ...]) -> None:
        for name in os.listdir(self.backup_dir):
            ours = name.startswith("backup_") and name.endswith(_SUFFIXES)
            if ours and name not in keep:
                os.remove(os.path.join(self.backup_dir, name))


def _files(backup: dict[str, Any]) -> list[str]:
    return [backup[key] for key in ("file", "state") if key in backup]
