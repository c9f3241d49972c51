"""`TerminateOnNaN`: stop as soon as the loss is no number."""

from __future__ import annotations

import math

from keras.callbacks.callback import Callback, Logs
from keras.utils.messages import show


class TerminateOnNaN(Callback):
    """Ends the training when the loss becomes NaN or infinite.

    It looks at the loss after every batch, so the host waits for the device at
    each step.

    Args:
        raise_error: Whether to raise a `RuntimeError` instead of stopping.

    Raises:
        RuntimeError: In the loop, with `raise_error=True`.

    Example:

    >>> from keras.callbacks import TerminateOnNaN
    >>> TerminateOnNaN(raise_error=True).raise_error
    True
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(float(loss)):
            return
        message = f"Batch {batch}: the loss is {float(loss)}, terminating training"
        if self.raise_error:
            raise RuntimeError(
                f"{message}. Lower the learning rate, clip gradients, or look for "
                "NaN in the data."
            )
        show(message)
        self.model.stop_training = True
