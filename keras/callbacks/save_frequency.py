"""When a callback saves: after each epoch, or after a number of batches."""

from __future__ import annotations

from typing import Any


class SaveFrequency:
    """Mixin of callbacks with `save_freq`.

    Args:
        save_freq: `"epoch"`, or a number of batches.
    """

    save_freq: Any
    _batches_seen_since_last_saving = 0
    _batches_seen = 0
    _last_batch_seen: int | None = None

    def _set_save_freq(self, save_freq: Any) -> None:
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool)
        if save_freq != "epoch" and not (whole and save_freq > 0):
            raise ValueError(
                f'`save_freq` of {type(self).__name__} must be "epoch" or a positive '
                f"number of batches. Received: {save_freq!r}"
            )
        self.save_freq = save_freq

    def _should_save_on_batch(self, batch: int) -> bool:
        """Whether `save_freq` batches have passed by the end of this one.

        Several may have run since the last call: `steps_per_execution`.
        """
        if self.save_freq == "epoch":
            return False
        last = self._last_batch_seen
        if last is None or batch <= last:
            last = -1  # a new epoch
        self._last_batch_seen = batch
        self._batches_seen += batch - last
        self._batches_seen_since_last_saving += batch - last
        if self._batches_seen_since_last_saving < self.save_freq:
            return False
        self._batches_seen_since_last_saving = 0
        return True
