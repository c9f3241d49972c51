"""The loops of `fit`, `evaluate` and `predict`: batches in, callbacks told.

Where nobody listens to batches, a loop is nothing but calls of the step. Results
stay on the device until a callback looks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.callbacks.logs import to_host_logs
from keras.training.data.structure import leaves_of, map_leaves
from keras.training.distributed import joined
from keras.training.run import Run, in_order

if TYPE_CHECKING:
    from keras.models.model import Model

_RAN_OUT = (
    "The generator ran out of data; training ends after {epoch} of {end} epochs. "
    "Provide at least `steps_per_epoch * epochs` batches: let the generator loop, call "
    "`.repeat()` on a dataset, or pass data that can be passed over again."
)


def fit(run: Run, end: int, validation: Run | None, due: Callable[[int], bool]) -> None:
    """Train for some epochs.

    Args:
        run: The training.
        end: The number of epochs, those before its first one counted.
        validation: The validation after epochs, or None for none.
        due: Whether to validate after an epoch.
    """
    model, callbacks, source = run.model, run.callbacks, run.source
    run.validation = validation
    run.start()
    callbacks.set_run(run)
    first = run.initial_epoch
    callbacks.on_train_begin()  # a callback may resume a training: later epochs
    run.known_at_start = callbacks.states() if callbacks.follows_data() else []
    if not run.done:
        _resume(run)
    epochs = range(run.initial_epoch, end)
    logs: Any = {}
    for epoch in epochs:
        if run.is_over:
            break
        if epoch > first and source.used_up():
            warnings.warn(_RAN_OUT.format(epoch=epoch, end=epochs.stop), stacklevel=4)
            break
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        _resume(run)
        logs = run.logs(_pass(run))
        if validation is not None and due(epoch):
            scores = evaluate(validation)
            logs.update({f"val_{name}": value for name, value in scores.items()})
        callbacks.on_epoch_end(epoch, logs)
        if run.stopped():
            break
    if len(epochs) and model.optimizer is not None and model.optimizer.built:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)


def _resume(run: Run) -> None:
    go_on, run.go_on = run.go_on, None
    if go_on is not None:
        go_on()


def evaluate(run: Run) -> dict[str, Any]:
    """Evaluate on one pass over the data.

    Returns:
        The results by name, as floats.
    """
    run.model.reset_metrics()
    run.start()
    run.callbacks.on_test_begin()
    logs = _pass(run)
    if logs is None and run.results is not None:
        logs = run.results()
    host = to_host_logs(in_order(logs))
    run.callbacks.on_test_end(host)
    return host


def _pass(run: Run) -> Any:
    """All batches of one epoch through the step; returns the last step's logs."""
    callbacks, step = run.callbacks, run.step
    if not run.done:
        run.source.on_epoch_begin()
    batches = run.batches()
    if run.done and run.stopped():
        batches = iter(())
    listening = callbacks.listens(run.mode)
    logs, done = run.last_logs, run.done
    if not listening and run.results is not None:
        for data in batches:
            logs = step(data)
            done += 1
    else:
        begin = getattr(callbacks, f"on_{run.mode}_batch_begin")
        finish = getattr(callbacks, f"on_{run.mode}_batch_end")
        keeps, several = callbacks.keep_logs(run.mode), run.model.steps_per_execution
        while group := list(islice(batches, several)):
            if listening:
                begin(done)
            for data in group:
                logs = step(data)
            done += len(group)
            run.done = done
            if listening:
                finish(done - 1, run.logs(logs, keeps))
            if run.stopped():
                break
    run.done, run.last_logs = 0, None
    run.source.on_epoch_end()
    _check_any(done, run)
    return joined(run.model, logs)


def predict(run: Run) -> Any:
    """The outputs for one pass over the data, as NumPy arrays.

    An output is fetched while the next batch is being computed. One that lies in the
    host's memory has nothing to wait for, and may be a view of a batch that its owner
    writes the next one to: it is read at once.
    """
    callbacks, step = run.callbacks, run.step
    on_host = run.model._backend.__dict__.get("on_host")
    collected: list[list[Any]] = []
    shape: Any = None
    waiting: list[Any] | None = None
    listening, keeps = callbacks.listens("predict"), callbacks.keep_logs("predict")
    run.start()
    callbacks.on_predict_begin()
    run.source.on_epoch_begin()
    for index, data in enumerate(run.batches()):
        if listening:
            callbacks.on_predict_batch_begin(index)
        shape = outputs = step(data)
        if waiting is not None:
            collected.append(host_leaves(run.model, waiting))
        waiting = leaves_of(outputs)
        if on_host is not None and any(map(on_host, waiting)):
            collected.append(host_leaves(run.model, waiting))
            waiting = None
        if listening:
            if keeps:
                outputs = map_leaves(run.model._backend.convert_to_numpy, outputs)
            callbacks.on_predict_batch_end(index, {"outputs": outputs})
        if run.stopped():
            break
    run.source.on_epoch_end()
    if waiting is not None:
        collected.append(host_leaves(run.model, waiting))
    callbacks.on_predict_end()
    _check_any(len(collected), run)
    joined = iter(_joined(parts) for parts in zip(*collected, strict=True))
    return map_leaves(lambda _: next(joined), shape)


def host_leaves(model: Model, leaves: list[Any]) -> list[np.ndarray]:
    """Leaves of outputs as NumPy arrays, which later batches leave alone."""
    backend = model._backend
    read = backend.convert_to_numpy if backend.mutable else backend.host_view
    return [read(leaf) for leaf in leaves]


def _joined(parts: Any) -> np.ndarray:
    """One array for the user to keep and to write to."""
    if len(parts) > 1:
        return np.concatenate(parts)
    return parts[0] if parts[0].flags.writeable else parts[0].copy()


_METHODS = {"train": "fit", "test": "evaluate", "predict": "predict"}


def _check_any(done: int, run: Run) -> None:
    if not done:
        raise ValueError(
            f"`{_METHODS[run.mode]}` received no batch: the data of this "
            f"{type(run.source).__name__} is empty, or a generator that was used up "
            "before. Pass data that can be passed over again."
        )
