"""`Callback`: what may listen to a training, evaluation or prediction loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core.plain_data import plain_part

if TYPE_CHECKING:
    from keras.models.model import Model

Logs = dict[str, Any] | None
# Attributes of a callback that are the loop's own.
_OF_THE_LOOP = ("params", "_model", "_keras_run")


class Callback:
    """Base class of everything that listens to `fit`, `evaluate` and `predict`.

    Override the hooks that are wanted. `logs` is a dictionary of floats whose
    values are fetched from the device when they are first read, so a hook that
    does not look costs nothing.

    Attributes:
        params: A dictionary about the loop, with `"verbose"`, `"epochs"` and
            `"steps"`.
        model: The model that is being trained.

    Example:

    >>> from keras.callbacks import Callback
    >>> class Announce(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    >>> Announce().on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    # On the class too, since a subclass may forget `super().__init__()`.
    _model: Any = None
    params: Any = None
    # What the loop that it listens to holds, while it lasts.
    _keras_run: Any = None
    # Whether it is told that a batch or an epoch has ended after all others: what it
    # keeps of a training holds what they made of it.
    _is_told_last = False
    # Whether it wants the run to note where its data is.
    _follows_data = False

    def _keras_state(self) -> dict[str, Any]:
        """What it has come to know, as plain data, for a training that goes on."""
        own = {k: v for k, v in vars(self).items() if k not in _OF_THE_LOOP}
        return plain_part(own)

    def _keras_set_state(self, state: dict[str, Any]) -> None:
        """Know what another process came to know."""
        vars(self).update(state)

    def _keras_undo(self) -> None:
        """Take back what only holds for part of a loop, which an error has ended."""

    def __init__(self) -> None:
        self.params = {}
        self._model = None

    @property
    def model(self) -> Any:
        """The model that is being trained."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive the facts about the loop."""
        self.params = params

    def set_model(self, model: Model) -> None:
        """Receive the model."""
        self._model = model

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """An older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """An older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called at the start of epoch number `epoch`, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called at the end of an epoch, in `fit` only.

        Args:
            epoch: The number of the epoch, counted from 0.
            logs: The metrics of the epoch, those of validation with `val_`
                before their names.
        """

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before training batch number `batch` of its epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training batch, with the metrics of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of `evaluate` or of validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of `evaluate` or of validation."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of `predict`, with `logs["outputs"]`."""

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called at the start of `fit`."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called at the end of `fit`, with the logs of the last epoch."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called at the start of `evaluate` or of validation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called at the end of `evaluate` or of validation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called at the start of `predict`."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called at the end of `predict`."""
