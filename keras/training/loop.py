"""The loops of `fit`, `evaluate` and `predict`: batches in, callbacks told.

Where nobody listens to batches, a loop is nothing but calls of the step. Results
stay on the device until a callback looks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from keras.callbacks import CallbackList, ProgbarLogger
from keras.callbacks.logs import LazyLogs, to_host_logs
from keras.training.data import DataSource
from keras.training.data.structure import leaves_of, map_leaves

_RAN_OUT = (
    "The generator ran out of data; training ends after {epoch} of {end} epochs. "
    "Provide at least `steps_per_epoch * epochs` batches: let the generator loop, call "
    "`.repeat()` on a dataset, or pass data that can be passed over again."
)

Step = Callable[[Any], Any]
Results = Callable[[], dict[str, Any]]


def fit(
    model: Any,
    source: DataSource,
    callbacks: CallbackList,
    epochs: range,
    validate: Callable[[], dict[str, Any]] | None,
    validation_due: Callable[[int], bool],
) -> None:
    """Train for some epochs.

    Args:
        model: A compiled model with its train function made.
        source: The batches.
        callbacks: Who is told.
        epochs: The numbers of the epochs.
        validate: Returns the validation logs, or None for no validation.
        validation_due: Whether to validate after an epoch.
    """
    model.stop_training = False
    model._initial_epoch = None  # a callback that resumes a training sets it
    callbacks.on_train_begin()
    if model._initial_epoch is not None:
        epochs = range(max(epochs.start, model._initial_epoch), epochs.stop)
    logs: dict[str, Any] = {}
    for epoch in epochs:
        if epoch > epochs.start and source.used_up():
            warnings.warn(_RAN_OUT.format(epoch=epoch, end=epochs.stop), stacklevel=4)
            break
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        source.on_epoch_begin()
        results = _train_epoch(model, source, callbacks)
        source.on_epoch_end()
        logs = LazyLogs(_in_order(results))
        if validate is not None and validation_due(epoch):
            scores = validate()
            logs.update({f"val_{name}": value for name, value in scores.items()})
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if len(epochs) and model.optimizer is not None and model.optimizer.built:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)


def _train_epoch(
    model: Any, source: DataSource, callbacks: CallbackList
) -> dict[str, Any]:
    """One epoch; returns its results, on the device."""
    step = model.train_function
    batches = source.epoch()
    listening = callbacks.wants_train_batch_begin or callbacks.wants_train_batch_end
    logs, done = None, 0
    if not listening and not model._steps_log:
        for data in batches:
            step(data)
            done += 1
    else:
        told = _Told(model, callbacks, "train", listening)
        logs, done = told.run(step, batches)
    _check_any(done, source, "fit")
    return model._results_function() if logs is None else logs


def evaluate(model: Any, source: DataSource, callbacks: CallbackList) -> dict[str, Any]:
    """Evaluate on one pass over the data.

    Returns:
        The results by name, as floats.
    """
    model.reset_metrics()
    model.stop_evaluating = False
    callbacks.on_test_begin()
    source.on_epoch_begin()
    step = model.test_function
    listening = callbacks.wants_test_batch_begin or callbacks.wants_test_batch_end
    logs, done = None, 0
    if not listening and not model._test_steps_log:
        for data in source.epoch():
            step(data)
            done += 1
    else:
        told = _Told(model, callbacks, "test", listening)
        logs, done = told.run(step, source.epoch())
    source.on_epoch_end()
    _check_any(done, source, "evaluate")
    results = model._results_function() if logs is None else logs
    host = to_host_logs(_in_order(results))
    callbacks.on_test_end(host)
    return host


class _Told:
    """A loop whose batches somebody wants to hear of, or whose steps return logs."""

    def __init__(
        self, model: Any, callbacks: CallbackList, mode: str, listening: bool
    ) -> None:
        self.model = model
        self.begin = getattr(callbacks, f"on_{mode}_batch_begin")
        self.end = getattr(callbacks, f"on_{mode}_batch_end")
        self.steps = model.steps_per_execution
        self.mode = mode
        self.listening = listening
        # A progress bar looks at once or never; others may keep logs for later.
        self.keeps = any(
            not isinstance(each, ProgbarLogger) for each in _listeners(callbacks, mode)
        )

    def run(self, step: Step, batches: Iterator[Any]) -> tuple[Any, int]:
        """Run all batches; returns the last step's logs and how many steps ran."""
        stop = "stop_training" if self.mode == "train" else "stop_evaluating"
        logs, done = None, 0
        while True:
            group = list(islice(batches, self.steps))
            if not group:
                return logs, done
            if self.listening:
                self.begin(done)
            for data in group:
                logs = step(data)
            done += len(group)
            if self.listening:
                self.end(done - 1, self.logs(logs))
            if getattr(self.model, stop, False):
                return logs, done

    def logs(self, logs: Any) -> LazyLogs:
        """What a callback is given."""
        if logs is not None:
            return LazyLogs(_in_order(logs))
        results = self.model._results_function
        if self.keeps:
            return LazyLogs(_in_order(results()))
        return LazyLogs(lambda: _in_order(results()))


def _listeners(callbacks: CallbackList, mode: str) -> list[Any]:
    hooks = callbacks._heard
    found = []
    for moment in ("begin", "end"):
        for hook in hooks[f"on_{mode}_batch_{moment}"]:
            found.append(getattr(hook, "__self__", None))
    return found


def predict(model: Any, source: DataSource, callbacks: CallbackList | None) -> Any:
    """The outputs for one pass over the data, as NumPy arrays.

    An output is fetched while the next batch is being computed.
    """
    step = model.predict_function
    collected: list[list[Any]] = []
    shape: Any = None
    waiting: Any = None
    model.stop_predicting = False
    if callbacks is not None:
        callbacks.on_predict_begin()
    source.on_epoch_begin()
    for index, data in enumerate(source.epoch()):
        if callbacks is not None:
            callbacks.on_predict_batch_begin(index)
        outputs = step(data)
        if waiting is not None:
            collected.append(host_leaves(model, waiting))
        shape = waiting = outputs
        if callbacks is not None:
            callbacks.on_predict_batch_end(index, {"outputs": outputs})
        if model.stop_predicting:
            break
    source.on_epoch_end()
    if waiting is not None:
        collected.append(host_leaves(model, waiting))
    if callbacks is not None:
        callbacks.on_predict_end()
    _check_any(len(collected), source, "predict")
    joined = iter(_joined(parts) for parts in zip(*collected, strict=True))
    return map_leaves(lambda _: next(joined), shape)


def host_leaves(model: Any, outputs: Any) -> list[np.ndarray]:
    """The leaves of outputs as NumPy arrays, which later batches leave alone."""
    backend = model._backend
    read = backend.convert_to_numpy if backend.mutable else backend.host_view
    return [read(leaf) for leaf in leaves_of(outputs)]


def _joined(parts: Any) -> np.ndarray:
    """One array for the user to keep and to write to."""
    if len(parts) > 1:
        return np.concatenate(parts)
    return parts[0] if parts[0].flags.writeable else parts[0].copy()


def _in_order(logs: Any) -> dict[str, Any]:
    """Logs in the order in which Keras shows them."""
    if not isinstance(logs, dict):
        raise TypeError(
            "A train_step or test_step must return a dictionary of results by name, "
            f'such as {{"loss": loss}}. Received: {logs!r} of type '
            f"{type(logs).__name__}."
        )
    return dict(sorted(logs.items()))


def _check_any(done: int, source: DataSource, what: str) -> None:
    if not done:
        raise ValueError(
            f"`{what}` received no batch: the data of this "
            f"{type(source).__name__} is empty, or a generator that was used up "
            "before. Pass data that can be passed over again."
        )
